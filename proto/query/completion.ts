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
}

/** `items` go into the place of the range, best first. */
export interface Completion extends TokenRange {
  readonly items: readonly CompletionItem[];
  /** The fields, values and counts are of a part of what is in memory, the newest first. */
  readonly sampled: boolean;
}
