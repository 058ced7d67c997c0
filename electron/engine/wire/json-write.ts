/** Bytes and numbers into the text of JSON values. */
import { decodeUtf8, isUtf8 } from './utf8.ts';
import type { Writer } from './writer.ts';

const utf8 = new TextEncoder();
const HEX_DIGITS = utf8.encode('0123456789abcdef');
const BASE64_DIGITS = utf8.encode(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
);

/** The second byte of the two-byte escapes, by character. */
const SHORT_ESCAPES: Readonly<Record<number, number>> = {
  0x22: 0x22,
  0x5c: 0x5c,
  0x08: 0x62,
  0x0c: 0x66,
  0x0a: 0x6e,
  0x0d: 0x72,
  0x09: 0x74,
};

/** Writes UTF-8 text with JSON's escapes; bytes that are not UTF-8 become U+FFFD. */
export function writeTextEscaped(out: Writer, bytes: Uint8Array, start: number, end: number): void {
  let isAscii = true;
  let isPlain = true;
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos];
    if (byte >= 0x80) isAscii = false;
    else if (byte < 0x20 || byte === 0x22 || byte === 0x5c) isPlain = false;
  }
  if (!isAscii && !isUtf8(bytes, start, end)) {
    const repaired = utf8.encode(decodeUtf8(bytes, start, end));
    writeEscaped(out, repaired, 0, repaired.length);
  } else if (isPlain) out.raw(bytes, start, end);
  else writeEscaped(out, bytes, start, end);
}

/** Long texts are written in blocks, for room for the longest escapes of all is six times theirs. */
const BLOCK_BYTES = 4096;

function writeEscaped(out: Writer, bytes: Uint8Array, start: number, end: number): void {
  for (let pos = start; pos < end; pos += BLOCK_BYTES) {
    writeBlock(out, bytes, pos, Math.min(end, pos + BLOCK_BYTES));
  }
}

function writeBlock(out: Writer, bytes: Uint8Array, start: number, end: number): void {
  out.reserve((end - start) * 6);
  const target = out.bytes;
  let at = out.pos;
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos];
    if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) {
      target[at++] = byte;
      continue;
    }
    target[at++] = 0x5c;
    const short = SHORT_ESCAPES[byte];
    if (short !== undefined) target[at++] = short;
    else {
      target[at++] = 0x75;
      target[at++] = 0x30;
      target[at++] = 0x30;
      target[at++] = HEX_DIGITS[byte >> 4];
      target[at++] = HEX_DIGITS[byte & 15];
    }
  }
  out.pos = at;
}

/** Writes bytes as lower-case hex. */
export function writeHexText(out: Writer, bytes: Uint8Array, start: number, end: number): void {
  out.reserve((end - start) * 2);
  const target = out.bytes;
  let at = out.pos;
  for (let pos = start; pos < end; pos++) {
    target[at++] = HEX_DIGITS[bytes[pos] >> 4];
    target[at++] = HEX_DIGITS[bytes[pos] & 15];
  }
  out.pos = at;
}

/** Writes bytes in padded standard base64. */
export function writeBase64Text(out: Writer, bytes: Uint8Array, start: number, end: number): void {
  out.reserve(Math.ceil((end - start) / 3) * 4);
  const target = out.bytes;
  let at = out.pos;
  for (let pos = start; pos < end; pos += 3) {
    const left = end - pos;
    const second = left > 1 ? bytes[pos + 1] : 0;
    const third = left > 2 ? bytes[pos + 2] : 0;
    target[at++] = BASE64_DIGITS[bytes[pos] >> 2];
    target[at++] = BASE64_DIGITS[((bytes[pos] & 3) << 4) | (second >> 4)];
    target[at++] = left > 1 ? BASE64_DIGITS[((second & 15) << 2) | (third >> 6)] : 0x3d;
    target[at++] = left > 2 ? BASE64_DIGITS[third & 63] : 0x3d;
  }
  out.pos = at;
}

/** Writes a 64-bit integer of two uint32 halves as a decimal string with its quotes. */
export function writeDecimal64(out: Writer, hi: number, lo: number, signed: boolean): void {
  // Below 2^53 a double holds it; negative ones have the high bit set.
  if (hi < 0x200000) {
    out.ascii(`"${hi * 4294967296 + lo}"`);
    return;
  }
  const value = (BigInt(hi) << 32n) | BigInt(lo);
  out.ascii(`"${signed ? BigInt.asIntN(64, value) : value}"`);
}

/**
 * Compact JSON text indented by two spaces, as JSON.stringify does it. Numbers and strings stay as they
 * are written: nothing is parsed.
 */
export function indentJson(text: string): string {
  let out = '';
  let from = 0;
  let indent = '\n';
  const copy = (to: number, more: string): void => {
    out += text.slice(from, to) + more;
    from = to;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at);
    else if (char === ':') copy(at + 1, ' ');
    else if (char === ',') copy(at + 1, indent);
    else if (char === '{' || char === '[') {
      const next = text[at + 1];
      if (next === '}' || next === ']') at++;
      else {
        indent += '  ';
        copy(at + 1, indent);
      }
    } else if (char === '}' || char === ']') {
      indent = indent.slice(0, -2);
      copy(at, indent);
    }
  }
  return out + text.slice(from);
}

/** Where the string that starts at `at` has its closing quote. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
}
