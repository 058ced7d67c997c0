/** What a query box is given: it knows the language, and nothing of who answers it. */
import type { TokenRange } from '../../../proto/query/lexer.ts';

/** What is wrong with a query, and where in UTF-16 units: [from, to). */
export interface QueryError extends TokenRange {
  readonly message: string;
}

/** One thing that can be written at a place of a query. */
export interface SuggestedItem {
  /** As it is shown. */
  readonly label: string;
  /** As it is written into the query. */
  readonly insert: string;
  readonly kind: 'field' | 'value' | 'operator' | 'unit' | 'keyword';
  readonly detail: string;
  /** How often it was seen; null where nothing is counted. */
  readonly count: number | null;
  /** Values that a field was seen with: how many differ, and some of them. */
  readonly values?: {
    readonly distinct: number;
    readonly hasMore: boolean;
    readonly examples: readonly string[];
  };
}

/** `items` go into the place of the range, best first. */
export interface Suggested extends TokenRange {
  readonly items: readonly SuggestedItem[];
  /** The items and counts are of a part of what is in memory. */
  readonly sampled: boolean;
}

/** A query that was given a name. */
export interface SavedQuery {
  readonly name: string;
  readonly text: string;
}

/** Who answers a query box. `recent` and `saved` are reactive where the caller's state is. */
export interface QuerySource {
  /** Null when the query can be asked. Rejects when nobody can tell. */
  check(text: string): Promise<QueryError | null>;
  /** What can stand at the cursor. Rejects when nobody can tell, and when `signal` aborts. */
  complete(text: string, cursor: number, signal: AbortSignal): Promise<Suggested>;
  /** Newest first. */
  readonly recent: readonly string[];
  /** By name. */
  readonly saved: readonly SavedQuery[];
  /** Adds to `recent`. */
  remember(text: string): void;
  /** Takes a query out of `recent`. */
  forget(text: string): void;
  /** Names a query. A query of that name gives way. */
  save(name: string, text: string): void;
  removeSaved(name: string): void;
  /** Opens the trace of 32 hexadecimal digits; false when it is not in memory. */
  openTrace(traceId: string): Promise<boolean>;
}
