/**
 * Gives every box a lane, so that width is always true time and boxes of one lane never overlap.
 *
 * A subtree takes the rectangle from its earliest start to its latest end, as many lanes high as it
 * needs. A child's rectangle goes to the first lanes under its parent that are free at its time:
 *
 * ```
 *   lane 0  ▐ parent ───────────────────────▌
 *   lane 1   ▐ a ──────────▌     ▐ c ─────▌
 *   lane 2    ▐ a1 ─▌
 *   lane 3         ▐ b ────────▌               b overlaps a: it goes below a's whole subtree
 * ```
 * In box order the boxes of one lane are sorted by start, and by end. Self times come from the same
 * walk over siblings.
 */
import type { FlameTree } from './flame-order.ts';

export interface FlameLanes {
  readonly lane: Uint32Array;
  readonly laneCount: number;
  /**
   * Time of each box that none of its children covers: its duration minus the union of its children,
   * clipped to the box.
   */
  readonly selfNs: Float64Array;
}

/**
 * Subtrees higher than this are stacked below their siblings without looking for a gap, which keeps
 * hostile traces (a deep chain beside a sibling at every level) from costing depth².
 */
const TALL = 256;

/** O(n log n) in the worst case, O(n) where siblings follow each other. Hot loop. */
export function assignLanes(tree: FlameTree): FlameLanes {
  const { boxCount, startNs, endNs, parentBox, descendants } = tree;
  // Only where children leave their parents are subtrees wider than their uppermost boxes.
  let subStart = startNs;
  let subEnd = endNs;
  const height = new Uint32Array(boxCount).fill(1);
  const lane = new Uint32Array(boxCount);
  const selfNs = new Float64Array(boxCount);
  const stack = new SiblingStack({ height, descendants, lane });
  for (let box = boxCount - 1; box >= 0; box--) {
    const start = startNs[box];
    const end = endNs[box];
    const last = box + descendants[box];
    if (last === box) {
      selfNs[box] = end - start;
      continue;
    }
    let earliest = start;
    let latest = -Infinity;
    let highest = 0;
    let isInRow = true;
    let covered = 0;
    let coveredUntil = start;
    for (let child = box + 1; child <= last; child += descendants[child] + 1) {
      const from = startNs[child] > coveredUntil ? startNs[child] : coveredUntil;
      const to = endNs[child] < end ? endNs[child] : end;
      if (to > from) {
        covered += to - from;
        coveredUntil = to;
      }
      const childStart = subStart[child];
      const childEnd = subEnd[child];
      if (childStart < latest) isInRow = false;
      if (childStart < earliest) earliest = childStart;
      if (childEnd > latest) latest = childEnd;
      if (height[child] > highest) highest = height[child];
      lane[child] = 1;
    }
    selfNs[box] = end - start - covered;
    height[box] = 1 + (isInRow ? highest : stack.place(box + 1, last, 1, subStart, subEnd));
    if (earliest < start) {
      if (subStart === startNs) subStart = startNs.slice();
      subStart[box] = earliest;
    }
    if (latest > end) {
      if (subEnd === endNs) subEnd = endNs.slice();
      subEnd[box] = latest;
    }
  }
  const laneCount = boxCount === 0 ? 0 : stack.place(0, boxCount - 1, 0, subStart, subEnd);
  for (let box = 0; box < boxCount; box++) {
    const above = parentBox[box];
    if (above !== -1) lane[box] += lane[above];
  }
  return { lane, laneCount, selfNs };
}

interface SubtreeColumns {
  readonly height: Uint32Array;
  readonly descendants: Uint32Array;
  readonly lane: Uint32Array;
}

/** Places the rectangles of siblings; reused for all parents, so that nothing is allocated a parent. */
class SiblingStack {
  readonly #free = new FreeLanes();
  readonly #columns: SubtreeColumns;

  constructor(columns: SubtreeColumns) {
    this.#columns = columns;
  }

  /** Sets `lane` of the siblings in [first, last], `base` for the uppermost; returns lanes used. */
  place(
    first: number,
    last: number,
    base: number,
    subStart: Float64Array,
    subEnd: Float64Array,
  ): number {
    const { height, descendants, lane } = this.#columns;
    const free = this.#free;
    free.reset();
    let hasTall = false;
    for (let box = first; box <= last; box += descendants[box] + 1) {
      if (height[box] > TALL) hasTall = true;
      else lane[box] = base + free.take(subStart[box], subEnd[box], height[box]);
    }
    let used = free.used;
    if (!hasTall) return used;
    let top = used;
    let latest = -Infinity;
    for (let box = first; box <= last; box += descendants[box] + 1) {
      if (height[box] <= TALL) continue;
      if (subStart[box] < latest) top = used;
      lane[box] = base + top;
      latest = subEnd[box];
      used = Math.max(used, top + height[box]);
    }
    return used;
  }
}

/** When each lane is free again, as a tree of minima: the first free lane is found in O(log lanes). */
class FreeLanes {
  #size = 16;
  #tree = new Float64Array(32).fill(-Infinity);
  used = 0;

  /** O(lanes used). */
  reset(): void {
    let from = this.#size;
    let to = this.#size + this.used;
    for (; from >= 1; from >>>= 1, to = (to + 1) >>> 1) this.#tree.fill(-Infinity, from, to);
    this.used = 0;
  }

  /** Takes `height` lanes that are free from `start` on, until `end`; returns the first. */
  take(start: number, end: number, height: number): number {
    const lane = this.#firstRun(start, height);
    while (lane + height > this.#size) this.#grow();
    this.#set(lane, lane + height, end);
    this.used = Math.max(this.used, lane + height);
    return lane;
  }

  /** The first free run; after 64 tries new lanes, which bounds the cost in a crowd. */
  #firstRun(start: number, height: number): number {
    let from = 0;
    for (let tries = 0; tries < 64; tries++) {
      const lane = this.#firstFree(from, start);
      if (lane >= this.used) return this.used;
      let next = lane + 1;
      const end = Math.min(lane + height, this.used);
      while (next < end && this.#tree[this.#size + next] <= start) next++;
      if (next === end) return lane;
      from = next + 1;
    }
    return this.used;
  }

  /** The first lane from `from` on that is free at `start`; `used` or more when none is. */
  #firstFree(from: number, start: number): number {
    const tree = this.#tree;
    if (from >= this.used) return this.used;
    let node = this.#size + from;
    if (tree[node] <= start) return from;
    for (;;) {
      // Climb until a right neighbour holds a free lane, then descend to its leftmost one.
      while (node > 1 && (node & 1) === 1) node >>>= 1;
      if (node <= 1) return this.used;
      node++;
      if (tree[node] <= start) break;
    }
    while (node < this.#size) {
      node *= 2;
      if (tree[node] > start) node++;
    }
    return node - this.#size;
  }

  /** Sets the lanes [from, to). O(to - from + log lanes). */
  #set(from: number, to: number, value: number): void {
    const tree = this.#tree;
    let low = this.#size + from;
    let high = this.#size + to - 1;
    for (let node = low; node <= high; node++) tree[node] = value;
    while (low > 1) {
      low >>>= 1;
      high >>>= 1;
      for (let node = low; node <= high; node++) {
        const left = tree[2 * node];
        const right = tree[2 * node + 1];
        tree[node] = left < right ? left : right;
      }
    }
  }

  #grow(): void {
    const size = this.#size * 2;
    const tree = new Float64Array(size * 2).fill(-Infinity);
    tree.set(this.#tree.subarray(this.#size, this.#size * 2), size);
    for (let node = size - 1; node >= 1; node--) {
      tree[node] = Math.min(tree[2 * node], tree[2 * node + 1]);
    }
    this.#tree = tree;
    this.#size = size;
  }
}
