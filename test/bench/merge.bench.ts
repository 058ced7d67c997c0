/** The merged flame graph of many traces, from the store's columns to the ordered tree. */
import { Store } from '../../electron/engine/store/store.ts';
import { mergeTraces } from '../../electron/engine/view/merge-traces.ts';
import type { MergedTree } from '../../electron/engine/view/merge-tree.ts';
import { manyTraces, SPANS_PER_TRACE } from './support/many-traces.ts';
import { oneTrace } from './support/one-trace.ts';
import { spreadOf, type BenchOptions, type BenchReport, type Spread } from './support/stats.ts';

export const title = 'Merged flame graph';

const SEED = 11;

export function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const sizes = smoke ? [32_000] : [100_000, 1_000_000];
  const repeats = smoke ? 2 : 9;
  const lines = [
    `Traces of ${SPANS_PER_TRACE} spans of twelve services, whose spans lie apart in memory, one parent in five with concurrent children; and one large trace. CPU time of the process, ms, median of ${repeats} (lowest to highest). *First* looks the parents up too. Longest step: the most that is done between two chances to do something else, median.`,
    '',
    '| spans | traces | nodes | first, ms | again, ms | again, ns a span | longest step, ms |',
    '|---|---|---|---|---|---|---|',
  ];
  let worstMs = 0;
  for (const size of sizes) {
    const count = Math.ceil(size / SPANS_PER_TRACE);
    for (const names of [SPANS_PER_TRACE, 100_000]) {
      const { line, firstMs } = measure(() => manyTraces(count, names, SEED), repeats);
      lines.push(line);
      if (size >= 1e6) worstMs = Math.max(worstMs, firstMs);
    }
  }
  lines.push(measure(() => oneTrace(smoke ? 10_000 : 100_000, SEED), repeats).line);
  return Promise.resolve({ lines, figures: smoke ? {} : { 'merge.1m': worstMs } });
}

function measure(
  bodies: () => Iterable<Uint8Array>,
  repeats: number,
): { readonly line: string; readonly firstMs: number } {
  const stores = Array.from({ length: 3 }, () => filled(bodies()));
  const first = stores.map((store) => merged(store));
  const again = Array.from({ length: repeats }, () => merged(stores[0]));
  const cpu = spreadOf(again.map(({ cpuMs }) => cpuMs));
  const [{ tree }] = first;
  const firstMs = spreadOf(first.map(({ cpuMs }) => cpuMs));
  const line = [
    `| ${tree.spanCount.toLocaleString('en')} | ${tree.traceCount.toLocaleString('en')} | ${tree.nodeCount.toLocaleString('en')} `,
    ms(firstMs),
    ms(cpu),
    ((cpu.median * 1e6) / tree.spanCount).toFixed(0),
    `${spreadOf(again.map(({ longestMs }) => longestMs)).median.toFixed(1)} |`,
  ].join(' | ');
  return { line, firstMs: firstMs.median };
}

interface Merged {
  readonly tree: MergedTree;
  readonly cpuMs: number;
  readonly longestMs: number;
}

function merged(store: Store): Merged {
  const { rows, length } = store.traces.inOrder();
  globalThis.gc?.();
  const merge = mergeTraces(store, rows.subarray(0, length));
  let cpuMs = 0;
  let longestMs = 0;
  for (;;) {
    const before = process.cpuUsage();
    const step = merge.next();
    const { user, system } = process.cpuUsage(before);
    const stepMs = (user + system) / 1000;
    cpuMs += stepMs;
    longestMs = Math.max(longestMs, stepMs);
    if (step.done === true) return { tree: step.value, cpuMs, longestMs };
  }
}

function filled(bodies: Iterable<Uint8Array>): Store {
  const clock = { nowMs: () => Date.now(), ticksMs: () => performance.now() };
  const store = new Store({ memoryBytes: 2 ** 30, clock });
  for (const body of bodies) {
    const result = store.ingest('traces', [body], body.byteLength);
    if (!result.ok || result.accepted !== result.received) throw new Error('spans were refused');
  }
  return store;
}

function ms({ median, low, high }: Spread): string {
  return `${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;
}
