/** Exact numbers out of decimal digits in bytes. */

/** Halves (uint32) of the last integer read; negative ones in two's complement. */
export const int64 = { hi: 0, lo: 0 };

const POWERS = [1, 10, 100, 1000, 10000, 100000, 1000000];
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads the integer in `bytes` [start, end) into `int64`, exact to 64 bits. Forms like `1e3` and
 * `5.0` are integers too. False when it is not an integer or does not fit (signed: int64, else uint64).
 */
export function readInt64(bytes: Uint8Array, start: number, end: number, signed: boolean): boolean {
  const negative = bytes[start] === 0x2d;
  let pos = negative ? start + 1 : start;
  if (pos >= end) return false;
  let hi = 0;
  let lo = 0;
  while (pos < end) {
    // Six digits at a time: 2^32 * 10^6 is the largest product that a double holds exactly.
    const stop = Math.min(end, pos + 6);
    const scale = POWERS[stop - pos];
    let chunk = 0;
    for (; pos < stop; pos++) {
      const digit = bytes[pos] - 0x30;
      if (digit < 0 || digit > 9) return readDecimal(bytes, start, end, signed);
      chunk = chunk * 10 + digit;
    }
    const product = lo * scale + chunk;
    lo = product >>> 0;
    hi = hi * scale + Math.floor(product / 4294967296);
    if (hi > 0xffffffff) return false;
  }
  return setInt64(hi, lo, negative, signed);
}

function setInt64(hi: number, lo: number, negative: boolean, signed: boolean): boolean {
  if (!negative) {
    if (signed && hi >= 0x80000000) return false;
    int64.hi = hi;
    int64.lo = lo;
    return true;
  }
  if (!signed && (hi | lo) !== 0) return false;
  if (hi > 0x80000000 || (hi === 0x80000000 && lo > 0)) return false;
  int64.lo = -lo >>> 0;
  int64.hi = (~hi + (lo === 0 ? 1 : 0)) >>> 0;
  return true;
}

/** The rare forms with a fraction or an exponent. */
function readDecimal(bytes: Uint8Array, start: number, end: number, signed: boolean): boolean {
  const match = DECIMAL.exec(textOf(bytes, start, Math.min(end, start + 64)));
  if (!match || end - start > 64) return false;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const shift = Number(exponent) - fraction.length;
  if (shift > 20) return /^0*$/.test(whole + fraction) && setInt64(0, 0, false, signed);
  let digits = whole + fraction;
  if (shift >= 0) digits += '0'.repeat(shift);
  else {
    const kept = digits.length + shift;
    if (!/^0*$/.test(digits.slice(Math.max(0, kept)))) return false;
    digits = digits.slice(0, Math.max(0, kept));
  }
  const magnitude = BigInt(digits || '0');
  if (magnitude >= 1n << 64n) return false;
  return setInt64(Number(magnitude >> 32n), Number(magnitude & 0xffffffffn), sign === '-', signed);
}

/** The double in `bytes` [start, end), a number of JSON's grammar; undefined when it overflows. */
export function readDouble(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start < 16) {
    const negative = bytes[start] === 0x2d;
    let pos = negative ? start + 1 : start;
    let value = 0;
    while (pos < end && bytes[pos] >= 0x30 && bytes[pos] <= 0x39) {
      value = value * 10 + (bytes[pos++] - 0x30);
    }
    // Fifteen digits are exact; a minus before zero makes a negative zero.
    if (pos === end) return negative ? -value : value;
  }
  const value = Number(textOf(bytes, start, end));
  return Number.isFinite(value) ? value : undefined;
}

/** ASCII bytes as text. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let pos = start; pos < end; pos++) text += String.fromCharCode(bytes[pos]);
  return text;
}
