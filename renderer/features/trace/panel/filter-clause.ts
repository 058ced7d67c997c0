/** Clauses of the query language for attributes, and queries with one more clause. */
import { quoteField, quoteValue } from '../../../../proto/query/quote.ts';
import type { AttributePin } from '../../../../proto/query/words.ts';
import type { JsonAttribute } from '../../../../proto/live/methods.ts';
import { valueText } from '../span-content.ts';

/** `span.http.route:/pay`, with `-` in front to leave such ones out. */
export function clauseOf(pin: AttributePin, { key, value }: JsonAttribute, isOut: boolean): string {
  return `${isOut ? '-' : ''}${quoteField(pin, key)}:${quoteValue(valueText(value), 'plain')}`;
}

/** A query narrowed by a clause; the same clause twice changes nothing. */
export function withClause(query: string, clause: string): string {
  const trimmed = query.trim();
  if (trimmed === '' || trimmed === clause) return clause;
  if (trimmed.startsWith(`${clause} `) || trimmed.endsWith(` ${clause}`)) return trimmed;
  // An `or` binds weaker than the space between clauses.
  const isLoose = /\b(?:or|OR)\b|\|/.test(trimmed);
  return isLoose ? `(${trimmed}) ${clause}` : `${trimmed} ${clause}`;
}
