/** What searches and lists need of their surroundings. */
import type { Clock, Scheduler } from '../config.ts';

export interface Runtime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** Decides about one item by its row. */
export interface RowTest {
  matches(row: number): boolean;
}

/** Decides about one trace, a bounded number of spans at a time. */
export interface TraceTest {
  /** Looks at up to `limit` more spans; `more` asks for another call. */
  advance(traceRow: number, limit: number): 'match' | 'miss' | 'more';
  /** Drops what is remembered of a trace that is gone. */
  forget(traceRow: number): void;
}
