/**
 * The critical path of a trace: the stretches of spans that set when the trace ends.
 *
 * It is found backwards from the end of the span that ends last, and at every moment lies in at most one
 * span. Within a span, at time t, it goes on in the child that ended last at or before t; what lies
 * between that child's end and t is the span's own time. At the child's start the walk returns to the
 * span, with t at that start. A child that still runs at t did not hold up what follows t, so it is
 * passed over, and the same goes for consumers of messages, which nobody waits for. Many SDKs round starts
 * to whole ms or µs: where a child or its parent starts on one, the child counts as ended at t while it
 * runs on for less than that.
 *
 * ```
 *   root ▐━━────────────────────────────━━▌      ━ on the path
 *     a    ▐────────────▌                        a still runs when b starts: b did not wait for it
 *     b       ▐━━━━━━━━━━━━━━━━━━▌
 *     c                              ▐──▌  d ▐━━━━━━━▌   d outlives root and sets the end:
 * ```
 * Where a descendant outlives its ancestors and sets the end of the trace, the path runs through it, and
 * through each ancestor only until the next one down starts. Elsewhere children are cut to their parent.
 * Roots are the children of the trace, which has no time of its own: gaps between them are on no span.
 *
 * The stretches follow each other without overlap. For a single root that its descendants neither
 * precede nor outlive, they add up to its duration.
 */
import type { FlameTree } from './flame-order.ts';
import { orderByValue } from './order-by-value.ts';

/** Stretches by box, and by start within a box. Times in ns from the base. */
export interface CriticalPath {
  readonly box: Uint32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** Stretches of box b: [offset[b], offset[b + 1]). */
  readonly offset: Uint32Array;
  /** Times at which the path passed over a child that still ran: its order is a guess from timing. */
  readonly overlapCount: number;
}

/** What the search reads of the tree. `kind` is by box. */
export type CriticalInput = Pick<
  FlameTree,
  'boxCount' | 'startNs' | 'endNs' | 'parentBox' | 'descendants'
>;

const CONSUMER = 5;
const MS = 1e6;
const MICROSECOND = 1e3;
/** The trace itself, whose children are the roots. */
const TRACE = -1;
/** Up to this many children insertion wins over counting. */
const FEW = 48;

/**
 * Finds the path. `originNs` is how far the base lies past a whole ms, which tells coarse clocks. O(n), and
 * O(k log k) for k children that overlap.
 */
export function findCriticalPath(
  tree: CriticalInput,
  kind: Uint8Array,
  originNs: number,
): CriticalPath {
  return new PathSearch(tree, kind, originNs).run();
}

/** How far a time lies past a whole ms, in ns. */
export function pastWholeMs(hi: number, lo: number): number {
  return ((hi % MS) * (2 ** 32 % MS) + lo) % MS;
}

class PathSearch {
  readonly #tree: CriticalInput;
  readonly #kind: Uint8Array;
  readonly #originNs: number;
  /** When the last of a box and its descendants ends. */
  readonly #subEnd: Float64Array;
  #children = new Int32Array(64);
  /** Walks to do: box, from, until, and 1 where the walk starts at the end of its whole subtree. */
  readonly #todo: number[] = [];
  /** Stretches in the order found: box, start, end. Those of one box follow each other, latest first. */
  readonly #found: number[] = [];
  #overlapCount = 0;

  constructor(tree: CriticalInput, kind: Uint8Array, originNs: number) {
    this.#tree = tree;
    this.#originNs = originNs;
    this.#kind = kind;
    this.#subEnd = subtreeEnds(tree);
  }

  run(): CriticalPath {
    const todo = this.#todo;
    this.#walk(TRACE, 0, Infinity, true);
    while (todo.length > 0) {
      const isTail = todo.pop() === 1;
      const until = todo.pop() ?? 0;
      const from = todo.pop() ?? 0;
      this.#walk(todo.pop() ?? 0, from, until, isTail);
    }
    return byBox(this.#found, this.#tree.boxCount, this.#overlapCount);
  }

  /** Walks one box back from `until` to `from`; its children on the path are left to do. */
  #walk(box: number, from: number, until: number, isTail: boolean): void {
    const { startNs, endNs } = this.#tree;
    let count = this.#collect(box);
    let at = until;
    if (isTail) {
      const last = this.#lastToEnd(box, count);
      if (last !== -1) {
        this.#later(last, Math.max(from, startNs[last]), this.#subEnd[last], true);
        at = startNs[last];
      }
      if (box !== TRACE && endNs[box] < at) at = endNs[box];
    }
    count = this.#awaited(count, from, at);
    const children = this.#children;
    for (let i = count - 1; i >= 0 && at > from; i--) {
      const child = children[i];
      if (startNs[child] >= at) continue;
      if (endNs[child] > at + this.#slack(box, child)) {
        this.#overlapCount++;
        continue;
      }
      const end = Math.min(at, endNs[child]);
      const start = Math.max(from, startNs[child]);
      this.#emit(box, end, at);
      this.#later(child, start, end, false);
      at = start;
    }
    this.#emit(box, from, at);
  }

  /** How long a child may run on without telling that it was not waited for. */
  #slack(box: number, child: number): number {
    return box === TRACE ? 0 : Math.max(this.#grain(box), this.#grain(child));
  }

  /** What the start of a box is rounded to, as far as it shows. */
  #grain(box: number): number {
    const ns = this.#originNs + this.#tree.startNs[box];
    return ns % MICROSECOND !== 0 ? 0 : ns % MS === 0 ? MS : MICROSECOND;
  }

  #later(box: number, from: number, until: number, isTail: boolean): void {
    this.#todo.push(box, from, until, isTail ? 1 : 0);
  }

  #emit(box: number, start: number, end: number): void {
    if (box !== TRACE && end > start) this.#found.push(box, start, end);
  }

  /** The children of a box, latest start first. */
  #collect(box: number): number {
    const { boxCount, descendants } = this.#tree;
    const end = box === TRACE ? boxCount : box + descendants[box] + 1;
    let count = 0;
    for (let child = box + 1; child < end; child += descendants[child] + 1) {
      if (count === this.#children.length) this.#children = doubled(this.#children);
      this.#children[count++] = child;
    }
    this.#children.subarray(0, count).reverse();
    return count;
  }

  /** The child whose subtree outlives the box and all other children, the earliest of equals. */
  #lastToEnd(box: number, count: number): number {
    let latest = box === TRACE ? -Infinity : this.#tree.endNs[box];
    let best = -1;
    for (let i = count - 1; i >= 0; i--) {
      const child = this.#children[i];
      const slack = best === -1 ? this.#slack(box, child) : 0;
      if (this.#subEnd[child] <= latest + slack) continue;
      latest = this.#subEnd[child];
      best = child;
    }
    return best;
  }

  /** Keeps the children that can be waited for, in order of end; of equal ends the longest comes last. */
  #awaited(count: number, from: number, until: number): number {
    const { startNs, endNs } = this.#tree;
    const children = this.#children;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const child = children[i];
      if (this.#kind[child] === CONSUMER || startNs[child] >= until) continue;
      if (endNs[child] > startNs[child] && endNs[child] > from) children[kept++] = child;
    }
    if (kept <= FEW) insertByEnd(children, kept, endNs);
    else {
      const group = children.slice(0, kept);
      const order = orderByValue(Float64Array.from(group, (child) => endNs[child]));
      for (let i = 0; i < kept; i++) children[i] = group[order[i]];
    }
    return kept;
  }
}

/** Hot loop. */
function subtreeEnds({ boxCount, endNs, parentBox }: CriticalInput): Float64Array {
  let ends = endNs;
  for (let box = boxCount - 1; box >= 0; box--) {
    const above = parentBox[box];
    if (above === -1 || ends[box] <= ends[above]) continue;
    if (ends === endNs) ends = endNs.slice();
    ends[above] = ends[box];
  }
  return ends;
}

/** Stable. The children come latest first, so mostly every one moves to the front: that is cheap. */
function insertByEnd(children: Int32Array, count: number, endNs: Float64Array): void {
  for (let i = 1; i < count; i++) {
    const child = children[i];
    const end = endNs[child];
    let at = i;
    for (; at > 0 && endNs[children[at - 1]] > end; at--) children[at] = children[at - 1];
    children[at] = child;
  }
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(numbers.length * 2);
  longer.set(numbers);
  return longer;
}

/** Orders what was found by box and start. Hot loop. */
function byBox(found: readonly number[], boxCount: number, overlapCount: number): CriticalPath {
  const count = found.length / 3;
  const offset = new Uint32Array(boxCount + 1);
  for (let i = 0; i < found.length; i += 3) offset[found[i] + 1]++;
  for (let box = 0; box < boxCount; box++) offset[box + 1] += offset[box];
  const next = offset.slice();
  const path = {
    box: new Uint32Array(count),
    startNs: new Float64Array(count),
    endNs: new Float64Array(count),
  };
  for (let i = found.length - 3; i >= 0; i -= 3) {
    const at = next[found[i]]++;
    path.box[at] = found[i];
    path.startNs[at] = found[i + 1];
    path.endNs[at] = found[i + 2];
  }
  return { ...path, offset, overlapCount };
}
