/**
 * Makes a merged tree of what was folded: chooses the nodes that stay, orders them, and copies their
 * columns. Each phase is a few milliseconds at most with as many nodes as a fold tells apart.
 */
import {
  FOLD_KEY,
  MERGED_KIND,
  type FoldedNodes,
  type KeyNames,
  type MergedTree,
} from './merge-tree.ts';
import { orderByValue } from './order-by-value.ts';

/** What is known of a merge as a whole. */
export type MergeSums = Pick<MergedTree, 'traceCount' | 'spanCount' | 'busyNs'>;

/**
 * Puts folded nodes in order. The `maxNodes` with the most attributed time stay; the rest is counted
 * into one `other` node below each node that loses some. Yields between its phases. O(n).
 */
export function* finishTree(
  nodes: FoldedNodes,
  names: KeyNames,
  maxNodes: number,
  sums: MergeSums,
): Generator<undefined, MergedTree> {
  const attributed = attributedOf(nodes);
  yield;
  const isKept = chooseKept(nodes, attributed, maxNodes);
  yield;
  const kept = gatherKept(nodes, attributed, isKept);
  yield;
  const groups = groupSiblings(kept, names);
  yield;
  const order = depthFirst(kept, groups);
  yield;
  return { ...columnsOf(kept, order, names), ...sums };
}

/** Own shares plus all that is below. */
function attributedOf({ length, parent, ownNs }: FoldedNodes): Float64Array {
  const attributed = ownNs.slice(0, length);
  for (let node = length - 1; node >= 0; node--) {
    if (parent[node] >= 0) attributed[parent[node]] += attributed[node];
  }
  return attributed;
}

/**
 * Marks those with the most attributed time, of equal ones the first: a parent has at least the time of
 * each of its children and comes first, so no child is kept without it.
 */
function chooseKept(nodes: FoldedNodes, attributed: Float64Array, maxNodes: number): Uint8Array {
  const { length, key } = nodes;
  const isKept = new Uint8Array(length);
  const least = length > maxNodes ? nthLargest(attributed.slice(), maxNodes) : -1;
  let left = maxNodes;
  for (let node = 0; node < length; node++) if (attributed[node] > least) left--;
  for (let node = 0; node < length; node++) {
    // What is left out already stays so.
    if (key[node] === FOLD_KEY.other) continue;
    if (attributed[node] > least || (attributed[node] === least && left-- > 0)) isKept[node] = 1;
  }
  return isKept;
}

/** The n-th largest (from 1) of `values`, which are reordered. Quickselect: O(values) as a rule. */
function nthLargest(values: Float64Array, n: number): number {
  const wanted = n - 1;
  let from = 0;
  let to = values.length - 1;
  while (from < to) {
    const pivot = values[(from + to) >>> 1];
    let low = from;
    let high = to;
    while (low <= high) {
      while (values[low] > pivot) low++;
      while (values[high] < pivot) high--;
      if (low > high) break;
      const value = values[low];
      values[low++] = values[high];
      values[high--] = value;
    }
    if (wanted <= high) to = high;
    else if (wanted >= low) from = low;
    else break;
  }
  return values[wanted];
}

/** The nodes of the result in order of first sight, parents before their children. */
interface KeptNodes {
  length: number;
  readonly parent: Int32Array;
  readonly key: Int32Array;
  readonly totalNs: Float64Array;
  readonly selfNs: Float64Array;
  readonly attributedNs: Float64Array;
  readonly count: Uint32Array;
  readonly errors: Uint32Array;
  readonly traces: Uint32Array;
}

/** Copies the kept nodes and counts the others together. */
function gatherKept(nodes: FoldedNodes, attributed: Float64Array, isKept: Uint8Array): KeptNodes {
  let most = 1;
  for (let node = 0; node < nodes.length; node++) most += 2 * isKept[node];
  const kept: KeptNodes = {
    length: 0,
    parent: new Int32Array(most),
    key: new Int32Array(most),
    totalNs: new Float64Array(most),
    selfNs: new Float64Array(most),
    attributedNs: new Float64Array(most),
    count: new Uint32Array(most),
    errors: new Uint32Array(most),
    traces: new Uint32Array(most),
  };
  /** Where a node is counted: itself, or the `other` node. */
  const placeOf = new Int32Array(nodes.length);
  /** The `other` node below each kept one, and at the end that of the roots; -1 without. */
  const otherOf = new Int32Array(most + 1).fill(-1);
  const add = (parent: number, key: number): number => {
    kept.parent[kept.length] = parent;
    kept.key[kept.length] = key;
    return kept.length++;
  };
  for (let node = 0; node < nodes.length; node++) {
    const above = nodes.parent[node] === -1 ? -1 : placeOf[nodes.parent[node]];
    let place = above;
    if (isKept[node] === 1) place = add(above, nodes.key[node]);
    else if (above === -1 || kept.key[above] !== FOLD_KEY.other) {
      const owner = above === -1 ? most : above;
      if (otherOf[owner] === -1) otherOf[owner] = add(above, FOLD_KEY.other);
      place = otherOf[owner];
    }
    placeOf[node] = place;
    if (place !== above) {
      kept.totalNs[place] += nodes.totalNs[node];
      kept.attributedNs[place] += attributed[node];
    }
    kept.selfNs[place] += nodes.selfNs[node];
    kept.count[place] += nodes.count[node];
    kept.errors[place] += nodes.errors[node];
    if (nodes.traces[node] > kept.traces[place]) kept.traces[place] = nodes.traces[node];
  }
  return kept;
}

/** Kept nodes in depth-first order. */
function depthFirst({ length, parent }: KeptNodes, { children, groupEnd }: Siblings): Int32Array {
  const order = new Int32Array(length);
  // The way down to where the walk is: the next child of each level. Parents know where that ends.
  const path = new Int32Array(length + 1);
  let placed = 0;
  let level = 0;
  let group = 0;
  while (level >= 0) {
    if (path[level] === groupEnd[group]) {
      level--;
      // The group of roots is 0, that of the children of a node is its number and 1.
      group = level < 0 ? 0 : parent[group - 1] + 1;
      continue;
    }
    const node = children[path[level]++];
    order[placed++] = node;
    group = node + 1;
    path[++level] = groupEnd[node];
  }
  return order;
}

/**
 * Siblings side by side, roots first: the children of node n end at groupEnd[n + 1] and start where the
 * group before ends.
 */
interface Siblings {
  readonly children: Int32Array;
  readonly groupEnd: Int32Array;
}

/**
 * Siblings by attributed time, then by name. Whole nanoseconds are compared, so that what rounding adds
 * does not count.
 */
function groupSiblings(kept: KeptNodes, names: KeyNames): Siblings {
  const { length, parent, attributedNs } = kept;
  let most = 0;
  const whole = new Float64Array(length);
  for (let node = 0; node < length; node++) {
    whole[node] = Math.round(attributedNs[node]);
    if (whole[node] > most) most = whole[node];
  }
  const bySize = orderByValue(whole.map((time) => most - time));
  const children = new Int32Array(length);
  const groupEnd = new Int32Array(length + 2);
  // Counted one place too high, so that a sum turns counts into starts, and filling starts into ends.
  for (let node = 0; node < length; node++) groupEnd[parent[node] + 2]++;
  for (let group = 1; group < groupEnd.length; group++) groupEnd[group] += groupEnd[group - 1];
  for (const node of bySize) children[groupEnd[parent[node] + 1]++] = node;
  const labels = new Labels(kept.key, names);
  for (let from = 0; from < length;) {
    const first = children[from];
    let to = from + 1;
    while (
      to < length &&
      parent[children[to]] === parent[first] &&
      whole[children[to]] === whole[first]
    ) {
      to++;
    }
    if (to - from > 1) children.subarray(from, to).sort((a, b) => labels.compare(a, b));
    from = to;
  }
  return { children, groupEnd };
}

/** Names of nodes to compare; made when they are asked for, for few are. */
class Labels {
  readonly #keys: Int32Array;
  readonly #names: KeyNames;
  readonly #byKey = new Map<number, string>();

  constructor(keys: Int32Array, names: KeyNames) {
    this.#keys = keys;
    this.#names = names;
  }

  compare(a: number, b: number): number {
    const keyA = this.#keys[a];
    const keyB = this.#keys[b];
    // What has no name comes last.
    if (keyA < 0 || keyB < 0) return keyB - keyA;
    return this.#of(keyA) < this.#of(keyB) ? -1 : 1;
  }

  #of(key: number): string {
    let label = this.#byKey.get(key);
    if (label === undefined) {
      const { strings } = this.#names;
      const [name, service] = [this.#names.nameOf(key), this.#names.serviceOf(key)];
      label = `${strings[name] ?? ''}\n${strings[service] ?? ''}`;
      this.#byKey.set(key, label);
    }
    return label;
  }
}

function columnsOf(
  kept: KeptNodes,
  order: Int32Array,
  names: KeyNames,
): Omit<MergedTree, keyof MergeSums> {
  const { length } = kept;
  const placeOf = new Int32Array(length);
  const tree = {
    nodeCount: length,
    parent: new Int32Array(length),
    depth: new Int32Array(length),
    kind: new Uint8Array(length),
    nameStr: new Int32Array(length),
    serviceStr: new Int32Array(length),
    totalNs: new Float64Array(length),
    selfNs: new Float64Array(length),
    attributedNs: new Float64Array(length),
    count: new Uint32Array(length),
    errors: new Uint32Array(length),
    traces: new Uint32Array(length),
  };
  const strings: string[] = [];
  const localOf = new Int32Array(names.strings.length);
  const local = (row: number): number => {
    if (row === -1) return -1;
    if (localOf[row] === 0) localOf[row] = strings.push(names.strings[row] ?? '');
    return localOf[row] - 1;
  };
  for (let at = 0; at < length; at++) {
    const node = order[at];
    const above = kept.parent[node] === -1 ? -1 : placeOf[kept.parent[node]];
    const key = kept.key[node];
    placeOf[node] = at;
    tree.parent[at] = above;
    tree.depth[at] = above === -1 ? 0 : tree.depth[above] + 1;
    tree.kind[at] = kindOf(key);
    tree.nameStr[at] = key < 0 ? -1 : local(names.nameOf(key));
    tree.serviceStr[at] = key < 0 ? -1 : local(names.serviceOf(key));
    tree.totalNs[at] = kept.totalNs[node];
    tree.selfNs[at] = kept.selfNs[node];
    tree.attributedNs[at] = kept.attributedNs[node];
    tree.count[at] = kept.count[node];
    tree.errors[at] = kept.errors[node];
    tree.traces[at] = kept.traces[node];
  }
  return { ...tree, strings };
}

function kindOf(key: number): number {
  if (key === FOLD_KEY.other) return MERGED_KIND.other;
  if (key === FOLD_KEY.noValue) return MERGED_KIND.noValue;
  return key === FOLD_KEY.notReceived ? MERGED_KIND.notReceived : MERGED_KIND.spans;
}
