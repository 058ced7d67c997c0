/** An engine with a clock that tests move by hand, and clients of its live protocol. */
import { RE2 } from '../../electron/node/host/regex.ts';
import { Engine, type HostMethods } from '../../electron/engine/engine.ts';
import type { Clock, Scheduler } from '../../electron/engine/config.ts';
import { LiveClient } from '../../proto/live/client.ts';
import type { Channel } from '../../proto/live/channel.ts';
import { memoryChannelPair } from '../../proto/live/memory-channel.ts';
import type { Filter } from '../../proto/live/topics.ts';
import { encodeRequest } from './otlp/proto-root.ts';

interface Timer {
  readonly atMs: number;
  readonly task: () => void;
}

/** Time that stands still until `advance`; every look at the ticks may cost `tickCostMs`. */
export class ManualTime implements Clock, Scheduler {
  static readonly startMs = 1_700_000_000_000;
  tickCostMs = 0;
  #ticks = 0;
  #timers: Timer[] = [];
  #soon: (() => void)[] = [];

  nowMs(): number {
    return ManualTime.startMs + this.#ticks;
  }

  ticksMs(): number {
    this.#ticks += this.tickCostMs;
    return this.#ticks;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.#ticks + delayMs, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  /** Runs one round of what was put off; true when there was any. */
  runSoon(): boolean {
    const tasks = this.#soon.splice(0);
    for (const task of tasks) task();
    return tasks.length > 0;
  }

  /** Moves time on and runs the timers that fall due, in order of their time. */
  advance(ms: number): void {
    const until = this.#ticks + ms;
    for (;;) {
      const due = this.#timers
        .filter(({ atMs }) => atMs <= until)
        .sort((a, b) => a.atMs - b.atMs)
        .at(0);
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#ticks = Math.max(this.#ticks, due.atMs);
      due.task();
    }
    this.#ticks = Math.max(this.#ticks, until);
  }
}

export interface TestEngine {
  readonly engine: Engine;
  readonly time: ManualTime;
}

export function createEngine(memoryBytes = 64 << 20): TestEngine {
  const time = new ManualTime();
  const engine = new Engine({
    regex: RE2,
    memoryBytes,
    clock: time,
    scheduler: time,
    engineId: 'test-engine',
    version: '0.0.0-test',
  });
  return { engine, time };
}

export const TEST_HOST: HostMethods = {
  'testTrace.send': () => Promise.resolve({ traceId: traceIdOf(1) }),
  'receiver.listen': ({ port }) => Promise.resolve({ listening: port !== 1, message: 'tried' }),
  'operation.cancel': () => Promise.resolve({}),
  'operation.dismiss': () => Promise.reject(new Error('no such operation')),
  'journal.restore': () =>
    Promise.resolve({
      spans: 0,
      logRecords: 0,
      dataPoints: 0,
      profiles: 0,
      lostBytes: 0,
      isPartial: false,
    }),
  'journal.discard': () => Promise.resolve({}),
};

/** A client over an in-memory channel. */
export function connectClient(engine: Engine): LiveClient {
  const [near, far] = memoryChannelPair();
  engine.connect(far, TEST_HOST);
  return new LiveClient(near, { name: 'test' });
}

/** A raw channel end, for what no well-behaved client sends. */
export function connectRaw(engine: Engine): {
  readonly channel: Channel;
  readonly received: (string | Uint8Array)[];
} {
  const [near, far] = memoryChannelPair();
  engine.connect(far, TEST_HOST);
  const received: (string | Uint8Array)[] = [];
  near.onMessage((message) => received.push(message));
  return { channel: near, received };
}

/** Lets messages that are under way arrive: each hop of the in-memory channel is a microtask. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export interface SpanSpec {
  readonly trace: number;
  readonly id: number;
  readonly parent?: number;
  readonly name?: string;
  readonly service?: string;
  /** ns after the base time. */
  readonly start?: number;
  readonly end?: number;
  readonly isError?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

const BASE_NS = BigInt(ManualTime.startMs) * 1_000_000n;

export function traceIdOf(trace: number): string {
  return `a${trace.toString(16).padStart(31, '0')}`;
}

export function spanIdOf(id: number): string {
  return `b${id.toString(16).padStart(15, '0')}`;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function attributesOf(attributes: Readonly<Record<string, string | number>> = {}): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  }));
}

function resourceOf(service: string): object {
  return { attributes: attributesOf({ 'service.name': service }) };
}

export function sendSpans(engine: Engine, specs: readonly SpanSpec[]): void {
  const resourceSpans = specs.map((spec) => ({
    resource: resourceOf(spec.service ?? 'shop'),
    scopeSpans: [{ scope: { name: 'test' }, spans: [spanOf(spec)] }],
  }));
  send(engine, 'traces', { resourceSpans });
}

function spanOf(spec: SpanSpec): object {
  return {
    traceId: bytesOf(traceIdOf(spec.trace)),
    spanId: bytesOf(spanIdOf(spec.id)),
    parentSpanId: spec.parent === undefined ? new Uint8Array(0) : bytesOf(spanIdOf(spec.parent)),
    name: spec.name ?? `span ${String(spec.id)}`,
    kind: 1,
    startTimeUnixNano: BASE_NS + BigInt(spec.start ?? 0),
    endTimeUnixNano: BASE_NS + BigInt(spec.end ?? 100),
    attributes: attributesOf(spec.attributes),
    status: spec.isError === true ? { code: 2 } : {},
  };
}

export interface LogSpec {
  readonly body: string;
  readonly severity?: number;
  readonly service?: string;
  /** After the base time. */
  readonly second?: number;
  readonly trace?: number;
  readonly span?: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

export function sendLogs(engine: Engine, specs: readonly LogSpec[]): void {
  const resourceLogs = specs.map((spec) => ({
    resource: resourceOf(spec.service ?? 'shop'),
    scopeLogs: [{ scope: { name: 'test' }, logRecords: [logOf(spec)] }],
  }));
  send(engine, 'logs', { resourceLogs });
}

function logOf(spec: LogSpec): object {
  return {
    timeUnixNano: BASE_NS + BigInt(Math.round((spec.second ?? 0) * 1e9)),
    severityNumber: spec.severity ?? 9,
    severityText: 'INFO',
    body: { stringValue: spec.body },
    attributes: attributesOf(spec.attributes),
    traceId: spec.trace === undefined ? new Uint8Array(0) : bytesOf(traceIdOf(spec.trace)),
    spanId: spec.span === undefined ? new Uint8Array(0) : bytesOf(spanIdOf(spec.span)),
  };
}

export function sendMetric(engine: Engine, metric: object, service = 'shop'): void {
  send(engine, 'metrics', {
    resourceMetrics: [
      {
        resource: resourceOf(service),
        scopeMetrics: [{ scope: { name: 'm' }, metrics: [metric] }],
      },
    ],
  });
}

/** Nanoseconds since the Unix epoch of a second after the base time. */
export function secondNs(second: number): bigint {
  return BASE_NS + BigInt(second) * 1_000_000_000n;
}

function send(engine: Engine, signal: 'traces' | 'logs' | 'metrics', request: object): void {
  const bytes = encodeRequest(signal, request);
  const result = engine.ingest(signal, [bytes], bytes.byteLength, 'protobuf');
  if (!result.ok) throw new Error(result.message);
}

export function filterOf(text: string, services: readonly string[] = []): Filter {
  return { text, services, notServices: [] };
}
