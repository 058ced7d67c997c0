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
  /** Node of each box. Nodes from `FlameInput.count` on are inferred. */
  readonly node: Int32Array;
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
    node: new Int32Array(total),
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
    inCycle = cutCycles(nodes, parent, boxes.node.subarray(0, walked.boxCount));
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
 * Fills the columns of boxes with the nodes that hang under a root. Hot loop.
 *
 * Children lie side by side in one array, group by group, roots first; they are ordered by start when
 * the walk comes to them, which mostly finds them in order: siblings tend to end, and so to arrive, in
 * the order in which they start.
 */
function depthFirst(nodes: Nodes, boxes: Boxes): { boxCount: number; maxDepth: number } {
  const { times } = nodes;
  const groups = groupByParent(nodes.parent);
  const { children, groupEnd } = groups;
  const { node: nodeOf, depth, parentBox, descendants } = boxes;
  const { startNs: boxStart, endNs: boxEnd } = boxes;
  // The way down to where the walk is: at each level the next child, the end of its group, and the
  // box above it.
  let path = new Int32Array(3 * 64);
  let box = 0;
  let maxDepth = 0;
  let level = 0;
  let next = 0;
  let until = groupEnd[0];
  let above = -1;
  orderSiblings(groups, next, until, times);
  for (;;) {
    if (next === until) {
      if (level === 0) break;
      descendants[above] = box - above - 1;
      level--;
      next = path[3 * level];
      until = path[3 * level + 1];
      above = path[3 * level + 2];
      continue;
    }
    const node = children[next++];
    nodeOf[box] = node;
    depth[box] = level;
    parentBox[box] = above;
    boxStart[box] = times[2 * node];
    boxEnd[box] = times[2 * node + 1];
    const first = groupEnd[node];
    const end = groupEnd[node + 1];
    if (first === end) {
      descendants[box++] = 0;
      continue;
    }
    if (end - first > 1) orderSiblings(groups, first, end, times);
    if (3 * level === path.length) path = doubled(path);
    path[3 * level] = next;
    path[3 * level + 1] = until;
    path[3 * level + 2] = above;
    next = first;
    until = end;
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

/** Nodes by parent: roots end at groupEnd[0], the children of node n at groupEnd[n + 1]. */
interface Groups {
  readonly children: Int32Array;
  readonly groupEnd: Int32Array;
  /** What reads ahead of time read: of no meaning, but it has to go somewhere. */
  touched: number;
}

/** Groups are in order of arrival. */
function groupByParent(parent: Int32Array): Groups {
  const total = parent.length;
  const children = new Int32Array(total);
  const groupEnd = new Int32Array(total + 2);
  // Counted one place too high, so that a sum turns counts into starts, and filling starts into ends.
  for (let node = 0; node < total; node++) groupEnd[parent[node] + 2]++;
  for (let group = 1; group <= total + 1; group++) groupEnd[group] += groupEnd[group - 1];
  for (let node = 0; node < total; node++) children[groupEnd[parent[node] + 1]++] = node;
  return { children, groupEnd, touched: 0 };
}

/** Above this many siblings counting wins over insertion. */
const MANY_SIBLINGS = 48;

/**
 * Orders children [first, end) by start; equal starts keep their order. Reading where their own
 * children end brings that into the cache for all of them at once: the walk, which branches on it,
 * would wait for one after the other.
 */
function orderSiblings(groups: Groups, first: number, end: number, times: Float64Array): void {
  const { children, groupEnd } = groups;
  if (end - first > MANY_SIBLINGS) {
    const group = children.slice(first, end);
    const order = orderByValue(Float64Array.from(group, (node) => times[2 * node]));
    for (let i = 0; i < order.length; i++) children[first + i] = group[order[i]];
    return;
  }
  let touched = groupEnd[children[first]];
  let latest = times[2 * children[first]];
  for (let i = first + 1; i < end; i++) {
    const node = children[i];
    touched ^= groupEnd[node];
    const start = times[2 * node];
    if (start >= latest) {
      latest = start;
      continue;
    }
    let at = i;
    for (; at > first && times[2 * children[at - 1]] > start; at--) children[at] = children[at - 1];
    children[at] = node;
  }
  groups.touched ^= touched;
}

/** Makes the earliest span of each cycle a root in `parent`; `reached` are nodes that hang under one. */
function cutCycles({ times }: Nodes, parent: Int32Array, reached: Int32Array): Uint8Array {
  const REACHED = -2;
  const inCycle = new Uint8Array(parent.length);
  const seenBy = new Int32Array(parent.length).fill(-1);
  for (const node of reached) seenBy[node] = REACHED;
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
