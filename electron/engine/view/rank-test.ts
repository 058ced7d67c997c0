/** The Mann-Whitney U test: whether values of one sample tend to be larger than those of another. */
import { orderByValue } from './order-by-value.ts';

export interface RankTest {
  /** Two-sided, by the normal approximation, corrected for ties and continuity. 1 without difference. */
  readonly p: number;
  /** The probability that a value of `b` is larger than one of `a`, ties counted half. */
  readonly superiority: number;
}

/** Compares two samples that are not empty. O(n log n). */
export function rankTest(a: Float64Array, b: Float64Array): RankTest {
  const count = a.length + b.length;
  const values = new Float64Array(count);
  values.set(a);
  values.set(b, a.length);
  const order = orderByValue(values);
  let rankSumB = 0;
  let ties = 0;
  for (let from = 0; from < count;) {
    let to = from;
    let ofB = 0;
    for (; to < count && values[order[to]] === values[order[from]]; to++) {
      if (order[to] >= a.length) ofB++;
    }
    const equal = to - from;
    // All of a tie have the mean of its ranks, which are from + 1 to `to`.
    rankSumB += ofB * ((from + 1 + to) / 2);
    ties += equal ** 3 - equal;
    from = to;
  }
  const pairs = a.length * b.length;
  const u = rankSumB - (b.length * (b.length + 1)) / 2;
  const variance = (pairs / 12) * (count + 1 - ties / (count * (count - 1)));
  const distance = Math.max(0, Math.abs(u - pairs / 2) - 0.5);
  const p = variance > 0 ? Math.min(1, 2 * upperTail(distance / Math.sqrt(variance))) : 1;
  return { p, superiority: u / pairs };
}

/** The median; 0 of nothing. */
export function medianOf(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.slice().sort();
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Steps of Simpson's rule from z to where nothing is left. */
const STEPS = 400;
const FAR = 9;

/** The part of the normal distribution above z, z at least 0; 0 beyond 9 deviations. */
function upperTail(z: number): number {
  if (z >= FAR) return 0;
  const width = (FAR - z) / STEPS;
  let sum = 0;
  for (let step = 0; step <= STEPS; step++) {
    const weight = step === 0 || step === STEPS ? 1 : step % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((z + step * width) ** 2) / 2);
  }
  return (sum * width) / 3 / Math.sqrt(2 * Math.PI);
}
