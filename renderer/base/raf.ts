/**
 * The one animation loop of the page. A view registers a painter and marks itself dirty; the loop
 * runs while something is dirty and sleeps otherwise. A hidden window gets no animation frames from
 * the browser, so nothing is painted there.
 */

/** A registered painter. */
export interface FramePainter {
  /** Asks for one call of the painter in the next animation frame; more calls until then are free. */
  dirty(): void;
  /** Takes the painter out of the loop. */
  close(): void;
}

interface Entry {
  readonly paint: (nowMs: number) => void;
  isDirty: boolean;
}

/** The browser's two functions, so that tests can drive the loop by hand. */
export interface FrameSource {
  request(callback: (nowMs: number) => void): void;
}

/** One loop over all painters; `frameLoop` is the page's own. */
export class FrameLoop {
  readonly #source: FrameSource;
  readonly #painters = new Set<Entry>();
  #once: (() => void)[] = [];
  #isScheduled = false;

  constructor(source: FrameSource) {
    this.#source = source;
  }

  /** Registers `paint`; it is called at most once a frame, only after `dirty()`. */
  onFrame(paint: (nowMs: number) => void): FramePainter {
    const entry: Entry = { paint, isDirty: false };
    this.#painters.add(entry);
    return {
      dirty: () => {
        entry.isDirty = true;
        this.#schedule();
      },
      close: () => {
        this.#painters.delete(entry);
      },
    };
  }

  /** Runs `task` once, at the start of the next animation frame. */
  next(task: () => void): void {
    this.#once.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#source.request((nowMs) => {
      this.#run(nowMs);
    });
  }

  #run(nowMs: number): void {
    this.#isScheduled = false;
    const tasks = this.#once;
    this.#once = [];
    for (const task of tasks) task();
    for (const entry of this.#painters) {
      if (!entry.isDirty) continue;
      entry.isDirty = false;
      entry.paint(nowMs);
    }
  }
}

/** The page's loop. */
export const frameLoop = new FrameLoop({
  request: (callback) => {
    requestAnimationFrame(callback);
  },
});

/** Registers a painter with the page's loop. */
export function onFrame(paint: (nowMs: number) => void): FramePainter {
  return frameLoop.onFrame(paint);
}
