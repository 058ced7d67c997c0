/**
 * Work on many boxes that is taken apart, so that it can be spread over frames: a generator that stops
 * after each step, far below a millisecond.
 */

/** Work that comes to `T`. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Boxes a step. A multiple of what any loop over boxes works in blocks of. */
export const STEP_SIZE = 8192;

/** Does what is left of the work at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
