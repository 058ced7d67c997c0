/** Long work in slices, so that ingest and live frames go on in between. */
import type { Clock, Scheduler } from '../config.ts';

/** The longest that one slice keeps the thread. */
export const SLICE_MS = 8;

/** The same for a search that goes on while a frame is built: the frame takes the rest. */
export const FRAME_SLICE_MS = 2;

/** Steps that there has to be room for: the next one may take longer than those before. */
const ROOM_FOR = 2;
/** How fast the cost of a long step is forgotten: one that hit a collection is not the rule. */
const FORGET = 0.75;

/**
 * Calls `step` until it returns true, for at most SLICE_MS at a time, the first time at once and for
 * at most `firstMs`. A step should take well below a millisecond; none begins that would probably end
 * too late. The result stops it.
 */
export function runSliced(
  runtime: { readonly clock: Clock; readonly scheduler: Scheduler },
  step: () => boolean,
  firstMs = SLICE_MS,
): () => void {
  let stopped = false;
  let stepMs = 0;
  const run = (sliceMs: number): void => {
    let nowMs = runtime.clock.ticksMs();
    const untilMs = nowMs + sliceMs;
    while (!stopped) {
      if (step()) return;
      const afterMs = runtime.clock.ticksMs();
      stepMs = Math.max(afterMs - nowMs, stepMs * FORGET);
      nowMs = afterMs;
      if (nowMs + stepMs * ROOM_FOR >= untilMs) {
        runtime.scheduler.soon(slice);
        return;
      }
    }
  };
  const slice = (): void => {
    run(SLICE_MS);
  };
  run(firstMs);
  return () => {
    stopped = true;
  };
}
