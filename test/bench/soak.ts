/**
 * The soak: the built program under a steady load for as long as asked, with one client that looks.
 * Every ten seconds memory, latencies and counts are sampled; at the end a verdict compares the last
 * third of the time with the middle one, and counts have to be exact to the item.
 */
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import WebSocket from 'ws';
import { LiveClient } from '../../proto/live/client.ts';
import type { Channel } from '../../proto/live/channel.ts';
import { NO_FILTER, type StatusMeta } from '../../proto/live/topics.ts';
import { GRPC_SERVICE, HTTP_PATH, ITEM_KIND, type Signal } from '../../proto/otlp/signal.ts';
import { launchBrowser } from '../support/browser.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { startProgram, type Program } from '../support/program.ts';
import { spanBody } from '../support/span-bodies.ts';
import { percentile } from './support/stats.ts';

export interface SoakOptions {
  readonly root: string;
  readonly minutes: number;
  /** False: a client of the live protocol looks instead of Chromium. */
  readonly browser: boolean;
}

const SPANS_PER_SECOND = 3000;
const SPANS_PER_BODY = 50;
const LOGS_PER_SECOND = 600;
const POINTS_PER_SECOND = 300;
/** Small enough that the run fills it and evicts for most of its time. */
const MEMORY = '48MiB';
const SAMPLE_MS = 10_000;
/** Requests of a signal go out in turns of this length. */
const TURN_MS = 100;
/** What the last third may be above the middle one. */
const MEMORY_SLACK = 1.1;
const LATENCY_SLACK = 1.5;
/** Below this a latency is flat whatever its ratio: timers and the load's own pauses. */
const LATENCY_FLOOR_MS = 10;

type Sent = Record<'traces' | 'logs' | 'metrics', number>;

interface Sample {
  readonly second: number;
  readonly residentBytes: number;
  readonly ackP50: number;
  readonly ackP99: number;
  readonly apiMs: number;
  readonly kept: number;
  readonly evicted: number;
}

interface Verdict {
  readonly what: string;
  readonly middle: string;
  readonly last: string;
  readonly holds: boolean;
}

/** Runs it. Resolves with the report as Markdown and whether all verdicts hold. */
export async function soak(options: SoakOptions): Promise<{ lines: string[]; holds: boolean }> {
  const program = await startProgram(options.root, ['--memory', MEMORY]);
  const load = new Load(program);
  const viewer = await (options.browser ? openBrowser(program) : openClient(program));
  const samples: Sample[] = [];
  const until = performance.now() + options.minutes * 60_000;
  const started = performance.now();
  let nextSample = started + SAMPLE_MS;
  for (let turn = 1; performance.now() < until; turn++) {
    await load.turn(turn);
    if (performance.now() >= nextSample) {
      samples.push(await takeSample(program, load, (nextSample - started) / 1000));
      print(samples.at(-1));
      nextSample += SAMPLE_MS;
    }
    await pause(started + turn * TURN_MS - performance.now());
  }
  const status = await statusOf(program);
  const looks = await viewer.close();
  const verdicts = judge(samples, status, load);
  load.close();
  const code = await program.stop();
  verdicts.push(fact('ends with code 0', String(code), code === 0));
  return report(options, samples, verdicts, looks, load.sent);
}

/** Sends a steady rate of every signal, half over HTTP and half over gRPC, and keeps the times. */
class Load {
  readonly sent: Sent = { traces: 0, logs: 0, metrics: 0 };
  refused = 0;
  readonly #program: Program;
  readonly #grpc: Client;
  readonly #bodies = Array.from({ length: 32 }, (_, index) => spanBody(SPANS_PER_BODY, index + 1));
  #latencies: number[] = [];
  #next = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#grpc = new Client(`127.0.0.1:${program.grpcPort}`, credentials.createInsecure());
  }

  /** One turn: what is due, all at once, as several services would send it. */
  async turn(turn: number): Promise<void> {
    const requests: Promise<void>[] = [];
    const bodies = (SPANS_PER_SECOND * TURN_MS) / 1000 / SPANS_PER_BODY;
    for (let count = 0; count < bodies; count++) {
      const body = this.#bodies[this.#next++ % this.#bodies.length];
      body.freshen();
      requests.push(this.#send('traces', Buffer.from(body.bytes), SPANS_PER_BODY));
    }
    const logs = (LOGS_PER_SECOND * TURN_MS) / 1000;
    requests.push(this.#send('logs', logsBody(logs, turn), logs));
    const points = (POINTS_PER_SECOND * TURN_MS) / 1000;
    requests.push(this.#send('metrics', pointsBody(points, turn), points));
    await Promise.all(requests);
  }

  /** The acknowledgement times since the last call. */
  takeLatencies(): readonly number[] {
    const taken = this.#latencies;
    this.#latencies = [];
    return taken;
  }

  close(): void {
    this.#grpc.close();
  }

  async #send(signal: keyof Sent, body: Buffer, items: number): Promise<void> {
    const started = performance.now();
    const isTaken =
      this.#next % 2 === 0
        ? await this.#overHttp(signal, body)
        : await this.#overGrpc(signal, body);
    this.#latencies.push(performance.now() - started);
    if (isTaken) this.sent[signal] += items;
    else this.refused++;
  }

  async #overHttp(signal: Signal, body: Buffer): Promise<boolean> {
    const answer = await fetch(new URL(HTTP_PATH[signal], this.#program.ready.otlpHttp), {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
    });
    await answer.arrayBuffer();
    return answer.status === 200;
  }

  #overGrpc(signal: Signal, body: Buffer): Promise<boolean> {
    const same = (bytes: Buffer): Buffer => bytes;
    const path = `/${GRPC_SERVICE[signal]}/Export`;
    return new Promise((resolve) => {
      this.#grpc.makeUnaryRequest(path, same, same, body, (error) => resolve(error === null));
    });
  }
}

const SERVICE = {
  attributes: [{ key: 'service.name', value: { stringValue: 'soak' } }],
};

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function logsBody(count: number, turn: number): Buffer {
  const logRecords = Array.from({ length: count }, (_, index) => ({
    timeUnixNano: nowNs(),
    severityNumber: 1 + ((turn + index) % 24),
    body: { stringValue: `record ${index} of turn ${turn} says that all is well` },
  }));
  return Buffer.from(
    encodeRequest('logs', { resourceLogs: [{ resource: SERVICE, scopeLogs: [{ logRecords }] }] }),
  );
}

function pointsBody(count: number, turn: number): Buffer {
  const dataPoints = Array.from({ length: count }, (_, index) => ({
    timeUnixNano: nowNs(),
    asDouble: Math.sin(turn / 50 + index),
    attributes: [{ key: 'series', value: { stringValue: `s${index}` } }],
  }));
  const metrics = [{ name: 'soak.wave', unit: '1', gauge: { dataPoints } }];
  return Buffer.from(
    encodeRequest('metrics', {
      resourceMetrics: [{ resource: SERVICE, scopeMetrics: [{ metrics }] }],
    }),
  );
}

/** Somebody who looks; `close` tells what was seen. */
interface Viewer {
  close(): Promise<string>;
}

/** A page in Chromium that goes from screen to screen. */
async function openBrowser(program: Program): Promise<Viewer> {
  const browser = await launchBrowser();
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  let isOpen = true;
  let looks = 0;
  const browse = async (): Promise<void> => {
    for (let step = 0; isOpen; step++) {
      const screen = ['Logs', 'Metrics', 'Traces'][step % 3];
      const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
      await link.filter({ hasText: screen }).first().click();
      if (screen === 'Traces') {
        const row = page.getByRole('grid', { name: /^Traces/ }).getByRole('row');
        await row
          .nth(1)
          .click({ timeout: 5000 })
          .catch(() => undefined); // It may scroll away.
      }
      looks++;
      await pause(2000);
    }
  };
  const done = browse().catch((error: unknown) => {
    if (isOpen) errors.push(String(error));
  });
  return {
    close: async () => {
      isOpen = false;
      await done;
      await browser.close();
      const faults = errors.length === 0 ? 'no errors' : `errors: ${errors.slice(0, 3).join('; ')}`;
      return `Chromium, ${looks} screens opened, ${faults}`;
    },
  };
}

/** A client of the live protocol with the subscriptions of a page. */
async function openClient(program: Program): Promise<Viewer> {
  const socket = new WebSocket(`${program.ready.ui.replace('http', 'ws')}live`, {
    headers: { authorization: `Bearer ${program.ready.token}` },
  });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const client = new LiveClient(channelOf(socket), { name: 'soak' });
  let frames = 0;
  let ended = 0;
  const handlers = { frame: () => frames++, ended: () => ended++ };
  const rows = { filter: NO_FILTER, first: 0, count: 60 };
  client.subscribe('status', {}, handlers);
  client.subscribe('traces', { ...rows, anchor: null }, handlers);
  client.subscribe('metrics', { ...rows, sparkPoints: 60 }, handlers);
  const logs = { minSeverity: 9, first: null, count: 60, traceId: '' };
  const filter = { ...NO_FILTER, text: 'record 7' };
  client.subscribe('logs', { ...logs, filter }, handlers);
  return {
    close: () => {
      const endedBefore = ended;
      client.close();
      return Promise.resolve(
        `a client of the live protocol, ${frames} frames, ${endedBefore} subscriptions ended early`,
      );
    },
  };
}

function channelOf(socket: WebSocket): Channel {
  return {
    send: (message) => socket.send(message),
    onMessage: (handler) => {
      socket.on('message', (data: Buffer, isBinary) => {
        handler(isBinary ? new Uint8Array(data) : data.toString());
      });
    },
    onClose: (handler) => {
      socket.on('close', () => handler('closed'));
    },
    close: () => socket.close(),
    bufferedBytes: 0,
  };
}

async function statusOf(program: Program): Promise<StatusMeta> {
  return (await (await program.api('api/v1/status')).json()) as StatusMeta;
}

async function takeSample(program: Program, load: Load, second: number): Promise<Sample> {
  const asked = performance.now();
  const { signals } = await statusOf(program);
  await (await program.api('api/v1/traces?limit=50')).arrayBuffer();
  const apiMs = performance.now() - asked;
  const latencies = load.takeLatencies();
  return {
    second,
    residentBytes: residentBytesOf(program.ready.pid),
    ackP50: percentile(latencies, 0.5),
    ackP99: percentile(latencies, 0.99),
    apiMs,
    kept: signals.spans.kept,
    evicted: signals.spans.evicted,
  };
}

/** Of Linux alone; 0 elsewhere, where memory is not judged. */
function residentBytesOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // No /proc on this platform.
  }
}

function judge(samples: readonly Sample[], status: StatusMeta, load: Load): Verdict[] {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const compare = (
    what: string,
    value: (sample: Sample) => number,
    show: (value: number) => string,
    holds: (middle: number, last: number) => boolean,
  ): Verdict => {
    const [a, b] = [middle, last].map((part) => percentile(part.map(value), 0.5));
    return { what, middle: show(a), last: show(b), holds: holds(a, b) };
  };
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const isFlat = (a: number, b: number): boolean =>
    b <= Math.max(a * LATENCY_SLACK, LATENCY_FLOOR_MS);
  const verdicts = [
    compare(
      'resident memory',
      (s) => s.residentBytes,
      mebibytes,
      (a, b) => b <= a * MEMORY_SLACK,
    ),
    compare('acknowledgement p50', (s) => s.ackP50, ms, isFlat),
    compare('acknowledgement p99', (s) => s.ackP99, ms, isFlat),
    compare('status and list over the API', (s) => s.apiMs, ms, isFlat),
  ];
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const kind = ITEM_KIND[signal];
    const { received, kept, evicted, rejected, duplicates } = status.signals[kind];
    const adds = received === kept + evicted + rejected + duplicates;
    const said = `${received} received = ${kept} kept + ${evicted} evicted + ${rejected} rejected + ${duplicates} duplicates`;
    const holds = received === load.sent[signal] && adds && rejected + duplicates === 0;
    verdicts.push(fact(`${load.sent[signal]} ${kind} acknowledged`, said, holds));
  }
  verdicts.push(fact('requests refused', String(load.refused), load.refused === 0));
  return verdicts;
}

function fact(what: string, said: string, holds: boolean): Verdict {
  return { what, middle: '', last: said, holds };
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

function print(sample: Sample | undefined): void {
  if (sample === undefined) return;
  const { second, residentBytes, ackP50, ackP99, apiMs, kept, evicted } = sample;
  console.log(
    `${second} s: ${mebibytes(residentBytes)}, ack ${ackP50.toFixed(1)} / ${ackP99.toFixed(1)} ms, ` +
      `API ${apiMs.toFixed(1)} ms, ${kept} spans kept, ${evicted} evicted`,
  );
}

function report(
  options: SoakOptions,
  samples: readonly Sample[],
  verdicts: readonly Verdict[],
  looks: string,
  sent: Sent,
): { lines: string[]; holds: boolean } {
  const total = sent.traces + sent.logs + sent.metrics;
  const highest = Math.max(...samples.map(({ residentBytes }) => residentBytes));
  const lines = [
    `${options.minutes} minutes at ${SPANS_PER_SECOND} spans, ${LOGS_PER_SECOND} log records and ${POINTS_PER_SECOND} data points a second over HTTP and gRPC, --memory ${MEMORY}, seen by ${looks}. ` +
      `${total} items; resident memory at most ${mebibytes(highest)}. Medians of ${samples.length} samples, the last third against the middle one.`,
    '',
    '| what | middle third | last third | holds |',
    '|---|---|---|---|',
    ...verdicts.map(
      ({ what, middle, last, holds }) =>
        `| ${what} | ${middle} | ${last} | ${holds ? 'yes' : 'NO'} |`,
    ),
  ];
  return { lines, holds: verdicts.every(({ holds }) => holds) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
