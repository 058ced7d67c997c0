/**
 * Draws a flame scene: fills grouped by colour, then outlines and hatches, then labels. All sizes in
 * this file are CSS px and become device px by `area.dpr`; nothing is measured or looked up in the DOM.
 *
 * ```
 *   y of lane L = (TOP_PX + L × LANE_PITCH_PX) - scrollTop      20 px box, 2 px gap
 * ```
 */
import { formatDuration } from '../base/format.ts';
import { TimeScale, type TimeWindow } from '../base/time-scale.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import { axisTicks } from './axis-painter.ts';
import {
  fillOfSlot,
  HATCHED,
  type Area,
  type DrawContext,
  type PaintStyle,
} from './draw-context.ts';
import type { FlameScene } from './flame-scene.ts';
import type { LaneIndex, TraceLayout } from './layout-model.ts';
import type { TextRuler } from './text-ruler.ts';

export const BOX_HEIGHT_PX = 20;
export const LANE_PITCH_PX = 22;
export const FLAME_TOP_PX = 4;
/** A box narrower than this carries no label. */
export const LABEL_MIN_PX = 46;
export const LABEL_FONT_PX = 11;
const LABEL_PADDING_PX = 5;
const ERROR_GLYPH_PX = 16;
const SOLID_INFERRED_PX = 6;

/** Which boxes stand out while a search is on. */
export interface BoxMatches {
  /** 1 for a box that matches, by box. */
  readonly isMatch: Uint8Array;
  /** Matches before each position of the lane index. */
  readonly before: Uint32Array;
}

export interface FlamePicture {
  readonly layout: TraceLayout;
  readonly index: LaneIndex;
  readonly scene: FlameScene;
  /** Slot byte by string number (`serviceSlots`). */
  readonly slots: Uint8Array;
  readonly window: TimeWindow;
  readonly scrollTopPx: number;
  readonly matches: BoxMatches | null;
}

/** The height of all lanes. */
export function flameHeightPx(laneCount: number): number {
  return FLAME_TOP_PX + laneCount * LANE_PITCH_PX + FLAME_TOP_PX;
}

/** The top of a lane in the drawing area. */
export function laneTopPx(lane: number, scrollTopPx: number): number {
  return FLAME_TOP_PX + lane * LANE_PITCH_PX - scrollTopPx;
}

/** The lane at a height of the drawing area, -1 in the gaps above, between and below. */
export function laneAtPx(yPx: number, scrollTopPx: number): number {
  const y = yPx + scrollTopPx - FLAME_TOP_PX;
  if (y < 0) return -1;
  return y % LANE_PITCH_PX >= BOX_HEIGHT_PX ? -1 : Math.floor(y / LANE_PITCH_PX);
}

/** Fills the picture's scene for its window and scroll position. */
export function buildScene(picture: FlamePicture, area: Area): void {
  const first = Math.floor((picture.scrollTopPx - FLAME_TOP_PX) / LANE_PITCH_PX);
  const end = Math.ceil((picture.scrollTopPx + area.heightPx) / LANE_PITCH_PX);
  const scale = new TimeScale(picture.window, area.widthDevicePx);
  picture.scene.build(picture.index, scale, Math.max(0, first), Math.max(0, end));
}

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
  paintHatches(context, area, picture, style, rows);
  paintOutlines(context, area, picture, style, rows);
  paintLabels(context, area, picture, style, rows, ruler);
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

/** Where the rectangles of a scene lie, in device px. */
class RowPlaces {
  readonly height: number;
  readonly #picture: FlamePicture;
  readonly #dpr: number;
  readonly #gap: number;

  constructor(picture: FlamePicture, area: Area) {
    this.#picture = picture;
    this.#dpr = area.dpr;
    this.#gap = Math.max(1, Math.round(area.dpr));
    this.height = Math.round(BOX_HEIGHT_PX * area.dpr);
  }

  top(rect: number): number {
    return Math.round(
      laneTopPx(this.#picture.scene.lane[rect], this.#picture.scrollTopPx) * this.#dpr,
    );
  }

  /** Boxes of 3 CSS px and more leave a gap to their right neighbour; thinner ones use all they have. */
  width(rect: number): number {
    const { scene } = this.#picture;
    const width = scene.x1[rect] - scene.x0[rect];
    return width >= 3 * this.#dpr ? width - this.#gap : width;
  }
}

const DIMMED_ALPHA = 0.3;

function isDimmed(picture: FlamePicture, rect: number): boolean {
  const { matches, scene } = picture;
  if (matches === null) return false;
  const from = scene.position[rect];
  return matches.before[from + scene.merged[rect]] === matches.before[from];
}

function hasError(picture: FlamePicture, rect: number): boolean {
  const from = picture.scene.position[rect];
  const { errorsBefore } = picture.index;
  return errorsBefore[from + picture.scene.merged[rect]] > errorsBefore[from];
}

/** Inferred boxes have no fill, unless they are too thin for a dashed outline. */
function isOutlineOnly(picture: FlamePicture, rect: number, dpr: number): boolean {
  const { scene, layout } = picture;
  if (!layout.has(scene.box[rect], BOX_FLAG.inferred)) return false;
  return scene.x1[rect] - scene.x0[rect] >= SOLID_INFERRED_PX * dpr;
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
    const alpha = bucket >= SLOT_BYTES ? DIMMED_ALPHA : 1;
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

/** A run of neighbouring columns that each stand for several boxes. */
export interface MergedRun {
  readonly firstRect: number;
  readonly x0: number;
  readonly x1: number;
  readonly boxes: number;
}

/** Runs of merged columns at least `minWidth` device px wide, left to right, lane by lane. */
export function mergedRuns(scene: FlameScene, minWidth: number): MergedRun[] {
  const runs: MergedRun[] = [];
  let rect = 0;
  while (rect < scene.count) {
    const firstRect = rect;
    let boxes = 0;
    let x1 = scene.x0[rect];
    while (
      rect < scene.count &&
      scene.merged[rect] > 1 &&
      scene.x0[rect] === x1 &&
      scene.lane[rect] === scene.lane[firstRect]
    ) {
      boxes += scene.merged[rect];
      x1 = scene.x1[rect];
      rect++;
    }
    const x0 = scene.x0[firstRect];
    if (boxes > 0 && x1 - x0 >= minWidth) runs.push({ firstRect, x0, x1, boxes });
    if (rect === firstRect) rect++;
  }
  return runs;
}

function paintHatches(
  context: DrawContext,
  area: Area,
  picture: FlamePicture,
  style: PaintStyle,
  rows: RowPlaces,
): void {
  context.fillStyle = style.hatch;
  for (const run of mergedRuns(picture.scene, 4 * area.dpr)) {
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
    context.globalAlpha = isDimmed(picture, rect) ? DIMMED_ALPHA : 1;
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
}

function paintLabels(
  context: DrawContext,
  area: Area,
  picture: FlamePicture,
  style: PaintStyle,
  rows: RowPlaces,
  ruler: TextRuler,
): void {
  const { scene, layout } = picture;
  const { token } = style.theme;
  const dpr = area.dpr;
  context.font = `500 ${LABEL_FONT_PX * dpr}px ${style.theme.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const minWidth = LABEL_MIN_PX * dpr;
  for (let rect = 0; rect < scene.count; rect++) {
    const width = rows.width(rect);
    if (width < minWidth || scene.merged[rect] > 1) continue;
    const box = scene.box[rect];
    const middle = rows.top(rect) + Math.round(rows.height / 2);
    let x = scene.x0[rect] + LABEL_PADDING_PX * dpr;
    let roomPx = width / dpr - 2 * LABEL_PADDING_PX;
    if (layout.has(box, BOX_FLAG.error)) {
      paintErrorGlyph(context, x, middle, dpr, style);
      x += ERROR_GLYPH_PX * dpr;
      roomPx -= ERROR_GLYPH_PX;
    }
    const label = boxLabel(layout, box, roomPx, ruler);
    if (label.name === '') continue;
    context.globalAlpha = isDimmed(picture, rect) ? 0.5 : 1;
    context.fillStyle = isOutlineOnly(picture, rect, dpr) ? token.t1 : token['svc-ink'];
    context.fillText(label.name, x, middle);
    if (label.duration === '') continue;
    context.globalAlpha *= 0.84;
    context.fillText(label.duration, x + label.durationAtPx * dpr, middle);
  }
  context.globalAlpha = 1;
}

function paintErrorGlyph(
  context: DrawContext,
  x: number,
  middle: number,
  dpr: number,
  style: PaintStyle,
): void {
  const { token } = style.theme;
  const size = 12 * dpr;
  context.fillStyle = token['l-fatal'];
  context.beginPath();
  context.roundRect(x, middle - size / 2, size, size, 3 * dpr);
  context.fill();
  context.fillStyle = '#fff';
  context.fillRect(x + 5.25 * dpr, middle - 3.5 * dpr, 1.5 * dpr, 4.5 * dpr);
  context.fillRect(x + 5.25 * dpr, middle + 2 * dpr, 1.5 * dpr, 1.5 * dpr);
}

/** What is written on a box: a name that fits (maybe cut), and the duration when both fit whole. */
export interface BoxLabel {
  readonly name: string;
  readonly duration: string;
  /** CSS px from the start of the name. */
  readonly durationAtPx: number;
}

/** The label of a box in `roomPx` CSS px. */
export function boxLabel(
  layout: TraceLayout,
  box: number,
  roomPx: number,
  ruler: TextRuler,
): BoxLabel {
  const wholeName = layout.has(box, BOX_FLAG.inferred)
    ? layout.name(box) || 'not received'
    : layout.name(box);
  const name = ruler.fit(wholeName, roomPx);
  if (name !== wholeName || layout.has(box, BOX_FLAG.inferred)) {
    return { name, duration: '', durationAtPx: 0 };
  }
  const duration = formatDuration(layout.durationNs(box));
  const durationAtPx = ruler.width(wholeName) + 4;
  const fits = durationAtPx + ruler.width(duration) <= roomPx;
  return { name, duration: fits ? duration : '', durationAtPx };
}
