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

/** Lower-case hex of `bytes` [start, end). */
export function toHex(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let pos = start; pos < end; pos++) text += HEX[bytes[pos]];
  return text;
}
