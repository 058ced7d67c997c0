/** What became of every item that was ever received: always exact. */
import { ITEM_KIND, SIGNALS, type ItemKind, type Signal } from '../../../proto/otlp/signal.ts';
import type { ItemCounts } from '../../../proto/live/topics.ts';

/**
 * received = kept + evicted + rejected + duplicates, at every moment. A span that a more complete one
 * replaced moves from kept to duplicates; what `clear` forgets moves to evicted, and counts in `cleared`.
 */
export interface SignalCounter {
  received: number;
  kept: number;
  evicted: number;
  /** A part of `evicted`. */
  cleared: number;
  rejected: number;
  duplicates: number;
}

export class Counters {
  readonly #bySignal: Readonly<Record<Signal, SignalCounter>> = {
    traces: zero(),
    logs: zero(),
    metrics: zero(),
    profiles: zero(),
  };

  of(signal: Signal): SignalCounter {
    return this.#bySignal[signal];
  }

  /** A copy. */
  snapshot(): Readonly<Record<ItemKind, ItemCounts>> {
    const result: Partial<Record<ItemKind, ItemCounts>> = {};
    for (const signal of SIGNALS) result[ITEM_KIND[signal]] = { ...this.#bySignal[signal] };
    return result as Readonly<Record<ItemKind, ItemCounts>>;
  }
}

function zero(): SignalCounter {
  return { received: 0, kept: 0, evicted: 0, cleared: 0, rejected: 0, duplicates: 0 };
}
