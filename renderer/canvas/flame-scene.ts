/**
 * Which rectangles a flame graph draws: the level of detail. For every visible lane at most one
 * rectangle per device pixel column, however many boxes there are.
 *
 * ```
 *   boxes   |====A====| b c d |==E==|      columns   0 1 2 3 4 5 6 7
 *   rects   |A A A A A|  m  |E E E|        m: one column for b, c, d; drawn as the longest of them
 * ```
 * The scene owns its arrays and reuses them from frame to frame; read them before the next `build`.
 */
import type { TimeScale } from '../base/time-scale.ts';
import type { LaneIndex } from './lane-index.ts';

export class FlameScene {
  /** Rectangles in use. */
  count = 0;
  /** Columns [x0, x1) in device px; x1 > x0. */
  x0 = new Int32Array(1024);
  x1 = new Int32Array(1024);
  lane = new Uint32Array(1024);
  /** The box drawn: the longest of the boxes it stands for. */
  box = new Uint32Array(1024);
  /** How many boxes the rectangle stands for; above 1 they all lie within one column. */
  merged = new Uint32Array(1024);
  /** Their positions in the lane index: [position, position + merged). */
  position = new Uint32Array(1024);
  firstLane = 0;
  /** Rectangles of lane `firstLane + i`: [laneOffset[i], laneOffset[i + 1]). */
  laneOffset = new Uint32Array(1);

  /**
   * Fills the scene for lanes [firstLane, endLane). `scale` counts in device px.
   * Costs O(columns × log boxes) a lane.
   */
  build(index: LaneIndex, scale: TimeScale, firstLane: number, endLane: number): void {
    this.count = 0;
    this.firstLane = Math.max(0, Math.min(firstLane, index.laneCount));
    const last = Math.max(this.firstLane, Math.min(endLane, index.laneCount));
    const lanes = last - this.firstLane;
    if (this.laneOffset.length < lanes + 1) this.laneOffset = new Uint32Array(lanes + 64);
    for (let lane = this.firstLane; lane < last; lane++) {
      this.laneOffset[lane - this.firstLane] = this.count;
      this.#emitLane(index, scale, lane);
    }
    this.laneOffset[lanes] = this.count;
    this.laneOffset.fill(this.count, lanes + 1);
  }

  #emitLane(index: LaneIndex, scale: TimeScale, lane: number): void {
    const { startNs, endNs, box } = index;
    const { pxPerNs, startNs: from, endNs: until } = scale;
    const width = Math.ceil(scale.width);
    const laneEnd = index.offset[lane + 1];
    let p = index.firstEndingFrom(from, index.offset[lane], laneEnd);
    let free = 0;
    this.#reserve(width);
    while (p < laneEnd && startNs[p] <= until) {
      const left = Math.max(free, Math.floor((startNs[p] - from) * pxPerNs));
      if (left >= width) break;
      const right = Math.min(width, Math.floor((endNs[p] - from) * pxPerNs));
      if (right > left) {
        this.#emit(left, right, lane, box[p], p, 1);
        free = right;
        p++;
        continue;
      }
      const next = index.gallopPast(from + (left + 1) / pxPerNs, p, laneEnd);
      const end = Math.max(p + 1, next);
      this.#emit(left, left + 1, lane, box[index.longestIn(p, end)], p, end - p);
      free = left + 1;
      p = end;
    }
  }

  #emit(
    left: number,
    right: number,
    lane: number,
    box: number,
    position: number,
    merged: number,
  ): void {
    const at = this.count++;
    this.x0[at] = left;
    this.x1[at] = right;
    this.lane[at] = lane;
    this.box[at] = box;
    this.position[at] = position;
    this.merged[at] = merged;
  }

  /** Makes room for one lane: it emits at most one rectangle a column. */
  #reserve(columns: number): void {
    const needed = this.count + columns + 1;
    if (needed <= this.x0.length) return;
    const length = Math.max(needed, this.x0.length * 2);
    this.x0 = grown(this.x0, new Int32Array(length));
    this.x1 = grown(this.x1, new Int32Array(length));
    this.lane = grown(this.lane, new Uint32Array(length));
    this.box = grown(this.box, new Uint32Array(length));
    this.merged = grown(this.merged, new Uint32Array(length));
    this.position = grown(this.position, new Uint32Array(length));
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

function grown<T extends Int32Array | Uint32Array>(old: T, fresh: T): T {
  fresh.set(old);
  return fresh;
}
