/** One client on one channel: its handshake, requests, subscriptions and credit. */
import type { Channel } from '../../../proto/live/channel.ts';
import {
  LiveFailure,
  MAX_CONTROL_LENGTH,
  MAX_CREDIT,
  PROTOCOL_VERSION,
  type EngineMessage,
  type LiveError,
} from '../../../proto/live/protocol.ts';
import type { TopicName } from '../../../proto/live/topics.ts';
import type { LiveContext } from './context.ts';
import type { HostMethods } from './host-methods.ts';
import { isMethodName, methodTable, type MethodTable } from './methods.ts';
import { readFields, type Fields } from './params.ts';
import { Subscription, type FrameOutlet } from './subscription.ts';
import { OPEN_TOPIC } from './subscriptions/topics.ts';
import type { Trigger } from './topic.ts';

/** What one client can have open at a time. */
const MAX_SUBSCRIPTIONS = 64;
const MAX_REQUESTS = 256;
/** The id in answers to messages that carry none. */
const NO_ID = -1;

export class Session implements FrameOutlet {
  readonly #channel: Channel;
  readonly #context: LiveContext;
  readonly #methods: MethodTable;
  readonly #onEnd: (session: Session) => void;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #starved = new Set<Subscription>();
  /** Running requests and what stops them. */
  readonly #requests = new Map<number, () => void>();
  #credit = 0;
  #isWelcome = false;
  #isClosed = false;

  constructor(
    channel: Channel,
    context: LiveContext,
    host: HostMethods,
    onEnd: (session: Session) => void,
  ) {
    this.#channel = channel;
    this.#context = context;
    this.#methods = methodTable(context, host);
    this.#onEnd = onEnd;
    channel.onClose(() => {
      this.#end();
    });
    channel.onMessage((message) => {
      this.#onMessage(message);
    });
  }

  /** Something changed: subscriptions that show it will build when pace and credit allow. */
  changed(trigger: Trigger): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.triggers.includes(trigger)) subscription.mark();
    }
  }

  /** Says goodbye and closes the channel. */
  close(message: string): void {
    this.#goodbye('closing', message);
  }

  get hasCredit(): boolean {
    return this.#credit > 0;
  }

  sendFrame(bytes: Uint8Array): void {
    this.#credit--;
    this.#channel.send(bytes);
  }

  waitForCredit(subscription: Subscription): void {
    this.#starved.add(subscription);
  }

  failed(subscription: Subscription, error: unknown): void {
    this.#unsubscribe(subscription.id);
    this.#send({ type: 'ended', sub: subscription.id, error: errorOf(error) });
  }

  #send(message: EngineMessage): void {
    if (!this.#isClosed) this.#channel.send(JSON.stringify(message));
  }

  #fail(id: number, error: LiveError): void {
    this.#send({ type: 'failure', id, error });
  }

  #goodbye(code: 'version' | 'closing', message: string): void {
    this.#send({ type: 'goodbye', code, message });
    this.#channel.close(message);
    this.#end();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#requests.values()) stop();
    this.#requests.clear();
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
    this.#starved.clear();
    this.#onEnd(this);
  }

  #onMessage(message: string | Uint8Array): void {
    if (this.#isClosed) return;
    const fields = readMessage(message);
    if (typeof fields === 'string') {
      this.#fail(NO_ID, { code: 'badMessage', message: fields });
      return;
    }
    if (!this.#isWelcome) this.#onHello(fields);
    else this.#onControl(fields);
  }

  #onHello(fields: Fields): void {
    if (fields.type !== 'hello' || fields.version !== PROTOCOL_VERSION) {
      const theirs = typeof fields.version === 'number' ? String(fields.version) : 'none';
      const ours = String(PROTOCOL_VERSION);
      const message = `This engine speaks protocol version ${ours}, the client ${theirs}. Reload the page.`;
      this.#goodbye('version', message);
      return;
    }
    this.#isWelcome = true;
    const { engineId, version } = this.#context.options;
    this.#send({ type: 'welcome', version: PROTOCOL_VERSION, engineId, product: version });
  }

  #onControl(fields: Fields): void {
    switch (fields.type) {
      case 'request':
        this.#onRequest(fields);
        return;
      case 'cancel':
        this.#onCancel(fields);
        return;
      case 'subscribe':
        this.#onSubscribe(fields);
        return;
      case 'update':
        this.#onSubscription(fields, (subscription) => {
          subscription.update(fields.params);
        });
        return;
      case 'resync':
        this.#onSubscription(fields, (subscription) => {
          subscription.resync();
        });
        return;
      case 'unsubscribe':
        this.#unsubscribe(numberOf(fields.sub));
        return;
      case 'credit':
        this.#onCredit(fields.frames);
        return;
      case 'ping':
        this.#send({ type: 'pong' });
        return;
      default:
        this.#fail(NO_ID, { code: 'badMessage', message: 'Unknown message type.' });
    }
  }

  #onRequest(fields: Fields): void {
    const id = numberOf(fields.id);
    if (id === NO_ID || this.#requests.has(id)) {
      const message = 'A request needs an id of its own, a whole number.';
      this.#fail(NO_ID, { code: 'badMessage', message });
      return;
    }
    const { method } = fields;
    if (typeof method !== 'string' || !isMethodName(this.#methods, method)) {
      const message = `There is no method ${JSON.stringify(method)}.`;
      this.#fail(id, { code: 'unknownMethod', message });
      return;
    }
    if (this.#requests.size >= MAX_REQUESTS) {
      this.#fail(id, { code: 'busy', message: 'Too many requests are running.' });
      return;
    }
    let stop = (): void => undefined;
    this.#requests.set(id, () => {
      stop();
    });
    const run = async (): Promise<unknown> =>
      this.#methods[method](readFields(fields.params), (onStop) => {
        stop = onStop;
      });
    run().then(
      (result) => {
        if (this.#requests.delete(id)) this.#send({ type: 'reply', id, result });
      },
      (error: unknown) => {
        if (this.#requests.delete(id)) this.#fail(id, errorOf(error));
      },
    );
  }

  #onCancel(fields: Fields): void {
    const id = numberOf(fields.id);
    const stop = this.#requests.get(id);
    if (stop === undefined) return; // Its answer is already on the way.
    this.#requests.delete(id);
    stop();
    this.#fail(id, { code: 'cancelled', message: 'The request was cancelled.' });
  }

  #onSubscribe(fields: Fields): void {
    const sub = numberOf(fields.sub);
    if (sub === NO_ID || this.#subscriptions.has(sub)) {
      const message = 'A subscription needs an id of its own, a whole number.';
      this.#fail(NO_ID, { code: 'badMessage', message });
      return;
    }
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      this.#send({ type: 'ended', sub, error: { code: 'busy', message: TOO_MANY } });
      return;
    }
    const { topic } = fields;
    if (typeof topic !== 'string' || !isTopic(topic)) {
      const message = `There is no topic ${JSON.stringify(topic)}.`;
      this.#send({ type: 'ended', sub, error: { code: 'unknownTopic', message } });
      return;
    }
    const subscription = new Subscription(sub, this.#context.options, this);
    this.#subscriptions.set(sub, subscription);
    this.#guard(sub, () => {
      const wake = (): void => {
        subscription.mark();
      };
      subscription.start(OPEN_TOPIC[topic](this.#context, readFields(fields.params), wake));
    });
  }

  #onSubscription(fields: Fields, act: (subscription: Subscription) => void): void {
    const sub = numberOf(fields.sub);
    const subscription = this.#subscriptions.get(sub);
    if (subscription === undefined) return; // Crossed with the message that it has ended.
    this.#guard(sub, () => {
      act(subscription);
    });
  }

  /** Ends the subscription when its parameters are bad. */
  #guard(sub: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#unsubscribe(sub);
      this.#send({ type: 'ended', sub, error: errorOf(error) });
    }
  }

  #unsubscribe(sub: number): void {
    const subscription = this.#subscriptions.get(sub);
    if (subscription === undefined) return;
    this.#subscriptions.delete(sub);
    this.#starved.delete(subscription);
    subscription.close();
  }

  #onCredit(frames: unknown): void {
    if (typeof frames !== 'number' || !Number.isSafeInteger(frames) || frames < 1) {
      const message = 'Credit needs to be a whole number of at least 1.';
      this.#fail(NO_ID, { code: 'badMessage', message });
      return;
    }
    this.#credit = Math.min(this.#credit + frames, MAX_CREDIT);
    for (const subscription of [...this.#starved]) {
      if (this.#credit <= 0) return;
      this.#starved.delete(subscription);
      subscription.flush();
    }
  }
}

const TOO_MANY = `At most ${String(MAX_SUBSCRIPTIONS)} subscriptions can be open.`;

/** The fields of a control message, or what is wrong with it. */
function readMessage(message: string | Uint8Array): Fields | string {
  if (typeof message !== 'string') return 'The engine takes no binary messages.';
  if (message.length > MAX_CONTROL_LENGTH) return 'The message is too long.';
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return 'The message is not JSON.'; // The parser's own words would quote the message.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'The message is not an object.';
  }
  return value as Fields;
}

/** A whole number from 0 to 2^32 - 1, the range of ids in frames; NO_ID for anything else. */
function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return NO_ID;
  return value >= 0 && value <= 0xffffffff ? value : NO_ID;
}

function isTopic(name: string): name is TopicName {
  return Object.hasOwn(OPEN_TOPIC, name);
}

function errorOf(error: unknown): LiveError {
  if (error instanceof LiveFailure) {
    const { code, message, from, to } = error;
    return from === undefined || to === undefined ? { code, message } : { code, message, from, to };
  }
  return { code: 'failed', message: error instanceof Error ? error.message : String(error) };
}
