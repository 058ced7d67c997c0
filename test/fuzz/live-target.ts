/**
 * Hostile clients of the live protocol: control messages with damaged structure, binary messages,
 * credits and ids out of range, in any order, while bodies come in and time goes on.
 */
import type { HostMethods } from '../../electron/engine/engine.ts';
import { decodeFrame, encodeFrame, FrameError } from '../../proto/live/frame.ts';
import {
  LiveFailure,
  MAX_CONTROL_LENGTH,
  MAX_CREDIT,
  PROTOCOL_VERSION,
} from '../../proto/live/protocol.ts';
import { memoryChannelPair } from '../../proto/live/memory-channel.ts';
import type { Channel } from '../../proto/live/channel.ts';
import { createEngine, settle, traceIdOf, type TestEngine } from '../support/live-engine.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { Corpus } from './corpus.ts';
import { assertFact, Finding, type Report } from './finding.ts';
import { mutateJson } from './json-mutator.ts';
import { mutateBytes } from './protobuf-mutator.ts';

const FILTER = { text: '', services: [] as string[], notServices: [] as string[] };
const WINDOW = { filter: FILTER, first: 0, count: 50 };
const PINNED = { traceId: traceIdOf(1), spanId: 'b000000000000001' };

const REQUESTS: readonly (readonly [string, object])[] = [
  ['status.get', {}],
  ['span.get', PINNED],
  ['span.logs', { ...PINNED, limit: 10 }],
  ['span.peers', PINNED],
  ['span.repeats', PINNED],
  ['span.linked', { ...PINNED, limit: 10 }],
  ['log.get', { row: 0 }],
  ['traces.list', { filter: FILTER, limit: 10, cursor: '' }],
  ['trace.json', PINNED],
  ['trace.pin', { ...PINNED, pinned: true }],
  ['clear', { signal: 'logs' }],
  ['testTrace.send', {}],
  ['receiver.listen', { protocol: 'http', port: 4318 }],
  ['operation.cancel', { id: 1 }],
  ['operation.dismiss', { id: 1 }],
  ['__proto__', {}],
  ['constructor', {}],
];

const TOPICS: readonly (readonly [string, object])[] = [
  ['status', {}],
  ['sources', {}],
  ['requests', { limit: 20 }],
  ['traces', { ...WINDOW, anchor: null }],
  ['trace', PINNED],
  ['logs', { ...WINDOW, minSeverity: 0, first: null, traceId: '' }],
  ['metrics', { ...WINDOW, sparkPoints: 20 }],
  ['flame', { filter: FILTER }],
  ['series', { metric: 0, fromMs: 0, toMs: 4e12, maxPoints: 50 }],
  ['hasOwnProperty', {}],
];

/** Turns of the scheduler in which a well-behaved request is answered after all that came before. */
const MAX_TURNS = 5000;
/** A session keeps at most this many timers: one a subscription, and what the engine has itself. */
const MAX_TIMERS = 200;

const host: HostMethods = {
  'testTrace.send': () => Promise.resolve({ traceId: traceIdOf(1) }),
  'receiver.listen': () => Promise.resolve({ listening: true, message: '' }),
  'operation.cancel': () => Promise.reject(new LiveFailure({ code: 'notFound', message: 'no.' })),
  'operation.dismiss': () => Promise.reject(new LiveFailure({ code: 'notFound', message: 'no.' })),
  'journal.restore': () => Promise.reject(new LiveFailure({ code: 'notFound', message: 'no.' })),
  'journal.discard': () => Promise.reject(new LiveFailure({ code: 'notFound', message: 'no.' })),
};

/** One client: what it sent, what it may expect, and whether every answer is one. */
class Client {
  readonly channel: Channel;
  isClosed = false;
  sent = 0;
  answers = 0;
  frames = 0;
  credit = 0;
  broken: string | undefined;
  readonly replies = new Set<number>();

  constructor({ engine }: TestEngine) {
    const [near, far] = memoryChannelPair();
    engine.connect(far, host);
    this.channel = near;
    near.onMessage((message) => {
      try {
        if (typeof message === 'string') this.#onControl(message);
        else this.#onFrame(message);
      } catch (error) {
        this.broken ??= String(error);
      }
    });
    near.onClose(() => {
      this.isClosed = true;
    });
  }

  send(message: string | Uint8Array): void {
    this.sent++;
    this.credit += creditIn(message);
    this.channel.send(message);
  }

  check(): void {
    if (this.broken !== undefined) throw new Error(this.broken);
    assertFact(this.frames <= this.credit, `${this.frames} frames for ${this.credit} credits`);
    // Each message is answered once at most; a subscription can end later, once.
    assertFact(this.answers <= 2 * this.sent, `${this.answers} answers to ${this.sent} messages`);
  }

  #onControl(text: string): void {
    this.answers++;
    assertFact(text.length <= 4 * MAX_CONTROL_LENGTH, 'an answer is bounded');
    const message = JSON.parse(text) as { type: string; id: number; error?: { code: string } };
    assertFact(
      ['welcome', 'goodbye', 'reply', 'failure', 'ended', 'pong'].includes(message.type),
      `${message.type} is an answer`,
    );
    if (message.type === 'reply') this.replies.add(message.id);
    assertFact(message.error?.code !== 'failed', `no message makes the engine fail: ${text}`);
  }

  #onFrame(bytes: Uint8Array): void {
    this.frames++;
    decodeFrame(bytes);
  }
}

/** What a message grants, as the protocol reads it. */
function creditIn(message: string | Uint8Array): number {
  if (typeof message !== 'string' || message.length > MAX_CONTROL_LENGTH) return 0;
  try {
    const fields = JSON.parse(message) as { type?: unknown; frames?: unknown } | null;
    if (fields?.type !== 'credit' || !Number.isSafeInteger(fields.frames)) return 0;
    return Math.max(0, Math.min(fields.frames as number, MAX_CREDIT));
  } catch {
    return 0; // Not JSON grants nothing.
  }
}

/** Sends `rounds` messages of a seed to an engine, then checks that it still serves. Throws Finding. */
export async function fuzzLive(seed: number, rounds: number): Promise<Report> {
  const random = seededRandom(seed);
  const test = createEngine(8 << 20);
  test.time.tickCostMs = 1;
  const corpus = new Corpus(random);
  let client = new Client(test);
  let clients = 1;
  hello(client);
  let round = 0;
  try {
    for (; round < rounds; round++) {
      client.send(nextMessage(random));
      if (random.chance(0.3)) feed(test, corpus);
      if (random.chance(0.3)) await turn(test, random);
      client.check();
      assertFact(test.time.timerCount <= MAX_TIMERS, `${test.time.timerCount} timers are bounded`);
      if (!client.isClosed && !random.chance(0.005)) continue;
      client.channel.close();
      client = new Client(test);
      clients++;
      if (random.chance(0.9)) hello(client);
    }
    await checkServes(test);
    fuzzFrames(random, rounds);
  } catch (error) {
    throw new Finding('live', seed, round, error);
  }
  test.engine.close();
  return { inputs: rounds, detail: `${clients} clients` };
}

function hello(client: Client): void {
  client.send(JSON.stringify({ type: 'hello', version: PROTOCOL_VERSION, client: 'fuzz' }));
}

function feed({ engine }: TestEngine, corpus: Corpus): void {
  const { signal, encoding, body } = corpus.next();
  engine.ingest(signal, [body], body.length, encoding);
}

async function turn({ time }: TestEngine, random: Random): Promise<void> {
  await settle();
  time.runSoon();
  if (random.chance(0.5)) time.advance(random.below(1000));
}

/** A control message, mostly damaged. */
export function nextMessage(random: Random): string | Uint8Array {
  if (random.chance(0.02)) return random.bytes(random.below(64));
  if (random.chance(0.002)) return `"${'x'.repeat(MAX_CONTROL_LENGTH)}"`;
  const valid = JSON.stringify(validMessage(random));
  if (random.chance(0.4)) return valid;
  return new TextDecoder().decode(mutateJson(new TextEncoder().encode(valid), random));
}

function validMessage(random: Random): object {
  const id = random.below(40);
  const [topic, topicParams] = random.pick(TOPICS);
  switch (random.below(9)) {
    case 0:
    case 1:
    case 2: {
      const [method, params] = random.pick(REQUESTS);
      return { type: 'request', id, method, params };
    }
    case 3:
      return { type: 'subscribe', sub: id, topic, params: topicParams };
    case 4:
      return { type: 'update', sub: id, params: topicParams };
    case 5:
      return random.chance(0.5) ? { type: 'unsubscribe', sub: id } : { type: 'cancel', id };
    case 6:
      return { type: 'resync', sub: id };
    case 7:
      return { type: 'ping' };
    default:
      return { type: 'credit', frames: random.pick([1, 8, 64, 1e9]) };
  }
}

/** A client that behaves is served after all of them, and the others leave nothing behind. */
async function checkServes(test: TestEngine): Promise<void> {
  const client = new Client(test);
  hello(client);
  client.send(
    '{"type":"request","id":7,"method":"traces.list","params":{"filter":{"text":"a","services":[],"notServices":[]},"limit":5,"cursor":""}}',
  );
  for (let turns = 0; !client.replies.has(7); turns++) {
    assertFact(turns < MAX_TURNS, 'a request is answered in the end');
    await settle();
    if (!test.time.runSoon()) test.time.advance(100);
  }
  client.check();
  client.channel.close();
}

/** Damaged frames are refused by FrameError, and by nothing else. */
function fuzzFrames(random: Random, rounds: number): void {
  const frame = encodeFrame({
    ...{ sub: 1, seq: 0, kind: 'snapshot', meta: { text: 'meta' } },
    columns: { a: new Uint8Array(9), b: new Float64Array(3), c: new Int32Array(5) },
  });
  for (let round = 0; round < rounds; round++) {
    const bytes = mutateBytes(frame, random);
    try {
      decodeFrame(random.chance(0.5) ? bytes : shifted(bytes));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
    }
  }
}

/** The same bytes at an odd place of their buffer, where columns cannot be views. */
function shifted(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(bytes.length + 1);
  room.set(bytes, 1);
  return room.subarray(1);
}
