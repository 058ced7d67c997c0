/**
 * Lanes for a layout that follows another one while spans arrive: what lies somewhere stays there.
 *
 * A box keeps its lane while that is below its parent's and free at its time. Others go to the first
 * free lane below their parent. A span that an inferred box stood for takes the lane of that box, so that a
 * late parent moves nothing. Only when that parent's own parent turns up, or is missing in turn, boxes of the
 * uppermost lane have to make room: there is no lane above it, and a child never lies above its parent. They
 * go down, and what hangs below them only as far as it must.
 *
 * ```
 *   before            after, with c and d       tidied up (assignLanes)
 *   root ──────       root ──────────────       root ──────────────
 *   a ────  b ──      a ────  b ──  d ──        c ───────   d ──
 *                     c ───────                 a ────  b ──
 * ```
 */
import type { FlameInput } from './flame-input.ts';
import { MissingParents } from './flame-input.ts';
import type { FlameLanes } from './flame-lanes.ts';
import type { FlameTree } from './flame-order.ts';

/** Where the spans of a layout lie, for the layout after it. */
export interface PlacedLanes {
  readonly spanCount: number;
  /** Box by span, in order of arrival, and behind those by parent that was not received. */
  readonly boxOf: Int32Array;
  /** Lane by box. */
  readonly lane: Uint32Array;
  /** Ids of the parents that were not received. */
  readonly missingHi: Uint32Array;
  readonly missingLo: Uint32Array;
}

/** A box that fits nowhere among this many lanes gets a lane of its own, which bounds the cost. */
const MOST_TRIES = 64;
const NO_LANE = -1;

/**
 * The lanes of a layout after `before`, which holds the first spans of `input`; `fresh` itself when there
 * is nothing to keep or everything lies as in `fresh`. O(n log n).
 */
export function keepLanes(
  input: FlameInput,
  tree: FlameTree,
  spanId: Uint8Array,
  fresh: FlameLanes,
  before: PlacedLanes | undefined,
): { readonly lanes: FlameLanes; readonly placed: PlacedLanes } {
  const lanes = before === undefined ? fresh : steady(tree, spanId, fresh, before);
  const { count, missingHi, missingLo } = input;
  const { boxOf } = tree;
  return { lanes, placed: { spanCount: count, boxOf, lane: lanes.lane, missingHi, missingLo } };
}

function steady(
  tree: FlameTree,
  spanId: Uint8Array,
  fresh: FlameLanes,
  before: PlacedLanes,
): FlameLanes {
  const { boxCount, parentBox } = tree;
  const wanted = wantedLanes(tree, spanId, before);
  const room = new LaneRoom(tree, wanted);
  const lane = new Uint32Array(boxCount);
  let isFresh = true;
  for (let box = 0; box < boxCount; box++) {
    const above = parentBox[box];
    const lowest = above === -1 ? 0 : lane[above] + 1;
    const kept = wanted[box];
    lane[box] = kept >= lowest ? kept : room.take(box, lowest);
    if (lane[box] !== fresh.lane[box]) isFresh = false;
  }
  return isFresh ? fresh : { lane, laneCount: room.laneCount, selfNs: fresh.selfNs };
}

/** The lane in which each box lay; NO_LANE for new ones and for those whose times now overlap. */
function wantedLanes(
  { boxCount, boxOf }: FlameTree,
  spanId: Uint8Array,
  before: PlacedLanes,
): Int32Array {
  const wanted = new Int32Array(boxCount).fill(NO_LANE);
  const known = before.spanCount;
  for (let node = 0; node < known; node++) wanted[boxOf[node]] = before.lane[before.boxOf[node]];
  const missing = new MissingParents();
  const missingCount = before.missingHi.length;
  for (let k = 0; k < missingCount; k++) missing.add(before.missingHi[k], before.missingLo[k]);
  if (missingCount === 0) return wanted;
  const ids = new DataView(spanId.buffer, spanId.byteOffset);
  for (let node = known; node < boxCount; node++) {
    const box = boxOf[node];
    const number = missing.add(ids.getUint32(box * 8), ids.getUint32(box * 8 + 4));
    if (number < missingCount) wanted[box] = before.lane[before.boxOf[known + number]];
  }
  return wanted;
}

/** What is taken of every lane: the boxes that stay, by start, and the ends of those that were added. */
class LaneRoom {
  readonly #tree: FlameTree;
  /** Boxes that stay, lane by lane: [offset[lane], stop[lane]). */
  readonly #offset: Uint32Array;
  readonly #stop: Uint32Array;
  readonly #stayed: Uint32Array;
  /** By lane: boxes are added in order of time, mostly, so behind the last one is what is free. */
  #addedUntil: Float64Array;
  laneCount: number;

  /** Takes boxes out of `wanted` that overlap one before them in their lane. */
  constructor(tree: FlameTree, wanted: Int32Array) {
    this.#tree = tree;
    let laneCount = 0;
    for (const lane of wanted) if (lane >= laneCount) laneCount = lane + 1;
    this.laneCount = laneCount;
    this.#offset = new Uint32Array(laneCount + 1);
    for (const lane of wanted) if (lane !== NO_LANE) this.#offset[lane + 1]++;
    for (let lane = 0; lane < laneCount; lane++) this.#offset[lane + 1] += this.#offset[lane];
    this.#stayed = new Uint32Array(this.#offset[laneCount]);
    const next = this.#offset.slice();
    for (let box = 0; box < wanted.length; box++) {
      if (wanted[box] !== NO_LANE) this.#stayed[next[wanted[box]]++] = box;
    }
    this.#stop = this.#offset.slice(1);
    for (let lane = 0; lane < laneCount; lane++) this.#settle(lane, wanted);
    this.#addedUntil = new Float64Array(laneCount + 64).fill(-Infinity);
  }

  #settle(lane: number, wanted: Int32Array): void {
    const { startNs, endNs } = this.#tree;
    const boxes = this.#stayed.subarray(this.#offset[lane], this.#offset[lane + 1]);
    // A point comes before a box that starts where it is.
    const order = (a: number, b: number): number =>
      startNs[a] - startNs[b] || endNs[a] - endNs[b] || a - b;
    let isSorted = true;
    for (let i = 1; i < boxes.length && isSorted; i++)
      isSorted = order(boxes[i - 1], boxes[i]) <= 0;
    if (!isSorted) boxes.sort(order);
    let until = -Infinity;
    let kept = 0;
    for (const box of boxes) {
      if (startNs[box] < until) wanted[box] = NO_LANE;
      else {
        until = endNs[box];
        boxes[kept++] = box;
      }
    }
    this.#stop[lane] = this.#offset[lane] + kept;
  }

  /** Takes the first lane from `lowest` on that is free while the box lasts. */
  take(box: number, lowest: number): number {
    const start = this.#tree.startNs[box];
    const end = this.#tree.endNs[box];
    const last = Math.min(this.laneCount, lowest + MOST_TRIES);
    let lane = lowest;
    while (lane < last && !this.#isFree(lane, start, end)) lane++;
    if (lane === last) lane = Math.max(lowest, this.laneCount);
    if (lane >= this.laneCount) this.#addLane(lane);
    this.#addedUntil[lane] = end;
    return lane;
  }

  #addLane(lane: number): void {
    this.laneCount = lane + 1;
    if (lane < this.#addedUntil.length) return;
    const longer = new Float64Array(lane * 2 + 1).fill(-Infinity);
    longer.set(this.#addedUntil);
    this.#addedUntil = longer;
  }

  #isFree(lane: number, start: number, end: number): boolean {
    if (this.#addedUntil[lane] > start) return false;
    if (lane >= this.#stop.length) return true;
    const { startNs, endNs } = this.#tree;
    const stayed = this.#stayed;
    const first = this.#offset[lane];
    let low = first;
    let high = this.#stop[lane];
    // The first box that starts at or after the end; the one before it must be over.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (startNs[stayed[middle]] < end) low = middle + 1;
      else high = middle;
    }
    return low === first || endNs[stayed[low - 1]] <= start;
  }
}
