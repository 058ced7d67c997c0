/** When things have to be over, with one timer for all of them. */

/** The timer fires at most this often, so that a flood of short deadlines costs nothing. */
const SHORTEST_WAIT_MS = 20;

/** Tells `expire` of items that were not deleted in time, each once and some ms late. */
export class Deadlines<T> {
  readonly #untilMs = new Map<T, number>();
  readonly #expire: (item: T) => void;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Infinity;

  constructor(expire: (item: T) => void) {
    this.#expire = expire;
  }

  add(item: T, limitMs: number): void {
    const untilMs = performance.now() + limitMs;
    this.#untilMs.set(item, untilMs);
    if (untilMs < this.#dueMs) this.#arm(untilMs);
  }

  delete(item: T): void {
    this.#untilMs.delete(item);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#untilMs.clear();
  }

  #arm(dueMs: number): void {
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    const waitMs = Math.max(SHORTEST_WAIT_MS, dueMs - performance.now());
    this.#timer = setTimeout(() => this.#check(), waitMs).unref();
  }

  #check(): void {
    this.#dueMs = Infinity;
    const nowMs = performance.now();
    let nextMs = Infinity;
    for (const [item, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) {
        nextMs = Math.min(nextMs, untilMs);
        continue;
      }
      this.#untilMs.delete(item);
      this.#expire(item);
    }
    if (nextMs !== Infinity) this.#arm(nextMs);
  }
}
