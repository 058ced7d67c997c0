/** What a subscription's topic has to offer; `Subscription` paces it and spends the credit. */
import type { FrameKind, Columns } from '../../../proto/live/frame.ts';
import type { TopicName } from '../../../proto/live/topics.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { LiveContext } from './context.ts';

/** What can make a topic's state old. */
export type Trigger = Signal | 'requests' | 'host' | 'marks';

export interface BuiltFrame {
  readonly kind: FrameKind;
  readonly meta: unknown;
  readonly columns: Columns;
}

export interface Built {
  /** null when there is nothing new to say. */
  readonly frame: BuiltFrame | null;
  /** Build again soon: more frames of the same state are waiting for credit, or one is being made. */
  readonly hasMore?: boolean;
  /** The state gets old by itself after this many ms. */
  readonly staleInMs?: number | null;
}

export interface TopicSource {
  readonly triggers: readonly Trigger[];
  /** Least time between two builds. */
  readonly intervalMs: number;
  /** Takes new parameters. Throws LiveFailure `badParams` and then keeps the old ones. */
  update(params: unknown): void;
  /** Builds the next frame. `isFresh`: the client holds nothing (start, new params, resync). */
  build(isFresh: boolean): Built;
  close(): void;
}

/**
 * Opens a topic. `wake` says that the state changed without a trigger, such as a search that went
 * on. Throws LiveFailure `badParams`.
 */
export type OpenTopic = (context: LiveContext, params: unknown, wake: () => void) => TopicSource;

export type OpenTopics = Readonly<Record<TopicName, OpenTopic>>;
