/**
 * Takes the frames of the `trace` topic and decides what is shown: the old layout stays whole on the
 * screen until the new one is complete, ready to be drawn, and the person is not in the middle of a movement.
 *
 * ```
 *   frames ─► incoming ── complete ─► next ── prepared, in steps ─► shown
 * ```
 */
import type { TimeWindow } from '../base/time-scale.ts';
import type { FrameKind } from '../../proto/live/frame.ts';
import type { TraceColumns, TraceMeta } from '../../proto/live/topics.ts';
import { diffNs } from '../../proto/units.ts';
import { TraceLayout } from './layout-model.ts';
import { finish, type Steps } from './steps.ts';
import { clampWindow, isWhole, wholeWindow } from './viewport.ts';

/** What a frame changed: another layout is on screen, the shown one grew, or nothing visible. */
export type IntakeResult = 'replaced' | 'grown' | 'nothing';

/** A layout of up to this many boxes is made ready at once: about a millisecond. */
const AT_ONCE_BOXES = 8192;

/** A complete layout, and what is left of making it ready; null when it is. */
interface Next {
  readonly layout: TraceLayout;
  steps: Steps<void> | null;
}

export class LayoutIntake {
  #shown: TraceLayout | undefined;
  /** Boxes of the shown layout when it was last said to have grown. */
  #shownBoxes = 0;
  #incoming: TraceLayout | undefined;
  /** It is finished before a newer one: else none would ever be shown while they come fast. */
  #next: Next | undefined;
  #held: 'nothing' | 'moves' | 'all' = 'nothing';

  get shown(): TraceLayout | undefined {
    return this.#shown;
  }

  /**
   * Holds back layouts that would move boxes, or all that follow on the shown one. The shown one itself
   * still grows.
   */
  hold(what: 'moves' | 'all'): void {
    if (this.#held !== 'all') this.#held = what;
  }

  release(): IntakeResult {
    this.#held = 'nothing';
    return this.#promote();
  }

  /** A layout waits for `work`. */
  get hasWork(): boolean {
    return (this.#next?.steps ?? null) !== null;
  }

  /** Goes on making the next layout ready until `isOver`, which is asked about every 100 µs. */
  work(isOver: () => boolean): IntakeResult {
    const next = this.#next;
    if (next === undefined) return 'nothing';
    while (next.steps !== null) {
      if (next.steps.next().done === true) next.steps = null;
      else if (isOver()) return 'nothing';
    }
    return this.#promote();
  }

  take(kind: FrameKind, meta: TraceMeta, columns: TraceColumns): IntakeResult {
    if (meta.state === 'absent') {
      // What is on screen stays there: the person is looking at it.
      this.#incoming = undefined;
      this.#next = undefined;
      return 'nothing';
    }
    if (kind === 'delta' && this.#acceptDelta(meta, columns)) {
      const isShown = this.#incoming === undefined && this.#next === undefined;
      return isShown ? this.#grow() : this.#promote();
    }
    if (kind === 'delta' && meta.firstBox !== 0) return 'nothing';
    this.#incoming = new TraceLayout(meta, columns);
    return this.#promote();
  }

  /** A layout that comes in is drawn anew when it has doubled, so that all drawing costs O(boxes). */
  #grow(): IntakeResult {
    const shown = this.#shown;
    if (shown === undefined) return 'nothing';
    const isComing = shown.received < shown.meta.boxCount;
    if (isComing && shown.received < 2 * this.#shownBoxes) return 'nothing';
    this.#shownBoxes = shown.received;
    return 'grown';
  }

  #acceptDelta(meta: TraceMeta, columns: TraceColumns): boolean {
    const target = this.#incoming ?? this.#next?.layout ?? this.#shown;
    return target?.accept(meta, columns) ?? false;
  }

  /** A first layout is shown as it comes in, a later one when it is ready and nothing holds it. */
  #promote(): IntakeResult {
    const incoming = this.#incoming;
    if (incoming !== undefined && this.#shown?.meta.traceId !== incoming.meta.traceId) {
      this.#incoming = undefined;
      this.#next = undefined;
      return this.#show(incoming);
    }
    const first = this.#showNext();
    this.#queue();
    const second = this.#showNext();
    return second === 'nothing' ? first : second;
  }

  #showNext(): IntakeResult {
    const next = this.#next;
    if (next === undefined || next.steps !== null || this.#isHeldBack(next.layout))
      return 'nothing';
    this.#next = undefined;
    return this.#show(next.layout);
  }

  /** A complete layout is the next one, unless there is one that is not ready yet. */
  #queue(): void {
    const incoming = this.#incoming;
    if (incoming?.isComplete !== true || this.hasWork) return;
    this.#incoming = undefined;
    const steps = incoming.prepare();
    const isSmall = incoming.received <= AT_ONCE_BOXES;
    if (isSmall) finish(steps);
    this.#next = { layout: incoming, steps: isSmall ? null : steps };
  }

  #show(layout: TraceLayout): IntakeResult {
    this.#shown = layout;
    this.#shownBoxes = layout.received;
    return 'replaced';
  }

  #isHeldBack(next: TraceLayout): boolean {
    if (this.#held !== 'moves') return this.#held === 'all';
    return this.#shown === undefined || next.meta.steadySince > this.#shown.meta.layout;
  }
}

/** What a window of time is counted from, and how long the whole is. */
export type WindowPlace = Pick<TraceMeta, 'baseHi' | 'baseLo' | 'durationNs'>;

/**
 * The window for a layout that replaces or extends another: whole stays whole, anything else keeps
 * showing the same stretch of absolute time, even when the trace's base has moved.
 */
export function carryWindow(
  window: TimeWindow,
  before: WindowPlace,
  after: WindowPlace,
  widthPx: number,
): TimeWindow {
  const whole = wholeWindow(after.durationNs);
  if (isWhole(window, wholeWindow(before.durationNs), widthPx)) return whole;
  const shiftNs = diffNs(before.baseHi, before.baseLo, after.baseHi, after.baseLo);
  return clampWindow(
    { startNs: window.startNs + shiftNs, endNs: window.endNs + shiftNs },
    whole,
    widthPx,
  );
}
