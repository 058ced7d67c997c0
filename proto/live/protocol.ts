/**
 * The live protocol between the engine and whoever looks at it: the page, the API, the CLI.
 *
 * ```
 *   client                                engine
 *     hello ─────────────────────────────▶
 *     ◀───────────────────────────── welcome | goodbye
 *     request {id, method, params} ──────▶
 *     ◀─────────────────────── reply | failure {id}            (cancel {id} stops it)
 *     subscribe {sub, topic, params} ────▶
 *     credit {frames} ───────────────────▶
 *     ◀═══════════════════════════ frame(sub, seq 0, snapshot)  binary, each takes one credit
 *     ◀═══════════════════════════ frame(sub, seq 1, delta)
 *     update {sub, params} ──────────────▶                      (same subscription, new window)
 *     resync {sub} ──────────────────────▶                      (answered with a snapshot)
 *     ping ──────────────────────────────▶
 *     ◀───────────────────────────── pong                       (heartbeat.ts)
 * ```
 * Without credit the engine sends no frame and keeps only the latest state of each subscription.
 * Control messages are JSON text; frames are binary (frame.ts).
 */
import type { MethodName, Methods } from './methods.ts';
import type { TopicName, Topics } from './topics.ts';

/**
 * Raised when either side would misread the other.
 *
 * 1. Requests, subscriptions, credits and frames.
 * 2. Ping and pong.
 */
export const PROTOCOL_VERSION = 3;

/** The credit a client grants at the start, and the most the engine lets it pile up. */
export const INITIAL_CREDIT = 8;
export const MAX_CREDIT = 64;

/** The longest control message either side accepts, in UTF-16 units. */
export const MAX_CONTROL_LENGTH = 1 << 20;

export type ClientMessage =
  | { readonly type: 'hello'; readonly version: number; readonly client: string }
  | RequestMessage
  | { readonly type: 'cancel'; readonly id: number }
  | SubscribeMessage
  | { readonly type: 'update'; readonly sub: number; readonly params: unknown }
  | { readonly type: 'unsubscribe'; readonly sub: number }
  | { readonly type: 'resync'; readonly sub: number }
  | { readonly type: 'credit'; readonly frames: number }
  | { readonly type: 'ping' };

export type RequestMessage = {
  readonly [M in MethodName]: {
    readonly type: 'request';
    readonly id: number;
    readonly method: M;
    readonly params: Methods[M]['params'];
  };
}[MethodName];

export type SubscribeMessage = {
  readonly [T in TopicName]: {
    readonly type: 'subscribe';
    readonly sub: number;
    readonly topic: T;
    readonly params: Topics[T]['params'];
  };
}[TopicName];

export type EngineMessage =
  | WelcomeMessage
  | { readonly type: 'goodbye'; readonly code: 'version' | 'closing'; readonly message: string }
  | { readonly type: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: LiveError }
  /** A subscription that cannot go on; it is over on both sides. */
  | { readonly type: 'ended'; readonly sub: number; readonly error: LiveError }
  | { readonly type: 'pong' };

export interface WelcomeMessage {
  readonly type: 'welcome';
  readonly version: number;
  /** Changes whenever the engine's memory starts anew: row numbers of another run mean nothing. */
  readonly engineId: string;
  readonly product: string;
}

export interface LiveError {
  readonly code: LiveErrorCode;
  readonly message: string;
  /** For a query that is wrong (`badParams`): where, in UTF-16 units of its text, [from, to). */
  readonly from?: number;
  readonly to?: number;
}

export type LiveErrorCode =
  | 'badMessage'
  | 'unknownMethod'
  | 'unknownTopic'
  | 'badParams'
  | 'notFound'
  | 'evicted'
  | 'cancelled'
  | 'busy'
  | 'failed'
  | 'disconnected';

/** The error that request promises reject with. */
export class LiveFailure extends Error {
  override readonly name = 'LiveFailure';
  readonly code: LiveErrorCode;
  /** What of a query is wrong; see LiveError. */
  readonly from: number | undefined;
  readonly to: number | undefined;

  constructor(error: LiveError) {
    super(error.message);
    this.code = error.code;
    this.from = error.from;
    this.to = error.to;
  }
}
