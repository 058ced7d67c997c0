/**
 * A clock and scheduler as the program has them, that note the longest task. A task takes what its wall
 * time and the CPU time of the process both allow: other programs of the machine add to the one, other
 * threads to the other.
 */
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
    this.longestMs = Math.max(this.longestMs, threadMs(task));
  }
}

/** At most how long a task kept this thread busy, in ms. */
export function threadMs(task: () => void): number {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  task();
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  return Math.min(wallMs, (user + system) / 1000);
}
