/**
 * One trace's layout as the page holds it: the columns of the `trace` topic, whole, and the per-lane
 * index that drawing and hit-testing run on.
 *
 * ```
 *   frames ── TraceLayout (boxes in depth-first order) ── LaneIndex (positions: lane by lane, by start)
 * ```
 * A box number names a row of the columns; a position names a place in the lane index. A layout that
 * came in one frame keeps the frame's own views; chunks are copied into columns of the full length.
 */
import { BOX_FLAG, type TraceColumns, type TraceMeta } from '../../proto/live/topics.ts';
import { CriticalIndex, type CriticalPart } from './critical-index.ts';
import { prefixCount } from './prefix-count.ts';

const hex2 = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The columns with one entry a box. */
export type BoxColumns = Omit<TraceColumns, keyof CriticalPart>;

/** The columns, strings and head of one layout number of one trace. */
export class TraceLayout {
  /** The head of the last frame taken in. */
  meta: TraceMeta;
  readonly columns: BoxColumns;
  readonly strings: string[] = [];
  /** Boxes [0, received) are filled. */
  received: number;
  #lanes: LaneIndex | undefined;
  readonly #criticalParts: CriticalPart[] = [];
  #critical: CriticalIndex | undefined;

  /** Begins with the snapshot frame of a layout. */
  constructor(meta: TraceMeta, columns: TraceColumns) {
    this.meta = meta;
    const arrived = columns.startNs.length;
    const isWhole = meta.firstBox === 0 && arrived === meta.boxCount;
    this.columns = isWhole ? boxColumns(columns) : emptyColumns(meta.boxCount);
    this.received = isWhole ? arrived : 0;
    if (!isWhole) {
      this.accept(meta, columns);
      return;
    }
    for (const text of meta.strings) this.strings.push(text);
    this.#criticalParts.push(columns);
  }

  /** All boxes are there, and the critical path is. */
  get isComplete(): boolean {
    return this.received >= this.meta.boxCount && this.meta.hasPath;
  }

  /** Takes one more frame. False when it belongs to another layout or does not follow on. */
  accept(meta: TraceMeta, columns: TraceColumns): boolean {
    if (meta.traceId !== this.meta.traceId || meta.layout !== this.meta.layout) return false;
    if (meta.firstBox !== this.received && columns.startNs.length > 0) return false;
    for (const text of meta.strings) this.strings.push(text);
    copyColumns(this.columns, columns, meta.firstBox);
    this.received = Math.max(this.received, meta.firstBox + columns.startNs.length);
    this.meta = meta;
    if (columns.startNs.length > 0) this.#lanes = undefined;
    if (columns.criticalBox.length > 0) this.#criticalParts.push(columns);
    return true;
  }

  /** The lane index over the boxes received so far; built at most once a change, O(boxes). */
  get lanes(): LaneIndex {
    return (this.#lanes ??= new LaneIndex(this.columns, this.received));
  }

  /** The critical path; null before all of it is there. Built once, O(boxes). */
  get critical(): CriticalIndex | null {
    if (!this.isComplete) return null;
    return (this.#critical ??= new CriticalIndex(this.#criticalParts, this.lanes.box));
  }

  name(box: number): string {
    return this.strings[this.columns.nameStr[box]] ?? '';
  }

  service(box: number): string {
    return this.strings[this.columns.serviceStr[box]] ?? '';
  }

  has(box: number, flag: number): boolean {
    return (this.columns.flags[box] & flag) !== 0;
  }

  durationNs(box: number): number {
    return this.columns.endNs[box] - this.columns.startNs[box];
  }

  /** 16 lower-case hex characters. */
  spanId(box: number): string {
    const bytes = this.columns.spanId;
    let text = '';
    for (let i = box * 8; i < box * 8 + 8; i++) text += hex2[bytes[i]];
    return text;
  }

  /** The first box with this span id, or -1. O(boxes). */
  findSpan(spanId: string): number {
    if (spanId.length !== 16) return -1;
    const bytes = this.columns.spanId;
    const wanted = new Uint8Array(8);
    for (let i = 0; i < 8; i++) wanted[i] = Number.parseInt(spanId.slice(i * 2, i * 2 + 2), 16);
    const first = wanted[0];
    for (let box = 0, at = 0; box < this.received; box++, at += 8) {
      if (bytes[at] !== first) continue;
      let same = 1;
      while (same < 8 && bytes[at + same] === wanted[same]) same++;
      if (same === 8) return box;
    }
    return -1;
  }
}

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

  constructor(columns: BoxColumns, count: number) {
    let laneCount = 0;
    for (let i = 0; i < count; i++) laneCount = Math.max(laneCount, columns.lane[i] + 1);
    this.laneCount = laneCount;
    this.offset = new Uint32Array(laneCount + 1);
    this.box = new Uint32Array(count);
    this.startNs = new Float64Array(count);
    this.endNs = new Float64Array(count);
    this.#placeBoxes(columns, count);
    this.searchEndNs = this.#fillTimes(columns);
    this.errorsBefore = prefixCount(this.box, columns.flags, BOX_FLAG.error);
    this.#longestOfBlock = this.#findLongest();
  }

  /** Counting sort by lane keeps the depth-first order; only a lane out of start order is sorted. */
  #placeBoxes(columns: BoxColumns, count: number): void {
    const { offset, box } = this;
    const { lane, startNs } = columns;
    for (let i = 0; i < count; i++) offset[lane[i] + 1]++;
    for (let l = 0; l < this.laneCount; l++) offset[l + 1] += offset[l];
    const next = offset.slice();
    for (let i = 0; i < count; i++) box[next[lane[i]]++] = i;
    for (let l = 0; l < this.laneCount; l++) {
      let sorted = true;
      for (let p = offset[l] + 1; p < offset[l + 1] && sorted; p++) {
        sorted = startNs[box[p - 1]] <= startNs[box[p]];
      }
      if (!sorted) {
        box
          .subarray(offset[l], offset[l + 1])
          .sort((a, b) => startNs[a] - startNs[b] || columns.endNs[a] - columns.endNs[b] || a - b);
      }
    }
  }

  #fillTimes(columns: BoxColumns): Float64Array {
    const { offset, box, startNs, endNs } = this;
    let searchEndNs = endNs;
    for (let p = 0; p < box.length; p++) {
      startNs[p] = columns.startNs[box[p]];
      endNs[p] = Math.max(columns.endNs[box[p]], startNs[p]);
    }
    for (let l = 0; l < this.laneCount; l++) {
      for (let p = offset[l] + 1; p < offset[l + 1]; p++) {
        if (endNs[p] >= searchEndNs[p - 1]) {
          if (searchEndNs !== endNs) searchEndNs[p] = endNs[p];
          continue;
        }
        if (searchEndNs === endNs) searchEndNs = endNs.slice();
        searchEndNs[p] = searchEndNs[p - 1];
      }
    }
    return searchEndNs;
  }

  #findLongest(): Uint32Array {
    const { startNs, endNs } = this;
    const count = startNs.length;
    const longest = new Uint32Array(Math.ceil(count / BLOCK));
    for (let b = 0; b < longest.length; b++) {
      let best = b * BLOCK;
      const end = Math.min(count, best + BLOCK);
      for (let p = best + 1; p < end; p++) {
        if (endNs[p] - startNs[p] > endNs[best] - startNs[best]) best = p;
      }
      longest[b] = best;
    }
    return longest;
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

/** A range maximum looks at no more than 2 × 32 single boxes and one entry per 32 others. */
const BLOCK = 32;

function boxColumns(columns: TraceColumns): BoxColumns {
  const { criticalBox, criticalStartNs, criticalEndNs, ...boxes } = columns;
  void [criticalBox, criticalStartNs, criticalEndNs];
  return boxes;
}

function emptyColumns(count: number): BoxColumns {
  return {
    startNs: new Float64Array(count),
    endNs: new Float64Array(count),
    selfNs: new Float64Array(count),
    lane: new Uint32Array(count),
    depth: new Uint32Array(count),
    parentBox: new Int32Array(count),
    descendants: new Uint32Array(count),
    nameStr: new Int32Array(count),
    serviceStr: new Int32Array(count),
    kind: new Uint8Array(count),
    flags: new Uint8Array(count),
    eventCount: new Uint16Array(count),
    linkCount: new Uint16Array(count),
    spanId: new Uint8Array(count * 8),
  };
}

function copyColumns(into: BoxColumns, from: BoxColumns, at: number): void {
  into.startNs.set(from.startNs, at);
  into.endNs.set(from.endNs, at);
  into.selfNs.set(from.selfNs, at);
  into.lane.set(from.lane, at);
  into.depth.set(from.depth, at);
  into.parentBox.set(from.parentBox, at);
  into.descendants.set(from.descendants, at);
  into.nameStr.set(from.nameStr, at);
  into.serviceStr.set(from.serviceStr, at);
  into.kind.set(from.kind, at);
  into.flags.set(from.flags, at);
  into.eventCount.set(from.eventCount, at);
  into.linkCount.set(from.linkCount, at);
  into.spanId.set(from.spanId, at * 8);
}
