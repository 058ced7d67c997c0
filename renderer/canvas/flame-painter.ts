/** Draws a flame scene: fills grouped by colour, then hatches and outlines, then labels. */
import { TimeScale, type TimeWindow } from '../base/time-scale.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import { axisTicks } from './axis-painter.ts';
import { paintCriticalPath } from './critical-painter.ts';
import {
  fillOfSlot,
  HATCHED,
  type Area,
  type DrawContext,
  type PaintStyle,
} from './draw-context.ts';
import { paintLabels, paintRunCounts } from './flame-labels.ts';
import {
  dimmedAlpha,
  hasError,
  isDimmed,
  isOutlineOnly,
  RowPlaces,
  type FlamePicture,
} from './flame-picture.ts';
import { mergedRuns, type MergedRun } from './flame-scene.ts';
import type { TextRuler } from './text-ruler.ts';

/** A run of merged columns narrower than this is too small for a hatch. */
const HATCH_MIN_PX = 4;

/** Paints the picture over the whole area. `ruler` measures the label font in CSS px. */
export function paintFlame(
  context: DrawContext,
  area: Area,
  picture: FlamePicture,
  style: PaintStyle,
  ruler: TextRuler,
): void {
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  paintGridLines(context, area, picture.window, style);
  const rows = new RowPlaces(picture, area);
  paintFills(context, area, picture, style, rows);
  const runs = mergedRuns(picture.scene, HATCH_MIN_PX * area.dpr);
  paintHatches(context, style, rows, runs);
  paintOutlines(context, area, picture, style, rows);
  paintLabels(context, area, picture, style, rows, ruler);
  paintRunCounts(context, area, style, rows, runs, ruler);
  paintCriticalPath(context, area, picture, style, rows);
  context.globalAlpha = 1;
}

function paintGridLines(
  context: DrawContext,
  area: Area,
  window: TimeWindow,
  style: PaintStyle,
): void {
  const scale = new TimeScale(window, area.widthDevicePx);
  context.fillStyle = style.theme.token.b1;
  for (const tick of axisTicks(window, area.widthPx)) {
    const x = Math.round(scale.clampedPx(tick.ns));
    context.fillRect(x, 0, Math.max(1, Math.round(area.dpr)), area.heightDevicePx);
  }
}

const SLOT_BYTES = 2 * HATCHED;
/** Rectangles of the scene by fill (slot byte, and dimmed ones apart), reused from frame to frame. */
const buckets: Uint32Array[] = Array.from({ length: SLOT_BYTES * 2 }, () => new Uint32Array(64));
const bucketSizes = new Uint32Array(SLOT_BYTES * 2);

function sortIntoBuckets(picture: FlamePicture, dpr: number): void {
  const { scene, layout, slots } = picture;
  const { serviceStr } = layout.columns;
  bucketSizes.fill(0);
  for (let rect = 0; rect < scene.count; rect++) {
    if (isOutlineOnly(picture, rect, dpr)) continue;
    const slot = slots[serviceStr[scene.box[rect]]] ?? 0;
    const bucket = slot + (isDimmed(picture, rect) ? SLOT_BYTES : 0);
    const size = bucketSizes[bucket]++;
    if (size === buckets[bucket].length) {
      const longer = new Uint32Array(size * 2);
      longer.set(buckets[bucket]);
      buckets[bucket] = longer;
    }
    buckets[bucket][size] = rect;
  }
}

function paintFills(
  context: DrawContext,
  area: Area,
  picture: FlamePicture,
  style: PaintStyle,
  rows: RowPlaces,
): void {
  const { scene, layout } = picture;
  sortIntoBuckets(picture, area.dpr);
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    const size = bucketSizes[bucket];
    if (size === 0) continue;
    const rects = buckets[bucket];
    const alpha = bucket >= SLOT_BYTES ? dimmedAlpha(picture) : 1;
    context.globalAlpha = alpha;
    context.fillStyle = fillOfSlot(style, bucket % SLOT_BYTES);
    for (let i = 0; i < size; i++) {
      const rect = rects[i];
      const isInferred = layout.has(scene.box[rect], BOX_FLAG.inferred);
      if (isInferred) context.globalAlpha = alpha * 0.45;
      context.fillRect(scene.x0[rect], rows.top(rect), rows.width(rect), rows.height);
      if (isInferred) context.globalAlpha = alpha;
    }
    if (style.theme.isLight) paintHairlines(context, picture, style, rows, rects, size, area.dpr);
    if ((bucket & HATCHED) === 0) continue;
    context.fillStyle = style.hatch;
    for (let i = 0; i < size; i++) {
      const rect = rects[i];
      context.fillRect(scene.x0[rect], rows.top(rect), rows.width(rect), rows.height);
    }
  }
  context.globalAlpha = 1;
}

/** Light fills are paler than 3:1 against white, so a line in their mark colour bounds them. */
function paintHairlines(
  context: DrawContext,
  picture: FlamePicture,
  style: PaintStyle,
  rows: RowPlaces,
  rects: Uint32Array,
  size: number,
  dpr: number,
): void {
  const { scene, layout, slots } = picture;
  const slot = slots[layout.columns.serviceStr[scene.box[rects[0]]]] ?? 0;
  context.strokeStyle = style.theme.serviceMark[slot & (HATCHED - 1)] || style.theme.token.t3;
  context.lineWidth = dpr / 2;
  const half = dpr / 4;
  for (let i = 0; i < size; i++) {
    const width = rows.width(rects[i]);
    if (width < 4 * dpr) continue;
    const x = scene.x0[rects[i]] + half;
    context.strokeRect(x, rows.top(rects[i]) + half, width - 2 * half, rows.height - 2 * half);
  }
}

function paintHatches(
  context: DrawContext,
  style: PaintStyle,
  rows: RowPlaces,
  runs: readonly MergedRun[],
): void {
  context.fillStyle = style.hatch;
  for (const run of runs) {
    context.fillRect(run.x0, rows.top(run.firstRect), run.x1 - run.x0, rows.height);
  }
}

function paintOutlines(
  context: DrawContext,
  area: Area,
  picture: FlamePicture,
  style: PaintStyle,
  rows: RowPlaces,
): void {
  const { scene, layout, slots } = picture;
  const { token } = style.theme;
  const dpr = area.dpr;
  context.lineWidth = Math.max(1, Math.round(dpr));
  context.setLineDash([3 * dpr, 2 * dpr]);
  const half = context.lineWidth / 2;
  for (let rect = 0; rect < scene.count; rect++) {
    if (!isOutlineOnly(picture, rect, dpr)) continue;
    const slot = slots[layout.columns.serviceStr[scene.box[rect]]] ?? 0;
    context.globalAlpha = isDimmed(picture, rect) ? dimmedAlpha(picture) : 1;
    const top = rows.top(rect);
    const width = rows.width(rect);
    context.fillStyle = token.s0;
    context.fillRect(scene.x0[rect], top, width, rows.height);
    context.strokeStyle = slot === 0 ? token.t3 : fillOfSlot(style, slot);
    context.strokeRect(
      scene.x0[rect] + half,
      top + half,
      width - context.lineWidth,
      rows.height - context.lineWidth,
    );
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
  const line = 1.5 * dpr;
  context.lineWidth = line;
  context.strokeStyle = token['l-fatal'];
  context.fillStyle = token['l-fatal'];
  for (let rect = 0; rect < scene.count; rect++) {
    if (!hasError(picture, rect)) continue;
    context.globalAlpha = isDimmed(picture, rect) ? dimmedAlpha(picture) : 1;
    const top = rows.top(rect);
    const width = rows.width(rect);
    if (width < 4 * dpr) context.fillRect(scene.x0[rect], top, width, rows.height);
    else {
      context.strokeRect(
        scene.x0[rect] + line / 2,
        top + line / 2,
        width - line,
        rows.height - line,
      );
    }
  }
  context.globalAlpha = 1;
}
