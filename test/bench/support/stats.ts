/** Median and spread of repeated measurements, as the benches print them. */

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** At least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1],
    low: sorted[0],
    high: sorted[sorted.length - 1],
  };
}

/** The value below which `share` (0–1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** "2.31 M (2.20–2.44)" */
export function millions(spread: Spread): string {
  const m = (value: number): string => (value / 1e6).toFixed(2);
  return `${m(spread.median)} M (${m(spread.low)}–${m(spread.high)})`;
}

export interface BenchOptions {
  readonly smoke: boolean;
  /** The project's root, with a slash at the end. */
  readonly root: string;
}
