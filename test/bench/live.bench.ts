/**
 * From the last byte of a request to the first frame that shows it, at a client of the live protocol:
 * the built program, a real WebSocket, and steady load around single requests that are watched.
 */
import type { LiveClient } from '../../proto/live/client.ts';
import type { LiveError } from '../../proto/live/protocol.ts';
import { NO_FILTER } from '../../proto/live/topics.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { startProgram, type Program } from '../support/program.ts';
import { spanBody, type SpanBody } from '../support/span-bodies.ts';
import { openViewer } from './support/live-viewer.ts';
import { pace, PacedSender } from './support/paced-load.ts';
import { count, percentile, table, type BenchOptions, type BenchReport } from './support/stats.ts';

export const title = 'Live latency: last byte received to frame sent';

const TRACE_ID = 'f7'.repeat(16);
/** Shares no beat with the pace of any topic. */
const PROBE_EVERY_MS = 37;
const CONNECTIONS = 8;
const SPANS_PER_TRACE = 32;
/** Everything that was sent has to be seen in this time, or the bench fails. */
const PATIENCE_MS = 10_000;

interface Load {
  readonly name: string;
  readonly spansPerSecond: number;
  readonly spansPerBody: number;
}

export async function run({ smoke, root }: BenchOptions): Promise<BenchReport> {
  const loads: Load[] = smoke
    ? [{ name: '10k', spansPerSecond: 2000, spansPerBody: 50 }]
    : [
        { name: '10k', spansPerSecond: 10_000, spansPerBody: 50 },
        { name: '200k', spansPerSecond: 200_000, spansPerBody: 512 },
      ];
  const rows: string[][] = [];
  const figures: Record<string, number> = {};
  for (const load of loads) {
    const measured = await measure(root, load, smoke ? 200 : 1500, smoke ? 600 : 6000);
    for (const { topic, name, latenciesMs, framesPerSecond } of measured.watched) {
      figures[`live.${topic}.${load.name}`] = percentile(latenciesMs, 0.99);
      rows.push([
        `${count(load.spansPerSecond)} (${count(Math.round(measured.spansPerSecond))} sent)`,
        name,
        percentile(latenciesMs, 0.5).toFixed(1),
        percentile(latenciesMs, 0.99).toFixed(1),
        Math.max(...latenciesMs).toFixed(1),
        String(latenciesMs.length),
        framesPerSecond.toFixed(1),
      ]);
    }
  }
  return {
    lines: [
      `The built program, a client on its WebSocket that subscribes to all three, and load over ${CONNECTIONS} connections: 50-span bodies at the lower rate, 512-span bodies at the higher. The time from handing a request's last byte to the system until the client has decoded the first frame that shows it, so that both sockets and the client are in it. Open trace and log list: one span and one record every ${PROBE_EVERY_MS} ms; trace list: every request of the load. Topics pace their frames (trace list 250 ms, logs 100 ms, trace from 40 ms on, by what a layout of it costs); what came in between waits for the next.`,
      '',
      ...table(
        ['spans/s', 'topic', 'p50, ms', 'p99, ms', 'longest, ms', 'requests', 'frames/s'],
        rows,
      ),
    ],
    figures,
  };
}

/** Requests that were sent and not yet seen, in the order of a count that frames tell. */
class Watch {
  readonly topic: string;
  readonly name: string;
  readonly latenciesMs: number[] = [];
  frames = 0;
  /** Requests before this moment are part of the warm-up. */
  fromMs = 0;
  readonly #sentMs: number[] = [];
  #seen = 0;
  #isDone: (() => void) | undefined;

  constructor(topic: string, name: string) {
    this.topic = topic;
    this.name = name;
  }

  sent(atMs: number): void {
    this.#sentMs.push(atMs);
  }

  /** A frame shows the first `shown` requests. */
  frame(shown: number): void {
    const nowMs = performance.now();
    if (nowMs >= this.fromMs) this.frames++;
    for (; this.#seen < Math.min(shown, this.#sentMs.length); this.#seen++) {
      const sentMs = this.#sentMs[this.#seen];
      if (sentMs >= this.fromMs) this.latenciesMs.push(nowMs - sentMs);
    }
    if (this.#seen === this.#sentMs.length) this.#isDone?.();
  }

  /** Resolves when all that was sent has been seen. */
  done(): Promise<void> {
    if (this.#seen === this.#sentMs.length) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#isDone = resolve;
      setTimeout(() => reject(new Error(`${this.name} does not show everything`)), PATIENCE_MS);
    });
  }
}

interface Measured {
  readonly spansPerSecond: number;
  readonly watched: readonly {
    readonly topic: string;
    readonly name: string;
    readonly latenciesMs: readonly number[];
    readonly framesPerSecond: number;
  }[];
}

async function measure(
  root: string,
  load: Load,
  warmMs: number,
  windowMs: number,
): Promise<Measured> {
  const bodies = Array.from({ length: 64 }, (_, i) => spanBody(load.spansPerBody, i + 1));
  const program = await startProgram(root, ['--memory', '2GiB']);
  try {
    return await watch(program, load, bodies, warmMs, windowMs);
  } finally {
    await program.stop();
  }
}

async function watch(
  program: Program,
  load: Load,
  bodies: readonly SpanBody[],
  warmMs: number,
  windowMs: number,
): Promise<Measured> {
  const client = await openViewer(program);
  const watches = {
    trace: new Watch('trace', 'open trace'),
    logs: new Watch('logs', 'log list'),
    traces: new Watch('traces', 'trace list'),
  };
  subscribe(client, watches, Math.ceil(load.spansPerBody / SPANS_PER_TRACE));
  const startMs = performance.now();
  const untilMs = startMs + warmMs + windowMs;
  for (const each of Object.values(watches)) each.fromMs = startMs + warmMs;
  const sender = new PacedSender(program.httpPort, CONNECTIONS);
  const probes = new PacedSender(program.httpPort, 2);
  let nextBody = 0;
  let nextProbe = 1;
  const everyMs = (1000 * load.spansPerBody) / load.spansPerSecond;
  const [requests] = await Promise.all([
    pace(everyMs, untilMs, CONNECTIONS, async () => {
      const body = bodies[nextBody++ % bodies.length];
      body.freshen();
      await sender.send('traces', body.bytes, (atMs) => watches.traces.sent(atMs));
    }),
    pace(PROBE_EVERY_MS, untilMs, 1, async () => {
      const span = spanProbe(nextProbe++);
      await Promise.all([
        probes.send('traces', span, (atMs) => watches.trace.sent(atMs)),
        probes.send('logs', LOG_PROBE, (atMs) => watches.logs.sent(atMs)),
      ]);
    }),
  ]);
  const seconds = (performance.now() - startMs) / 1000;
  await Promise.all(Object.values(watches).map((each) => each.done()));
  client.close();
  sender.close();
  probes.close();
  return {
    spansPerSecond: (requests * load.spansPerBody) / seconds,
    watched: Object.values(watches).map(({ topic, name, latenciesMs, frames }) => {
      return { topic, name, latenciesMs, framesPerSecond: (frames * 1000) / windowMs };
    }),
  };
}

function subscribe(
  client: LiveClient,
  watches: Readonly<Record<'trace' | 'logs' | 'traces', Watch>>,
  tracesPerBody: number,
): void {
  const ended = ({ code, message }: LiveError): void => {
    if (code !== 'disconnected') throw new Error(message);
  };
  client.subscribe(
    'trace',
    { traceId: TRACE_ID },
    { ended, frame: ({ meta }) => watches.trace.frame(meta.spanCount) },
  );
  client.subscribe(
    'logs',
    { filter: NO_FILTER, minSeverity: 0, first: null, count: 60, traceId: '' },
    { ended, frame: ({ meta }) => watches.logs.frame(meta.total) },
  );
  client.subscribe(
    'traces',
    { filter: NO_FILTER, anchor: null, first: 0, count: 60 },
    // One trace is the watched one.
    { ended, frame: ({ meta }) => watches.traces.frame((meta.total - 1) / tracesPerBody) },
  );
}

const SERVICE = { attributes: [{ key: 'service.name', value: { stringValue: 'probe' } }] };

function spanProbe(number: number): Uint8Array {
  const spanId = new Uint8Array(8);
  new DataView(spanId.buffer).setUint32(4, number);
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: new Uint8Array(16).fill(0xf7),
    spanId,
    name: 'probe',
    kind: 1,
    startTimeUnixNano: nowNs,
    endTimeUnixNano: nowNs + 1_000_000n,
  };
  return encodeRequest('traces', {
    resourceSpans: [{ resource: SERVICE, scopeSpans: [{ spans: [span] }] }],
  });
}

const LOG_PROBE = encodeRequest('logs', {
  resourceLogs: [
    {
      resource: SERVICE,
      scopeLogs: [{ logRecords: [{ severityNumber: 9, body: { stringValue: 'probe' } }] }],
    },
  ],
});
