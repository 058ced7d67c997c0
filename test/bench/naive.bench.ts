/** The store beside the obvious one of test/support/naive-objects.ts: the same spans, the same questions. */
import { PerformanceObserver } from 'node:perf_hooks';
import { Store } from '../../electron/engine/store/store.ts';
import { layoutTrace } from '../../electron/engine/view/flame-layout.ts';
import { ObjectStore } from '../support/naive-objects.ts';
import { seeded } from '../support/span-bodies.ts';
import { DrivenEngine } from './support/driven-engine.ts';
import { fullGcMs, heapBytes } from './support/heap.ts';
import { oneTrace, TRACE_ID } from './support/one-trace.ts';
import { SentSpans } from './support/sent-spans.ts';
import {
  count,
  medianOf,
  millions,
  percentile,
  spreadOf,
  table,
  timeOf,
  withSpread,
  type BenchOptions,
  type BenchReport,
  type Spread,
} from './support/stats.ts';

export const title = 'Against a protobufjs object store';

const MEMORY_BYTES = 4 * 2 ** 30;
const SEED = 23;
/** Part of a product's number: a few spans in a hundred thousand have it in an attribute. */
const NEEDLE = 'products/4242';

/** What both stores are asked. */
interface Rival {
  ingest(body: Uint8Array): void;
  /** ms, and what came, to be the same for both. */
  open(traceId: string): Promise<{ ms: number; spans: number }>;
  list(first: number): Promise<number>;
  search(text: string): Promise<{ ms: number; matched: number }>;
  close(): void;
}

interface Measured {
  readonly spansPerSecond: Spread;
  readonly gcCount: number;
  readonly gcTotalMs: number;
  readonly gcLongestMs: number;
  readonly bytesPerSpan: number;
  readonly fullGcMs: number;
  readonly openUs: readonly number[];
  readonly listUs: readonly number[];
  readonly search: Spread;
  readonly answers: readonly number[];
}

export async function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const spans = smoke ? 4096 : 131_072;
  const sizes = smoke ? [1000] : [10_000, 100_000];
  // One after the other, so that neither's objects are in the other's heap.
  const [ours, naive] = [
    await measure(openOurs, spans, smoke),
    await measure(openNaive, spans, smoke),
  ];
  if (ours.answers.join() !== naive.answers.join()) throw new Error('the stores differ');
  const layouts = sizes.map((size) => layoutRow(size, smoke));
  return {
    lines: [
      `${count(spans)} spans of about 365 B in traces of 32, protobufjs decoding into objects in a Map of traces, as most viewers do; the same bodies and questions, one store after the other, and the same answers. Medians (lowest–highest).`,
      '',
      ...table(['what', 'Flametail', 'object store', 'ratio'], [...rows(ours, naive), ...layouts]),
    ],
    figures: {},
  };
}

function rows(ours: Measured, naive: Measured): string[][] {
  const row = (
    what: string,
    value: (measured: Measured) => number,
    show: (measured: Measured) => string,
    isRate = false,
  ): string[] => {
    const [a, b] = [value(ours), value(naive)];
    const ratio = isRate ? a / b : b / a;
    return [
      what,
      show(ours),
      show(naive),
      Number.isFinite(ratio) ? `${ratio.toFixed(1)} ×` : 'none',
    ];
  };
  const us = (values: readonly number[]): string =>
    `${percentile(values, 0.5).toFixed(0)} / ${percentile(values, 0.99).toFixed(0)}`;
  return [
    row(
      'ingest, spans/s',
      ({ spansPerSecond }) => spansPerSecond.median,
      ({ spansPerSecond }) => millions(spansPerSecond),
      true,
    ),
    row(
      'garbage collection while they came, ms/M spans',
      ({ gcTotalMs }) => gcTotalMs,
      ({ gcCount, gcTotalMs, gcLongestMs }) =>
        `${gcTotalMs.toFixed(0)} in ${gcCount}, longest ${gcLongestMs.toFixed(1)} ms`,
    ),
    row(
      'retained, B/span, wire bytes included',
      ({ bytesPerSpan }) => bytesPerSpan,
      ({ bytesPerSpan }) => bytesPerSpan.toFixed(0),
    ),
    row(
      'full GC, ms',
      (measured) => measured.fullGcMs,
      (measured) => measured.fullGcMs.toFixed(1),
    ),
    row(
      'open a trace (ours: to the decoded frame), µs p50 / p99',
      ({ openUs }) => medianOf(openUs),
      ({ openUs }) => us(openUs),
    ),
    row(
      'list window of 60 traces (ours: to the decoded frame), µs p50 / p99',
      ({ listUs }) => medianOf(listUs),
      ({ listUs }) => us(listUs),
    ),
    row(
      `traces with "${NEEDLE}" in an attribute, ms`,
      ({ search }) => search.median,
      ({ search }) => withSpread(search),
    ),
  ];
}

async function measure(open: () => Rival, spans: number, smoke: boolean): Promise<Measured> {
  const sent = new SentSpans();
  await warmUp(open(), sent, smoke);
  const rates: number[] = [];
  for (let i = 0; i < (smoke ? 1 : 4); i++)
    rates.push(spans / (fillAndClose(open(), sent, spans) / 1000));
  const before = await heapBytes();
  const rival = open();
  const pauses = watchGc();
  fill(rival, sent, spans);
  const gcMs = await pauses.stop();
  const after = await heapBytes();
  const random = seeded(SEED);
  const looks = Array.from({ length: smoke ? 10 : 300 }, () => Math.floor(random() * sent.traces));
  const openUs: number[] = [];
  const listUs: number[] = [];
  const answers: number[] = [];
  for (const look of looks) {
    const opened = await rival.open(sent.traceId(look));
    openUs.push(opened.ms * 1000);
    answers.push(opened.spans);
    listUs.push((await rival.list(look)) * 1000);
  }
  const searchMs: number[] = [];
  for (let i = 0; i < (smoke ? 1 : 7); i++) {
    const { ms, matched } = await rival.search(NEEDLE);
    searchMs.push(ms);
    answers.push(matched);
  }
  const measured: Measured = {
    spansPerSecond: spreadOf(rates),
    gcCount: gcMs.length,
    gcTotalMs: (gcMs.reduce((sum, ms) => sum + ms, 0) * 1e6) / spans,
    gcLongestMs: Math.max(0, ...gcMs),
    bytesPerSpan:
      (after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes) / spans,
    fullGcMs: fullGcMs(),
    openUs,
    listUs,
    search: spreadOf(searchMs),
    answers,
  };
  rival.close();
  return measured;
}

/** Functions of their own, so that nothing holds a store that is done with. */
async function warmUp(rival: Rival, sent: SentSpans, smoke: boolean): Promise<void> {
  fill(rival, sent, smoke ? 2048 : 32_768);
  for (let look = 0; look < (smoke ? 5 : 200); look++) {
    await rival.open(sent.traceId(look % sent.traces));
    await rival.list(look);
  }
  await rival.search(NEEDLE);
  rival.close();
}

function fillAndClose(rival: Rival, sent: SentSpans, spans: number): number {
  const ms = fill(rival, sent, spans);
  rival.close();
  return ms;
}

/** ms of ingesting alone. */
function fill(rival: Rival, sent: SentSpans, spans: number): number {
  sent.restart();
  let ms = 0;
  while (sent.spans < spans) {
    const body = sent.next();
    ms += timeOf(() => rival.ingest(body));
  }
  return ms;
}

/** Garbage collections of this process until stopped, in ms each. */
function watchGc(): { stop(): Promise<number[]> } {
  const times: number[] = [];
  const note = (entries: readonly { readonly duration: number }[]): void => {
    times.push(...entries.map(({ duration }) => duration));
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    stop: async () => {
      // Entries are queued in a task of their own.
      await new Promise((resolve) => setImmediate(resolve));
      note(observer.takeRecords());
      observer.disconnect();
      return times;
    },
  };
}

function openOurs(): Rival {
  const driven = new DrivenEngine(MEMORY_BYTES);
  return {
    ingest: (body) => driven.ingest(body),
    open: async (traceId) => {
      const { ms, frame } = await driven.open('trace', { traceId });
      return { ms, spans: frame.meta.spanCount };
    },
    list: (first) => driven.openList(first),
    search: (text) => driven.search(text),
    close: () => driven.close(),
  };
}

function openNaive(): Rival {
  const store = new ObjectStore();
  return {
    ingest: (body) => store.ingest(body),
    open: (traceId) => {
      let spans = 0;
      const ms = timeOf(() => {
        spans = store.layout(traceId).length;
      });
      return Promise.resolve({ ms, spans });
    },
    list: (first) => Promise.resolve(timeOf(() => store.list(first, 60))),
    search: (text) => {
      let matched = 0;
      const ms = timeOf(() => {
        matched = store.tracesWith(text).length;
      });
      return Promise.resolve({ ms, matched });
    },
    close: () => undefined,
  };
}

/** One trace of many spans; the object store's spans are decoded before, which ours do not need. */
function layoutRow(spans: number, smoke: boolean): string[] {
  const clock = { nowMs: () => Date.now(), ticksMs: () => performance.now() };
  const store = new Store({ memoryBytes: MEMORY_BYTES, clock });
  const naive = new ObjectStore();
  for (const body of oneTrace(spans, SEED)) {
    const result = store.ingest('traces', [body], body.byteLength);
    if (!result.ok) throw new Error(result.message);
    naive.ingest(body);
  }
  const row = store.traces.find(TRACE_ID);
  const repeats = smoke ? 2 : 9;
  const run = (layout: () => number): Spread =>
    spreadOf(
      Array.from({ length: repeats }, () =>
        timeOf(() => {
          if (layout() !== spans) throw new Error('a layout has not all spans');
        }),
      ),
    );
  const ours = run(() => layoutTrace(store, row).boxCount);
  const theirs = run(() => naive.layout(TRACE_ID).length);
  return [
    `layout of one trace of ${count(spans)} spans, ms`,
    withSpread(ours),
    withSpread(theirs),
    `${(theirs.median / ours.median).toFixed(1)} ×`,
  ];
}
