/** Hashes of the store's open-addressing tables. All results are int32 with well mixed bits. */

/** Spreads what was accumulated over all bits (the finaliser of MurmurHash3). */
function finish(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hash of `length` bytes from `start`, four at a time. */
export function hashBytes(bytes: Uint8Array, start: number, length: number): number {
  let h = length | 0;
  let pos = start;
  const end = start + length;
  const lastWord = end - 4;
  while (pos <= lastWord) {
    const word =
      bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24);
    h = Math.imul(h ^ word, 0x9e3779b1);
    h = (h << 13) | (h >>> 19);
    pos += 4;
  }
  while (pos < end) h = Math.imul(h ^ bytes[pos++], 0x01000193);
  return finish(h);
}

/** Hash of a trace id in four words. */
export function hashTraceId(a: number, b: number, c: number, d: number): number {
  const high = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
  const low = Math.imul(c, 0xc2b2ae3d) ^ Math.imul(d, 0x27d4eb2f);
  return finish(high ^ ((low << 15) | (low >>> 17)));
}

/** Hash of a span id. */
export function hashSpanId(hi: number, lo: number): number {
  return finish(Math.imul(hi, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca77));
}

/** Hash of three words, the first of them a row. */
export function hashWords(row: number, b: number, c: number): number {
  return finish(
    Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(row + 1, 0xc2b2ae3d),
  );
}

/** Whether two byte ranges of one length are equal. */
export function equalBytes(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}
