/** Clauses in words, for the buttons that remove them. */
import type { ClauseRange } from '../../../proto/query/edit.ts';

const LONGEST = 80;

const OPERATOR_WORDS: Readonly<Record<string, string>> = {
  ':': 'is',
  '=': 'is',
  '!=': 'is not',
  '<': 'is under',
  '<=': 'is at most',
  '>': 'is over',
  '>=': 'is at least',
  '~': 'matches',
};

/** `service is checkout` for `service:checkout`; cut to 80 characters. */
export function nameOfClause(query: string, clause: ClauseRange): string {
  const name = wordsOf(query, clause).replace(/\s+/g, ' ');
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
}

function wordsOf(query: string, clause: ClauseRange): string {
  const not = clause.negated ? 'not ' : '';
  const whole = query.slice(clause.from, clause.to);
  const partAt = (kind: string): string => {
    const part = clause.parts.find((each) => each.kind === kind);
    return part === undefined ? '' : query.slice(part.from, part.to);
  };
  switch (clause.kind) {
    case 'compare': {
      const op = clause.parts.find((part) => part.kind === 'op');
      const values = op === undefined ? '' : query.slice(op.to, clause.to).replaceAll(',', ' or ');
      return `${not}${partAt('field')} ${OPERATOR_WORDS[partAt('op')] ?? partAt('op')} ${values}`;
    }
    case 'has':
      return `${not}has ${partAt('field')}`;
    case 'text':
      return `${not}text ${partAt('text')}`;
    case 'group':
    case 'set':
    case 'keyword':
    case 'error':
      return whole;
  }
}
