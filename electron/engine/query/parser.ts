/**
 * Query text to tree, by recursive descent over the lexer's tokens. An error does not stop the
 * reading: the clause is left out, the first error is kept, and the rest of the text still counts.
 */
import { tokenize, type OpToken, type Token } from '../../../proto/query/lexer.ts';
import { keywordOf, PRESENCE_WORD, type Keyword } from '../../../proto/query/words.ts';
import {
  MAX_QUERY_DEPTH,
  MAX_QUERY_LENGTH,
  type CompareOp,
  type Expression,
  type Field,
  type Query,
  type QueryError,
  type SpanSet,
  type Structure,
  type TextRange,
  type Value,
} from './ast.ts';
import { checkComparison } from './check.ts';
import { readField, readQuotedField } from './fields.ts';
import { readNumber } from './values.ts';

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
    const message = `A query has at most ${MAX_QUERY_LENGTH.toLocaleString('en')} characters; these are ${text.length.toLocaleString('en')}.`;
    return {
      ok: false,
      error: { from: MAX_QUERY_LENGTH, to: text.length, message },
      partial: null,
    };
  }
  const parser = new Parser(text, tokenize(text));
  const root = parser.query();
  if (parser.error !== null) return { ok: false, error: parser.error, partial: root };
  return { ok: true, query: { text, root } };
}

/** An expression, null where one was written but cannot be read, 'none' where none was written. */
type Read = Expression | null | 'none';

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
  '>>': 'Write ">>" between sets of spans: { A } >> { B }.',
};

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  error: QueryError | null = null;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  query(): Expression | null {
    const parts: Expression[] = [];
    while (this.#peek() !== undefined) {
      const read = this.#or();
      if (read !== null && read !== 'none') parts.push(read);
      const stray = this.#peek();
      if (stray === undefined) break;
      const what = stray.kind === 'mark' ? stray.text : this.#text.slice(stray.from, stray.to);
      this.#fail(stray, `This "${what}" closes nothing; remove it or put it in quotes.`);
      this.#next++;
    }
    return junction('and', parts);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** Keeps the first error only: later ones often follow from it. */
  #fail({ from, to }: TextRange, message: string): null {
    this.error ??= { from, to, message };
    return null;
  }

  #isMark(text: string): boolean {
    const token = this.#peek();
    return token?.kind === 'mark' && token.text === text;
  }

  #keyword(): Keyword | null {
    const token = this.#peek();
    if (token?.kind !== 'word' || token.key !== null) return null;
    if (this.#tokens[this.#next + 1]?.kind === 'op') return null;
    return keywordOf(token.text);
  }

  #or(): Read {
    const first = this.#and();
    if (this.#keyword() !== 'or') return first;
    const items: Expression[] = [];
    if (first !== null && first !== 'none') items.push(first);
    let isBeforeMissing = first === 'none';
    while (this.#keyword() === 'or') {
      const word = this.#tokens[this.#next++] as Token;
      const side = this.#and();
      if (side === 'none' || isBeforeMissing) this.#fail(word, dangling('or', isBeforeMissing));
      isBeforeMissing = false;
      if (side !== null && side !== 'none') items.push(side);
    }
    return junction('or', items);
  }

  #and(): Read {
    const items: Expression[] = [];
    let isAnything = false;
    let isWordPending: Token | null = null;
    for (;;) {
      const token = this.#peek();
      const keyword = this.#keyword();
      if (token !== undefined && keyword === 'and') {
        if (!isAnything || isWordPending !== null) this.#fail(token, dangling('and', true));
        isWordPending = token;
        isAnything = true;
        this.#next++;
        continue;
      }
      if (token === undefined || keyword === 'or' || isCloser(token)) break;
      const read = this.#clause();
      isAnything = true;
      isWordPending = null;
      if (read !== null) items.push(read);
    }
    if (isWordPending !== null) this.#fail(isWordPending, dangling('and', false));
    return isAnything ? junction('and', items) : 'none';
  }

  /** Calls `read` one level deeper; too deep, the rest of the text is given up. */
  #deeper<T>(at: Token, read: () => T): T | null {
    if (this.#depth >= MAX_QUERY_DEPTH) {
      this.#fail(at, `Brackets and exclusions nest at most ${MAX_QUERY_DEPTH} deep.`);
      this.#next = this.#tokens.length;
      return null;
    }
    this.#depth++;
    const result = read();
    this.#depth--;
    return result;
  }

  /** One clause with what negates it. Always takes at least one token. */
  #clause(): Expression | null {
    const token = this.#tokens[this.#next++] as Token;
    switch (token.kind) {
      case 'error':
        return this.#fail(token, token.message);
      case 'op':
        return this.#strayOperator(token);
      case 'value':
        return this.#fail(token, 'Write a field and an operator before the value.');
      case 'string':
        return this.#wordClause(token);
      case 'mark':
        return this.#markClause(token);
      case 'word':
        if (this.#peek()?.kind !== 'op' && token.key === null) {
          if (keywordOf(token.text) === 'not') return this.#negation(token);
        }
        return this.#wordClause(token);
    }
  }

  #markClause(token: Extract<Token, { kind: 'mark' }>): Expression | null {
    switch (token.text) {
      case '-':
        return this.#negation(token);
      case '(':
        return this.#deeper(token, () => this.#group(token));
      case '{':
        return this.#structure(token);
      case ',':
        this.#fail(
          token,
          'A comma stands between values of a field, without spaces: status:ok,error.',
        );
        this.#values();
        return null;
      case ')':
      case '}':
        return this.#fail(token, `This "${token.text}" closes nothing.`);
    }
  }

  #negation(sign: Token): Expression | null {
    const token = this.#peek();
    const keyword = this.#keyword();
    if (token === undefined || isCloser(token) || keyword === 'or' || keyword === 'and') {
      const written = this.#text.slice(sign.from, sign.to);
      return this.#fail(sign, `Write what to exclude after "${written}".`);
    }
    const item = this.#deeper(sign, () => this.#clause());
    return item === null ? null : { type: 'not', item, from: sign.from, to: item.to };
  }

  #group(open: Token): Expression | null {
    const inner = this.#or();
    const close = this.#close(open, ')');
    if (inner === 'none') {
      if (close !== null) {
        this.#fail(
          { from: open.from, to: close.to },
          'Write clauses between ( and ), or put the text in quotes.',
        );
      }
      return null;
    }
    return inner === null || close === null ? inner : { ...inner, from: open.from, to: close.to };
  }

  /** Takes the closing bracket; fails at the opening one when there is none. */
  #close(open: Token, closer: ')' | '}'): Token | null {
    const token = this.#peek();
    if (token !== undefined && this.#isMark(closer)) {
      this.#next++;
      return token;
    }
    const opener = closer === ')' ? '(' : '{';
    if (token === undefined) return this.#fail(open, `Close this "${opener}" with "${closer}".`);
    const found = this.#text.slice(token.from, token.to);
    this.#fail(token, `Write "${closer}" instead of "${found}", to close the "${opener}".`);
    this.#next++;
    return token;
  }

  /** `{ A }`, and what `>` and `>>` put below it. */
  #structure(open: Token): Expression | null {
    let left: SpanSet | Structure | null = this.#deeper(open, () => this.#set(open));
    let links = 0;
    for (;;) {
      const op = this.#peek();
      if (op?.kind !== 'op') return left;
      this.#next++;
      const right = this.#rightSet(op);
      if (right === null || left === null) {
        left ??= right;
        continue;
      }
      if (++links > MAX_QUERY_DEPTH) {
        this.#fail(op, `At most ${MAX_QUERY_DEPTH} sets of spans can follow one another.`);
        continue;
      }
      const kind = op.text === '>>' ? '>>' : '>';
      left = { type: 'structure', op: kind, left, right, from: left.from, to: right.to };
    }
  }

  #rightSet(op: OpToken): SpanSet | null {
    if (op.text !== '>' && op.text !== '>>') {
      const swap = op.text === '<' || op.text === '<<' ? '; swap the sides' : '';
      this.#fail(op, `Write ">" (child) or ">>" (descendant) between sets of spans${swap}.`);
    }
    const open = this.#peek();
    if (open === undefined || !this.#isMark('{')) {
      return this.#fail(op, `Write a set of spans after "${op.text}": { A } ${op.text} { B }.`);
    }
    this.#next++;
    return this.#deeper(open, () => this.#set(open));
  }

  #set(open: Token): SpanSet | null {
    const inner = this.#or();
    const close = this.#close(open, '}');
    const item = inner === 'none' ? null : inner;
    const to = close?.to ?? item?.to ?? open.to;
    // A set that lost all its clauses is no `{ }`, which any span matches.
    if (inner === null) return null;
    return { type: 'set', item, from: open.from, to };
  }

  #strayOperator(op: OpToken): null {
    const isArrow = (op.text === '>' || op.text === '>>') && this.#isMark('{');
    this.#fail(
      op,
      isArrow
        ? `Write a set of spans before "${op.text}": { A } ${op.text} { B }.`
        : `Write a field before "${op.text}", or put the text in quotes.`,
    );
    this.#values();
    return null;
  }

  /** A word or a string: the field of a comparison, `has:`, or a text. */
  #wordClause(token: Extract<Token, { kind: 'word' | 'string' }>): Expression | null {
    const op = this.#peek();
    if (op?.kind === 'op') {
      this.#next++;
      return this.#comparison(token, op);
    }
    const { from, to } = token;
    if (token.kind === 'string') {
      if (token.text === '') return this.#fail(token, 'Write the text to find between the quotes.');
      return { type: 'text', value: token.text, quoted: true, from, to };
    }
    if (token.key !== null) {
      return this.#fail(
        { from: to, to },
        `Write an operator and a value after the field, such as ="x".`,
      );
    }
    const message = wordProblem(token.text);
    if (message !== null) return this.#fail(token, message);
    return { type: 'text', value: token.text, quoted: false, from, to };
  }

  #comparison(token: Extract<Token, { kind: 'word' | 'string' }>, op: OpToken): Expression | null {
    if (token.kind === 'word' && token.key === null && token.text === PRESENCE_WORD) {
      return this.#presence(token, op);
    }
    const isTight = op.from === token.to;
    if (op.text === ':' && !isTight) {
      this.#fail(op, 'Write ":" directly behind the field, or put the text in quotes.');
    }
    const kind = OPS[op.text];
    const values = this.#valuesAfter(op);
    const field = this.#readField(token);
    if (kind === undefined) {
      const known = Object.hasOwn(FOREIGN_OPS, op.text) ? FOREIGN_OPS[op.text] : undefined;
      return this.#failEarlier(
        op,
        known ?? `There is no operator "${op.text}"; use : = != < <= > >= or ~.`,
      );
    }
    if (values === null || field === null) return null;
    const read = values.map((value) => this.#readValue(value, kind));
    if (op.text === ':' && read[0]?.quoted === false && read[0].text.startsWith('//')) {
      return this.#fail({ from: token.from, to: read[0].to }, 'Put a URL in quotes.');
    }
    const error = checkComparison(field, kind, read, op) ?? this.#globProblem(kind, read);
    if (error !== null) return this.#fail(error, error.message);
    const to = read.at(-1)?.to ?? op.to;
    return { type: 'compare', field, op: kind, values: read, from: token.from, to };
  }

  /** The same as fail, but an error behind this place gives way. */
  #failEarlier(at: TextRange, message: string): null {
    if (this.error !== null && this.error.from >= at.from) this.error = null;
    return this.#fail(at, message);
  }

  #globProblem(op: CompareOp, values: readonly Value[]): QueryError | null {
    const value = values[0];
    if (value === undefined || op === '=' || op === '!=' || op === '~' || !value.glob) return null;
    const { from, to } = value;
    return {
      from,
      to,
      message: `"*" works with : = and != only; put it in quotes to compare with it.`,
    };
  }

  #readField(token: Extract<Token, { kind: 'word' | 'string' }>): Field | null {
    const read =
      token.kind === 'string'
        ? readQuotedField(token.text, token)
        : readField(token.text, token.key, token);
    return read.ok ? read.field : this.#failEarlier(token, read.message);
  }

  /** The value tokens after an operator; null (and an error) when there is none or one is wrong. */
  #valuesAfter(op: OpToken): Extract<Token, { kind: 'value' | 'string' }>[] | null {
    const token = this.#peek();
    const values = this.#values();
    if (values !== null && values.length > 0) {
      const first = values[0];
      if (first?.kind !== 'value' || first.from === op.to || keywordOf(first.text) === null) {
        return values;
      }
    }
    if (values === null) return null;
    if (token?.kind === 'mark' && token.text === '(') {
      this.#next++;
      this.#fail(token, 'Write several values with commas and without brackets: status:ok,error.');
      this.#deeper(token, () => this.#group(token));
      return null;
    }
    if (token?.kind === 'mark' && token.text === '{') {
      return this.#fail(op, `Write a set of spans before "${op.text}": { A } ${op.text} { B }.`);
    }
    const quotes = op.text === ':' ? ', or put the text in quotes' : '';
    return this.#fail(
      { from: op.to, to: op.to },
      `Write a value directly after "${op.text}"${quotes}.`,
    );
  }

  /** Takes a list of values; null when one of them is wrong, empty when there is none. */
  #values(): Extract<Token, { kind: 'value' | 'string' }>[] | null {
    const values: Extract<Token, { kind: 'value' | 'string' }>[] = [];
    let isWrong = false;
    for (;;) {
      const token = this.#peek();
      const isValue = token?.kind === 'value' || (token?.kind === 'string' && this.#isValuePlace());
      if (token !== undefined && isValue) {
        this.#next++;
        values.push(token as Extract<Token, { kind: 'value' | 'string' }>);
      } else if (token?.kind === 'error') {
        this.#next++;
        this.#fail(token, token.message);
        isWrong = true;
      } else if (!this.#isMark(',')) break;
      const comma = this.#peek();
      if (comma === undefined || !this.#isMark(',')) break;
      this.#next++;
      if (!this.#isValueNext(comma) || !isValue) {
        this.#fail(comma, 'Write values with a comma and no space between them: status:ok,error.');
        isWrong = true;
        break;
      }
    }
    return isWrong ? null : values;
  }

  /** A string is a value only behind an operator or a comma of a list. */
  #isValuePlace(): boolean {
    const before = this.#tokens[this.#next - 1];
    const token = this.#peek();
    if (before?.kind === 'op') return before.text !== ':' || before.to === token?.from;
    return before?.kind === 'mark' && before.text === ',' && before.to === token?.from;
  }

  #isValueNext(comma: Token): boolean {
    const token = this.#peek();
    if (token?.from !== comma.to) return false;
    return token.kind === 'value' || token.kind === 'string' || token.kind === 'error';
  }

  #readValue(token: Extract<Token, { kind: 'value' | 'string' }>, op: CompareOp): Value {
    const { from, to, text } = token;
    const isRegex = op === '~';
    if (token.kind === 'string' || (token.escaped && !token.glob && !isRegex)) {
      return { text, quoted: true, glob: false, number: null, from, to };
    }
    const read = token.glob || isRegex ? null : readNumber(text);
    const number = read?.type === 'number' ? read.reading : null;
    return { text, quoted: false, glob: token.glob, number, from, to };
  }

  #presence(word: Token, op: OpToken): Expression | null {
    if (op.text !== ':') {
      this.#fail(op, 'Write has:field; as the name of an attribute, put "has" in quotes.');
      this.#values();
      return null;
    }
    const token = this.#peek();
    const isField = token?.kind === 'word' || token?.kind === 'string';
    if (token === undefined || !isField || token.from !== op.to || op.from !== word.to) {
      if (token?.kind === 'error') return null;
      return this.#fail({ from: op.to, to: op.to }, 'Write a field directly after "has:".');
    }
    this.#next++;
    const field = this.#readField(token as Extract<Token, { kind: 'word' | 'string' }>);
    const extra = this.#peek();
    if (extra?.kind === 'op') {
      this.#next++;
      this.#values();
      return this.#fail(extra, 'has: takes a field alone; write the comparison without has:.');
    }
    if (field === null) return null;
    return { type: 'has', field, from: word.from, to: token.to };
  }
}

function isCloser(token: Token): boolean {
  return token.kind === 'mark' && (token.text === ')' || token.text === '}');
}

function dangling(word: 'and' | 'or', isLeft: boolean): string {
  return `Write a clause ${isLeft ? 'before' : 'after'} "${word}", or put "${word}" in quotes to find the word.`;
}

/** Why a bare word is no text to look for, or null. */
function wordProblem(word: string): string | null {
  if (/^&&?$/.test(word)) return 'Write "and", or nothing: clauses side by side all have to hold.';
  if (/^\|\|?$/.test(word)) return 'Write "or".';
  if (/&&|\|\|/.test(word))
    return 'Write "and" or "or" between clauses, or put the text in quotes.';
  if (word.startsWith('!')) return 'Write "-" to exclude, or put the text in quotes.';
  if (word.startsWith(','))
    return 'Write values with a comma and no space between them: status:ok,error.';
  if (/^\*+$/.test(word)) return 'Leave the query empty to find everything.';
  if (word.includes('*')) {
    return 'Leave out "*": a text is found anywhere. To find "*" itself, put the text in quotes.';
  }
  return null;
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
