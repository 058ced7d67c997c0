/**
 * Traces as text. One line a span, indentation is depth, `name start-end` in ns:
 *
 * ```
 *   root 0-100
 *     a 0-40
 *     b 30-90
 *   ? lost            a parent that was not received: its children are orphans
 *     c 50-60
 * ```
 */
import type { FlameInput } from '../../electron/engine/view/flame-input.ts';
import { MISSING, NO_PARENT } from '../../electron/engine/view/flame-input.ts';

/** Spans in order of arrival, which is the order of the lines. */
export interface ArtTrace {
  readonly names: readonly string[];
  readonly input: FlameInput;
}

export interface PlainSpan {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Index of the parent, NO_PARENT, or MISSING - k. */
  readonly parent: number;
}

export function inputOf(spans: readonly PlainSpan[]): FlameInput {
  const missing = Math.max(0, ...spans.map(({ parent }) => MISSING - parent + 1));
  return {
    count: spans.length,
    times: Float64Array.from(spans.flatMap(({ start, end }) => [start, end])),
    parent: Int32Array.from(spans, ({ parent }) => parent),
    missingHi: new Uint32Array(missing),
    missingLo: Uint32Array.from({ length: missing }, (_, k) => k + 1),
  };
}

export function traceFromArt(art: string): ArtTrace {
  const spans: PlainSpan[] = [];
  const above: { readonly indent: number; readonly parent: number }[] = [];
  let missing = 0;
  for (const line of art.split('\n').filter((text) => text.trim() !== '')) {
    const indent = line.search(/\S/);
    while (above.length > 0 && (above.at(-1)?.indent ?? 0) >= indent) above.pop();
    const parent = above.at(-1)?.parent ?? NO_PARENT;
    const [name, time] = line.trim().split(/\s+/);
    if (name === '?') {
      above.push({ indent, parent: MISSING - missing++ });
      continue;
    }
    const [start, end] = time.split('-').map(Number);
    above.push({ indent, parent: spans.length });
    spans.push({ name, start, end, parent });
  }
  return { names: spans.map(({ name }) => name), input: inputOf(spans) };
}
