/** Exact numbers out of decimal digits in bytes. */

/** Halves (uint32) of the last integer read; negative ones in two's complement. */
export const int64 = { hi: 0, lo: 0 };

const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const NUMERAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads the digits at `pos`, nineteen at most, into `int64` and returns the place behind them; -1
 * when there is none or are more. Hot loop.
 */
export function scanDigits(bytes: Uint8Array, pos: number, end: number): number {
  const most = Math.min(end, pos + 20);
  let hi = 0;
  let lo = 0;
  let at = pos;
  for (;;) {
    // Nine digits at a time are integer arithmetic.
    const stop = Math.min(most, at + 9);
    const start = at;
    let chunk = 0;
    for (; at < stop; at++) {
      const digit = bytes[at] - 0x30;
      if (digit < 0 || digit > 9) break;
      chunk = chunk * 10 + digit;
    }
    if (start === pos) lo = chunk;
    else if (at > start) {
      // Each product is below 2^47, exact in a double; 10^19 is below 2^64.
      const scale = POWERS[at - start];
      const low = (lo & 0xffff) * scale + chunk;
      const high = (lo >>> 16) * scale + Math.floor(low / 65536);
      lo = ((high << 16) | (low & 0xffff)) >>> 0;
      hi = hi * scale + Math.floor(high / 65536);
    }
    if (at < start + 9) break;
  }
  if (at === pos || at === pos + 20) return -1;
  int64.hi = hi;
  int64.lo = lo;
  return at;
}

/**
 * Reads the integer in `bytes` [start, end) into `int64`, exact to 64 bits. Forms like `1e3` and
 * `5.0` are integers too. False when it is not an integer or does not fit (signed: int64, else uint64).
 */
export function readInt64(bytes: Uint8Array, start: number, end: number, signed: boolean): boolean {
  const negative = bytes[start] === 0x2d;
  if (scanDigits(bytes, negative ? start + 1 : start, end) === end) {
    return setInt64(int64.hi, int64.lo, negative, signed);
  }
  return readDecimal(bytes, start, end, signed);
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

/** The rare forms: more digits, a fraction, an exponent. */
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

/** The last double that `scanDouble` read. */
export const double = { value: 0 };

/**
 * Reads the number of JSON's grammar at `pos` into `double` and returns the place behind it; -1 for
 * other texts, and for numbers of more than eighteen digits, which no printed double has, or so large or
 * small that they take more than `scaled` does. Hot loop.
 */
export function scanDouble(bytes: Uint8Array, pos: number, end: number): number {
  const negative = bytes[pos] === 0x2d;
  const start = negative ? pos + 1 : pos;
  // The number is (first * 10^(digits - 9) + second) / 10^scale.
  let first = 0;
  let second = 0;
  let digits = 0;
  let point = -1;
  let at = start;
  for (; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9) {
      if (digit !== -2 || point !== -1) break;
      point = at;
      continue;
    }
    if (digits < 9) first = first * 10 + digit;
    else second = second * 10 + digit;
    // Zeros in front are no digits.
    if ((first | digits) !== 0) digits++;
  }
  const whole = (point === -1 ? at : point) - start;
  let scale = point === -1 ? 0 : at - point - 1;
  if (whole === 0 || (whole > 1 && bytes[start] === 0x30) || point === at - 1) return -1;
  if (at < end && (bytes[at] | 0x20) === 0x65) {
    const exponent = at + 1;
    at = exponentEnd(bytes, exponent, end);
    if (at === -1) return -1;
    scale -= exponentOf(bytes, exponent, at);
  }
  const value = digits <= 18 ? scaled(first, second, digits, scale) : NaN;
  if (Number.isNaN(value)) return -1;
  double.value = negative ? -value : value;
  return at;
}

/** The end of the exponent whose sign or first digit stands at `pos`; -1 when it has no digit. */
function exponentEnd(bytes: Uint8Array, pos: number, end: number): number {
  const first = bytes[pos] === 0x2b || bytes[pos] === 0x2d ? pos + 1 : pos;
  let at = first;
  while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
  return at === first ? -1 : at;
}

function exponentOf(bytes: Uint8Array, pos: number, end: number): number {
  const sign = bytes[pos];
  let exponent = 0;
  for (let at = sign === 0x2b || sign === 0x2d ? pos + 1 : pos; at < end; at++) {
    exponent = Math.min(exponent * 10 + (bytes[at] - 0x30), 100_000);
  }
  return sign === 0x2d ? -exponent : exponent;
}

/** The double in `bytes` [start, end), a number of JSON's grammar; undefined when it overflows. */
export function readDouble(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (scanDouble(bytes, start, end) === end) return double.value;
  const parsed = Number(textOf(bytes, start, end));
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** What doubles are split with to multiply them exactly (Dekker): 2^27 + 1. */
const SPLITTER = 134217729;

/**
 * The double next to (first * 10^(digits - 9) + second) / 10^scale, or NaN when that takes more than
 * doubles. A power of ten up to 22 is exact, so one operation on an exact numerator rounds once.
 */
function scaled(first: number, second: number, digits: number, scale: number): number {
  // Exact: first * 5^9 is below 2^53, and powers of two cost nothing.
  const top = digits > 9 ? first * POWERS[digits - 9] : first;
  const whole = top + second;
  const lost = second - (whole - top);
  if (scale === 0 && lost === 0) return whole;
  if (scale < 0) return lost === 0 && scale >= -22 ? whole * POWERS[-scale] : NaN;
  if (scale > 22) return NaN;
  const divisor = POWERS[scale];
  const quotient = whole / divisor;
  if (lost === 0) return quotient;
  // What is left over, exact but for one rounding, corrects the quotient. The correction is good to
  // 2^-50 of itself: when both ends of a wider range round alike, so does the number.
  const product = quotient * divisor;
  const q = SPLITTER * quotient;
  const qHigh = q - (q - quotient);
  const qLow = quotient - qHigh;
  const d = SPLITTER * divisor;
  const dHigh = d - (d - divisor);
  const dLow = divisor - dHigh;
  const error = qHigh * dHigh - product + qHigh * dLow + qLow * dHigh + qLow * dLow;
  const correction = (whole - product - error + lost) / divisor;
  const low = quotient + correction * (1 - 2 ** -45);
  const high = quotient + correction * (1 + 2 ** -45);
  return low === high ? low : NaN;
}

/** The double that a JSON string holds: a number, `NaN` or an infinity; undefined for other texts. */
export function doubleOfText(text: string): number | undefined {
  switch (text) {
    case 'NaN':
      return NaN;
    case 'Infinity':
      return Infinity;
    case '-Infinity':
      return -Infinity;
    default: {
      const value = NUMERAL.test(text) ? Number(text) : NaN;
      return Number.isFinite(value) ? value : undefined;
    }
  }
}

/** ASCII bytes as text. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let pos = start; pos < end; pos++) text += String.fromCharCode(bytes[pos]);
  return text;
}
