/** What a span costs when few and when many are kept: a store that scales has flat columns. */
import { seeded } from '../support/span-bodies.ts';
import { DrivenEngine } from './support/driven-engine.ts';
import { heapBytes, fullGcMs } from './support/heap.ts';
import { SentSpans } from './support/sent-spans.ts';
import {
  count,
  percentile,
  spreadOf,
  table,
  withSpread,
  type BenchOptions,
  type BenchReport,
} from './support/stats.ts';

export const title = 'Cost as work grows: one store, measured while it fills';

const MEMORY_BYTES = 8 * 2 ** 30;
const SEED = 11;

/** What one store measured when it had come to a size. */
interface Stage {
  readonly spans: number;
  /** ns a span since the stage before. */
  readonly ingestNs: number;
  readonly longestIngestMs: number;
  /** By the store's own account, beside the wire bytes. */
  readonly besideWire: number;
  readonly wire: number;
  readonly heap: number;
  readonly fullGcMs: number;
  readonly openUs: readonly number[];
  readonly listUs: readonly number[];
}

export async function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const sizes = smoke ? [1024, 4096] : [10_000, 100_000, 1_000_000, 3_000_000];
  const sent = new SentSpans();
  await fill(sent, sizes.slice(0, 2), 20); // Compiled code is what is measured.
  const fills: Stage[][] = [];
  for (let i = 0; i < (smoke ? 1 : 3); i++) fills.push(await fill(sent, sizes, smoke ? 20 : 300));
  const rows = sizes.map((size, index) =>
    rowOf(
      size,
      fills.map((stages) => stages[index]),
    ),
  );
  const last = fills.map((stages) => stages[smoke ? 1 : 2]);
  return {
    lines: [
      `512-span bodies in traces of 32 spans, ids fresh, through the engine's door; ${fills.length} stores one after the other, medians (lowest–highest). *Ingest* is of the spans since the row before; *beside the bytes* are columns and indexes by the store's own account, of which a quarter of a segment of 65,536 rows is the least there is; the first rows pay for the first segments and slabs, and heap differences of a few spans are noise. *Open a trace* and *list window* (60 rows at a random place) are from the request to the decoded frame over an in-memory channel.`,
      '',
      ...table(
        [
          'spans kept',
          'ingest, ns/span',
          'longest ingest of 512, ms',
          'wire, B/span',
          'beside the bytes, B/span',
          'V8 heap, B/span',
          'full GC, ms',
          'open a trace, µs p50 / p99',
          'list window, µs p50 / p99',
        ],
        rows,
      ),
    ],
    figures: {
      'kept.bytes': spreadOf(last.map(({ besideWire }) => besideWire)).median,
      'kept.fullGcMs': spreadOf(last.map((stage) => stage.fullGcMs)).median,
    },
  };
}

function rowOf(size: number, stages: readonly Stage[]): string[] {
  const spread = (value: (stage: Stage) => number, digits?: number): string =>
    withSpread(spreadOf(stages.map(value)), digits);
  const times = (value: (stage: Stage) => readonly number[]): string => {
    const all = stages.flatMap(value);
    return `${percentile(all, 0.5).toFixed(0)} / ${percentile(all, 0.99).toFixed(0)}`;
  };
  return [
    count(size),
    spread(({ ingestNs }) => ingestNs, 0),
    spread(({ longestIngestMs }) => longestIngestMs),
    spread(({ wire }) => wire),
    spread(({ besideWire }) => besideWire),
    spread(({ heap }) => heap),
    spread((stage) => stage.fullGcMs),
    times(({ openUs }) => openUs),
    times(({ listUs }) => listUs),
  ];
}

/** Fills one store to each size in turn and looks at it there. */
async function fill(sent: SentSpans, sizes: readonly number[], looks: number): Promise<Stage[]> {
  sent.restart();
  const random = seeded(SEED);
  const { heapBytes: heapBefore } = await heapBytes();
  const driven = new DrivenEngine(MEMORY_BYTES);
  const stages: Stage[] = [];
  for (const size of sizes) {
    const before = sent.spans;
    let elapsedMs = 0;
    let longestIngestMs = 0;
    while (sent.spans < size) {
      const body = sent.next();
      const started = performance.now();
      driven.ingest(body);
      const ms = performance.now() - started;
      elapsedMs += ms;
      longestIngestMs = Math.max(longestIngestMs, ms);
    }
    const { usedBytes, rawBytes } = driven.engine.status().memory;
    const { spans } = sent;
    const openUs: number[] = [];
    const listUs: number[] = [];
    for (let look = 0; look < looks; look++) {
      const traceId = sent.traceId(Math.floor(random() * sent.traces));
      openUs.push((await driven.open('trace', { traceId })).ms * 1000);
      listUs.push((await driven.openList(Math.floor(random() * sent.traces))) * 1000);
    }
    stages.push({
      spans,
      ingestNs: (elapsedMs * 1e6) / (spans - before),
      longestIngestMs,
      besideWire: (usedBytes - rawBytes) / spans,
      wire: rawBytes / spans,
      heap: ((await heapBytes()).heapBytes - heapBefore) / spans,
      fullGcMs: fullGcMs(),
      openUs,
      listUs,
    });
  }
  driven.close();
  return stages;
}
