/** Tests on UTF-8 bytes that need no decoding: one of many texts, a glob, a text whatever its case. */
import { equalBytes, hashBytes } from '../store/hash.ts';
import { decodeUtf8 } from '../wire/utf8.ts';

const encoder = new TextEncoder();

/** Up to this many texts are compared one after the other, which is faster than hashing. */
const FEW = 4;

/** A set of texts, looked up by their UTF-8 bytes. */
export class ByteSet {
  readonly #texts: readonly Uint8Array[];
  readonly #byHash = new Map<number, Uint8Array[]>();

  constructor(texts: readonly string[]) {
    this.#texts = [...new Set(texts)].map((text) => encoder.encode(text));
    if (this.#texts.length <= FEW) return;
    for (const text of this.#texts) {
      const hash = hashBytes(text, 0, text.length);
      const same = this.#byHash.get(hash);
      if (same === undefined) this.#byHash.set(hash, [text]);
      else same.push(text);
    }
  }

  /** Whether `bytes` [start, end) is one of them. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    const texts =
      this.#texts.length <= FEW ? this.#texts : this.#byHash.get(hashBytes(bytes, start, length));
    if (texts === undefined) return false;
    for (const text of texts) {
      if (text.length === length && equalBytes(text, 0, bytes, start, length)) return true;
    }
    return false;
  }
}

const STAR = '*';

/** A text whose `*` stand for anything, on the whole value. Case-sensitive. */
export class Glob {
  readonly #first: Uint8Array;
  readonly #last: Uint8Array;
  readonly #middle: readonly Uint8Array[];
  readonly #minLength: number;

  constructor(pattern: string) {
    const pieces = pattern.split(STAR).map((piece) => encoder.encode(piece));
    this.#first = pieces[0];
    this.#last = pieces[pieces.length - 1];
    this.#middle = pieces.slice(1, -1).filter((piece) => piece.length > 0);
    this.#minLength = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** Whether `bytes` [start, end) fits. Each piece is taken where it first occurs: linear enough. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < this.#minLength) return false;
    const first = this.#first;
    const last = this.#last;
    const until = end - last.length;
    if (!equalBytes(first, 0, bytes, start, first.length)) return false;
    if (!equalBytes(last, 0, bytes, until, last.length)) return false;
    let pos = start + first.length;
    for (const piece of this.#middle) {
      pos = indexOf(bytes, pos, until, piece);
      if (pos === -1) return false;
      pos += piece.length;
    }
    return true;
  }
}

function indexOf(bytes: Uint8Array, start: number, end: number, piece: Uint8Array): number {
  const last = end - piece.length;
  for (let at = start; at <= last; at++) {
    if (bytes[at] === piece[0] && equalBytes(piece, 0, bytes, at, piece.length)) return at;
  }
  return -1;
}

/** Where `a` stands to `b` by bytes, which is the order of their code points. */
export function compareBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array): number {
  const length = Math.min(aEnd - aStart, b.length);
  for (let i = 0; i < length; i++) {
    const difference = a[aStart + i] - b[i];
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - b.length;
}

const ASCII_ONLY = /^[\x00-\x7f]*$/;
const MAX_SKIP = 255;

/**
 * A text to be found whatever the case. A needle of ASCII letters is found in raw bytes, and only
 * ASCII letters are folded for it; with other letters in it, the texts are decoded and lower-cased.
 */
export class Needle {
  readonly #text: string;
  /** Lower-case bytes; null when it is not ASCII. */
  readonly #ascii: Uint8Array | null;
  /** By byte: how far the window may move when it ends with this byte; 0 for the last one. */
  readonly #skip = new Uint8Array(256);
  /** The same after a window that ended with the last byte and did not match. */
  readonly #skipLast: number;

  constructor(text: string) {
    this.#text = text.toLowerCase();
    const isAscii = ASCII_ONLY.test(text);
    this.#ascii = isAscii ? encoder.encode(this.#text) : null;
    this.#skipLast = this.#fillSkips(this.#ascii ?? encoder.encode(''));
  }

  /** How rare hits are likely to be: the longer the better. */
  get length(): number {
    return this.#text.length;
  }

  /** Boyer, Moore and Horspool's table, for both cases. */
  #fillSkips(needle: Uint8Array): number {
    const last = needle.length - 1;
    const skip = this.#skip.fill(Math.min(MAX_SKIP, Math.max(1, needle.length)));
    let skipLast = Math.min(MAX_SKIP, Math.max(1, needle.length));
    for (let i = 0; i <= last; i++) {
      const distance = Math.min(MAX_SKIP, last - i);
      if (i < last && needle[i] === needle[last]) skipLast = distance;
      skip[needle[i]] = distance;
      if (isLower(needle[i])) skip[needle[i] - 0x20] = distance;
    }
    return skipLast;
  }

  /**
   * False when no text inside `bytes` [start, end), encoded messages, can have the needle: a quick
   * look at all bytes, whatever they are. Hot loop: 1 to 3 bytes a step (test/bench/query.bench.ts).
   */
  mayOccur(bytes: Uint8Array, start: number, end: number): boolean {
    const needle = this.#ascii;
    if (needle === null) return hasHighByte(bytes, start, end);
    const last = needle.length - 1;
    if (last < 0) return true;
    const skip = this.#skip;
    const skipLast = this.#skipLast;
    let at = start + last;
    while (at < end) {
      const move = skip[bytes[at]];
      if (move !== 0) {
        at += move;
        continue;
      }
      let i = 1;
      for (; i <= last; i++) {
        const byte = bytes[at - i];
        const folded = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
        if (folded !== needle[last - i]) break;
      }
      if (i > last) return true;
      at += skipLast;
    }
    return false;
  }

  /** Whether the text in `bytes` [start, end) has the needle. */
  occurs(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#ascii !== null) return this.mayOccur(bytes, start, end);
    return (
      hasHighByte(bytes, start, end) &&
      decodeUtf8(bytes, start, end).toLowerCase().includes(this.#text)
    );
  }

  /** Whether a text has the needle. */
  occursIn(text: string): boolean {
    const bytes = encoder.encode(text);
    return this.occurs(bytes, 0, bytes.length);
  }
}

function isLower(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}

function hasHighByte(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] >= 0x80) return true;
  return false;
}
