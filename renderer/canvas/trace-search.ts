/** What a search found in a layout. */
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { BoxMatches } from './flame-picture.ts';
import type { TraceLayout } from './layout-model.ts';
import { prefixCount } from './prefix-count.ts';
import { finish } from './steps.ts';

/** Which boxes match, and how many. */
export interface TraceSearch extends BoxMatches {
  readonly count: number;
}

/** Span ids in a table of their two halves. */
export class SpanIdSet {
  readonly #table: Uint32Array;
  readonly #mask: number;

  /** `ids`: 16 hex characters each, one after the other. */
  constructor(ids: string) {
    const count = ids.length / 16;
    const size = 2 ** Math.max(4, Math.ceil(Math.log2(count * 2 + 1)));
    this.#mask = size - 1;
    this.#table = new Uint32Array(size * 2);
    for (let i = 0; i < count; i++) {
      const hi = Number.parseInt(ids.slice(i * 16, i * 16 + 8), 16);
      const lo = Number.parseInt(ids.slice(i * 16 + 8, i * 16 + 16), 16);
      const at = this.#slot(hi, lo);
      this.#table[at] = hi;
      this.#table[at + 1] = lo;
    }
  }

  has(hi: number, lo: number): boolean {
    const at = this.#slot(hi, lo);
    return this.#table[at] === hi && this.#table[at + 1] === lo && (hi | lo) !== 0;
  }

  /** Where an id is, or the free place where it goes. An id of zeros names no span. */
  #slot(hi: number, lo: number): number {
    const table = this.#table;
    let at = (Math.imul(hi ^ Math.imul(lo, 0x9e3779b1), 0x85ebca6b) >>> 7) & this.#mask;
    while ((table[2 * at] | table[2 * at + 1]) !== 0) {
      if (table[2 * at] === hi && table[2 * at + 1] === lo) break;
      at = (at + 1) & this.#mask;
    }
    return 2 * at;
  }
}

/** The boxes of the spans that were found. O(boxes). */
export function matchBoxes(layout: TraceLayout, found: SpanIdSet): TraceSearch {
  const { spanId } = layout.columns;
  const ids = new DataView(spanId.buffer, spanId.byteOffset);
  const isMatch = new Uint8Array(layout.received);
  let count = 0;
  for (let box = 0; box < layout.received; box++) {
    if (!found.has(ids.getUint32(box * 8), ids.getUint32(box * 8 + 4))) continue;
    if (layout.has(box, BOX_FLAG.inferred)) continue;
    isMatch[box] = 1;
    count++;
  }
  return { isMatch, count, before: finish(prefixCount(layout.lanes.box, isMatch, 1)) };
}

/** The boxes with these ids; of those that share an id the first. O(boxes). */
export function boxesOf(layout: TraceLayout, spanIds: readonly string[]): ReadonlySet<number> {
  const boxes = new Set<number>();
  if (spanIds.length === 0) return boxes;
  const wanted = new SpanIdSet(spanIds.join(''));
  const { spanId } = layout.columns;
  const ids = new DataView(spanId.buffer, spanId.byteOffset);
  const found = new Set<string>();
  for (let box = 0; box < layout.received; box++) {
    if (!wanted.has(ids.getUint32(box * 8), ids.getUint32(box * 8 + 4))) continue;
    const id = layout.spanId(box);
    if (!found.has(id)) boxes.add(box);
    found.add(id);
  }
  return boxes;
}

/** The ids of boxes. */
export function spanIdsOf(layout: TraceLayout, boxes: ReadonlySet<number>): string[] {
  return Array.from(boxes, (box) => layout.spanId(box));
}
