/** What can be written at a place of a query text. */
import { tokenize, type Token } from '../../../proto/query/lexer.ts';
import { keywordOf, PRESENCE_WORD } from '../../../proto/query/words.ts';
import type { CompareOp, Field, TextRange } from './ast.ts';
import { readField, readQuotedField } from './fields.ts';

/** The range is what a completion replaces; `prefix` is what of it stands before the cursor. */
export type CompletionContext = TextRange & {
  readonly prefix: string;
} & (
    | {
        readonly type: 'field';
        /** Behind `has:`, where a field stands alone. */
        readonly isPresence: boolean;
        /** A clause stands before, so that `and` and `or` can follow. */
        readonly isContinued: boolean;
      }
    | { readonly type: 'value'; readonly field: Field; readonly op: CompareOp }
    | { readonly type: 'structure' }
    | { readonly type: 'none' }
  );

const OPS: Readonly<Record<string, CompareOp>> = {
  ':': '=',
  '=': '=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '~': '~',
};

/** The context of a cursor, which stands before the unit of that number. Never throws. */
export function contextAt(text: string, cursor: number): CompletionContext {
  const at = Math.max(0, Math.min(text.length, cursor));
  const head = text.slice(0, at);
  const tokens = tokenize(head);
  const last = tokens.at(-1);
  const gap = { from: at, to: at, prefix: '' };
  if (last === undefined) return { type: 'field', ...gap, isPresence: false, isContinued: false };
  if (last.to < at) return behindSpace(tokens, last, gap);
  const to = endOfToken(text, last, at);
  switch (last.kind) {
    case 'word':
      if (last.key !== null) return { type: 'none', ...gap };
      return fieldContext(tokens.slice(0, -1), { from: last.from, to, prefix: last.text });
    case 'op':
      return behindOperator(tokens, last, gap);
    case 'value':
      return valueContext(tokens.slice(0, -1), { from: last.from, to, prefix: last.text });
    case 'string':
      return last.isValue
        ? valueContext(tokens.slice(0, -1), { from: last.from, to, prefix: last.text })
        : { type: 'none', ...gap };
    case 'mark':
      return behindMark(tokens, last.text, gap);
    case 'error':
      return insideQuote(head, tokens, last, gap);
  }
}

type Place = TextRange & { readonly prefix: string };

/** Where the token that ends at the cursor ends in the whole text. */
function endOfToken(text: string, last: Token, at: number): number {
  const whole = tokenize(text).find((token) => token.from === last.from);
  return whole !== undefined && whole.kind === last.kind ? Math.max(at, whole.to) : at;
}

function fieldContext(before: readonly Token[], place: Place): CompletionContext {
  const previous = before.at(-1);
  const isPresence = previous?.kind === 'op' && isPresenceWord(before.at(-2));
  return { type: 'field', ...place, isPresence, isContinued: endsClause(previous) };
}

function isPresenceWord(token: Token | undefined): boolean {
  return token?.kind === 'word' && token.key === null && token.text === PRESENCE_WORD;
}

/** Whether a clause ends with this token, so that another or a keyword can follow. */
function endsClause(token: Token | undefined): boolean {
  switch (token?.kind) {
    case 'value':
    case 'string':
      return true;
    case 'word':
      return keywordOf(token.text) === null;
    case 'mark':
      return token.text === ')' || token.text === '}';
    case 'op':
    case 'error':
    case undefined:
      return false;
  }
}

function behindSpace(tokens: readonly Token[], last: Token, gap: Place): CompletionContext {
  if (last.kind === 'op' && last.text !== ':') return behindOperator(tokens, last, gap);
  if (last.kind === 'mark' && last.text === '}') return { type: 'structure', ...gap };
  if (last.kind === 'error') return { type: 'none', ...gap };
  return { type: 'field', ...gap, isPresence: false, isContinued: endsClause(last) };
}

function behindOperator(tokens: readonly Token[], op: Token, gap: Place): CompletionContext {
  const before = tokens.at(-2);
  if (before?.kind === 'mark' && before.text === '}') {
    return { type: 'none', ...gap };
  }
  if (isPresenceWord(before)) return fieldContext(tokens, gap);
  return op.kind === 'op' ? valueContext(tokens, gap) : { type: 'none', ...gap };
}

/** `before` ends with an operator or with the comma of a list. */
function valueContext(before: readonly Token[], place: Place): CompletionContext {
  let at = before.length - 1;
  while (at >= 0 && before[at]?.kind !== 'op') at--;
  const op = before[at];
  const name = before[at - 1];
  const kind = op?.kind === 'op' ? OPS[op.text] : undefined;
  if (kind === undefined || (name?.kind !== 'word' && name?.kind !== 'string')) {
    return { type: 'none', ...place };
  }
  const read =
    name.kind === 'string'
      ? readQuotedField(name.text, name)
      : readField(name.text, name.key, name);
  if (!read.ok) return { type: 'none', ...place };
  return { type: 'value', field: read.field, op: kind, ...place };
}

function behindMark(tokens: readonly Token[], mark: string, gap: Place): CompletionContext {
  switch (mark) {
    case ',':
      return valueContext(tokens.slice(0, -1), gap);
    case '(':
    case '{':
    case '-':
      return { type: 'field', ...gap, isPresence: false, isContinued: false };
    case '}':
      return { type: 'structure', ...gap };
    default:
      return { type: 'none', ...gap };
  }
}

/** An open quote behind an operator: what was written of the value stands behind the quote. */
function insideQuote(
  head: string,
  tokens: readonly Token[],
  last: Token,
  gap: Place,
): CompletionContext {
  const before = tokens.at(-2);
  const isValue = before?.kind === 'op' || (before?.kind === 'mark' && before.text === ',');
  if (head.charAt(last.from) !== '"' || !isValue) return { type: 'none', ...gap };
  const place = { from: last.from, to: gap.to, prefix: head.slice(last.from + 1) };
  return valueContext(tokens.slice(0, -1), place);
}
