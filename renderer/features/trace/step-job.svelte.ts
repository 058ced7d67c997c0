/** Work on a whole layout that a view shows when it is done: a few milliseconds of each frame. */
import { frameLoop } from '../../base/raf.ts';
import type { Steps } from '../../canvas/steps.ts';

/** What one job may take of a frame. */
const WORK_MS = 4;

/** One result that is worked out anew from time to time. */
export class StepJob<T> {
  /** The newest result; undefined before the first. */
  value = $state.raw<T | undefined>(undefined);
  #steps: Steps<T> | undefined;
  #isWaiting = false;

  /** Works on this from the next frame on; what is under way is given up. The result ends it. */
  start(steps: Steps<T>): () => void {
    this.#steps = steps;
    this.#wait();
    return () => {
      if (this.#steps === steps) this.#steps = undefined;
    };
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    frameLoop.next(() => {
      this.#isWaiting = false;
      this.#work();
    });
  }

  #work(): void {
    const steps = this.#steps;
    if (steps === undefined) return;
    const untilMs = performance.now() + WORK_MS;
    do {
      const { done, value } = steps.next();
      if (done !== true) continue;
      this.#steps = undefined;
      this.value = value;
      return;
    } while (performance.now() < untilMs);
    this.#wait();
  }
}
