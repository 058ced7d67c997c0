/**
 * Columns of time whose width is a power of two of ns: a time's column is its upper bits, exact, and
 * widening joins columns in pairs. Nothing has to be placed anew, and nothing slides.
 *
 * ```
 *   width 2^30 ns   | 5 | 6 | 7 | 8 | 9 |
 *   width 2^31 ns   | 2 |   3   |   4   |
 * ```
 */

/** Widths from 2^MIN_BITS ns (1 ms) on. */
export const MIN_BITS = 20;
const MAX_BITS = 63;

/** The column of a time, given as uint32 halves. A whole number below 2^44. */
export function columnAt(hi: number, lo: number, bits: number): number {
  if (bits > 32) return Math.floor(hi / 2 ** (bits - 32));
  return hi * 2 ** (32 - bits) + Math.floor(lo / 2 ** bits);
}

/** The start of a column in ns since the Unix epoch. */
export function columnStart(column: number, bits: number): bigint {
  return BigInt(column) << BigInt(bits);
}

/** The narrowest width at which [from, to], both given at MIN_BITS, has at most `columns` columns. */
export function bitsFor(from: number, to: number, columns: number): number {
  let bits = MIN_BITS;
  while (bits < MAX_BITS && at(to, bits) - at(from, bits) + 1 > columns) bits++;
  return bits;
}

/** The column at `bits` that holds a column at MIN_BITS. */
export function at(fine: number, bits: number): number {
  return Math.floor(fine / 2 ** (bits - MIN_BITS));
}
