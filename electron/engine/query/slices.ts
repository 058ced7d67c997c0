/** Long work in slices, so that ingest and live frames go on in between. */
import type { Clock, Scheduler } from '../config.ts';

/** The longest that one slice keeps the thread. */
export const SLICE_MS = 8;

/** The same for a search that goes on while a frame is built: the frame takes the rest. */
export const FRAME_SLICE_MS = 2;

/** The same when the frame before was given up for it: what is asked for is still being made. */
export const MAKING_SLICE_MS = SLICE_MS - FRAME_SLICE_MS;

/** The part of a slice that is kept for what no step foresees, such as a collection. */
const RESERVE = 1 / 8;
/** Steps that there has to be room for: the next one may take longer than those before. */
const ROOM_FOR = 2;
/** How fast the cost of a long step is forgotten: one that hit a collection is not the rule. */
const FORGET = 0.75;

/**
 * Calls `step` until it returns true, for at most `sliceMs`; whether it did. A step should take well
 * below a millisecond; none begins that would probably end too late.
 */
export function runSlice(clock: Clock, step: () => boolean, sliceMs: number): boolean {
  return new Pace(clock).run(step, sliceMs);
}

/**
 * Calls `step` until it returns true, for at most SLICE_MS at a time as `runSlice` does, the first
 * time at once and for at most `firstMs`. The result stops it.
 */
export function runSliced(
  runtime: { readonly clock: Clock; readonly scheduler: Scheduler },
  step: () => boolean,
  firstMs = SLICE_MS,
): () => void {
  const pace = new Pace(runtime.clock);
  let stopped = false;
  const stoppable = (): boolean => stopped || step();
  const run = (sliceMs: number): void => {
    if (!stopped && !pace.run(stoppable, sliceMs)) runtime.scheduler.soon(slice);
  };
  const slice = (): void => {
    run(SLICE_MS);
  };
  run(firstMs);
  return () => {
    stopped = true;
  };
}

/** Knows how long steps take. */
class Pace {
  readonly #clock: Clock;
  #stepMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run(step: () => boolean, sliceMs: number): boolean {
    let nowMs = this.#clock.ticksMs();
    const untilMs = nowMs + sliceMs * (1 - RESERVE);
    while (!step()) {
      const afterMs = this.#clock.ticksMs();
      this.#stepMs = Math.max(afterMs - nowMs, this.#stepMs * FORGET);
      nowMs = afterMs;
      if (nowMs + this.#stepMs * ROOM_FOR >= untilMs) return false;
    }
    return true;
  }
}
