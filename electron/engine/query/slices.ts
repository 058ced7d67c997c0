/** Long work in slices, so that ingest and live frames go on in between. */
import type { Clock, Scheduler } from '../config.ts';

/** The longest that one slice keeps the thread. */
export const SLICE_MS = 8;

/**
 * Calls `step` until it returns true, for at most SLICE_MS at a time, the first time at once. A step
 * should take well below a millisecond. The result stops it.
 */
export function runSliced(
  runtime: { readonly clock: Clock; readonly scheduler: Scheduler },
  step: () => boolean,
): () => void {
  let stopped = false;
  const slice = (): void => {
    const until = runtime.clock.ticksMs() + SLICE_MS;
    while (!stopped) {
      if (step()) return;
      if (runtime.clock.ticksMs() >= until) {
        runtime.scheduler.soon(slice);
        return;
      }
    }
  };
  slice();
  return () => {
    stopped = true;
  };
}
