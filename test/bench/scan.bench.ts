/** Scan speed per signal, alone and with everything the store does, beside protobufjs in one run. */
import type protobuf from 'protobufjs';
import type { Signal } from '../../proto/otlp/signal.ts';
import { Store } from '../../electron/engine/store/store.ts';
import { scanLogs } from '../../electron/engine/wire/scan-logs.ts';
import { scanMetrics } from '../../electron/engine/wire/scan-metrics.ts';
import { ScanOutput } from '../../electron/engine/wire/scan-output.ts';
import { scanTraces } from '../../electron/engine/wire/scan-traces.ts';
import { encodeRequest, requestType } from '../support/otlp/proto-root.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { spanBody } from '../support/span-bodies.ts';
import {
  medianOf,
  millions,
  spreadOf,
  type BenchOptions,
  type BenchReport,
} from './support/stats.ts';

export const title = 'Scan: bytes to columns and indexes';

const ITEMS = 512;
const GIB = 1 << 30;
const clock = { nowMs: () => 1_700_000_000_000, ticksMs: () => performance.now() };

type TimedSignal = 'traces' | 'logs' | 'metrics';
const SCAN = { traces: scanTraces, logs: scanLogs, metrics: scanMetrics };
const WORD: Readonly<Record<TimedSignal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'data points',
};

/** The names of the figures of each signal, to which those of the ratio add a word. */
const FIGURE: Readonly<Record<TimedSignal, string>> = {
  traces: 'scan.spans',
  logs: 'scan.logs',
  metrics: 'scan.points',
};

interface Plan {
  readonly bodies: number;
  readonly repeats: number;
  /** Through all bodies, a repetition. */
  readonly passes: number;
}

const FULL: Plan = { bodies: 64, repeats: 7, passes: 24 };
const SMOKE: Plan = { bodies: 8, repeats: 2, passes: 2 };

/** One body, and what makes it new to the store. */
interface Body {
  readonly bytes: Uint8Array;
  freshen(): void;
}

export function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const plan = smoke ? SMOKE : FULL;
  const lines = [
    `${plan.bodies} bodies of ${ITEMS} items, warm; items a second, median of ${plan.repeats} (lowest to highest). Store: copied into slabs, scanned, appended, indexed by trace and span id, ids fresh in every body, into memory that is fresh too; evicting: into slabs and segments that are used again, as after the first filling.`,
    '',
    '| signal | bytes/item | scan alone | store | store, evicting | protobufjs decode | scan ÷ protobufjs | store ÷ protobufjs |',
    '|---|---|---|---|---|---|---|---|',
  ];
  const figures: Record<string, number> = {};
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    lines.push(measure(signal, plan, figures));
  }
  return Promise.resolve({ lines, figures });
}

/** A row of the table; adds the figures that have targets. */
function measure(signal: TimedSignal, plan: Plan, figures: Record<string, number>): string {
  const { repeats, passes } = plan;
  const bodies = Array.from({ length: plan.bodies }, (_, i) => bodyOf(signal, i + 1));
  const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0) / bodies.length / ITEMS;
  const out = new ScanOutput();
  const type = requestType(signal);
  const scan = timed(repeats, passes, bodies, (body) => {
    SCAN[signal](out, body.bytes);
  });
  const decode = timed(repeats, 1, bodies, (body) => {
    decodeAll(type, body.bytes);
  });
  let store = new Store({ memoryBytes: 4 * GIB, clock });
  const stored = timed(
    repeats,
    passes,
    bodies,
    ingestInto(signal, () => store),
    () => {
      store = new Store({ memoryBytes: 4 * GIB, clock });
    },
  );
  store = new Store({ memoryBytes: 128 << 20, clock });
  const evicting = timed(
    repeats,
    passes,
    bodies,
    ingestInto(signal, () => store),
  );
  const ratio = (rates: readonly number[]): number => medianOf(rates) / medianOf(decode);
  figures[FIGURE[signal]] = medianOf(scan);
  figures[`${FIGURE[signal]}Ratio`] = ratio(scan);
  const cells = [scan, stored, evicting, decode].map((rates) => millions(spreadOf(rates)));
  return `| ${WORD[signal]} | ${bytes.toFixed(0)} | ${cells.join(' | ')} | ${ratio(scan).toFixed(1)} × | ${ratio(stored).toFixed(1)} × |`;
}

function ingestInto(signal: Signal, store: () => Store): (body: Body) => void {
  return (body) => {
    const result = store().ingest(signal, [body.bytes], body.bytes.length);
    if (!result.ok || result.accepted !== ITEMS) throw new Error(JSON.stringify(result));
  };
}

/** Items a second of each repetition; making bodies new is not timed. */
function timed(
  repeats: number,
  passes: number,
  bodies: readonly Body[],
  work: (body: Body) => void,
  before: () => void = () => undefined,
): number[] {
  const rates: number[] = [];
  for (let repeat = -1; repeat < repeats; repeat++) {
    before();
    globalThis.gc?.();
    let elapsedMs = 0;
    for (let pass = 0; pass < passes; pass++) {
      for (const body of bodies) body.freshen();
      const started = performance.now();
      for (const body of bodies) work(body);
      elapsedMs += performance.now() - started;
    }
    // The first one warms up.
    if (repeat >= 0) rates.push((passes * bodies.length * ITEMS) / (elapsedMs / 1000));
  }
  return rates;
}

function decodeAll(type: protobuf.Type, bytes: Uint8Array): void {
  type.decode(bytes);
}

function bodyOf(signal: TimedSignal, seed: number): Body {
  if (signal === 'traces') return spanBody(ITEMS, seed);
  const random = seededRandom(seed);
  const bytes =
    signal === 'logs'
      ? encodeRequest('logs', logs(random))
      : encodeRequest('metrics', metrics(random));
  return { bytes, freshen: () => undefined };
}

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });

function resourceOf(random: Random): object {
  return {
    attributes: [
      text('service.name', `load-${random.below(8)}`),
      text('service.instance.id', `load-${random.below(8)}-1`),
    ],
  };
}

/** About 300 bytes a record; three in four belong to a trace. */
function logs(random: Random): object {
  const logRecords = Array.from({ length: ITEMS }, (_, i) => ({
    timeUnixNano: 1_700_000_000_000_000_000n + BigInt(i) * 1_000_003n,
    observedTimeUnixNano: 1_700_000_000_000_000_000n + BigInt(i) * 1_000_003n,
    severityNumber: random.pick([5, 9, 9, 9, 13, 17]),
    severityText: 'INFO',
    body: { stringValue: `request ${random.below(1e6)} handled in ${random.below(900)} ms` },
    attributes: [
      text('http.request.method', 'GET'),
      text('url.path', `/api/products/${random.below(10_000)}`),
      text('thread.name', `worker-${random.below(16)}`),
      text('code.function.name', 'com.example.shop.Checkout.handle'),
    ],
    ...(i % 4 === 0 ? {} : { traceId: random.bytes(16), spanId: random.bytes(8) }),
  }));
  return {
    resourceLogs: [
      { resource: resourceOf(random), scopeLogs: [{ scope: { name: 'load' }, logRecords }] },
    ],
  };
}

/** About 230 bytes a point; nearly every point of a body is a series of its own. */
function metrics(random: Random): object {
  const point = (i: number): object => ({
    startTimeUnixNano: 1_700_000_000_000_000_000n,
    timeUnixNano: 1_700_000_000_000_000_000n + BigInt(i),
    asDouble: random.next() * 1000,
    attributes: [
      text('http.request.method', 'GET'),
      text('http.route', `/api/products/${random.below(10_000)}`),
      text('server.address', `shop-${random.below(100)}.local`),
      text('network.protocol.version', '1.1'),
      text('url.scheme', 'http'),
    ],
  });
  const list = Array.from({ length: 8 }, (_, m) => ({
    name: `http.server.metric.${m}`,
    description: 'Something that a server counts',
    unit: '1',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: Array.from({ length: ITEMS / 8 }, (_, i) => point(i)),
    },
  }));
  return {
    resourceMetrics: [
      { resource: resourceOf(random), scopeMetrics: [{ scope: { name: 'load' }, metrics: list }] },
    ],
  };
}
