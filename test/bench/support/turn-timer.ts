/** A clock and scheduler as the program has them, that note the longest task. */
import type { Clock, Scheduler } from '../../../electron/engine/config.ts';

export class TurnTimer implements Clock, Scheduler {
  /** Of the tasks since the last restart, in ms. */
  longestMs = 0;

  restart(): void {
    this.longestMs = 0;
  }

  nowMs(): number {
    return Date.now();
  }

  ticksMs(): number {
    return performance.now();
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = setTimeout(() => {
      this.#run(task);
    }, delayMs);
    return () => {
      clearTimeout(timer);
    };
  }

  soon(task: () => void): void {
    setImmediate(() => {
      this.#run(task);
    });
  }

  #run(task: () => void): void {
    const startedMs = performance.now();
    task();
    this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
  }
}
