/** The clauses without brackets: comparisons, `has:field` and texts. */
import { clip } from '../../../proto/query/characters.ts';
import type {
  OpToken,
  StringToken,
  Token,
  ValueToken,
  WordToken,
} from '../../../proto/query/lexer.ts';
import { keywordOf, PRESENCE_WORD } from '../../../proto/query/words.ts';
import type { CompareOp, Expression, Field, QueryError, TextRange, Value } from './ast.ts';
import { checkComparison } from './check.ts';
import { fieldType, readField, readQuotedField } from './fields.ts';
import type { TokenReader } from './token-reader.ts';
import { findUnit, readNumber } from './values.ts';

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

/** Operators of other languages, and what to write here. */
const FOREIGN_OPS: Readonly<Record<string, string>> = {
  '==': 'Write "=" instead of "==".',
  '===': 'Write "=" instead of "===".',
  ':=': 'Write "=" or ":" instead of ":=".',
  '::': 'Write ":" once, or put the text in quotes.',
  '=>': 'Write ">=" instead of "=>".',
  '=<': 'Write "<=" instead of "=<".',
  '<>': 'Write "!=" instead of "<>".',
  '!==': 'Write "!=" instead of "!==".',
  '!:': 'Write "!=" instead of "!:", or "-" before the field.',
  '=~': 'Write "~" instead of "=~".',
  '~=': 'Write "~" instead of "~=".',
  ':~': 'Write "~" instead of ":~".',
  '!~': 'Write -field~pattern instead of "!~".',
  ':>': 'Write ">" without the colon.',
  ':>=': 'Write ">=" without the colon.',
  ':<': 'Write "<" without the colon.',
  ':<=': 'Write "<=" without the colon.',
  '>>': 'Write sets of spans on both sides of ">>": { A } >> { B }.',
};

/** How a list of values is written: the message where one is not. */
export const LIST_FORM = 'Write values with a comma and no space between them: status:ok,error.';

type ValueLike = ValueToken | StringToken;

/** A clause that begins with a word or a string, which is taken already. */
export function parseWordClause(
  reader: TokenReader,
  token: WordToken | StringToken,
): Expression | null {
  const op = reader.peek();
  if (op?.kind === 'op') {
    reader.take();
    const isPresence = token.kind === 'word' && token.key === null && token.text === PRESENCE_WORD;
    return isPresence ? parsePresence(reader, token, op) : parseComparison(reader, token, op);
  }
  const { from, to, text } = token;
  if (token.kind === 'string') {
    if (text === '') return reader.fail(token, 'Write the text to find between the quotes.');
    return { type: 'text', value: text, quoted: true, from, to };
  }
  if (token.key !== null) {
    return reader.fail(
      { from: to, to },
      'Write an operator and a value after the field, such as :x.',
    );
  }
  const message = textProblem(text);
  if (message !== null) return reader.fail(token, message);
  return { type: 'text', value: text, quoted: false, from, to };
}

/** Why a bare word is no text to look for, or null. */
function textProblem(word: string): string | null {
  if (/^&&?$/.test(word)) return 'Write "and", or nothing: clauses side by side all have to hold.';
  if (/^\|\|?$/.test(word)) return 'Write "or".';
  if (/&&|\|\|/.test(word))
    return 'Write "and" or "or" between clauses, or put the text in quotes.';
  if (word.startsWith('!')) return 'Write "-" to exclude, or put the text in quotes.';
  if (word.startsWith(',')) return LIST_FORM;
  if (/^\*+$/.test(word)) return 'Leave the query empty to find everything.';
  if (word.includes('*')) {
    return 'Leave out "*": a text is found anywhere. To find "*" itself, put the text in quotes.';
  }
  return null;
}

function parseComparison(
  reader: TokenReader,
  token: WordToken | StringToken,
  op: OpToken,
): Expression | null {
  if (op.text === ':' && op.from !== token.to) {
    reader.fail(op, 'Write ":" directly behind the field, or put the text in quotes.');
  }
  const compare = OPS[op.text];
  const tokens = valuesAfter(reader, op);
  const field = fieldOf(reader, token);
  if (compare === undefined) {
    const known = Object.hasOwn(FOREIGN_OPS, op.text) ? FOREIGN_OPS[op.text] : undefined;
    const message = known ?? `There is no operator "${clip(op.text)}"; use : = != < <= > >= or ~.`;
    return reader.failEarlier(op, message);
  }
  if (tokens === null || field === null) return null;
  const values = tokens.map((value) => readValue(value, compare));
  const error =
    urlProblem(reader, token, op, values) ??
    spacedUnit(reader, field, values) ??
    checkComparison(field, compare, values, op) ??
    globProblem(compare, values);
  if (error !== null) return reader.fail(error, error.message);
  const to = values.at(-1)?.to ?? op.to;
  return { type: 'compare', field, op: compare, values, from: token.from, to };
}

/** `http://host` reads as the field `http`, which nobody means. */
function urlProblem(
  reader: TokenReader,
  field: Token,
  op: OpToken,
  values: readonly Value[],
): QueryError | null {
  const value = values[0];
  if (op.text !== ':' || value === undefined || value.quoted) return null;
  if (!reader.written(value).startsWith('//')) return null;
  return { from: field.from, to: value.to, message: 'Put a URL in quotes.' };
}

/** `duration>100 ms`: the unit became a clause of its own. */
function spacedUnit(
  reader: TokenReader,
  field: Field,
  values: readonly Value[],
): QueryError | null {
  const value = values[0];
  const next = reader.peek();
  if (fieldType(field) !== 'duration' || value?.number?.unit !== null) return null;
  if (next?.kind !== 'word' || findUnit(next.text)?.kind !== 'duration') return null;
  const message = `Write the unit directly behind the number: ${value.text}${next.text}.`;
  return { from: value.from, to: next.to, message };
}

function globProblem(op: CompareOp, values: readonly Value[]): QueryError | null {
  const value = values[0];
  if (value === undefined || op === '=' || op === '!=' || op === '~' || !value.glob) return null;
  const { from, to } = value;
  return {
    from,
    to,
    message: '"*" works with : = and != only; put it in quotes to compare with it.',
  };
}

function fieldOf(reader: TokenReader, token: WordToken | StringToken): Field | null {
  const read =
    token.kind === 'string'
      ? readQuotedField(token.text, token)
      : readField(token.text, token.key, token);
  return read.ok ? read.field : reader.failEarlier(token, read.message);
}

/** The value tokens after an operator; null (and an error) when there is none or one is wrong. */
function valuesAfter(reader: TokenReader, op: OpToken): readonly ValueLike[] | null {
  const token = reader.peek();
  const values = takeValues(reader);
  if (values === null) return null;
  const first = values[0];
  const isKeyword =
    first?.kind === 'value' && first.from !== op.to && keywordOf(first.text) !== null;
  if (first !== undefined && !isKeyword) return values;
  if (token?.kind === 'mark' && token.text === '(') {
    reader.take();
    reader.skipGroup();
    return reader.fail(
      token,
      'Write several values with commas and without brackets: status:ok,error.',
    );
  }
  if (token?.kind === 'mark' && token.text === '{') {
    const form = `{ A } ${clip(op.text)} { B }`;
    return reader.fail(op, `Write sets of spans on both sides of "${clip(op.text)}": ${form}.`);
  }
  const quotes = op.text === ':' ? ', or put the text in quotes' : '';
  return reader.fail(behind(op), `Write a value directly after "${clip(op.text)}"${quotes}.`);
}

function behind({ to }: TextRange): TextRange {
  return { from: to, to };
}

/** Takes a list of values; null (and an error) when one is wrong, empty when there is none. */
export function takeValues(reader: TokenReader): readonly ValueLike[] | null {
  const values: ValueLike[] = [];
  let isWrong = false;
  for (;;) {
    const before = reader.last();
    const token = reader.peek();
    let isValue = false;
    if (token?.kind === 'value' || (token?.kind === 'string' && token.isValue)) {
      values.push(token);
      isValue = true;
      reader.take();
    } else if (token?.kind === 'error' && before?.kind === 'op') {
      reader.fail(token, token.message);
      isWrong = true;
      reader.take();
    }
    const comma = reader.peek();
    if (comma === undefined || !reader.isMark(',')) return isWrong ? null : values;
    reader.take();
    const next = reader.peek();
    const goesOn = next?.from === comma.to && (next.kind === 'value' || next.kind === 'string');
    if (!goesOn || !isValue) {
      if (next?.kind === 'error' && next.from === comma.to) reader.fail(next, next.message);
      reader.fail(comma, LIST_FORM);
      if (!goesOn) return null;
      isWrong = true;
    }
  }
}

function readValue(token: ValueLike, op: CompareOp): Value {
  const { from, to, text } = token;
  const isPattern = op === '~';
  if (token.kind === 'string' || (token.escaped && !token.glob && !isPattern)) {
    return { text, quoted: true, glob: false, number: null, from, to };
  }
  const read = token.glob || isPattern ? null : readNumber(text);
  const number = read?.type === 'number' ? read.reading : null;
  return { text, quoted: false, glob: token.glob, number, from, to };
}

function parsePresence(reader: TokenReader, word: Token, op: OpToken): Expression | null {
  if (op.text !== ':') {
    reader.fail(op, 'Write has:field; as the name of an attribute, put "has" in quotes.');
    takeValues(reader);
    return null;
  }
  const token = reader.peek();
  const isTight = op.from === word.to && token?.from === op.to;
  if ((token?.kind !== 'word' && token?.kind !== 'string') || !isTight) {
    if (token?.kind === 'error' && isTight) return null;
    return reader.fail(behind(op), 'Write a field directly after "has:".');
  }
  reader.take();
  const field = fieldOf(reader, token);
  const extra = reader.peek();
  if (extra?.kind === 'op') {
    reader.take();
    takeValues(reader);
    return reader.fail(extra, 'has: takes a field alone; write the comparison without has:.');
  }
  return field && { type: 'has', field, from: word.from, to: token.to };
}
