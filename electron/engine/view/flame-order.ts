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
    inCycle = cutCycles(nodes, boxes.node.subarray(0, walked.boxCount));
    walked = depthFirst(nodes, boxes);
    if (walked.boxCount < total) throw new Error('a cut cycle is still closed');
  }
  return { ...boxes, ...walked, inCycle };
}

interface Nodes {
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** Node, or -1 for roots. Cutting a cycle writes to it. */
  readonly parent: Int32Array;
}

/** Appends the inferred nodes: each spans the union of its children and is a root. */
function withInferred(input: FlameInput, total: number): Nodes {
  const { count } = input;
  const parent = new Int32Array(total);
  if (total === count) {
    parent.set(input.parent);
    return { startNs: input.startNs, endNs: input.endNs, parent };
  }
  const startNs = new Float64Array(total).fill(Infinity);
  const endNs = new Float64Array(total).fill(-Infinity);
  startNs.set(input.startNs);
  endNs.set(input.endNs);
  parent.fill(NO_PARENT);
  for (let i = 0; i < count; i++) {
    const above = input.parent[i];
    if (above > MISSING) {
      parent[i] = above;
      continue;
    }
    const inferred = count + MISSING - above;
    parent[i] = inferred;
    startNs[inferred] = Math.min(startNs[inferred], startNs[i]);
    endNs[inferred] = Math.max(endNs[inferred], endNs[i]);
  }
  return { startNs, endNs, parent };
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
  const { parent, startNs, endNs } = nodes;
  const { children, groupEnd } = groupByParent(parent);
  const { node: nodeOf, depth, parentBox, descendants } = boxes;
  const { startNs: boxStart, endNs: boxEnd } = boxes;
  const total = parent.length;
  // The way down to where the walk is: the next child at each level, and the box above it.
  const nextAt = new Int32Array(total + 1);
  const untilAt = new Int32Array(total + 1);
  const boxAt = new Int32Array(total + 1);
  let box = 0;
  let maxDepth = 0;
  let level = 0;
  let next = 0;
  let until = total === 0 ? 0 : groupEnd[0];
  let above = -1;
  orderSiblings(children, next, until, startNs);
  for (;;) {
    if (next === until) {
      if (level === 0) break;
      descendants[above] = box - above - 1;
      level--;
      next = nextAt[level];
      until = untilAt[level];
      above = boxAt[level];
      continue;
    }
    const node = children[next++];
    nodeOf[box] = node;
    depth[box] = level;
    parentBox[box] = above;
    boxStart[box] = startNs[node];
    boxEnd[box] = endNs[node];
    const first = groupEnd[node];
    const end = groupEnd[node + 1];
    if (first === end) {
      descendants[box++] = 0;
      continue;
    }
    if (end - first > 1) orderSiblings(children, first, end, startNs);
    nextAt[level] = next;
    untilAt[level] = until;
    boxAt[level] = above;
    next = first;
    until = end;
    above = box++;
    if (++level > maxDepth) maxDepth = level;
  }
  return { boxCount: box, maxDepth };
}

/** Nodes by parent, in order of arrival: roots end at groupEnd[0], node n's children at groupEnd[n + 1]. */
function groupByParent(parent: Int32Array): {
  readonly children: Int32Array;
  readonly groupEnd: Int32Array;
} {
  const total = parent.length;
  const children = new Int32Array(total);
  const groupEnd = new Int32Array(total + 2);
  // Counted one place too high, so that a sum turns counts into starts, and filling starts into ends.
  for (let node = 0; node < total; node++) groupEnd[parent[node] + 2]++;
  for (let group = 1; group <= total + 1; group++) groupEnd[group] += groupEnd[group - 1];
  for (let node = 0; node < total; node++) children[groupEnd[parent[node] + 1]++] = node;
  return { children, groupEnd };
}

/** Above this many siblings counting wins over insertion. */
const MANY_SIBLINGS = 48;

/** Orders children [first, end) by start; equal starts keep their order. */
function orderSiblings(
  children: Int32Array,
  first: number,
  end: number,
  startNs: Float64Array,
): void {
  if (end - first > MANY_SIBLINGS) {
    const group = children.slice(first, end);
    const order = orderByValue(Float64Array.from(group, (node) => startNs[node]));
    for (let i = 0; i < order.length; i++) children[first + i] = group[order[i]];
    return;
  }
  for (let i = first + 1; i < end; i++) {
    const node = children[i];
    const start = startNs[node];
    let at = i;
    for (; at > first && startNs[children[at - 1]] > start; at--) children[at] = children[at - 1];
    children[at] = node;
  }
}

/** Makes the earliest span of each cycle a root; `reached` are the nodes that hang under one. */
function cutCycles({ parent, startNs }: Nodes, reached: Int32Array): Uint8Array {
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
    if (node === first && seenBy[first] !== first) continue;
    if (node === NO_PARENT || seenBy[node] !== first) continue;
    let earliest = node;
    let member = node;
    do {
      inCycle[member] = 1;
      if (startNs[member] < startNs[earliest]) earliest = member;
      member = parent[member];
    } while (member !== node);
    parent[earliest] = NO_PARENT;
  }
  return inCycle;
}
