/** Fisher's exact test of two shares, and the correction of many tests for their number. */

/** Tests tables whose rows have these sums; both at least 0. */
export class FisherTest {
  readonly #a: number;
  readonly #b: number;
  readonly #logFactorial: Float64Array;
  readonly #known = new Map<number, number>();

  /** O(a + b). */
  constructor(a: number, b: number) {
    this.#a = a;
    this.#b = b;
    this.#logFactorial = new Float64Array(a + b + 1);
    for (let n = 2; n <= a + b; n++) {
      this.#logFactorial[n] = this.#logFactorial[n - 1] + Math.log(n);
    }
  }

  /**
   * Two-sided p for `x` of the first row and `y` of the second having something: the probability of all
   * tables with the same sums that are no likelier. O(x + y), and once for each pair.
   */
  p(x: number, y: number): number {
    const id = x * (this.#b + 1) + y;
    let p = this.#known.get(id);
    if (p === undefined) this.#known.set(id, (p = this.#compute(x, y)));
    return p;
  }

  #compute(x: number, y: number): number {
    const having = x + y;
    // Tables as likely as this one differ by rounding alone.
    const limit = this.#logChance(x, having) + 1e-7;
    let sum = 0;
    for (let k = Math.max(0, having - this.#b); k <= Math.min(this.#a, having); k++) {
      const chance = this.#logChance(k, having);
      if (chance <= limit) sum += Math.exp(chance);
    }
    return Math.min(1, sum);
  }

  /** Of `k` in the first row, when `having` of both have it. */
  #logChance(k: number, having: number): number {
    const log = this.#logFactorial;
    const choose = (n: number, of: number): number => log[n] - log[of] - log[n - of];
    return choose(this.#a, k) + choose(this.#b, having - k) - choose(this.#a + this.#b, having);
  }
}

/**
 * Corrects p values so that of those below a level no more than that share is expected to be chance
 * (Benjamini-Hochberg). NaN is no test and stays. O(n log n).
 */
export function falseDiscoveryRates(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).filter((i) => !Number.isNaN(values[i]));
  order.sort((x, y) => values[x] - values[y]);
  const corrected = values.map(() => NaN);
  let least = 1;
  for (let rank = order.length; rank > 0; rank--) {
    const i = order[rank - 1];
    least = Math.min(least, (values[i] * order.length) / rank);
    corrected[i] = least;
  }
  return corrected;
}
