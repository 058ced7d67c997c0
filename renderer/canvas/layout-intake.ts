/**
 * Takes the frames of the `trace` topic and decides what is shown: the old layout stays whole on the
 * screen until the new one is complete and the person is not in the middle of a movement.
 */
import type { TimeWindow } from '../base/time-scale.ts';
import type { FrameKind } from '../../proto/live/frame.ts';
import type { TraceColumns, TraceMeta } from '../../proto/live/topics.ts';
import { diffNs } from '../../proto/units.ts';
import { TraceLayout } from './layout-model.ts';
import { clampWindow, isWhole, wholeWindow } from './viewport.ts';

/** What a frame changed: another layout is on screen, the shown one grew, or nothing visible. */
export type IntakeResult = 'replaced' | 'grown' | 'nothing';

export class LayoutIntake {
  #shown: TraceLayout | undefined;
  /** Boxes of the shown layout when it was last said to have grown. */
  #shownBoxes = 0;
  #incoming: TraceLayout | undefined;
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

  take(kind: FrameKind, meta: TraceMeta, columns: TraceColumns): IntakeResult {
    if (meta.state === 'absent') {
      this.#incoming = undefined; // What is on screen stays there: the person is looking at it.
      return 'nothing';
    }
    if (kind === 'delta' && this.#acceptDelta(meta, columns)) {
      return this.#incoming === undefined ? this.#grow() : this.#promote();
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
    const target = this.#incoming ?? this.#shown;
    return target?.accept(meta, columns) ?? false;
  }

  /** A first layout is shown as it comes in, a later one when it is complete and nothing holds it. */
  #promote(): IntakeResult {
    const incoming = this.#incoming;
    if (incoming === undefined) return 'nothing';
    const isFirst = this.#shown?.meta.traceId !== incoming.meta.traceId;
    if (!isFirst && (this.#isHeldBack(incoming) || !incoming.isComplete)) return 'nothing';
    this.#shown = incoming;
    this.#shownBoxes = incoming.received;
    this.#incoming = undefined;
    return 'replaced';
  }

  #isHeldBack(incoming: TraceLayout): boolean {
    if (this.#held !== 'moves') return this.#held === 'all';
    return this.#shown === undefined || incoming.meta.steadySince > this.#shown.meta.layout;
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
