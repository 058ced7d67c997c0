/** The boxes of a layout lane by lane: what drawing and hit-testing search in. */
import { BOX_FLAG, type TraceColumns } from '../../proto/live/topics.ts';
import { prefixCount } from './prefix-count.ts';
import { STEP_SIZE, type Steps } from './steps.ts';

/** What the index is made of. */
export type LaneColumns = Pick<TraceColumns, 'lane' | 'startNs' | 'endNs' | 'flags'>;

/** A range maximum looks at no more than 2 × 32 single boxes and one entry per 32 others. */
const BLOCK = 32;

/**
 * Boxes by lane and start. Boxes of a lane do not overlap, so their ends are sorted as well: gallop
 * and binary search rely on that, and `searchEndNs` (the running maximum of the ends within the lane)
 * keeps them right even for a lane that breaks the rule.
 */
export class LaneIndex {
  readonly laneCount: number;
  /** Positions of lane L: [offset[L], offset[L + 1]). */
  readonly offset: Uint32Array;
  readonly box: Uint32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly searchEndNs: Float64Array;
  /** Errors before each position: any error in [i, j) is `errorsBefore[j] > errorsBefore[i]`. */
  readonly errorsBefore: Uint32Array;
  /** The position of the longest box in each block of BLOCK positions. */
  readonly #longestOfBlock: Uint32Array;

  /** `indexLanes` makes the parts. */
  constructor(parts: LaneParts) {
    this.laneCount = parts.offset.length - 1;
    this.offset = parts.offset;
    this.box = parts.box;
    this.startNs = parts.startNs;
    this.endNs = parts.endNs;
    this.searchEndNs = parts.searchEndNs;
    this.errorsBefore = parts.errorsBefore;
    this.#longestOfBlock = parts.longestOfBlock;
  }

  /** The first position in [from, to) whose box ends at or after `ns`; `to` when none does. */
  firstEndingFrom(ns: number, from: number, to: number): number {
    const ends = this.searchEndNs;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle] < ns) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first position in [from, to) whose box ends after `ns`, found by doubling steps. */
  gallopPast(ns: number, from: number, to: number): number {
    const ends = this.searchEndNs;
    let low = from;
    let step = 1;
    while (low + step < to && ends[low + step] <= ns) {
      low += step;
      step *= 2;
    }
    let high = Math.min(to, low + step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle] <= ns) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The position of the longest box in [from, to), the first of equals. */
  longestIn(from: number, to: number): number {
    const { startNs, endNs } = this;
    const blocks = this.#longestOfBlock;
    let best = from;
    let bestNs = endNs[from] - startNs[from];
    let p = from + 1;
    while (p < to) {
      let candidate = p;
      if (p % BLOCK === 0 && p + BLOCK <= to) {
        candidate = blocks[p / BLOCK];
        p += BLOCK;
      } else p++;
      const lengthNs = endNs[candidate] - startNs[candidate];
      if (lengthNs > bestNs) {
        best = candidate;
        bestNs = lengthNs;
      }
    }
    return best;
  }
}

/** The columns of a LaneIndex. */
interface LaneParts {
  readonly offset: Uint32Array;
  readonly box: Uint32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly searchEndNs: Float64Array;
  readonly errorsBefore: Uint32Array;
  readonly longestOfBlock: Uint32Array;
}

/** Indexes the first `count` boxes. O(boxes); a step is a few thousand boxes, or the sort of one lane. */
export function* indexLanes(columns: LaneColumns, count: number): Steps<LaneIndex> {
  const offset = yield* countLanes(columns.lane, count);
  const box = new Uint32Array(count);
  const next = offset.slice();
  for (let from = 0; from < count; from += STEP_SIZE) {
    placeBoxes(columns.lane, from, Math.min(count, from + STEP_SIZE), next, box);
    yield;
  }
  for (let lane = 0; lane + 1 < offset.length; lane++) {
    if (sortLane(columns, box, offset[lane], offset[lane + 1])) yield;
  }
  yield;
  const startNs = new Float64Array(count);
  const endNs = new Float64Array(count);
  const longestOfBlock = new Uint32Array(Math.ceil(count / BLOCK));
  for (let from = 0; from < count; from += STEP_SIZE) {
    const to = Math.min(count, from + STEP_SIZE);
    fillTimes(columns, box, from, to, startNs, endNs);
    findLongest(startNs, endNs, from, to, longestOfBlock);
    yield;
  }
  const searchEndNs = runningEnds(offset, endNs);
  yield;
  const errorsBefore = yield* prefixCount(box, columns.flags, BOX_FLAG.error);
  return new LaneIndex({
    offset,
    box,
    startNs,
    endNs,
    searchEndNs,
    errorsBefore,
    longestOfBlock,
  });
}

/** Where each lane begins, and behind the last one the number of boxes. */
function* countLanes(lane: Uint32Array, count: number): Steps<Uint32Array> {
  let laneCount = 0;
  for (let from = 0; from < count; from += STEP_SIZE) {
    const to = Math.min(count, from + STEP_SIZE);
    for (let box = from; box < to; box++) if (lane[box] >= laneCount) laneCount = lane[box] + 1;
    yield;
  }
  const offset = new Uint32Array(laneCount + 1);
  for (let from = 0; from < count; from += STEP_SIZE) {
    const to = Math.min(count, from + STEP_SIZE);
    for (let box = from; box < to; box++) offset[lane[box] + 1]++;
    yield;
  }
  for (let l = 0; l < laneCount; l++) offset[l + 1] += offset[l];
  return offset;
}

/** Counting sort by lane keeps the depth-first order. */
function placeBoxes(
  lane: Uint32Array,
  from: number,
  to: number,
  next: Uint32Array,
  box: Uint32Array,
): void {
  for (let i = from; i < to; i++) box[next[lane[i]]++] = i;
}

/** Puts the boxes of a lane in order of their starts. Whether they were not. */
function sortLane(
  { startNs, endNs }: LaneColumns,
  box: Uint32Array,
  from: number,
  to: number,
): boolean {
  let isSorted = true;
  for (let p = from + 1; p < to && isSorted; p++) {
    isSorted = startNs[box[p - 1]] <= startNs[box[p]];
  }
  if (isSorted) return false;
  box.subarray(from, to).sort((a, b) => startNs[a] - startNs[b] || endNs[a] - endNs[b] || a - b);
  return true;
}

function fillTimes(
  columns: LaneColumns,
  box: Uint32Array,
  from: number,
  to: number,
  startNs: Float64Array,
  endNs: Float64Array,
): void {
  const { startNs: starts, endNs: ends } = columns;
  for (let p = from; p < to; p++) {
    const start = starts[box[p]];
    const end = ends[box[p]];
    startNs[p] = start;
    endNs[p] = end > start ? end : start;
  }
}

/** The running maximum of the ends within each lane; the ends themselves where they rise. */
function runningEnds(offset: Uint32Array, endNs: Float64Array): Float64Array {
  let running = endNs;
  for (let lane = 0; lane + 1 < offset.length; lane++) {
    for (let p = offset[lane] + 1; p < offset[lane + 1]; p++) {
      if (endNs[p] >= running[p - 1]) {
        if (running !== endNs) running[p] = endNs[p];
        continue;
      }
      if (running === endNs) running = endNs.slice();
      running[p] = running[p - 1];
    }
  }
  return running;
}

/** Looks through the blocks that begin in [from, to); `from` begins one. */
function findLongest(
  startNs: Float64Array,
  endNs: Float64Array,
  from: number,
  to: number,
  longest: Uint32Array,
): void {
  for (let first = from; first < to; first += BLOCK) {
    let best = first;
    let bestNs = endNs[first] - startNs[first];
    const end = Math.min(to, first + BLOCK);
    for (let p = first + 1; p < end; p++) {
      const ns = endNs[p] - startNs[p];
      if (ns > bestNs) {
        best = p;
        bestNs = ns;
      }
    }
    longest[first / BLOCK] = best;
  }
}
