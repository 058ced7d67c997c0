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

const SPACE = /\s/;
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
const ESCAPABLE = /[\s*\\",(){}'`“”„«‘’]/;
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]/;

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
    const shown = quoted.length > 40 ? '…' : quoted;
    this.#fail(from, to, `Use straight double quotes: "${shown}".`);
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
      this.#fail(
        read.to,
        read.to + 1,
        'Put a space behind the closing quote, or write \\" for a quote inside.',
      );
      return;
    }
    this.#push({ kind: 'string', from: read.from, to: read.to, text: read.text });
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

function isHighSurrogate(text: string, pos: number): boolean {
  const code = text.charCodeAt(pos);
  return code >= 0xd800 && code < 0xdc00;
}

/** Why the character at `pos` cannot stand outside quotes, or null. */
function badCharacter(text: string, pos: number): string | null {
  const code = text.charCodeAt(pos);
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
    return `Remove the control character ${codeName(code)}, or write it in quotes as ${escapeOf(code)}.`;
  }
  if (code < 0xad) return null;
  if (INVISIBLE.test(text.charAt(pos))) {
    return `Remove the invisible character ${codeName(code)}, or put the text in quotes.`;
  }
  return brokenSurrogate(text, pos);
}

function brokenSurrogate(text: string, pos: number): string | null {
  const code = text.charCodeAt(pos);
  if (code < 0xd800 || code > 0xdfff) return null;
  if (isHighSurrogate(text, pos)) {
    const next = text.charCodeAt(pos + 1);
    if (next >= 0xdc00 && next < 0xe000) return null;
  } else if (pos > 0 && isHighSurrogate(text, pos - 1)) return null;
  return `Remove ${codeName(code)}, which is half of a character.`;
}

function codeName(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function escapeOf(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

interface ReadString extends TokenRange {
  readonly text: string;
  /** Null when the string is well-formed; else `from` and `to` are the place of the error. */
  readonly message: string | null;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
};
const HEX4 = /^[0-9a-fA-F]{4}$/;

/**
 * Reads the string whose opening quote is at `from`. A backslash before any other character than
 * those of ESCAPES stays, so that "\d+" is the pattern \d+.
 */
function readString(text: string, from: number): ReadString {
  let out = '';
  let plainFrom = from + 1;
  for (let pos = from + 1; pos < text.length; pos++) {
    const char = text.charAt(pos);
    if (char === '"') {
      return { from, to: pos + 1, text: out + text.slice(plainFrom, pos), message: null };
    }
    if (char === '\\') {
      const next = text.charAt(pos + 1);
      const plain = ESCAPES[next];
      const hex = next === 'u' ? text.slice(pos + 2, pos + 6) : '';
      if (plain !== undefined) {
        out += text.slice(plainFrom, pos) + plain;
        plainFrom = pos + 2;
      } else if (HEX4.test(hex)) {
        out += text.slice(plainFrom, pos) + String.fromCharCode(Number.parseInt(hex, 16));
        plainFrom = pos + 6;
      }
      pos = Math.max(pos, plainFrom - 1);
      continue;
    }
    const message = badInString(text, pos);
    if (message !== null) return { from: pos, to: pos + 1, text: '', message };
  }
  const message = 'Close the quote with another ".';
  return { from, to: text.length, text: '', message };
}

function badInString(text: string, pos: number): string | null {
  const code = text.charCodeAt(pos);
  if (SPACE.test(text.charAt(pos)) || (code >= 0x20 && code < 0x7f)) return null;
  if (code < 0xa0) return `Write the control character ${codeName(code)} as ${escapeOf(code)}.`;
  return brokenSurrogate(text, pos);
}
