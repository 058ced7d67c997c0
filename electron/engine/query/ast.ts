/**
 * The query language as a typed tree: what the parser makes, the printer writes and the executor
 * runs. docs/query.md defines what each node means.
 *
 * ```
 *   service:checkout (status:error or duration>100ms) -"health"
 *
 *   and ─┬─ compare  field service  op =   values [checkout]
 *        ├─ or ─┬─ compare  field status    op =  values [error]
 *        │      └─ compare  field duration  op >  values [100ms]
 *        └─ not ── text "health"
 * ```
 */
import type { AttributePin, Intrinsic, TraceField } from '../../../proto/query/words.ts';

export { INTRINSICS, TRACE_FIELDS } from '../../../proto/query/words.ts';
export type { Intrinsic, TraceField } from '../../../proto/query/words.ts';

/** A range of UTF-16 units of the query text: [from, to). */
export interface TextRange {
  readonly from: number;
  readonly to: number;
}

/** The empty query, which everything matches, has no root. */
export interface Query {
  readonly text: string;
  readonly root: Expression | null;
}

export type Expression =
  Junction | Negation | FullText | Comparison | Presence | SpanSet | Structure;

/**
 * `and` (also by standing side by side) or `or` of at least two. Nested ones of a kind are flat:
 * brackets that change no precedence leave no trace, so `(a -b) c` is `a -b c`.
 */
export interface Junction extends TextRange {
  readonly type: 'and' | 'or';
  readonly items: readonly Expression[];
}

export interface Negation extends TextRange {
  readonly type: 'not';
  readonly item: Expression;
}

/** A bare word or a quoted text: occurs in some string value of the item, whatever the case. */
export interface FullText extends TextRange {
  readonly type: 'text';
  readonly value: string;
  readonly quoted: boolean;
}

/** `field op value, value`: holds when it holds for any of the values (for `!=`: for none equal). */
export interface Comparison extends TextRange {
  readonly type: 'compare';
  readonly field: Field;
  readonly op: CompareOp;
  /** At least one; exactly one for `< <= > >=` and `~`. */
  readonly values: readonly Value[];
}

/** `:` is read as `=`. */
export type CompareOp = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~';

/** `has:field`. */
export interface Presence extends TextRange {
  readonly type: 'has';
  readonly field: Field;
}

/** `{ expression }`: some span of the trace. `item` is null for `{ }`, any span. */
export interface SpanSet extends TextRange {
  readonly type: 'set';
  readonly item: Expression | null;
}

/** `{ A } > { B }` (parent and child) or `{ A } >> { B }` (ancestor and descendant). */
export interface Structure extends TextRange {
  readonly type: 'structure';
  readonly op: '>' | '>>';
  readonly left: SpanSet | Structure;
  readonly right: SpanSet;
}

/** Where an attribute is looked for. `any`: the item's own first, then the resource's. */
export type Pin = 'any' | AttributePin;

export type Field = (
  | { readonly type: 'intrinsic'; readonly name: Intrinsic }
  | { readonly type: 'trace'; readonly name: TraceField }
  | {
      readonly type: 'attribute';
      readonly pin: Pin;
      /** As written, without the pin. Retired and current names are found by `attributeNames`. */
      readonly key: string;
    }
) &
  TextRange;

/** What a value's unit measures. Durations are scaled to ns, sizes to bytes. */
export type UnitKind = 'duration' | 'bytes';

/** A value as written, with every reading of it that makes sense. */
export interface Value extends TextRange {
  /** Without quotes and escapes. */
  readonly text: string;
  readonly quoted: boolean;
  /** An unquoted `*` in an equality: `text` is a glob. */
  readonly glob: boolean;
  /** The number it reads as, scaled by its unit; null when it is none or is quoted. */
  readonly number: NumberReading | null;
}

export interface NumberReading {
  /** Exact when the scaled value is an integer of at most 64 bits (signed or unsigned). */
  readonly int: bigint | null;
  /** The nearest double. */
  readonly double: number;
  readonly unit: UnitKind | null;
}

/** What a query is asked of. */
export type QueryTarget = 'traces' | 'spans' | 'logs' | 'metrics';

/** Why a text is no query: where, what is wrong and what was expected there. One plain sentence. */
export interface QueryError extends TextRange {
  readonly message: string;
}

/** The longest query text, in UTF-16 units, and the deepest nesting of groups and negations. */
export const MAX_QUERY_LENGTH = 10_000;
export const MAX_QUERY_DEPTH = 64;
