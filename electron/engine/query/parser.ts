/**
 * Query text to tree, by recursive descent over the lexer's tokens. An error does not stop the
 * reading: the clause is left out, the first error is kept, and the rest of the text still counts.
 */
import { clip } from '../../../proto/query/characters.ts';
import { tokenize, type OpToken, type Token } from '../../../proto/query/lexer.ts';
import {
  MAX_QUERY_DEPTH,
  MAX_QUERY_LENGTH,
  type Expression,
  type Query,
  type QueryError,
  type SpanSet,
  type Structure,
} from './ast.ts';
import { LIST_FORM, parseWordClause, takeValues } from './parse-clause.ts';
import { TokenReader } from './token-reader.ts';

export type ParseResult =
  | { readonly ok: true; readonly query: Query }
  | {
      readonly ok: false;
      /** The first one. */
      readonly error: QueryError;
      /** The clauses that could be read. */
      readonly partial: Expression | null;
    };

/** Reads a query text. Never throws; its time is linear in the length of the text. */
export function parseQuery(text: string): ParseResult {
  if (text.length > MAX_QUERY_LENGTH) {
    const [most, here] = [MAX_QUERY_LENGTH, text.length].map((count) => count.toLocaleString('en'));
    const message = `A query has at most ${most} characters; these are ${here}.`;
    return {
      ok: false,
      error: { from: MAX_QUERY_LENGTH, to: text.length, message },
      partial: null,
    };
  }
  const reader = new TokenReader(text, tokenize(text));
  const root = parseAll(reader);
  if (reader.error !== null) return { ok: false, error: reader.error, partial: root };
  return { ok: true, query: { text, root } };
}

/** An expression, null where one was written but cannot be read, 'none' where none was written. */
type Read = Expression | null | 'none';

function parseAll(reader: TokenReader): Expression | null {
  const parts: Expression[] = [];
  while (reader.peek() !== undefined) {
    const read = parseOr(reader);
    if (read !== null && read !== 'none') parts.push(read);
    const stray = reader.take();
    if (stray === undefined) break;
    const message = `This "${reader.written(stray)}" closes nothing; remove it or put it in quotes.`;
    reader.fail(stray, message);
  }
  return junction('and', parts);
}

function parseOr(reader: TokenReader): Read {
  const first = parseAnd(reader);
  if (reader.keyword() !== 'or') return first;
  const items: Expression[] = [];
  if (first !== null && first !== 'none') items.push(first);
  let isLeftMissing = first === 'none';
  while (reader.keyword() === 'or') {
    const word = reader.take();
    const side = parseAnd(reader);
    if (word !== undefined && (side === 'none' || isLeftMissing)) {
      reader.fail(word, dangling('or', isLeftMissing));
    }
    isLeftMissing = false;
    if (side !== null && side !== 'none') items.push(side);
  }
  return junction('or', items);
}

function parseAnd(reader: TokenReader): Read {
  const items: Expression[] = [];
  let isAnything = false;
  let pending: Token | null = null;
  for (;;) {
    const token = reader.peek();
    const keyword = reader.keyword();
    if (token === undefined || keyword === 'or' || isCloser(token)) break;
    if (keyword === 'and') {
      if (!isAnything || pending !== null) reader.fail(token, dangling('and', true));
      pending = token;
      reader.take();
    } else {
      const read = parseClause(reader, token);
      if (read !== null) items.push(read);
      pending = null;
    }
    isAnything = true;
  }
  if (pending !== null) reader.fail(pending, dangling('and', false));
  return isAnything ? junction('and', items) : 'none';
}

/** One clause with what negates it; `token` is its first one, which is always taken. */
function parseClause(reader: TokenReader, token: Token): Expression | null {
  const isNot = reader.keyword() === 'not';
  reader.take();
  switch (token.kind) {
    case 'error':
      return reader.fail(token, token.message);
    case 'op':
      return strayOperator(reader, token);
    case 'value':
      return reader.fail(token, 'Write a field and an operator before the value.');
    case 'string':
      return parseWordClause(reader, token);
    case 'word':
      return isNot ? parseNegation(reader, token) : parseWordClause(reader, token);
    case 'mark':
      return parseMarkClause(reader, token);
  }
}

function parseMarkClause(
  reader: TokenReader,
  token: Extract<Token, { kind: 'mark' }>,
): Expression | null {
  switch (token.text) {
    case '-':
      return parseNegation(reader, token);
    case '(':
      return reader.deeper(token, () => parseGroup(reader, token));
    case '{':
      return parseStructure(reader, token);
    case ',':
      reader.fail(token, LIST_FORM);
      takeValues(reader);
      return null;
    case ')':
    case '}':
      return reader.fail(token, `This "${token.text}" closes nothing.`);
  }
}

function parseNegation(reader: TokenReader, sign: Token): Expression | null {
  const token = reader.peek();
  const keyword = reader.keyword();
  if (token === undefined || isCloser(token) || keyword === 'or' || keyword === 'and') {
    return reader.fail(sign, `Write what to exclude after "${reader.written(sign)}".`);
  }
  const item = reader.deeper(sign, () => parseClause(reader, token));
  return item && { type: 'not', item, from: sign.from, to: item.to };
}

function parseGroup(reader: TokenReader, open: Token): Expression | null {
  const inner = parseOr(reader);
  const close = takeCloser(reader, open, ')');
  if (inner !== null && inner !== 'none') {
    return { ...inner, from: open.from, to: close?.to ?? inner.to };
  }
  if (inner === 'none' && close !== null) {
    const whole = { from: open.from, to: close.to };
    reader.fail(whole, 'Write clauses between ( and ), or put the text in quotes.');
  }
  return null;
}

/** Takes the closing bracket, or what stands in its place; fails when that is none. */
function takeCloser(reader: TokenReader, open: Token, closer: ')' | '}'): Token | null {
  const token = reader.peek();
  const opener = reader.written(open);
  if (token === undefined) return reader.fail(open, `Close this "${opener}" with "${closer}".`);
  const found = reader.written(token);
  if (found !== closer) {
    reader.fail(token, `Write "${closer}" instead of "${found}", to close the "${opener}".`);
  }
  reader.take();
  return token;
}

/** `{ A }`, and what `>` and `>>` put below it. */
function parseStructure(reader: TokenReader, open: Token): Expression | null {
  let left: SpanSet | Structure | null = reader.deeper(open, () => parseSet(reader, open));
  let links = 0;
  for (;;) {
    const op = reader.peek();
    if (op?.kind !== 'op') return left;
    reader.take();
    const right = parseRightSet(reader, op);
    if (right === null || left === null) {
      left ??= right;
    } else if (++links > MAX_QUERY_DEPTH) {
      reader.fail(op, `At most ${MAX_QUERY_DEPTH} sets of spans can follow one another.`);
    } else {
      const kind = op.text === '>>' ? '>>' : '>';
      left = { type: 'structure', op: kind, left, right, from: left.from, to: right.to };
    }
  }
}

function parseRightSet(reader: TokenReader, op: OpToken): SpanSet | null {
  if (op.text !== '>' && op.text !== '>>') {
    const swap = op.text === '<' || op.text === '<<' ? '; swap the sides' : '';
    reader.fail(op, `Write ">" (child) or ">>" (descendant) between sets of spans${swap}.`);
  }
  const open = reader.peek();
  if (open === undefined || !reader.isMark('{')) {
    return reader.fail(op, `Write a set of spans after "${clip(op.text)}": { A } > { B }.`);
  }
  reader.take();
  return reader.deeper(open, () => parseSet(reader, open));
}

function parseSet(reader: TokenReader, open: Token): SpanSet | null {
  const inner = parseOr(reader);
  const close = takeCloser(reader, open, '}');
  // A set that lost all its clauses is no `{ }`, which any span matches.
  if (inner === null) return null;
  const item = inner === 'none' ? null : inner;
  return { type: 'set', item, from: open.from, to: close?.to ?? item?.to ?? open.to };
}

function strayOperator(reader: TokenReader, op: OpToken): null {
  const isArrow = op.text === '>>' || (op.text === '>' && reader.isMark('{'));
  reader.fail(
    op,
    isArrow
      ? `Write sets of spans on both sides of "${op.text}": { A } ${op.text} { B }.`
      : `Write a field before "${clip(op.text)}", or put the text in quotes.`,
  );
  takeValues(reader);
  return null;
}

function isCloser(token: Token): boolean {
  return token.kind === 'mark' && (token.text === ')' || token.text === '}');
}

function dangling(word: 'and' | 'or', isLeft: boolean): string {
  const side = isLeft ? 'before' : 'after';
  return `Write a clause ${side} "${word}", or put "${word}" in quotes to find the word.`;
}

/** A junction of what could be read: flat, and none at all around a single item. */
function junction(type: 'and' | 'or', items: readonly Expression[]): Expression | null {
  const flat = items.flatMap((item) => (item.type === type ? item.items : [item]));
  const first = items[0];
  const last = items.at(-1);
  if (first === undefined || last === undefined) return null;
  if (items.length === 1) return first;
  return { type, items: flat, from: first.from, to: last.to };
}
