/** What searches and lists need of their surroundings. */
import type { Clock, Scheduler } from '../config.ts';

export interface Runtime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** Decides about single items. */
export interface RowTest {
  /** Items to look at between two looks at the clock. */
  readonly itemsPerStep: number;
  matches(row: number): boolean;
  /** Calls `found` with the ordinals in [from, to) that match, in their order. */
  scan(from: number, to: number, found: (ordinal: number) => void): void;
}

/** Decides about one trace, a bounded number of spans at a time. */
export interface TraceTest {
  /** Looks at up to `limit` more spans; `more` asks for another call. */
  advance(traceRow: number, limit: number): 'match' | 'miss' | 'more';
  /** Drops what is remembered of a trace that is gone. */
  forget(traceRow: number): void;
}
