/** Layout of one trace, from the store's columns to the boxes of the `trace` topic. */
import { Store } from '../../electron/engine/store/store.ts';
import { collectSpans } from '../../electron/engine/view/flame-input.ts';
import { layoutTrace, type FlameLayout } from '../../electron/engine/view/flame-layout.ts';
import { referenceBoxes } from '../support/flame-reference.ts';
import { spreadOf, type BenchOptions, type BenchReport, type Spread } from './support/stats.ts';
import { oneTrace, TRACE_ID } from './support/one-trace.ts';

export const title = 'Layout of one trace';

const SEED = 7;
const REFERENCE_SPANS = 10_000;
/** Sizes with a target, and the names of their figures. */
const FIGURES = new Map([
  [100_000, 'layout.100k'],
  [1_000_000, 'layout.1m'],
]);

export function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const sizes = smoke ? [1000, 10_000] : [10_000, 100_000, 1_000_000];
  const lines = [
    'A trace of twelve services, nested in true time, one parent in ten with concurrent children, that arrived in order of its ends; median (lowest to highest). *First* looks the parents up, *again* is a relayout of a trace whose parents are known. The critical path is found once the boxes were sent.',
    '',
    '| spans | first, ms | again, ms | again, ns a span | critical path, ms |',
    '|---|---|---|---|---|',
  ];
  const figures: Record<string, number> = {};
  // Compiled code is what is measured; a long trace is laid out again and again while it grows.
  const [warm, warmRow] = filled(oneTrace(REFERENCE_SPANS, SEED + 1));
  for (let i = 0; i < (smoke ? 2 : 30); i++) layoutTrace(warm, warmRow).critical();
  for (const size of sizes) {
    const { first, again, path } = measure(size, smoke ? 1 : 3, smoke ? 2 : 15);
    const perSpan = ((again.median * 1e6) / size).toFixed(0);
    const figure = FIGURES.get(size);
    if (figure !== undefined) figures[figure] = first.median;
    const cells = [size.toLocaleString('en'), ms(first), ms(again), perSpan, ms(path)];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  lines.push('', compareWithReference(smoke ? 500 : REFERENCE_SPANS));
  return Promise.resolve({ lines, figures });
}

/** The stores stay alive until the end: code that was compiled for one that dies is thrown away. */
function measure(
  spans: number,
  stores: number,
  layouts: number,
): { first: Spread; again: Spread; path: Spread } {
  const bodies = oneTrace(spans, SEED);
  const traces = Array.from({ length: stores }, () => filled(bodies));
  const first = traces.map(([store, row]) => timed(() => layoutTrace(store, row).boxCount));
  const [[store, row]] = traces;
  const path: number[] = [];
  const again = Array.from({ length: layouts }, () => {
    let layout: FlameLayout | undefined;
    const tookMs = timed(() => (layout = layoutTrace(store, row)).boxCount);
    path.push(timed(() => layout?.critical().box.length ?? 0));
    return tookMs;
  });
  return { first: spreadOf(first), again: spreadOf(again), path: spreadOf(path) };
}

/** A store with the trace, and the trace's row. */
function filled(bodies: readonly Uint8Array[]): [Store, number] {
  const clock = { nowMs: () => Date.now(), ticksMs: () => performance.now() };
  const store = new Store({ memoryBytes: 2 ** 30, clock });
  for (const body of bodies) {
    const result = store.ingest('traces', [body], body.byteLength);
    if (!result.ok || result.accepted !== result.received) throw new Error('spans were refused');
  }
  return [store, store.traces.find(TRACE_ID)];
}

function timed(work: () => number): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function compareWithReference(spans: number): string {
  const [store, row] = filled(oneTrace(spans, SEED));
  const input = collectSpans(store, row);
  const slow = timed(() => referenceBoxes(input).length);
  const fast = spreadOf(
    Array.from({ length: 9 }, () => timed(() => layoutTrace(store, row).boxCount)),
  ).median;
  return `Against the quadratic reference of the tests (order and self times only, ${spans.toLocaleString('en')} spans): ${slow.toFixed(0)} ms, ${(slow / fast).toFixed(0)} ×.`;
}

function ms({ median, low, high }: Spread): string {
  return `${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;
}
