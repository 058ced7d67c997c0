/**
 * What zooming, panning, fitting and dragging do to the visible window of time. Pure functions: they
 * take the present window and return the next one, always inside of `whole` and never narrower than
 * the deepest zoom. Pixels are CSS px of the drawing area, `widthPx` wide.
 */
import { MIN_NS_PER_PX, TimeScale, type TimeWindow } from '../base/time-scale.ts';

/** The window that shows a whole trace. A trace without length gets 1 ns, so that a scale exists. */
export function wholeWindow(durationNs: number): TimeWindow {
  return { startNs: 0, endNs: Math.max(1, durationNs) };
}

/** The shortest window allowed: the zoom floor, or the whole trace when that is shorter still. */
export function minLengthNs(whole: TimeWindow, widthPx: number): number {
  return Math.min(whole.endNs - whole.startNs, Math.max(1, widthPx) * MIN_NS_PER_PX);
}

/** Moves and, where it must, resizes a window so that it lies inside of the whole. */
export function clampWindow(window: TimeWindow, whole: TimeWindow, widthPx: number): TimeWindow {
  const wholeLength = whole.endNs - whole.startNs;
  const shortest = minLengthNs(whole, widthPx);
  const length = Math.min(wholeLength, Math.max(shortest, window.endNs - window.startNs));
  const startNs = Math.min(Math.max(window.startNs, whole.startNs), whole.endNs - length);
  return { startNs, endNs: startNs + length };
}

/** Zooms by `factor` (below 1: closer) and keeps the time under `px` where it is. */
export function zoomAt(
  window: TimeWindow,
  whole: TimeWindow,
  widthPx: number,
  px: number,
  factor: number,
): TimeWindow {
  const wholeLength = whole.endNs - whole.startNs;
  const wanted = (window.endNs - window.startNs) * factor;
  const length = Math.min(wholeLength, Math.max(minLengthNs(whole, widthPx), wanted));
  const anchorNs = new TimeScale(window, widthPx).ns(px);
  const startNs = anchorNs - (px / widthPx) * length;
  return clampWindow({ startNs, endNs: startNs + length }, whole, widthPx);
}

/** Moves the window by a distance on screen; positive goes to later times. */
export function panByPx(
  window: TimeWindow,
  whole: TimeWindow,
  widthPx: number,
  deltaPx: number,
): TimeWindow {
  const deltaNs = (deltaPx / Math.max(1, widthPx)) * (window.endNs - window.startNs);
  return clampWindow(
    { startNs: window.startNs + deltaNs, endNs: window.endNs + deltaNs },
    whole,
    widthPx,
  );
}

/** The window around one box with a margin of 4 % each side; a point gets 1/200 of the whole. */
export function fitRange(range: TimeWindow, whole: TimeWindow, widthPx: number): TimeWindow {
  const length = range.endNs - range.startNs;
  const least = length > 0 ? length : (whole.endNs - whole.startNs) / 200;
  const margin = length > 0 ? length * 0.04 : least / 2;
  return clampWindow(
    { startNs: range.startNs - margin, endNs: range.endNs + margin },
    whole,
    widthPx,
  );
}

/** The window between two times in either order. */
export function rangeBetween(
  oneNs: number,
  otherNs: number,
  whole: TimeWindow,
  widthPx: number,
): TimeWindow {
  return clampWindow(
    { startNs: Math.min(oneNs, otherNs), endNs: Math.max(oneNs, otherNs) },
    whole,
    widthPx,
  );
}

/** The smallest move that brings a range into view; a range longer than the window starts at its left. */
export function reveal(
  window: TimeWindow,
  range: TimeWindow,
  whole: TimeWindow,
  widthPx: number,
): TimeWindow {
  if (range.endNs > window.startNs && range.startNs < window.endNs) return window;
  const length = window.endNs - window.startNs;
  const startNs =
    range.startNs >= window.endNs ? range.startNs - length / 4 : range.endNs - (length * 3) / 4;
  return clampWindow({ startNs, endNs: startNs + length }, whole, widthPx);
}

/** True when the window shows everything, to a thousandth of a pixel. */
export function isWhole(window: TimeWindow, whole: TimeWindow, widthPx: number): boolean {
  const slack = (whole.endNs - whole.startNs) / (Math.max(1, widthPx) * 1000);
  return window.startNs <= whole.startNs + slack && window.endNs >= whole.endNs - slack;
}

/** The factor of one wheel notch: `deltaPx` of 100 (a mouse) gives 1.28, a pinch step is smaller. */
export function wheelFactor(deltaPx: number): number {
  return Math.exp(Math.max(-300, Math.min(300, deltaPx)) * 0.0025);
}
