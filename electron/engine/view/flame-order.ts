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
  /** By node: 1 for spans whose parents lead back to themselves. Undefined when there is none. */
  readonly inCycle: Uint8Array | undefined;
}

/** Orders the tree. Cycles are cut open above their earliest span, which becomes a root. O(n). */
export function orderTree(input: FlameInput): FlameTree {
  const { count } = input;
  const total = count + input.missingHi.length;
  const nodes = withInferred(input, total);
  const order = orderByValue(nodes.startNs);
  const node = new Int32Array(total);
  const depth = new Uint32Array(total);
  const parentBox = new Int32Array(total);
  const descendants = new Uint32Array(total);
  const boxOf = new Int32Array(total).fill(-1);
  const walk = (): number =>
    depthFirst(nodes.parent, order, { node, depth, parentBox, descendants, boxOf });
  let inCycle: Uint8Array | undefined;
  if (walk() < total) {
    inCycle = cutCycles(nodes.parent, nodes.startNs, boxOf);
    boxOf.fill(-1);
    if (walk() < total) throw new Error('a cut cycle is still closed');
  }
  const startNs = new Float64Array(total);
  const endNs = new Float64Array(total);
  for (let box = 0; box < total; box++) {
    startNs[box] = nodes.startNs[node[box]];
    endNs[box] = nodes.endNs[node[box]];
  }
  return { boxCount: total, node, startNs, endNs, depth, parentBox, descendants, inCycle };
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

interface Walk {
  readonly node: Int32Array;
  readonly depth: Uint32Array;
  readonly parentBox: Int32Array;
  readonly descendants: Uint32Array;
  readonly boxOf: Int32Array;
}

/** Fills the walk's columns and returns how many nodes hang under a root. Hot loop. */
function depthFirst(parent: Int32Array, order: Int32Array, walk: Walk): number {
  const total = parent.length;
  const firstChild = new Int32Array(total).fill(-1);
  const nextSibling = new Int32Array(total).fill(-1);
  let firstRoot = -1;
  for (let i = total - 1; i >= 0; i--) {
    const node = order[i];
    const above = parent[node];
    if (above === NO_PARENT) {
      nextSibling[node] = firstRoot;
      firstRoot = node;
    } else {
      nextSibling[node] = firstChild[above];
      firstChild[above] = node;
    }
  }
  const { node: nodes, depth, parentBox, descendants, boxOf } = walk;
  let box = 0;
  let level = 0;
  let node = firstRoot;
  while (node !== -1) {
    nodes[box] = node;
    depth[box] = level;
    boxOf[node] = box;
    parentBox[box] = parent[node] === NO_PARENT ? -1 : boxOf[parent[node]];
    box++;
    if (firstChild[node] !== -1) {
      node = firstChild[node];
      level++;
      continue;
    }
    while (node !== -1) {
      const own = boxOf[node];
      descendants[own] = box - own - 1;
      if (nextSibling[node] !== -1) {
        node = nextSibling[node];
        break;
      }
      node = parent[node];
      level--;
    }
  }
  return box;
}

/** Makes the earliest span of each cycle a root. Nodes that were reached have a box. */
function cutCycles(parent: Int32Array, startNs: Float64Array, boxOf: Int32Array): Uint8Array {
  const inCycle = new Uint8Array(parent.length);
  const seenBy = new Int32Array(parent.length).fill(-1);
  for (let first = 0; first < parent.length; first++) {
    if (boxOf[first] !== -1 || seenBy[first] !== -1) continue;
    let node = first;
    while (node !== NO_PARENT && boxOf[node] === -1 && seenBy[node] === -1) {
      seenBy[node] = first;
      node = parent[node];
    }
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
