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
 * In box order the boxes of one lane are sorted by start, and by end.
 */
import type { FlameTree } from './flame-order.ts';

export interface FlameLanes {
  readonly lane: Uint32Array;
  readonly laneCount: number;
}

/**
 * Subtrees higher than this are stacked below their siblings without looking for a gap, which keeps
 * hostile traces (a deep chain beside a sibling at every level) from costing depth².
 */
const TALL = 256;

/** O(n log n) in the worst case, O(n) where siblings follow each other. */
export function assignLanes(tree: FlameTree): FlameLanes {
  const { boxCount, startNs, endNs, parentBox, descendants } = tree;
  const subStart = startNs.slice();
  const subEnd = endNs.slice();
  const height = new Uint32Array(boxCount);
  const lane = new Uint32Array(boxCount);
  const stack = new SiblingStack({ subStart, subEnd, height, descendants, lane });
  for (let box = boxCount - 1; box >= 0; box--) {
    const last = box + descendants[box];
    if (last === box) {
      height[box] = 1;
      continue;
    }
    height[box] = 1 + stack.place(box + 1, last, 1);
    let earliest = subStart[box];
    let latest = subEnd[box];
    for (let child = box + 1; child <= last; child += descendants[child] + 1) {
      if (subStart[child] < earliest) earliest = subStart[child];
      if (subEnd[child] > latest) latest = subEnd[child];
    }
    subStart[box] = earliest;
    subEnd[box] = latest;
  }
  const laneCount = stack.place(0, boxCount - 1, 0);
  for (let box = 0; box < boxCount; box++) {
    if (parentBox[box] !== -1) lane[box] += lane[parentBox[box]];
  }
  return { lane, laneCount };
}

interface SubtreeColumns {
  readonly subStart: Float64Array;
  readonly subEnd: Float64Array;
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
  place(first: number, last: number, base: number): number {
    const { subStart, subEnd, height, descendants, lane } = this.#columns;
    let latest = -Infinity;
    let used = 0;
    for (let box = first; box <= last; box += descendants[box] + 1) {
      if (subStart[box] < latest) return this.#stack(first, last, base);
      latest = subEnd[box];
      lane[box] = base;
      if (height[box] > used) used = height[box];
    }
    return used;
  }

  #stack(first: number, last: number, base: number): number {
    const { subStart, subEnd, height, descendants, lane } = this.#columns;
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

  reset(): void {
    if (this.#size > 16) this.#tree = new Float64Array(32);
    this.#size = 16;
    this.#tree.fill(-Infinity);
    this.used = 0;
  }

  /** Takes `height` lanes that are free from `start` on, until `end`; returns the first. */
  take(start: number, end: number, height: number): number {
    const lane = this.#firstRun(start, height);
    while (lane + height > this.#size) this.#grow();
    for (let i = lane; i < lane + height; i++) this.#set(i, end);
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

  #set(lane: number, value: number): void {
    const tree = this.#tree;
    let node = this.#size + lane;
    tree[node] = value;
    for (node >>>= 1; node >= 1; node >>>= 1) {
      const min = Math.min(tree[2 * node], tree[2 * node + 1]);
      if (tree[node] === min) return;
      tree[node] = min;
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
