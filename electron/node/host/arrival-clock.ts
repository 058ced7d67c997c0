/** The engine's clock while batches come back. */
import type { Clock } from '../../engine/config.ts';

/** The system's clock, but for batches that come back: they arrived when they arrived. */
export class ArrivalClock implements Clock {
  #arrivalMs: number | undefined;

  nowMs(): number {
    return this.#arrivalMs ?? Date.now();
  }

  ticksMs(): number {
    return performance.now();
  }

  /** Runs `work` at another time. */
  at<T>(arrivalMs: number, work: () => T): T {
    this.#arrivalMs = arrivalMs;
    try {
      return work();
    } finally {
      this.#arrivalMs = undefined;
    }
  }
}
