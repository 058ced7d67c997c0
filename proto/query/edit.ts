/** Pure text functions that add, replace and take away clauses of a query, and find them. */
import { tokenize, type Token, type TokenRange } from './lexer.ts';
import { quoteField, quoteText, quoteValue } from './quote.ts';
import {
  keywordOf,
  PRESENCE_WORD,
  type AttributePin,
  type Intrinsic,
  type TraceField,
} from './words.ts';

/** What one part of a clause is, for its colour. */
export type PartKind =
  'minus' | 'field' | 'op' | 'value' | 'comma' | 'text' | 'keyword' | 'bracket' | 'error';

export interface ClausePart extends TokenRange {
  readonly kind: PartKind;
}

/** A clause at the top level of a query, or a keyword between two. */
export interface ClauseRange extends TokenRange {
  /** `error`: something in it cannot be read. A group or set has the parts of all it holds. */
  readonly kind: 'compare' | 'has' | 'text' | 'group' | 'set' | 'keyword' | 'error';
  readonly negated: boolean;
  readonly parts: readonly ClausePart[];
}

/**
 * The clauses of a query text in order. Every text has them: what cannot be read is an `error`. Only
 * what shows without knowing the fields is one; `parseQuery` of the engine has the last word.
 */
export function tokenRanges(text: string): ClauseRange[] {
  const reader = new ClauseReader(tokenize(text));
  const clauses: ClauseRange[] = [];
  for (let clause = reader.next(); clause !== null; clause = reader.next()) clauses.push(clause);
  return clauses;
}

class ClauseReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #parts: ClausePart[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  next(): ClauseRange | null {
    if (this.#at >= this.#tokens.length) return null;
    this.#parts = [];
    let negated = false;
    while (this.#isSign()) {
      negated = !negated;
      this.#take();
    }
    const kind = this.#clause();
    const parts = this.#parts;
    const isWrong = parts.some((part) => part.kind === 'error');
    const from = parts[0]?.from ?? 0;
    return { kind: isWrong ? 'error' : kind, negated, parts, from, to: parts.at(-1)?.to ?? from };
  }

  #isSign(): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'mark') return token.text === '-';
    return token?.kind === 'word' && this.#keyword() === 'not';
  }

  #keyword(): string | null {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' || token.key !== null) return null;
    return this.#tokens[this.#at + 1]?.kind === 'op' ? null : keywordOf(token.text);
  }

  /** Takes the next token as a part; of a kind that it is given, or its own. */
  #take(kind?: PartKind): void {
    const token = this.#tokens[this.#at];
    if (token === undefined) return;
    const own = kind === undefined || token.kind === 'error' ? this.#kindOf(token) : kind;
    this.#parts.push({ kind: own, from: token.from, to: token.to });
    this.#at++;
  }

  #kindOf(token: Token): PartKind {
    switch (token.kind) {
      case 'word':
        return this.#keyword() === null ? 'text' : 'keyword';
      case 'string':
        return token.isValue ? 'value' : 'text';
      case 'mark':
        return token.text === '-' ? 'minus' : token.text === ',' ? 'comma' : 'bracket';
      case 'value':
      case 'op':
      case 'error':
        return token.kind;
    }
  }

  #clause(): ClauseRange['kind'] {
    const token = this.#tokens[this.#at];
    switch (token?.kind) {
      case undefined:
        return this.#wrong();
      case 'word':
      case 'string':
        return this.#words(token);
      case 'mark':
        if (token.text === '(') return this.#brackets('group');
        if (token.text === '{') return this.#sets();
        return this.#wrong();
      case 'op':
      case 'value':
      case 'error':
        return this.#wrong();
    }
  }

  /** A sign with nothing behind it, or a token that begins no clause. */
  #wrong(): 'error' {
    if (this.#at < this.#tokens.length) this.#take('error');
    else this.#parts = this.#parts.map((part) => ({ ...part, kind: 'error' }));
    return 'error';
  }

  #words(token: Token): ClauseRange['kind'] {
    if (this.#tokens[this.#at + 1]?.kind !== 'op') {
      const isKeyword = this.#keyword() !== null;
      this.#take();
      return isKeyword ? 'keyword' : 'text';
    }
    const isPresence = token.kind === 'word' && token.text === PRESENCE_WORD && token.key === null;
    this.#take(isPresence ? 'keyword' : 'field');
    this.#take('op');
    if (isPresence) {
      const field = this.#tokens[this.#at];
      const isField = field?.kind === 'word' || field?.kind === 'string';
      if (!isField || field.from !== this.#parts.at(-1)?.to) return this.#wrongLast();
      this.#take('field');
      return 'has';
    }
    return this.#values() ? 'compare' : this.#wrongLast();
  }

  #wrongLast(): 'error' {
    const last = this.#parts.pop();
    if (last !== undefined) this.#parts.push({ ...last, kind: 'error' });
    return 'error';
  }

  /** Takes a list of values; false when it is none. */
  #values(): boolean {
    for (;;) {
      const token = this.#tokens[this.#at];
      const isValue = token?.kind === 'value' || (token?.kind === 'string' && token.isValue);
      if (!isValue && (token?.kind !== 'error' || token.from !== this.#parts.at(-1)?.to)) {
        return false;
      }
      this.#take();
      const comma = this.#tokens[this.#at];
      if (comma?.kind !== 'mark' || comma.text !== ',') return true;
      this.#take();
    }
  }

  #sets(): ClauseRange['kind'] {
    let kind = this.#brackets('set');
    for (;;) {
      const op = this.#tokens[this.#at];
      const open = this.#tokens[this.#at + 1];
      if (op?.kind !== 'op' || open?.kind !== 'mark' || open.text !== '{') return kind;
      this.#take();
      kind = this.#brackets('set');
    }
  }

  /** Everything up to the bracket that closes the next token. */
  #brackets(kind: 'group' | 'set'): ClauseRange['kind'] {
    let depth = 0;
    const open = this.#parts.length;
    do {
      const token = this.#tokens[this.#at];
      if (token?.kind === 'mark') {
        if (token.text === '(' || token.text === '{') depth++;
        else if (token.text === ')' || token.text === '}') depth--;
      }
      const before = this.#tokens[this.#at - 1];
      const isHas = before?.kind === 'op' && this.#parts.at(-2)?.kind === 'keyword';
      const isField = this.#tokens[this.#at + 1]?.kind === 'op';
      if (token?.kind === 'word' && token.text === PRESENCE_WORD && isField) this.#take('keyword');
      else if (token?.kind === 'word' && (isField || isHas)) this.#take('field');
      else if (token?.kind === 'string' && !token.isValue && (isField || isHas))
        this.#take('field');
      else this.#take();
    } while (depth > 0 && this.#at < this.#tokens.length);
    if (depth === 0) return kind;
    const opener = this.#parts[open];
    if (opener !== undefined) this.#parts[open] = { ...opener, kind: 'error' };
    return 'error';
  }
}

/** A field as a row, a chip or an attribute names it. */
export type FieldName =
  | { readonly type: 'intrinsic'; readonly name: Intrinsic }
  | { readonly type: 'trace'; readonly name: TraceField }
  | { readonly type: 'attribute'; readonly pin: AttributePin | 'any'; readonly key: string };

/** A clause to be written: `field:value`, or `has:field` without values. */
export interface ClauseSpec {
  readonly field: FieldName;
  /** `isString`: the value is a text, even when it looks like a number or a boolean. */
  readonly values: readonly { readonly text: string; readonly isString: boolean }[];
  readonly negated: boolean;
}

const NOT_TEXT = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[a-zA-Zµμ]*|true|false)$/;

/** A clause as text, quoted where it has to be. */
export function writeClause({ field, values, negated }: ClauseSpec): string {
  const name = writeField(field);
  const sign = negated ? '-' : '';
  if (values.length === 0) return `${sign}${PRESENCE_WORD}:${name}`;
  const isAttribute = field.type === 'attribute';
  const written = values.map(({ text, isString }) => writeValue(text, isAttribute && isString));
  return `${sign}${name}:${written.join(',')}`;
}

/** A value as text, quoted where it has to be: a string that looks like a number, too. */
export function writeValue(text: string, isString: boolean): string {
  return isString && NOT_TEXT.test(text) ? quoteText(text, true) : quoteValue(text, 'plain');
}

/** A field as text, quoted where it has to be. */
export function writeField(field: FieldName): string {
  switch (field.type) {
    case 'intrinsic':
      return field.name;
    case 'trace':
      return `trace.${field.name}`;
    case 'attribute':
      return quoteField(field.pin, field.key);
  }
}

/**
 * The query with a clause that has to hold, too. A clause that stands there already changes nothing;
 * its opposite gives way to it.
 */
export function addClause(text: string, clause: ClauseSpec): string {
  const written = writeClause(clause);
  const opposite = writeClause({ ...clause, negated: !clause.negated });
  let rest = text;
  for (const range of tokenRanges(rest).reverse()) {
    const found = rest.slice(range.from, range.to);
    if (found === written) return rest;
    if (found === opposite && isAlone(rest)) rest = removeClause(rest, range);
  }
  return appendClause(rest, written);
}

/** The same for a clause that is text already, such as a facet's. Nothing gives way to it. */
export function addClauseText(text: string, clause: string): string {
  const kept = text.trim();
  const isThere = tokenRanges(kept).some(({ from, to }) => kept.slice(from, to) === clause);
  return isThere ? kept : appendClause(kept, clause);
}

/** The query with a clause in the place of every other one of the same field at the top level. */
export function onlyThis(text: string, clause: ClauseSpec): string {
  const name = writeField(clause.field);
  let rest = text;
  if (isAlone(rest)) {
    for (const range of tokenRanges(rest).reverse()) {
      const field = range.parts.find((part) => part.kind === 'field');
      const isSame = field !== undefined && rest.slice(field.from, field.to) === name;
      if (isSame && (range.kind === 'compare' || range.kind === 'has')) {
        rest = removeClause(rest, range);
      }
    }
  }
  return appendClause(rest, writeClause(clause));
}

/** The query without the clause at a range that `tokenRanges` gave, and without its keyword. */
export function removeClause(text: string, range: TokenRange): string {
  const clauses = tokenRanges(text);
  const at = clauses.findIndex((clause) => clause.from === range.from && clause.to === range.to);
  const before = clauses[at - 1];
  const after = clauses[at + 1];
  let { from, to } = range;
  if (before?.kind === 'keyword') from = before.from;
  else if (after?.kind === 'keyword') to = after.to;
  const head = text.slice(0, from).trimEnd();
  const tail = text.slice(to).trimStart();
  return head === '' || tail === '' ? head + tail : `${head} ${tail}`;
}

/** Whether the clauses at the top level all have to hold: no `or` stands between them. */
function isAlone(text: string): boolean {
  return !tokenRanges(text).some(
    ({ kind, from, to }) => kind === 'keyword' && keywordOf(text.slice(from, to)) === 'or',
  );
}

function appendClause(text: string, clause: string): string {
  const kept = text.trim();
  if (kept === '') return clause;
  const joined = isAlone(kept) ? `${kept} ${clause}` : `(${kept}) ${clause}`;
  const last = tokenRanges(joined).at(-1);
  // An open quote or bracket would swallow what follows it.
  const isSwallowed = last === undefined || last.from < joined.length - clause.length;
  return isSwallowed ? `${clause} ${kept}` : joined;
}
