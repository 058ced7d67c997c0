/** JSON string contents into bytes: escapes, hex and base64. */
import type { Writer } from './writer.ts';

const SIMPLE_ESCAPES: Readonly<Record<number, number>> = {
  0x22: 0x22,
  0x5c: 0x5c,
  0x2f: 0x2f,
  0x62: 0x08,
  0x66: 0x0c,
  0x6e: 0x0a,
  0x72: 0x0d,
  0x74: 0x09,
};

/**
 * Writes the text of a JSON string (between its quotes) as UTF-8. Lone surrogates become U+FFFD.
 * Returns -1, or the offset of an escape that JSON does not have.
 */
export function writeUnescaped(out: Writer, bytes: Uint8Array, start: number, end: number): number {
  // An escape is never shorter than what it stands for.
  out.reserve(end - start);
  const target = out.bytes;
  let at = out.pos;
  let pos = start;
  while (pos < end) {
    const byte = bytes[pos];
    if (byte !== 0x5c) {
      target[at++] = byte;
      pos++;
      continue;
    }
    const simple = SIMPLE_ESCAPES[bytes[pos + 1]];
    if (simple !== undefined) {
      target[at++] = simple;
      pos += 2;
      continue;
    }
    let code = bytes[pos + 1] === 0x75 ? hexUnit(bytes, pos + 2, end) : -1;
    if (code < 0) return pos;
    pos += 6;
    if (code >= 0xd800 && code < 0xe000) {
      const low =
        code < 0xdc00 && bytes[pos] === 0x5c && bytes[pos + 1] === 0x75
          ? hexUnit(bytes, pos + 2, end)
          : -1;
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        pos += 6;
      } else code = 0xfffd;
    }
    at = putCodePoint(target, at, code);
  }
  out.pos = at;
  return -1;
}

function hexUnit(bytes: Uint8Array, start: number, end: number): number {
  if (start + 4 > end) return -1;
  let value = 0;
  for (let pos = start; pos < start + 4; pos++) {
    const digit = NIBBLE[bytes[pos]];
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}

function putCodePoint(target: Uint8Array, start: number, code: number): number {
  let at = start;
  if (code < 0x80) target[at++] = code;
  else if (code < 0x800) {
    target[at++] = 0xc0 | (code >> 6);
    target[at++] = 0x80 | (code & 0x3f);
  } else {
    if (code < 0x10000) target[at++] = 0xe0 | (code >> 12);
    else {
      target[at++] = 0xf0 | (code >> 18);
      target[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    target[at++] = 0x80 | ((code >> 6) & 0x3f);
    target[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}

/** The value of each hex digit; -1 for every other byte. */
const NIBBLE = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  NIBBLE[digit.charCodeAt(0)] = value;
  NIBBLE[digit.toUpperCase().charCodeAt(0)] = value;
}

/**
 * Writes hex digits as a length and bytes. An odd number of digits is no id of any length: it is
 * written as a length that no id has, so that the item alone is refused. False when it is not hex.
 */
export function writeHex(out: Writer, bytes: Uint8Array, start: number, end: number): boolean {
  const digits = end - start;
  const isOdd = (digits & 1) === 1;
  const whole = digits >> 1;
  const length = isOdd && (whole === 8 || whole === 16) ? whole + 1 : whole;
  out.varint32(length);
  out.reserve(length);
  const target = out.bytes;
  const last = start + length * 2;
  // The bits of a digit that is none make the sum negative.
  let sum = 0;
  let at = out.pos;
  for (let pos = start; pos < end; pos += 2) {
    const high = NIBBLE[bytes[pos]];
    const low = pos + 1 < end ? NIBBLE[bytes[pos + 1]] : 0;
    sum |= high | low;
    if (pos < last) target[at++] = (high << 4) | low;
  }
  out.pos = at;
  return sum >= 0;
}

/**
 * Writes the hex digits at `pos`, an even number of them up to a quote, as a length and bytes, and
 * returns the place of the quote; -1 and nothing written for anything else. Hot loop.
 */
export function scanHex(out: Writer, bytes: Uint8Array, pos: number, end: number): number {
  const target = out.bytes;
  const start = out.pos + 1;
  const last = Math.min(end - 1, pos + 126);
  let at = start;
  let p = pos;
  for (; p < last; p += 2) {
    const high = NIBBLE[bytes[p]];
    const low = NIBBLE[bytes[p + 1]];
    if ((high | low) < 0) break;
    target[at++] = (high << 4) | low;
  }
  if (bytes[p] !== 0x22) return -1;
  target[start - 1] = at - start;
  out.pos = at;
  return p;
}

const BASE64 = new Int8Array(128).fill(-1);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let value = 0; value < 64; value++) BASE64[ALPHABET.charCodeAt(value)] = value;
// The URL-safe alphabet is read alike.
BASE64[0x2d] = 62;
BASE64[0x5f] = 63;

/** Writes base64 (standard or URL-safe, padded or not) as a length and bytes; false for others. */
export function writeBase64(out: Writer, bytes: Uint8Array, start: number, end: number): boolean {
  let last = end;
  while (last > start && end - last < 2 && bytes[last - 1] === 0x3d) last--;
  const digits = last - start;
  if ((digits & 3) === 1) return false;
  const length = Math.floor((digits * 3) / 4);
  out.varint32(length);
  out.reserve(length);
  const target = out.bytes;
  let at = out.pos;
  let bits = 0;
  let count = 0;
  for (let pos = start; pos < last; pos++) {
    const value = bytes[pos] < 128 ? BASE64[bytes[pos]] : -1;
    if (value < 0) return false;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      target[at++] = bits >> count;
    }
  }
  out.pos += length;
  return true;
}
