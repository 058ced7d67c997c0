/**
 * The search of a list: a little of it in every frame, the rest in turns of its own between them, one at
 * a time.
 */
import { FRAME_SLICE_MS, runSliced } from '../query/slices.ts';
import type { Runtime } from './runtime.ts';

export class SlicedSearch {
  readonly #runtime: Runtime;
  readonly #step: () => boolean;
  #stop: (() => void) | undefined;
  #isInFrame = false;

  /** `step` does a little, and returns true once there is nothing left; it calls `end` then. */
  constructor(runtime: Runtime, step: () => boolean) {
    this.#runtime = runtime;
    this.#step = step;
  }

  /** Whether it goes on between frames. */
  get isRunning(): boolean {
    return this.#stop !== undefined;
  }

  /** Begins it within a frame, unless it goes on already. */
  run(): void {
    if (this.#stop !== undefined) return;
    let isDone = false;
    this.#isInFrame = true;
    const stop = runSliced(
      this.#runtime,
      () => {
        isDone = this.#step();
        return isDone;
      },
      FRAME_SLICE_MS,
    );
    this.#isInFrame = false;
    if (!isDone) this.#stop = stop;
  }

  /** Called by the last step; whether no frame is being built, which would show the end anyway. */
  end(): boolean {
    this.#stop = undefined;
    return !this.#isInFrame;
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
