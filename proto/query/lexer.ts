/**
 * Splits a query text into tokens. Every text has tokens: what cannot be one is an error token with
 * its message, and reading goes on behind it. Linear in the length of the text.
 *
 * What a character means depends on where it stands, so the lexer keeps a mode:
 *
 * ```
 *   clause   bare words, "texts", brackets, `-`; a word ends at an operator
 *   value    after an operator: a word ends at a space or a comma only, so that
 *            url.full:http://shop/a?b=c is one value; brackets that close inside it belong to it
 *   regex    after ~: the same, but commas and backslashes are the pattern's own
 *   field    after has: a field name
 * ```
 */
import { badCharacter, clip, isHighSurrogate, SPACE } from './characters.ts';
import { readString } from './strings.ts';
import { isPin, keywordOf, PRESENCE_WORD } from './words.ts';

/** A range of UTF-16 units of the query text: [from, to). */
export interface TokenRange {
  readonly from: number;
  readonly to: number;
}

export type Token = WordToken | StringToken | ValueToken | OpToken | MarkToken | ErrorToken;

/** A bare word: a text, a keyword or, before an operator, a field. */
export interface WordToken extends TokenRange {
  readonly kind: 'word';
  readonly text: string;
  /** The quoted part of `span."my key"`, whose `text` is `span.`; else null. */
  readonly key: string | null;
}

/** `text` is what the quotes hold, without escapes. */
export interface StringToken extends TokenRange {
  readonly kind: 'string';
  readonly text: string;
  /** It stands behind an operator or a comma of a list. */
  readonly isValue: boolean;
}

/** An unquoted value. */
export interface ValueToken extends TokenRange {
  readonly kind: 'value';
  readonly text: string;
  /** An unescaped `*` stands in it. Never in a regular expression. */
  readonly glob: boolean;
  /** A backslash took away the meaning of a character. */
  readonly escaped: boolean;
}

/** A run of operator characters, known or not. */
export interface OpToken extends TokenRange {
  readonly kind: 'op';
  readonly text: string;
}

export interface MarkToken extends TokenRange {
  readonly kind: 'mark';
  readonly text: '(' | ')' | '{' | '}' | ',' | '-';
}

export interface ErrorToken extends TokenRange {
  readonly kind: 'error';
  readonly message: string;
}

type Mode = 'clause' | 'value' | 'regex' | 'field';

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '{': '}' };
const SMART_QUOTES: Readonly<Record<string, string>> = {
  '“': '”',
  '”': '”',
  '„': '“',
  '«': '»',
  '‘': '’',
  '’': '’',
  "'": "'",
  '`': '`',
};
/** Characters that a backslash makes plain in an unquoted value. */
const ESCAPABLE = /[\s*\\",(){}'`“”„«‘’:=<>~!/]/;

/** The tokens of a query text, in order. */
export function tokenize(text: string): Token[] {
  return new Lexer(text).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #pos = 0;
  #mode: Mode = 'clause';

  constructor(text: string) {
    this.#text = text;
  }

  run(): Token[] {
    for (;;) {
      this.#skipSpace();
      if (this.#pos >= this.#text.length) return this.#tokens;
      if (this.#mode === 'clause') this.#clause();
      else if (this.#mode === 'field') this.#field();
      else this.#value();
    }
  }

  #at(pos: number): string {
    return this.#text.charAt(pos);
  }

  /** Whether a space or the end of the text is at `pos`. */
  #isGap(pos: number): boolean {
    return pos >= this.#text.length || SPACE.test(this.#at(pos));
  }

  #skipSpace(): void {
    while (this.#pos < this.#text.length && SPACE.test(this.#at(this.#pos))) this.#pos++;
  }

  #push(token: Token): void {
    this.#tokens.push(token);
    this.#pos = token.to;
  }

  #fail(from: number, to: number, message: string): void {
    this.#push({ kind: 'error', from, to, message });
    this.#mode = 'clause';
  }

  #mark(text: MarkToken['text']): void {
    this.#push({ kind: 'mark', from: this.#pos, to: this.#pos + 1, text });
  }

  #clause(): void {
    const char = this.#at(this.#pos);
    switch (char) {
      case '(':
      case ')':
      case '{':
      case '}':
        this.#mark(char);
        return;
      case '"':
        this.#string();
        return;
      case '-':
        this.#minus();
        return;
      default:
        if (this.#isOperator(this.#pos)) this.#operator();
        else if (!this.#quoteMistake()) this.#word();
    }
  }

  #minus(): void {
    const from = this.#pos;
    if (this.#isGap(from + 1)) {
      this.#fail(from, from + 1, 'Write "-" directly before what it excludes, without a space.');
    } else if (this.#at(from + 1) === '-') {
      let to = from;
      while (!this.#isGap(to)) to++;
      this.#fail(from, to, 'One "-" excludes; put text that begins with "-" in quotes.');
    } else this.#mark('-');
  }

  #isOperator(pos: number): boolean {
    const char = this.#at(pos);
    if (char === '!') return pos + 1 < this.#text.length && ':=<>~'.includes(this.#at(pos + 1));
    return char !== '' && ':=<>~'.includes(char);
  }

  #operator(): void {
    const from = this.#pos;
    let to = from;
    while (to < this.#text.length && ':=<>~!'.includes(this.#at(to))) to++;
    const text = this.#text.slice(from, to);
    const before = this.#tokens.at(-1);
    this.#push({ kind: 'op', from, to, text });
    if (before?.kind === 'mark' && before.text === '}') this.#mode = 'clause';
    else if (text.endsWith(':') && this.#isGap(to)) this.#mode = 'clause';
    else if (isPresence(before) && text === ':') this.#mode = 'field';
    else this.#mode = text === '~' ? 'regex' : 'value';
  }

  /** Quotes that are none here: typographic and single ones. True when one began at this place. */
  #quoteMistake(): boolean {
    const from = this.#pos;
    const closer = SMART_QUOTES[this.#at(from)];
    if (closer === undefined) return false;
    const close = this.#text.indexOf(closer, from + 1);
    let to = close + 1;
    if (close === -1) for (to = from; !this.#isGap(to);) to++;
    const quoted = this.#text.slice(from + 1, close === -1 ? to : close);
    this.#fail(from, to, `Use straight double quotes: "${clip(quoted)}".`);
    return true;
  }

  /** An error token for a character that cannot stand outside quotes; true when there is one. */
  #badCharacter(pos: number): boolean {
    const message = badCharacter(this.#text, pos);
    if (message === null) return false;
    this.#fail(pos, pos + 1, message);
    return true;
  }

  #word(): void {
    const from = this.#pos;
    let to = from;
    for (; !this.#isGap(to); to++) {
      if ('(){}"'.includes(this.#at(to)) || this.#isOperator(to)) break;
      if (badCharacter(this.#text, to) !== null) break;
      if (isHighSurrogate(this.#text, to)) to++;
    }
    if (to === from) {
      this.#badCharacter(from);
      return;
    }
    const text = this.#text.slice(from, to);
    if (this.#at(to) === '"') this.#wordBeforeQuote(from, to, text);
    else if ('({'.includes(this.#at(to)) && !this.#isGap(to) && keywordOf(text) === null) {
      const message = `Put a space before "${this.#at(to)}", or put the text in quotes.`;
      this.#push({ kind: 'word', from, to, text, key: null });
      this.#fail(to, to + 1, message);
    } else this.#push({ kind: 'word', from, to, text, key: null });
    if (this.#mode === 'field') this.#mode = 'clause';
  }

  /** `span."my key"` is one field; any other word before a quote lacks a space. */
  #wordBeforeQuote(from: number, to: number, text: string): void {
    if (!text.endsWith('.') || !isPin(text.slice(0, -1))) {
      this.#touchingQuote(from, to);
      return;
    }
    const key = readString(this.#text, to);
    if (key.message !== null) this.#fail(key.from, key.to, key.message);
    else this.#push({ kind: 'word', from, to: key.to, text, key: key.text });
  }

  /** A quote in the middle of a word: an error up to the next gap behind the closing quote. */
  #touchingQuote(from: number, quote: number): void {
    let to = readString(this.#text, quote).to;
    while (!this.#isGap(to) && !'(){}'.includes(this.#at(to))) to++;
    this.#fail(from, to, 'Put the whole text in quotes, or a space before the quote.');
  }

  #field(): void {
    const char = this.#at(this.#pos);
    if (char === '"') this.#string();
    else if ('(){},-'.includes(char) || this.#isOperator(this.#pos)) this.#mode = 'clause';
    else if (!this.#quoteMistake()) this.#word();
  }

  #string(): void {
    const read = readString(this.#text, this.#pos);
    const isValue = this.#mode === 'value' || this.#mode === 'regex';
    if (read.message !== null) {
      this.#fail(read.from, read.to, read.message);
      return;
    }
    const next = this.#at(read.to);
    const fits =
      this.#isGap(read.to) ||
      ')}'.includes(next) ||
      (isValue ? next === ',' : this.#isOperator(read.to));
    if (!fits) {
      let to = read.to + 1;
      while (!this.#isGap(to) && !'(){}'.includes(this.#at(to))) to++;
      const message = 'Put a space behind the closing quote, or write \\" for a quote inside.';
      this.#fail(read.to, to, message);
      return;
    }
    this.#push({ kind: 'string', from: read.from, to: read.to, text: read.text, isValue });
    if (isValue) this.#behindValue();
    else this.#mode = 'clause';
  }

  /** A comma that touches a value goes on with the list; the next value has to touch it, too. */
  #behindValue(): void {
    if (this.#at(this.#pos) !== ',') {
      this.#mode = 'clause';
      return;
    }
    this.#mark(',');
    if (this.#isGap(this.#pos)) this.#mode = 'clause';
  }

  #value(): void {
    const char = this.#at(this.#pos);
    if (char === '"') this.#string();
    else if (char === ',') this.#behindValue();
    else if ('()}'.includes(char) && this.#mode === 'value') this.#mode = 'clause';
    else if (')}'.includes(char)) this.#mode = 'clause';
    else if (char === '{' && this.#isGap(this.#pos + 1)) this.#mode = 'clause';
    else if (!this.#quoteMistake()) this.#valueWord();
  }

  #valueWord(): void {
    const from = this.#pos;
    const isRegex = this.#mode === 'regex';
    const open: number[] = [];
    let to = from;
    let text = '';
    let plainFrom = from;
    let stars = 0;
    let escapes = 0;
    let escapedStars = 0;
    for (; !this.#isGap(to); to++) {
      const char = this.#at(to);
      if (char === '"') {
        this.#touchingQuote(from, to);
        return;
      }
      if (char === ',' && !isRegex && open.length === 0) break;
      if (char === '(' || char === '{') open.push(to);
      else if (char === ')' || char === '}') {
        const opener = open.pop();
        if (opener === undefined) break;
        if (CLOSERS[this.#at(opener)] !== char) {
          this.#fail(to, to + 1, 'Put a value with unequal brackets in quotes.');
          return;
        }
      } else if (char === '\\') {
        const next = this.#at(to + 1);
        if (isRegex && next !== '') to++;
        else if (next !== '' && ESCAPABLE.test(next)) {
          text += this.#text.slice(plainFrom, to);
          plainFrom = ++to;
          escapes++;
          if (next === '*') escapedStars++;
        }
      } else if (char === '*' && !isRegex) stars++;
      else if (this.#badCharacter(to)) return;
      else if (isHighSurrogate(this.#text, to)) to++;
    }
    const unclosed = open.at(-1);
    if (unclosed !== undefined) {
      const message = `Close the bracket "${this.#at(unclosed)}", or put the value in quotes.`;
      this.#fail(unclosed, to, message);
      return;
    }
    if (stars > 0 && escapedStars > 0) {
      this.#fail(from, to, 'Use a regular expression (~) to find "*" itself beside a wildcard.');
      return;
    }
    text += this.#text.slice(plainFrom, to);
    this.#push({ kind: 'value', from, to, text, glob: stars > 0, escaped: escapes > 0 });
    this.#behindValue();
  }
}

function isPresence(token: Token | undefined): boolean {
  return token?.kind === 'word' && token.text === PRESENCE_WORD && token.key === null;
}
