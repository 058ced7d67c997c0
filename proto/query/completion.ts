/** What completion of a query text answers (docs/query.md, Completion). */
import type { TokenRange } from './lexer.ts';

export type CompletionKind = 'field' | 'value' | 'operator' | 'unit' | 'keyword';

export interface CompletionItem {
  /** As it is shown. */
  readonly label: string;
  /** As it is written into the query, quoted where it has to be. */
  readonly insert: string;
  readonly kind: CompletionKind;
  /** What a field holds, or what an operator does. */
  readonly detail: string;
  /** Items that were seen with it; null where none are counted. */
  readonly count: number | null;
  /** Of an attribute key with plain values. */
  readonly values?: FieldValues;
}

/** Values that a field was seen with. */
export interface FieldValues {
  /** Different ones; there are more when `hasMore`. */
  readonly distinct: number;
  readonly hasMore: boolean;
  /** Some of them, the most frequent first; at most 100 UTF-16 units each. */
  readonly examples: readonly string[];
}

/** `items` go into the place of the range, best first. */
export interface Completion extends TokenRange {
  readonly items: readonly CompletionItem[];
  /** The fields, values and counts are of a part of what is in memory, the newest first. */
  readonly sampled: boolean;
}
