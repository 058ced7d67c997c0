/** The words that the query language knows itself (docs/query.md). */

/** Fields without a dot that every item may have. */
export const INTRINSICS = [
  'name',
  'service',
  'kind',
  'status',
  'duration',
  'start',
  'trace',
  'span',
  'parent',
  'root',
  'scope',
  'level',
  'body',
  'event',
] as const;
export type Intrinsic = (typeof INTRINSICS)[number];

/** Fields of the trace that an item belongs to, written `trace.duration`. */
export const TRACE_FIELDS = ['duration', 'spans', 'errors', 'services'] as const;
export type TraceField = (typeof TRACE_FIELDS)[number];

/** What an attribute can be pinned to, written `resource.key`. */
export const PINS = ['span', 'resource', 'scope', 'event', 'link', 'log'] as const;
export type AttributePin = (typeof PINS)[number];

/** Words that combine clauses, in lower or upper case. As a field name they need quotes. */
export const KEYWORDS = ['and', 'or', 'not'] as const;
export type Keyword = (typeof KEYWORDS)[number];

/** The word before the colon in `has:field`. */
export const PRESENCE_WORD = 'has';

/** Every operator of a comparison as it is written; `:` means the same as `=`. */
export const OPERATORS = [':', '=', '!=', '<', '<=', '>', '>=', '~'] as const;

const keywords: Readonly<Record<string, Keyword>> = {
  and: 'and',
  AND: 'and',
  or: 'or',
  OR: 'or',
  not: 'not',
  NOT: 'not',
};

/** The keyword that a bare word is, or null. */
export function keywordOf(word: string): Keyword | null {
  return Object.hasOwn(keywords, word) ? (keywords[word] ?? null) : null;
}

/** Whether a word is the name of an intrinsic. */
export function isIntrinsic(word: string): word is Intrinsic {
  return (INTRINSICS as readonly string[]).includes(word);
}

/** Whether a word, without its dot, pins an attribute. */
export function isPin(word: string): word is AttributePin {
  return (PINS as readonly string[]).includes(word);
}

/** Whether a word, without `trace.`, is a field of the trace. */
export function isTraceField(word: string): word is TraceField {
  return (TRACE_FIELDS as readonly string[]).includes(word);
}
