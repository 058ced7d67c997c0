/**
 * Where the boxes of a flame graph lie, and what a picture of one is made of. Sizes are CSS px and
 * become device px by `area.dpr`.
 *
 * ```
 *   y of lane L = (FLAME_TOP_PX + L × LANE_PITCH_PX) - scrollTop      20 px box, 2 px gap
 * ```
 */
import { TimeScale, type TimeWindow } from '../base/time-scale.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { CriticalIndex } from './critical-index.ts';
import type { Area } from './draw-context.ts';
import type { FlameScene } from './flame-scene.ts';
import type { LaneIndex } from './lane-index.ts';
import type { TraceLayout } from './layout-model.ts';

/** The height of a box and the distance from one lane to the next. */
export const BOX_HEIGHT_PX = 20;
export const LANE_PITCH_PX = 22;
export const FLAME_TOP_PX = 4;
const SOLID_INFERRED_PX = 6;

/** Which boxes stand out while a search is on. */
export interface BoxMatches {
  /** 1 for a box that matches, by box. */
  readonly isMatch: Uint8Array;
  /** Matches before each position of the lane index. */
  readonly before: Uint32Array;
}

/** Everything that painting a flame graph reads. */
export interface FlamePicture {
  readonly layout: TraceLayout;
  readonly index: LaneIndex;
  readonly scene: FlameScene;
  /** Slot byte by string number (`serviceSlots`). */
  readonly slots: Uint8Array;
  readonly window: TimeWindow;
  readonly scrollTopPx: number;
  readonly matches: BoxMatches | null;
  /** Null while the critical path is not shown. */
  readonly critical: CriticalIndex | null;
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

/** Where the rectangles of a scene lie, in device px. */
export class RowPlaces {
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

/** How boxes are drawn that do not match a search, and those that are not on the critical path. */
export function dimmedAlpha(picture: FlamePicture): number {
  return picture.matches === null ? 0.38 : 0.3;
}

/** True for a rectangle without any box that matches the search or, without one, is on the path. */
export function isDimmed(picture: FlamePicture, rect: number): boolean {
  const { scene } = picture;
  const matches = picture.matches ?? picture.critical;
  if (matches === null) return false;
  const from = scene.position[rect];
  return matches.before[from + scene.merged[rect]] === matches.before[from];
}

/** True when any box of a rectangle has an error. */
export function hasError(picture: FlamePicture, rect: number): boolean {
  const from = picture.scene.position[rect];
  const { errorsBefore } = picture.index;
  return errorsBefore[from + picture.scene.merged[rect]] > errorsBefore[from];
}

/** Inferred boxes have no fill, unless they are too thin for a dashed outline. */
export function isOutlineOnly(picture: FlamePicture, rect: number, dpr: number): boolean {
  const { scene, layout } = picture;
  if (!layout.has(scene.box[rect], BOX_FLAG.inferred)) return false;
  return scene.x1[rect] - scene.x0[rect] >= SOLID_INFERRED_PX * dpr;
}
