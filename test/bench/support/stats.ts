/** What a bench is given and gives back, and how it prints repeated measurements. */

export interface BenchOptions {
  /** Seconds instead of minutes: shows that the bench runs, not how fast anything is. */
  readonly smoke: boolean;
  /** The project's root, with a slash at the end. */
  readonly root: string;
  /** Path of the bundle of `support/<name>.process.ts`, to be started as a process of its own. */
  readonly processFile: (name: string) => string;
}

/** What a bench measured. One that meets no target may give its lines alone. */
export interface BenchReport {
  /** Markdown. */
  readonly lines: readonly string[];
  /** The figures that `targets.ts` names, in its units; medians where there are repetitions. */
  readonly figures: Readonly<Record<string, number>>;
}

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

/** The median of at least one value. */
export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
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

/** "12.3 (11.9–14.0)", in whatever unit the values have. */
export function withSpread({ median, low, high }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** "1,000,000" */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** How long the work takes, in ms. */
export function timeOf(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** The rows of a Markdown table, the head first. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
