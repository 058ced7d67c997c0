/**
 * The tree of a trace in depth-first order.
 *
 * Nodes are spans 0 … count-1, then one inferred node for each missing parent. Boxes are nodes in
 * drawing order: a parent before its children, siblings by start (equal starts by arrival).
 */
import { MISSING, NO_PARENT, type FlameInput } from './flame-input.ts';
import { orderByValue } from './order-by-value.ts';

export interface FlameTree {
  readonly boxCount: number;
  /** Box of each node. Nodes from `FlameInput.count` on are inferred. */
  readonly boxOf: Int32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly depth: Uint32Array;
  readonly parentBox: Int32Array;
  readonly descendants: Uint32Array;
  readonly maxDepth: number;
  /** By node: 1 for spans whose parents lead back to themselves. Undefined when there is none. */
  readonly inCycle: Uint8Array | undefined;
}

/** Orders the tree. Cycles are cut open above their earliest span, which becomes a root. O(n). */
export function orderTree(input: FlameInput): FlameTree {
  const total = input.count + input.missingHi.length;
  const nodes = withInferred(input, total);
  const boxes: Boxes = {
    boxOf: new Int32Array(total),
    startNs: new Float64Array(total),
    endNs: new Float64Array(total),
    depth: new Uint32Array(total),
    parentBox: new Int32Array(total),
    descendants: new Uint32Array(total),
  };
  let walked = depthFirst(nodes, boxes);
  let inCycle: Uint8Array | undefined;
  if (walked.boxCount < total) {
    const parent = nodes.parent.slice();
    inCycle = cutCycles(nodes, parent, boxes.boxOf);
    walked = depthFirst({ times: nodes.times, parent }, boxes);
    if (walked.boxCount < total) throw new Error('a cut cycle is still closed');
  }
  return { ...boxes, ...walked, inCycle };
}

interface Nodes {
  readonly times: Float64Array;
  /** Node, or NO_PARENT. */
  readonly parent: Int32Array;
}

/** Appends the inferred nodes: each spans the union of its children and is a root. */
function withInferred(input: FlameInput, total: number): Nodes {
  const { count } = input;
  if (total === count) return input;
  const parent = new Int32Array(total).fill(NO_PARENT);
  const times = new Float64Array(total * 2);
  times.set(input.times);
  for (let at = count * 2; at < times.length; at += 2) {
    times[at] = Infinity;
    times[at + 1] = -Infinity;
  }
  for (let i = 0; i < count; i++) {
    const above = input.parent[i];
    if (above > MISSING) {
      parent[i] = above;
      continue;
    }
    const inferred = count + MISSING - above;
    parent[i] = inferred;
    times[2 * inferred] = Math.min(times[2 * inferred], times[2 * i]);
    times[2 * inferred + 1] = Math.max(times[2 * inferred + 1], times[2 * i + 1]);
  }
  return { times, parent };
}

type Boxes = Omit<FlameTree, 'boxCount' | 'maxDepth' | 'inCycle'>;

/**
 * Fills the columns of boxes with the nodes that hang under a root; the box of the others is -1. Hot loop.
 *
 * Children are a list, in order of arrival, that is ordered by start when the walk comes to it. Mostly it
 * is in order: siblings tend to end, and so to arrive, in the order in which they start.
 */
function depthFirst(nodes: Nodes, boxes: Boxes): { boxCount: number; maxDepth: number } {
  const { times } = nodes;
  const siblings = new Siblings(nodes);
  const { first, next } = siblings;
  const { boxOf, depth, parentBox, descendants } = boxes;
  const { startNs: boxStart, endNs: boxEnd } = boxes;
  boxOf.fill(-1);
  // The way down to where the walk is: at each level the next sibling, and the box above it.
  let path = new Int32Array(2 * 64);
  let box = 0;
  let maxDepth = 0;
  let level = 0;
  let above = -1;
  let node = siblings.inOrder(first[0]);
  while (node !== 0 || level > 0) {
    if (node === 0) {
      descendants[above] = box - above - 1;
      level--;
      node = path[2 * level];
      above = path[2 * level + 1];
      continue;
    }
    const child = first[node];
    const after = next[node - 1];
    boxOf[node - 1] = box;
    depth[box] = level;
    parentBox[box] = above;
    boxStart[box] = times[2 * node - 2];
    boxEnd[box] = times[2 * node - 1];
    if (child === 0) {
      descendants[box++] = 0;
      node = after;
      continue;
    }
    if (2 * level === path.length) path = doubled(path);
    path[2 * level] = after;
    path[2 * level + 1] = above;
    node = next[child - 1] === 0 ? child : siblings.inOrder(child);
    above = box++;
    if (++level > maxDepth) maxDepth = level;
  }
  return { boxCount: box, maxDepth };
}

function doubled(path: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(path.length * 2);
  longer.set(path);
  return longer;
}

/** Above this many siblings counting wins over insertion. */
const MANY_SIBLINGS = 48;

/** Lists of siblings, in order of arrival until `inOrder` has seen them. A link is a node + 1; 0: none. */
class Siblings {
  /** By node + 1: its first child; at 0 the first root. */
  readonly first: Int32Array;
  /** By node. */
  readonly next: Int32Array;
  readonly #times: Float64Array;
  #group = new Int32Array(MANY_SIBLINGS);

  constructor({ parent, times }: Nodes) {
    const total = parent.length;
    const first = new Int32Array(total + 1);
    const next = new Int32Array(total);
    for (let node = total - 1; node >= 0; node--) {
      const above = parent[node] + 1;
      next[node] = first[above];
      first[above] = node + 1;
    }
    this.first = first;
    this.next = next;
    this.#times = times;
  }

  /** Orders the list that begins with a link by start; equal starts keep their order. */
  inOrder(head: number): number {
    const next = this.next;
    const times = this.#times;
    let latest = -Infinity;
    for (let link = head; link !== 0; link = next[link - 1]) {
      const start = times[2 * link - 2];
      if (start < latest) return this.#order(head);
      latest = start;
    }
    return head;
  }

  #order(head: number): number {
    const { next } = this;
    const count = this.#collect(head);
    const group = count > MANY_SIBLINGS ? this.#byValue(count) : this.#byInsertion(count);
    for (let i = 0; i < count - 1; i++) next[group[i]] = group[i + 1] + 1;
    next[group[count - 1]] = 0;
    return group[0] + 1;
  }

  /** Puts the nodes of a list into the group. Returns how many they are. */
  #collect(head: number): number {
    let count = 0;
    for (let link = head; link !== 0; link = this.next[link - 1]) {
      if (count === this.#group.length) this.#group = doubled(this.#group);
      this.#group[count++] = link - 1;
    }
    return count;
  }

  #byInsertion(count: number): Int32Array {
    const group = this.#group;
    const times = this.#times;
    for (let i = 1; i < count; i++) {
      const node = group[i];
      const start = times[2 * node];
      let at = i;
      for (; at > 0 && times[2 * group[at - 1]] > start; at--) group[at] = group[at - 1];
      group[at] = node;
    }
    return group;
  }

  #byValue(count: number): Int32Array {
    const group = this.#group.subarray(0, count);
    const order = orderByValue(Float64Array.from(group, (node) => this.#times[2 * node]));
    return order.map((place) => group[place]);
  }
}

/** Makes the earliest span of each cycle a root in `parent`; nodes with a box hang under one. */
function cutCycles({ times }: Nodes, parent: Int32Array, boxOf: Int32Array): Uint8Array {
  const REACHED = -2;
  const inCycle = new Uint8Array(parent.length);
  const seenBy = boxOf.map((box) => (box === -1 ? -1 : REACHED));
  for (let first = 0; first < parent.length; first++) {
    let node = first;
    while (node !== NO_PARENT && seenBy[node] === -1) {
      seenBy[node] = first;
      node = parent[node];
    }
    if (node === NO_PARENT || seenBy[node] !== first) continue;
    let earliest = node;
    let member = node;
    do {
      inCycle[member] = 1;
      if (times[2 * member] < times[2 * earliest]) earliest = member;
      member = parent[member];
    } while (member !== node);
    parent[earliest] = NO_PARENT;
  }
  return inCycle;
}
