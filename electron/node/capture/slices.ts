/** Long work in slices, so that ingest and live frames go on in between. */
import { setImmediate } from 'node:timers/promises';

/** The longest a slice may hold the thread, in ms. */
const SLICE_MS = 8;

export class Slices {
  #since = performance.now();

  /** Gives other work a turn when this slice is used up. Throws AbortError when `signal` says so. */
  async breathe(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (performance.now() - this.#since < SLICE_MS) return;
    await setImmediate();
    this.#since = performance.now();
    signal.throwIfAborted();
  }

  /** Lets other work have a turn now. */
  async pause(signal: AbortSignal): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
    signal.throwIfAborted();
  }
}
