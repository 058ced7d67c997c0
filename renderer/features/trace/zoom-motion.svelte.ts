/** How the window of a trace moves to a target, and the trail of what was zoomed to. */
import type { TimeWindow } from '../../base/time-scale.ts';

const ZOOM_MS = 220;

/** One step of the trail. */
export interface Crumb {
  readonly label: string;
  readonly window: TimeWindow;
}

export class ZoomMotion {
  readonly #move: (window: TimeWindow) => void;
  #request = 0;
  #crumbs = $state.raw<readonly Crumb[]>([]);

  /** `move` shows a window; it is called once for each frame of a motion. */
  constructor(move: (window: TimeWindow) => void) {
    this.#move = move;
  }

  get crumbs(): readonly Crumb[] {
    return this.#crumbs;
  }

  /** Goes from one window to another, at once with reduced motion. A label leaves a crumb. */
  zoom(from: TimeWindow, to: TimeWindow, label: string | null): void {
    this.stop();
    this.trim(to);
    if (label !== null && this.#crumbs.at(-1)?.label !== label) {
      this.#crumbs = [...this.#crumbs, { label, window: to }];
    }
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#move(to);
      return;
    }
    let startMs: number | undefined;
    const step = (nowMs: number): void => {
      startMs ??= nowMs;
      const share = Math.min(1, (nowMs - startMs) / ZOOM_MS);
      const eased = 1 - (1 - share) ** 3;
      this.#move(share === 1 ? to : between(from, to, eased));
      if (share < 1) this.#request = requestAnimationFrame(step);
    };
    this.#request = requestAnimationFrame(step);
  }

  /** Ends a motion where it is. */
  stop(): void {
    cancelAnimationFrame(this.#request);
  }

  /** Takes the crumbs off whose stretch is not around this window. */
  trim(window: TimeWindow): void {
    const slackNs = (window.endNs - window.startNs) * 0.1;
    const kept = this.#crumbs.findIndex(
      (crumb) =>
        crumb.window.startNs > window.startNs + slackNs ||
        crumb.window.endNs < window.endNs - slackNs,
    );
    if (kept !== -1) this.#crumbs = this.#crumbs.slice(0, kept);
  }
}

/** The window on the way from one to the other: its length changes by equal factors. */
function between(from: TimeWindow, to: TimeWindow, share: number): TimeWindow {
  const fromNs = from.endNs - from.startNs;
  const toNs = to.endNs - to.startNs;
  const lengthNs = fromNs * (toNs / fromNs) ** share;
  // The point that stays in place lies where both windows have the same share to their left.
  const along = Math.abs(toNs - fromNs) < 1 ? share : (lengthNs - fromNs) / (toNs - fromNs);
  const startNs = from.startNs + (to.startNs - from.startNs) * along;
  return { startNs, endNs: startNs + lengthNs };
}
