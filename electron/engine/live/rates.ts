/**
 * Rates over the last two seconds, from counters noted before new items are added. Needs no timer:
 * while nothing arrives, counters stay as they were noted.
 */

/** Counter values by name. */
export type Counts = ReadonlyMap<string, number>;

interface Sample {
  readonly atMs: number;
  readonly counts: Counts;
}

const WINDOW_MS = 2000;
const SAMPLE_EVERY_MS = 250;

export class Rates {
  readonly #read: () => Counts;
  readonly #ticksMs: () => number;
  #samples: Sample[] = [];
  #notedMs = -Infinity;

  /** `read` gives the counters of this moment, `ticksMs` a monotonic time. */
  constructor(read: () => Counts, ticksMs: () => number) {
    this.#read = read;
    this.#ticksMs = ticksMs;
  }

  /** To be called before items are added. Cheap: reads the counters four times a second at most. */
  note(): void {
    const atMs = this.#ticksMs();
    this.#notedMs = atMs;
    const last = this.#samples.at(-1);
    if (last !== undefined && atMs - last.atMs < SAMPLE_EVERY_MS) return;
    this.#samples.push({ atMs, counts: this.#read() });
    const inWindow = this.#samples.findIndex((sample) => sample.atMs > atMs - WINDOW_MS);
    if (inWindow > 1) this.#samples.splice(0, inWindow - 1);
  }

  /** Increase per second of each counter over the last two seconds. */
  perSecond(): Counts {
    const since = this.#ticksMs() - WINDOW_MS;
    // A sample holds what was there before it: the first one in the window is the base. Without one,
    // items were added in the window only if the last note lies in it.
    const first = this.#samples.find((sample) => sample.atMs > since);
    const before = first ?? (this.#notedMs > since ? this.#samples.at(-1) : undefined);
    const rates = new Map<string, number>();
    for (const [name, count] of this.#read()) {
      const grown = before === undefined ? 0 : count - (before.counts.get(name) ?? 0);
      rates.set(name, Math.max(0, grown) / (WINDOW_MS / 1000));
    }
    return rates;
  }
}
