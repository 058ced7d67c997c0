/**
 * Looks at everything an engine holds, as a curious person would: every screen, traces, spans, log
 * records, series, their details and exports. Whatever telemetry says, no view may fail.
 */
import type { Engine } from '../../electron/engine/engine.ts';
import { LiveFailure } from '../../proto/live/protocol.ts';
import { NO_FILTER, type TopicName, type Topics } from '../../proto/live/topics.ts';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { connectClient, filterOf, settle, type ManualTime } from '../support/live-engine.ts';
import { assertFact } from './finding.ts';

/** How many of each are opened. */
const LOOKS = 12;
/** Turns of the scheduler that one look may take; a turn is a slice of work. */
const MAX_TURNS = 3000;

/** Reads everything that a query can read of an item. */
const EVERYWHERE =
  '-"\\u0000" has:a.b or url.path~"." or event.a!=1 or link.trace:* or body~"x" or scope.b>1';

/** Throws when a view fails, or takes more turns than the little that is held can need. */
export async function browse(engine: Engine, time: ManualTime): Promise<void> {
  const client = connectClient(engine);
  const eyes = new Eyes(client, time);
  const rows = { first: 0, count: 200 };
  await eyes.see('status', {});
  await eyes.see('sources', {});
  await eyes.see('requests', { limit: 100 });
  for (const filter of [NO_FILTER, filterOf('e'), filterOf(EVERYWHERE), filterOf('', ['a'])]) {
    await lookAtTraces(eyes, await eyes.see('traces', { filter, anchor: null, ...rows }));
    await eyes.see('flame', { filter });
    const logs = await eyes.see('logs', {
      ...{ filter, minSeverity: 0, first: null, count: 200, traceId: '' },
    });
    for (const row of (logs?.columns.row ?? []).slice(-LOOKS)) await eyes.ask('log.get', { row });
    const metrics = await eyes.see('metrics', { filter, ...rows, sparkPoints: 40 });
    for (const { id } of metrics?.meta.rows.slice(0, LOOKS) ?? []) {
      await eyes.see('series', { metric: id, fromMs: 0, toMs: 4e12, maxPoints: 100 });
      await eyes.see('series', { metric: id, fromMs: 4e12, toMs: -1, maxPoints: 0 });
    }
    for (const signal of SIGNALS) readToEnd(engine, { type: 'filter', signal, filter });
  }
  client.close();
  await settle();
}

async function lookAtTraces(eyes: Eyes, traces: TopicFrame<'traces'> | undefined): Promise<void> {
  const count = Math.min(LOOKS, traces?.columns.ordinal.length ?? 0);
  for (let row = 0; row < count; row++) {
    const traceId = hexOf(traces?.columns.traceId, row, 16);
    const trace = await eyes.see('trace', { traceId });
    await eyes.ask('trace.json', { traceId });
    const boxes = Math.min(LOOKS, trace?.columns.spanId === undefined ? 0 : trace.meta.boxCount);
    for (let box = 0; box < boxes; box++) {
      const spanId = hexOf(trace?.columns.spanId, box, 8);
      if (spanId.length !== 16) break;
      await eyes.ask('span.get', { traceId, spanId });
      await eyes.ask('span.logs', { traceId, spanId, limit: 50 });
    }
  }
}

function hexOf(bytes: Uint8Array | undefined, row: number, size: number): string {
  return Buffer.from(bytes?.subarray(row * size, row * size + size) ?? []).toString('hex');
}

function readToEnd(engine: Engine, selection: Parameters<Engine['reader']>[0]): void {
  const reader = engine.reader(selection);
  let turns = 0;
  while (reader.next() !== null) assertFact(++turns < 100_000, 'an export ends');
  assertFact(reader.lost === 0, 'an export of what stands still loses nothing');
  reader.close();
}

class Eyes {
  readonly #client: LiveClient;
  readonly #time: ManualTime;

  constructor(client: LiveClient, time: ManualTime) {
    this.#client = client;
    this.#time = time;
  }

  /** The newest frame of a topic once it has settled. */
  async see<T extends TopicName>(
    topic: T,
    params: Topics[T]['params'],
  ): Promise<TopicFrame<T> | undefined> {
    const seen: { frame?: TopicFrame<T>; failed?: string } = {};
    const subscription = this.#client.subscribe(topic, params, {
      frame: (frame) => {
        seen.frame ??= frame;
      },
      ended: ({ code, message }) => {
        seen.failed = `${topic} ${JSON.stringify(params)}: ${code} ${message}`;
      },
    });
    await this.#until(() => seen.frame !== undefined || seen.failed !== undefined, topic);
    subscription.close();
    if (seen.failed !== undefined) throw new Error(seen.failed);
    return seen.frame;
  }

  /** A request; `notFound` and `evicted` are answers, `failed` is a bug. */
  async ask(...[method, params]: Parameters<LiveClient['request']>): Promise<void> {
    const seen: { isAnswered: boolean; error?: unknown } = { isAnswered: false };
    this.#client.request(method, params).then(
      () => {
        seen.isAnswered = true;
      },
      (error: unknown) => {
        seen.isAnswered = true;
        seen.error = error;
      },
    );
    await this.#until(() => seen.isAnswered, method);
    const isFine =
      seen.error === undefined ||
      (seen.error instanceof LiveFailure && /^(notFound|evicted)$/.test(seen.error.code));
    if (!isFine) throw new Error(`${method} ${JSON.stringify(params)}: ${String(seen.error)}`);
  }

  async #until(isDone: () => boolean, what: string): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      await settle();
      if (isDone()) return;
      if (!this.#time.runSoon()) this.#time.advance(100);
    }
    throw new Error(`${what} is not answered after ${MAX_TURNS} turns`);
  }
}
