/** UTF-8 text in wire bytes. */

// A byte order mark is text like any other: without ignoreBOM the decoder would drop it.
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

// Below this length a loop over ASCII is faster than a call into the decoder.
const SHORT = 24;

/** The text in `bytes` [start, end); bytes that are not UTF-8 become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let text = '';
    let pos = start;
    while (pos < end && bytes[pos] < 0x80) text += String.fromCharCode(bytes[pos++]);
    if (pos === end) return text;
  }
  return lenient.decode(bytes.subarray(start, end));
}

/** Whether `bytes` [start, end) are UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= LOOPED) return isUtf8Loop(bytes, start, end);
  try {
    strict.decode(bytes.subarray(start, end));
    return true;
  } catch {
    // The strict decoder says no by throwing.
    return false;
  }
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

// Up to this length a loop is faster than a call into the decoder, which makes a string.
const LOOPED = 256;

/** Table 3-7 of the Unicode standard: which bytes may follow one another. */
function isUtf8Loop(bytes: Uint8Array, start: number, end: number): boolean {
  let pos = start;
  while (pos < end) {
    const first = bytes[pos++];
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (pos + more > end) return false;
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (bytes[pos] < low || bytes[pos] > high) return false;
    for (let at = pos + 1; at < pos + more; at++) if (bytes[at] >>> 6 !== 2) return false;
    pos += more;
  }
  return true;
}

/** Lower-case hex of `bytes` [start, end). */
export function toHex(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let pos = start; pos < end; pos++) text += HEX[bytes[pos]];
  return text;
}
