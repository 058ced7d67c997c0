/**
 * The client side of the live protocol over any Channel: requests with answers and cancel,
 * subscriptions with frames, credits, and a resync when frames were lost.
 *
 * One client speaks over one channel until either closes; reconnecting makes a new client (the
 * renderer's session and the API server do that, and subscribe again).
 */
import type { Channel } from './channel.ts';
import { decodeFrame, FrameError, type FrameKind } from './frame.ts';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.ts';
import type { MethodName, Methods } from './methods.ts';
import {
  INITIAL_CREDIT,
  LiveFailure,
  PROTOCOL_VERSION,
  type ClientMessage,
  type EngineMessage,
  type LiveError,
  type WelcomeMessage,
} from './protocol.ts';
import type { TopicColumns, TopicName, Topics } from './topics.ts';

/** A decoded frame of one topic. Columns are views of the frame's bytes: keep or copy, never write. */
export interface TopicFrame<T extends TopicName> {
  readonly kind: FrameKind;
  readonly meta: Topics[T]['meta'];
  readonly columns: TopicColumns[T];
}

export interface SubscriptionHandlers<T extends TopicName> {
  frame(frame: TopicFrame<T>): void;
  /** The engine ended it (bad parameters) or the channel closed. */
  ended?(error: LiveError): void;
}

export interface LiveSubscription<T extends TopicName> {
  /** New parameters for the same subscription; frames of the old ones may still come in between. */
  update(params: Topics[T]['params']): void;
  close(): void;
}

export interface LiveClientOptions {
  readonly name: string;
  /**
   * Calls back when the client may grant the credit of a handled frame. The page passes its
   * animation frame, so that a hidden window is sent nothing; the default grants at once.
   */
  readonly whenReady?: (grant: () => void) => void;
  /** Watches for an engine that does not answer, from `watch` on; without it nobody does. */
  readonly heartbeat?: HeartbeatOptions;
}

interface OpenRequest {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface OpenSubscription {
  nextSeq: number;
  resyncing: boolean;
  frame(frame: { kind: FrameKind; meta: unknown; columns: unknown }): void;
  ended(error: LiveError): void;
}

const DISCONNECTED: LiveError = { code: 'disconnected', message: 'The connection closed.' };

export class LiveClient {
  readonly welcome: Promise<WelcomeMessage>;
  readonly #channel: Channel;
  readonly #whenReady: (grant: () => void) => void;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #requests = new Map<number, OpenRequest>();
  readonly #subscriptions = new Map<number, OpenSubscription>();
  readonly #closeHandlers: ((reason: string) => void)[] = [];
  #settleWelcome: OpenRequest | undefined;
  #nextId = 1;
  #owedCredit = 0;
  #closedBecause: string | undefined;

  constructor(channel: Channel, options: LiveClientOptions) {
    this.#channel = channel;
    this.#whenReady =
      options.whenReady ??
      ((grant) => {
        grant();
      });
    this.#heartbeat =
      options.heartbeat &&
      new Heartbeat(options.heartbeat, () => {
        this.#send({ type: 'ping' });
      });
    this.welcome = new Promise<WelcomeMessage>((resolve, reject) => {
      this.#settleWelcome = { resolve: resolve as (result: unknown) => void, reject };
    });
    this.welcome.catch(() => undefined); // Whoever awaits it sees the failure; nobody has to.
    channel.onMessage((message) => {
      this.#heartbeat?.heard();
      if (typeof message === 'string') this.#onControl(message);
      else this.#onFrame(message);
    });
    channel.onClose((reason) => {
      this.#onClosed(reason);
    });
    this.#send({ type: 'hello', version: PROTOCOL_VERSION, client: options.name });
    this.#send({ type: 'credit', frames: INITIAL_CREDIT });
  }

  /** Rejects with LiveFailure; an aborted signal cancels the work and rejects with `cancelled`. */
  request<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    signal?: AbortSignalLike,
  ): Promise<Methods[M]['result']> {
    if (this.#closedBecause !== undefined) return Promise.reject(new LiveFailure(DISCONNECTED));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#send({ type: 'request', id, method, params } as ClientMessage);
      signal?.addEventListener('abort', () => {
        if (!this.#requests.delete(id)) return;
        this.#send({ type: 'cancel', id });
        reject(new LiveFailure({ code: 'cancelled', message: `${method} was cancelled.` }));
      });
    });
  }

  subscribe<T extends TopicName>(
    topic: T,
    params: Topics[T]['params'],
    handlers: SubscriptionHandlers<T>,
  ): LiveSubscription<T> {
    const sub = this.#nextId++;
    this.#subscriptions.set(sub, {
      nextSeq: 0,
      resyncing: false,
      frame: handlers.frame as OpenSubscription['frame'],
      ended: (error) => handlers.ended?.(error),
    });
    this.#send({ type: 'subscribe', sub, topic, params } as ClientMessage);
    return {
      update: (next) => {
        if (this.#subscriptions.has(sub)) this.#send({ type: 'update', sub, params: next });
      },
      close: () => {
        if (this.#subscriptions.delete(sub)) this.#send({ type: 'unsubscribe', sub });
      },
    };
  }

  onClose(handler: (reason: string) => void): void {
    if (this.#closedBecause === undefined) this.#closeHandlers.push(handler);
    else handler(this.#closedBecause);
  }

  /** Starts or stops the heartbeat. Stopped, it costs neither side anything. */
  watch(isWatched: boolean): void {
    if (isWatched && this.#closedBecause === undefined) this.#heartbeat?.start();
    else this.#heartbeat?.stop();
  }

  close(): void {
    this.#channel.close('client closed');
  }

  #send(message: ClientMessage): void {
    this.#channel.send(JSON.stringify(message));
  }

  #onControl(text: string): void {
    const message = JSON.parse(text) as EngineMessage;
    switch (message.type) {
      case 'welcome':
        this.#settleWelcome?.resolve(message);
        return;
      case 'goodbye':
        this.#settleWelcome?.reject(new LiveFailure({ code: 'failed', message: message.message }));
        this.#channel.close(message.message);
        return;
      case 'reply':
        this.#takeRequest(message.id)?.resolve(message.result);
        return;
      case 'failure':
        this.#takeRequest(message.id)?.reject(new LiveFailure(message.error));
        return;
      case 'ended': {
        const subscription = this.#subscriptions.get(message.sub);
        this.#subscriptions.delete(message.sub);
        subscription?.ended(message.error);
        return;
      }
      case 'pong':
        return; // The heartbeat has heard it.
    }
  }

  #takeRequest(id: number): OpenRequest | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  #onFrame(bytes: Uint8Array): void {
    this.#owedCredit++;
    if (this.#owedCredit === 1) {
      this.#whenReady(() => {
        const frames = this.#owedCredit;
        this.#owedCredit = 0;
        this.#send({ type: 'credit', frames });
      });
    }
    let frame;
    try {
      frame = decodeFrame(bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#channel.close(`unreadable frame: ${error.message}`);
      return;
    }
    const subscription = this.#subscriptions.get(frame.sub);
    if (subscription === undefined) return; // Sent before the engine saw the unsubscribe.
    const inOrder = frame.seq === subscription.nextSeq;
    subscription.nextSeq = frame.seq + 1;
    if (frame.kind === 'snapshot') subscription.resyncing = false;
    else if (!inOrder && !subscription.resyncing) {
      subscription.resyncing = true;
      this.#send({ type: 'resync', sub: frame.sub });
    }
    if (!subscription.resyncing) subscription.frame(frame);
  }

  #onClosed(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#heartbeat?.stop();
    const failure = { code: 'disconnected', message: reason } as const;
    this.#settleWelcome?.reject(new LiveFailure(failure));
    for (const request of this.#requests.values()) request.reject(new LiveFailure(failure));
    this.#requests.clear();
    for (const subscription of this.#subscriptions.values()) subscription.ended(failure);
    this.#subscriptions.clear();
    for (const handler of this.#closeHandlers) handler(reason);
  }
}

/** The part of AbortSignal that every runtime shares. */
export interface AbortSignalLike {
  addEventListener(type: 'abort', handler: () => void): void;
}
