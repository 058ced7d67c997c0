/**
 * A tokenizer over the UTF-8 bytes of a JSON text. It never makes strings of what it reads: tokens
 * are ranges, so that numbers keep all their digits and texts are copied as bytes.
 */
import { MAX_JSON_DEPTH, WireError } from './cursor.ts';
import { int64, scanDigits } from './json-numbers.ts';
import type { Pattern } from './json-pattern.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** First bytes of JSON values. */
export const JSON_BYTE = {
  object: 0x7b,
  objectEnd: 0x7d,
  array: 0x5b,
  arrayEnd: 0x5d,
  string: QUOTE,
  null: 0x6e,
  true: 0x74,
  false: 0x66,
} as const;

/** 1 for the bytes of a string that neither end it nor escape nor are forbidden. */
const IS_PLAIN = new Uint8Array(256).fill(1, 0x20);
IS_PLAIN[QUOTE] = 0;
IS_PLAIN[BACKSLASH] = 0;

const NOTHING = new Uint8Array(0);

export class JsonScanner {
  bytes: Uint8Array = NOTHING;
  /** The same bytes. */
  view: DataView = new DataView(NOTHING.buffer);
  pos = 0;
  end = 0;
  /** The range of the last string (between its quotes) or number. */
  from = 0;
  to = 0;
  /** Whether the last string has escapes. */
  hasEscapes = false;

  /** Begins with a text, without its byte order mark. It is held until `release`. */
  start(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = bytes.length;
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.pos = hasMark ? 3 : 0;
  }

  release(): void {
    this.start(NOTHING);
  }

  /** An error to throw: `what (at byte offset)`. */
  error(what: string, offset = this.pos): WireError {
    return new WireError('malformed', `${what} (at byte ${offset})`, offset);
  }

  /** Skips white space; the byte that follows, or -1 at the end. */
  peek(): number {
    const bytes = this.bytes;
    let pos = this.pos;
    while (pos < this.end) {
      const byte = bytes[pos];
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.pos = pos;
        return byte;
      }
      pos++;
    }
    this.pos = pos;
    return -1;
  }

  /** What stands at the cursor, for messages. */
  describe(): string {
    const byte = this.peek();
    if (byte === -1) return 'the text ends';
    if (byte === JSON_BYTE.object) return 'an object stands';
    if (byte === JSON_BYTE.array) return 'an array stands';
    if (byte === JSON_BYTE.string) return 'a string stands';
    if (byte === JSON_BYTE.true || byte === JSON_BYTE.false) return 'a boolean stands';
    if (isNumberStart(byte)) return 'a number stands';
    return `${JSON.stringify(String.fromCharCode(byte))} stands`;
  }

  /** Reads a `{` or `[`. */
  open(byte: number, owner: string): void {
    if (this.peek() !== byte) {
      const wanted = byte === JSON_BYTE.object ? 'an object' : 'an array';
      throw this.error(`${this.describe()} where ${owner} needs ${wanted}`);
    }
    this.pos++;
  }

  /**
   * Whether another member follows in the object or array that `close` ends: reads the comma between
   * two members, or the end.
   */
  next(close: number, isFirst: boolean): boolean {
    const byte = this.peek();
    if (byte === close) {
      this.pos++;
      return false;
    }
    if (isFirst) return true;
    if (byte !== COMMA) throw this.error(`${this.describe()} where a comma or an end is needed`);
    this.pos++;
    if (this.peek() === close) throw this.error('a comma stands before the end');
    return true;
  }

  /** Reads a key and its colon; its range is in `from` and `to`. */
  key(): void {
    if (this.peek() !== QUOTE) throw this.error(`${this.describe()} where a key is needed`);
    this.string();
    if (this.peek() !== COLON) throw this.error(`${this.describe()} where a colon is needed`);
    this.pos++;
  }

  /** Skips the start of a member, behind a comma unless it is the first, when just that follows. */
  skipMember(start: Pattern, isFirst: boolean): boolean {
    let pos = this.pos;
    if (!isFirst) {
      if (this.bytes[pos] !== COMMA) return false;
      pos++;
    }
    if (!start.matches(this.view, pos, this.end)) return false;
    this.pos = pos + start.length;
    return true;
  }

  /** Reads the string whose quote is at the cursor. */
  string(): void {
    const bytes = this.bytes;
    const end = this.end;
    let pos = this.pos + 1;
    this.from = pos;
    this.hasEscapes = false;
    for (;;) {
      while (pos < end && IS_PLAIN[bytes[pos]] === 1) pos++;
      if (pos >= end) throw this.error('a string has no end', this.from - 1);
      if (bytes[pos] === QUOTE) break;
      if (bytes[pos] !== BACKSLASH) throw this.error('a string holds a control character', pos);
      this.hasEscapes = true;
      pos += 2;
    }
    this.to = pos;
    this.pos = pos + 1;
  }

  /** Reads the number at the cursor, by JSON's grammar. */
  number(): void {
    const bytes = this.bytes;
    const start = this.pos;
    let pos = start;
    if (bytes[pos] === MINUS) pos++;
    const first = pos;
    pos = this.#digits(pos);
    if (bytes[first] === 0x30 && pos > first + 1) {
      throw this.error('a number starts with a zero', start);
    }
    if (bytes[pos] === 0x2e) pos = this.#digits(pos + 1);
    if (bytes[pos] === 0x65 || bytes[pos] === 0x45) {
      pos++;
      if (bytes[pos] === 0x2b || bytes[pos] === MINUS) pos++;
      pos = this.#digits(pos);
    }
    this.from = start;
    this.to = pos;
    this.pos = pos;
  }

  /**
   * Reads up to nineteen digits, in quotes or not, into `int64` when just that stands at the cursor and
   * fits (signed: int64, else uint64). Its range starts at `from`.
   */
  digits(signed: boolean): boolean {
    const { bytes, pos, end } = this;
    const inQuotes = bytes[pos] === QUOTE;
    const start = inQuotes ? pos + 1 : pos;
    const stop = scanDigits(bytes, start, end);
    if (stop === -1 || stop >= end || (signed && int64.hi >= 0x80000000)) return false;
    const after = bytes[stop];
    if (inQuotes) {
      if (after !== QUOTE) return false;
    } else {
      // A point or an exponent goes on.
      if (after === 0x2e || (after | 0x20) === 0x65) return false;
      if (bytes[start] === 0x30 && stop > start + 1) return false;
    }
    this.pos = inQuotes ? stop + 1 : stop;
    this.from = start;
    return true;
  }

  #digits(start: number): number {
    const bytes = this.bytes;
    let pos = start;
    while (pos < this.end && bytes[pos] >= 0x30 && bytes[pos] <= 0x39) pos++;
    if (pos === start) throw this.error('a digit is missing', pos);
    return pos;
  }

  /** Reads `null`, `true` or `false`. */
  word(word: 'null' | 'true' | 'false'): void {
    const start = this.pos;
    for (let at = 0; at < word.length; at++) {
      if (this.bytes[start + at] !== word.charCodeAt(at)) {
        throw this.error('this is no JSON value', start);
      }
    }
    this.pos = start + word.length;
  }

  /** Skips a value of any kind, `depth` values inside the text. */
  skip(depth: number): void {
    const byte = this.peek();
    if (byte === JSON_BYTE.string) this.string();
    else if (byte === JSON_BYTE.null) this.word('null');
    else if (byte === JSON_BYTE.true) this.word('true');
    else if (byte === JSON_BYTE.false) this.word('false');
    else if (isNumberStart(byte)) this.number();
    else if (byte === JSON_BYTE.object || byte === JSON_BYTE.array) this.#skipNested(byte, depth);
    else throw this.error(`${this.describe()} where a value is needed`);
  }

  #skipNested(open: number, depth: number): void {
    this.checkDepth(depth);
    // `}` and `]` stand two code points behind `{` and `[`.
    const close = open + 2;
    this.pos++;
    for (let isFirst = true; this.next(close, isFirst); isFirst = false) {
      if (open === JSON_BYTE.object) this.key();
      this.skip(depth + 1);
    }
  }

  /** Refuses more than MAX_JSON_DEPTH objects inside each other. */
  checkDepth(depth: number): void {
    if (depth < MAX_JSON_DEPTH) return;
    throw new WireError(
      'tooDeep',
      `more than ${MAX_JSON_DEPTH} levels of nesting (at byte ${this.pos})`,
      this.pos,
    );
  }
}

export function isNumberStart(byte: number): boolean {
  return byte === MINUS || (byte >= 0x30 && byte <= 0x39);
}
