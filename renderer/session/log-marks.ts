/**
 * `highlight~text` of the query box: it marks what it finds and hides nothing, so it is taken out
 * before the query is asked. Its text is meant literally, whatever the case: nothing that a person can
 * type makes the search in the page slow.
 */
import { removeClause, tokenRanges } from '../../proto/query/edit.ts';
import { readString } from '../../proto/query/strings.ts';

/** A query without its marks, and the texts to mark. */
export interface MarkedQuery {
  readonly text: string;
  readonly marks: readonly string[];
}

const MARK_FIELD = 'highlight';
/** More marks than these say nothing; the rest is left unmarked. */
const MAX_MARKS = 16;

/** Takes every `highlight~text` at the top level out of a query. */
export function splitMarks(query: string): MarkedQuery {
  if (!query.includes(MARK_FIELD)) return { text: query, marks: [] };
  let text = query;
  const marks: string[] = [];
  for (const clause of tokenRanges(query).reverse()) {
    if (clause.kind !== 'compare' || clause.negated) continue;
    const [field, op, ...values] = clause.parts;
    if (field === undefined || op === undefined) continue;
    if (query.slice(field.from, field.to) !== MARK_FIELD) continue;
    if (!['~', ':', '='].includes(query.slice(op.from, op.to))) continue;
    for (const part of values) {
      if (part.kind === 'value') marks.unshift(valueOf(query.slice(part.from, part.to)));
    }
    text = removeClause(text, clause);
  }
  return { text, marks: marks.filter((mark) => mark !== '').slice(0, MAX_MARKS) };
}

function valueOf(written: string): string {
  return written.startsWith('"') ? readString(written, 0).text : written;
}
