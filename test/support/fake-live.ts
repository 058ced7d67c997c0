/**
 * A scripted engine that speaks the live protocol over any channel: tests of the page set what topics
 * show and what methods answer, and push frames when they like. It obeys credits as the real one does.
 */
import type { Channel } from '../../proto/live/channel.ts';
import { encodeFrame, type Columns, type FrameKind } from '../../proto/live/frame.ts';
import {
  MAX_CREDIT,
  PROTOCOL_VERSION,
  type ClientMessage,
  type EngineMessage,
  type LiveError,
} from '../../proto/live/protocol.ts';

/** What a topic sends for parameters. */
export interface FakeFrame {
  readonly meta: unknown;
  readonly columns?: Columns;
  readonly kind?: FrameKind;
}

/** A subscription that is open. */
export interface FakeSubscription {
  readonly topic: string;
  readonly params: unknown;
}

interface OpenSubscription extends FakeSubscription {
  params: unknown;
  seq: number;
  /** The frame that waits for credit: the latest state wins. */
  waiting: FakeFrame | undefined;
}

export class FakeEngine {
  engineId = 'engine-1';
  readonly topics: Record<string, (params: never) => FakeFrame | undefined> = {};
  readonly methods: Record<string, (params: never) => unknown> = {};
  /** Every message that clients sent, oldest first. */
  readonly received: ClientMessage[] = [];
  /** While true nothing is read: a thread that is stuck. What came is read when it is set back. */
  get isFrozen(): boolean {
    return this.#isFrozen;
  }
  set isFrozen(isFrozen: boolean) {
    this.#isFrozen = isFrozen;
    if (!isFrozen) for (const session of this.#sessions) session.thaw();
  }
  #isFrozen = false;
  readonly #sessions = new Set<FakeSession>();

  /** Serves one client. */
  accept(channel: Channel): void {
    const session = new FakeSession(this, channel);
    this.#sessions.add(session);
    channel.onClose(() => {
      this.#sessions.delete(session);
    });
  }

  get subscriptions(): readonly FakeSubscription[] {
    return [...this.#sessions].flatMap((session) => session.open);
  }

  /** Sends what the topic shows now to every subscriber, or the frame given. */
  push(topic: string, frame?: FakeFrame): void {
    for (const session of this.#sessions) session.push(topic, frame);
  }

  /** Closes every connection, as an engine that stops does. */
  drop(reason = 'the engine stopped'): void {
    for (const session of [...this.#sessions]) session.channel.close(reason);
  }
}

class FakeSession {
  readonly channel: Channel;
  readonly #engine: FakeEngine;
  readonly #subscriptions = new Map<number, OpenSubscription>();
  readonly #unread: ClientMessage[] = [];
  #credit = 0;

  constructor(engine: FakeEngine, channel: Channel) {
    this.#engine = engine;
    this.channel = channel;
    channel.onMessage((message) => {
      if (typeof message !== 'string') return;
      this.#unread.push(JSON.parse(message) as ClientMessage);
      if (!engine.isFrozen) this.thaw();
    });
  }

  /** Reads what came. */
  thaw(): void {
    for (const message of this.#unread.splice(0)) this.#onMessage(message);
  }

  get open(): readonly FakeSubscription[] {
    return [...this.#subscriptions.values()];
  }

  push(topic: string, frame?: FakeFrame): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.topic === topic) this.#offer(subscription, frame);
    }
    this.#flush();
  }

  #onMessage(message: ClientMessage): void {
    this.#engine.received.push(message);
    switch (message.type) {
      case 'hello': {
        const { engineId } = this.#engine;
        this.#send({ type: 'welcome', version: PROTOCOL_VERSION, engineId, product: 'fake' });
        return;
      }
      case 'request':
        void this.#answer(message.id, message.method, message.params);
        return;
      case 'cancel':
        return;
      case 'subscribe': {
        const { sub, topic, params } = message;
        const subscription = { topic, params, seq: 0, waiting: undefined };
        this.#subscriptions.set(sub, subscription);
        this.#offer(subscription);
        break;
      }
      case 'update': {
        const subscription = this.#subscriptions.get(message.sub);
        if (subscription === undefined) return;
        subscription.params = message.params;
        this.#offer(subscription);
        break;
      }
      case 'resync': {
        const subscription = this.#subscriptions.get(message.sub);
        if (subscription !== undefined) this.#offer(subscription);
        break;
      }
      case 'unsubscribe':
        this.#subscriptions.delete(message.sub);
        return;
      case 'ping':
        this.#send({ type: 'pong' });
        return;
      case 'credit':
        this.#credit = Math.min(MAX_CREDIT, this.#credit + message.frames);
        break;
    }
    this.#flush();
  }

  #offer(subscription: OpenSubscription, frame?: FakeFrame): void {
    const shown = frame ?? this.#engine.topics[subscription.topic]?.(subscription.params as never);
    if (shown !== undefined) subscription.waiting = shown;
  }

  #flush(): void {
    for (const [sub, subscription] of this.#subscriptions) {
      const frame = subscription.waiting;
      if (frame === undefined || this.#credit === 0) continue;
      subscription.waiting = undefined;
      this.#credit--;
      const { meta, columns = {}, kind = 'snapshot' } = frame;
      this.channel.send(encodeFrame({ sub, seq: subscription.seq++, kind, meta, columns }));
    }
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    const answer = this.#engine.methods[method];
    try {
      if (answer === undefined) throw new Error(`${method} is not scripted`);
      this.#send({ type: 'reply', id, result: await answer(params as never) });
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason);
      const error: LiveError = { code: 'failed', message };
      this.#send({ type: 'failure', id, error });
    }
  }

  #send(message: EngineMessage): void {
    this.channel.send(JSON.stringify(message));
  }
}
