/** The ember underline of the critical path. */
import { TimeScale } from '../base/time-scale.ts';
import type { CriticalIndex } from './critical-index.ts';
import type { Area, DrawContext, PaintStyle } from './draw-context.ts';
import type { FlamePicture, RowPlaces } from './flame-picture.ts';

const UNDERLINE_TOP_PX = 18;
export const UNDERLINE_PX = 3;

/** Underlines the stretches of all rectangles of the flame's scene. */
export function paintCriticalPath(
  context: DrawContext,
  area: Area,
  picture: FlamePicture,
  style: PaintStyle,
  rows: RowPlaces,
): void {
  const { critical, scene, window } = picture;
  if (critical === null) return;
  const scale = new TimeScale(window, area.widthDevicePx);
  const height = Math.round(UNDERLINE_PX * area.dpr);
  context.globalAlpha = 1;
  context.fillStyle = style.theme.token['accent-solid'];
  for (let rect = 0; rect < scene.count; rect++) {
    const from = scene.position[rect];
    const merged = scene.merged[rect];
    if (critical.before[from + merged] === critical.before[from]) continue;
    const top = rows.top(rect) + Math.round(UNDERLINE_TOP_PX * area.dpr);
    if (merged > 1) context.fillRect(scene.x0[rect], top, scene.x1[rect] - scene.x0[rect], height);
    else {
      const box = scene.box[rect];
      underlineBoxes(context, critical, box, box + 1, scale, top, height);
    }
  }
}

/**
 * Underlines one box, or the leaves [box, endBox) that follow each other in time, within the scale: at
 * most one rectangle a device pixel column.
 */
export function underlineBoxes(
  context: DrawContext,
  critical: CriticalIndex,
  box: number,
  endBox: number,
  scale: TimeScale,
  top: number,
  height: number,
): void {
  const { startNs, endNs } = critical;
  const end = critical.offset[endBox];
  let at = critical.firstEndingAfter(scale.startNs, critical.offset[box], end);
  while (at < end && startNs[at] < scale.endNs) {
    const left = Math.floor(scale.clampedPx(startNs[at]));
    const right = Math.max(left + 1, Math.floor(scale.clampedPx(endNs[at])));
    context.fillRect(left, top, right - left, height);
    at = critical.firstEndingAfter(scale.ns(right), at + 1, end);
  }
}
