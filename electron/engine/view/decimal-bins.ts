/** Bins of durations whose edges are round: two significant digits, so that a query can name one. */

const DIGITS_PER_BIN = 90;
const DECADES = 16;
const POWERS = Float64Array.from({ length: DECADES + 2 }, (_, i) => 10 ** i);

/** Bin 0 holds what is below 10 ns. */
export const DECIMAL_BINS = DIGITS_PER_BIN * DECADES + 1;

/** The bin of a duration in ns: of 1.24 s, the one that begins at 1.2 s. */
export function decimalBin(durationNs: number): number {
  if (durationNs < 10) return 0;
  let decade = 0;
  while (decade < DECADES - 1 && durationNs >= POWERS[decade + 2]) decade++;
  const digits = Math.min(99, Math.floor(durationNs / POWERS[decade]));
  return 1 + decade * DIGITS_PER_BIN + (digits - 10);
}

const UNITS: readonly (readonly [string, number])[] = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
  ['ns', 1],
];

/** Where a bin begins, as the query language writes it: 1.2s, 240ms, 15us. */
export function decimalBinText(bin: number): string {
  if (bin === 0) return '0ns';
  const decade = Math.floor((bin - 1) / DIGITS_PER_BIN);
  const digits = 10 + ((bin - 1) % DIGITS_PER_BIN);
  const ns = digits * POWERS[decade];
  for (const [unit, scale] of UNITS) {
    if (ns < scale) continue;
    return ns % scale === 0 ? `${ns / scale}${unit}` : `${(ns / scale).toFixed(1)}${unit}`;
  }
  return `${ns}ns`;
}
