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
  /** Stretches in the order found: those of one box latest first. */
  readonly #found = new FoundStretches();
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
    const { startNs, endNs, descendants } = this.#tree;
    let at = until;
    if (isTail) {
      const last = this.#lastToEnd(box);
      if (last !== -1) {
        this.#later(last, Math.max(from, startNs[last]), this.#subEnd[last], true);
        at = startNs[last];
      }
      if (box !== TRACE && endNs[box] < at) at = endNs[box];
    }
    const count = this.#awaited(box, from, at);
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
      if (descendants[child] === 0) this.#emit(child, start, end);
      else this.#later(child, start, end, false);
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
    if (box !== TRACE && end > start) this.#found.add(box, start, end);
  }

  /** The child whose subtree outlives the box and all other children, the earliest of equals. */
  #lastToEnd(box: number): number {
    const { descendants } = this.#tree;
    const stop = this.#stopOf(box);
    let latest = box === TRACE ? -Infinity : this.#tree.endNs[box];
    let best = -1;
    for (let child = box + 1; child < stop; child += descendants[child] + 1) {
      const slack = best === -1 ? this.#slack(box, child) : 0;
      if (this.#subEnd[child] <= latest + slack) continue;
      latest = this.#subEnd[child];
      best = child;
    }
    return best;
  }

  #stopOf(box: number): number {
    return box === TRACE ? this.#tree.boxCount : box + this.#tree.descendants[box] + 1;
  }

  /**
   * Collects the children that can be waited for, in order of end; of equal ends the longest comes last.
   * Hot loop.
   */
  #awaited(box: number, from: number, until: number): number {
    const { startNs, endNs, descendants } = this.#tree;
    const kind = this.#kind;
    const stop = this.#stopOf(box);
    let count = 0;
    let latest = -Infinity;
    let isInRow = true;
    for (let child = box + 1; child < stop; child += descendants[child] + 1) {
      const start = startNs[child];
      // Siblings are ordered by start: none of the others starts before.
      if (start >= until) break;
      const end = endNs[child];
      if (end <= start || end <= from || kind[child] === CONSUMER) continue;
      if (count === this.#children.length) this.#children = doubled(this.#children);
      this.#children[count++] = child;
      if (start < latest) isInRow = false;
      latest = end;
    }
    if (!isInRow) this.#orderByEnd(count);
    return count;
  }

  #orderByEnd(count: number): void {
    const { endNs } = this.#tree;
    const children = this.#children;
    // Both ways of ordering are stable: of equal ends the one that starts first comes last.
    children.subarray(0, count).reverse();
    if (count <= FEW) {
      insertByEnd(children, count, endNs);
      return;
    }
    const group = children.slice(0, count);
    const order = orderByValue(Float64Array.from(group, (child) => endNs[child]));
    for (let i = 0; i < count; i++) children[i] = group[order[i]];
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

/** Stable. */
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

/** Columns that double when they are full. */
class FoundStretches {
  count = 0;
  box = new Uint32Array(256);
  startNs = new Float64Array(256);
  endNs = new Float64Array(256);

  add(box: number, start: number, end: number): void {
    if (this.count === this.box.length) this.#grow();
    this.box[this.count] = box;
    this.startNs[this.count] = start;
    this.endNs[this.count++] = end;
  }

  #grow(): void {
    const { box, startNs, endNs } = this;
    this.box = new Uint32Array(box.length * 2);
    this.startNs = new Float64Array(box.length * 2);
    this.endNs = new Float64Array(box.length * 2);
    this.box.set(box);
    this.startNs.set(startNs);
    this.endNs.set(endNs);
  }
}

/** Orders what was found by box and start. Hot loop. */
function byBox(found: FoundStretches, boxCount: number, overlapCount: number): CriticalPath {
  const { count } = found;
  const offset = new Uint32Array(boxCount + 1);
  for (let i = 0; i < count; i++) offset[found.box[i] + 1]++;
  for (let box = 0; box < boxCount; box++) offset[box + 1] += offset[box];
  const next = offset.slice();
  const path = {
    box: new Uint32Array(count),
    startNs: new Float64Array(count),
    endNs: new Float64Array(count),
  };
  for (let i = count - 1; i >= 0; i--) {
    const at = next[found.box[i]]++;
    path.box[at] = found.box[i];
    path.startNs[at] = found.startNs[i];
    path.endNs[at] = found.endNs[i];
  }
  return { ...path, offset, overlapCount };
}
