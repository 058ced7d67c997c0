/**
 * Two merged trees on one, to compare A with B: the union of their paths, measured as time per trace.
 *
 * ```
 *   A, a trace        B, a trace          width             change, B - A
 *   checkout 10       checkout 16         checkout 16       +6
 *     charge 4          charge 12           charge 12       +8
 *     render 2          fetch 2             render 2        -2   only in A
 *                                           fetch 2         +2   only in B
 * ```
 * What is a node's own (its attributed time without what is below it) is as wide as the larger of A and
 * B, and a node is as wide as its own and all below it: nothing that one side has disappears, and
 * children stay inside their parents. So a width is the larger of A and B, or more where one side is
 * larger in one part of the subtree and the other in another.
 */
import type { MergedTree } from './merge-tree.ts';

/** Nodes in depth-first order, siblings by width, widest first, then by name. A copy. */
export interface MergedDiff {
  readonly nodeCount: number;
  /** Node above; -1 for roots. */
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** MERGED_KIND. */
  readonly kind: Uint8Array;
  /** Index in `strings`; -1 where there is none. */
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  /** Node of either side; -1 where only the other side has the path. */
  readonly nodeA: Int32Array;
  readonly nodeB: Int32Array;
  /** ns a trace. */
  readonly widthNs: Float64Array;
  /** Attributed ns a trace of B less that of A. */
  readonly changeNs: Float64Array;
  readonly strings: readonly string[];
}

interface DiffNode {
  readonly label: string;
  readonly a: number;
  readonly b: number;
  readonly children: DiffNode[];
  widthNs: number;
}

/** Compares two trees; one without traces counts as zero everywhere. O(n log n) of their nodes. */
export function diffMerged(a: MergedTree, b: MergedTree): MergedDiff {
  const [sideA, sideB] = [sideOf(a), sideOf(b)];
  const roots = union(sideA, sideB);
  const nodes: DiffNode[] = [];
  const parents: number[] = [];
  const waiting = sorted(roots).map((node) => ({ node, above: -1 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const at = nodes.push(next.node) - 1;
    parents.push(next.above);
    for (const child of sorted(next.node.children)) waiting.push({ node: child, above: at });
  }
  return columnsOf(nodes, parents, sideA, sideB);
}

interface Side {
  readonly tree: MergedTree;
  /** Attributed time a trace, and its own part, by node. */
  readonly attributedNs: Float64Array;
  readonly ownNs: Float64Array;
  /** Children of each node; the last entry has the roots. */
  readonly children: readonly (readonly number[])[];
}

function sideOf(tree: MergedTree): Side {
  const { nodeCount, parent } = tree;
  const traces = Math.max(1, tree.traceCount);
  const attributedNs = tree.attributedNs.map((time) => time / traces);
  const ownNs = attributedNs.slice();
  const children: number[][] = Array.from({ length: nodeCount + 1 }, () => []);
  for (let node = 0; node < nodeCount; node++) {
    const above = parent[node];
    children[above === -1 ? nodeCount : above].push(node);
    if (above !== -1) ownNs[above] -= attributedNs[node];
  }
  // What is left of a subtraction that should give zero is no time.
  return { tree, attributedNs, ownNs: ownNs.map((time) => Math.max(0, time)), children };
}

function labelOf({ kind, nameStr, serviceStr, strings }: MergedTree, node: number): string {
  return `${kind[node]}\n${strings[nameStr[node]] ?? ''}\n${strings[serviceStr[node]] ?? ''}`;
}

/** Matches children of matching nodes by what they stand for, from the roots down, and sets widths. */
function union(a: Side, b: Side): DiffNode[] {
  const roots: DiffNode[] = [];
  const all: DiffNode[] = [];
  const match = (inA: readonly number[], inB: readonly number[], into: DiffNode[]): void => {
    const ofB = new Map(inB.map((node) => [labelOf(b.tree, node), node]));
    const add = (label: string, nodeA: number, nodeB: number): void => {
      const own = Math.max(a.ownNs[nodeA] ?? 0, b.ownNs[nodeB] ?? 0);
      const node = { label, a: nodeA, b: nodeB, children: [], widthNs: own };
      into.push(node);
      all.push(node);
    };
    for (const node of inA) {
      const label = labelOf(a.tree, node);
      add(label, node, ofB.get(label) ?? -1);
      ofB.delete(label);
    }
    for (const [label, node] of ofB) add(label, -1, node);
  };
  match(a.children.at(-1) ?? [], b.children.at(-1) ?? [], roots);
  // The list grows while it is gone through.
  for (const node of all) match(a.children[node.a] ?? [], b.children[node.b] ?? [], node.children);
  for (const node of all.reverse()) {
    for (const child of node.children) node.widthNs += child.widthNs;
  }
  return roots;
}

/** Last one first, as a stack wants them. */
function sorted(nodes: DiffNode[]): DiffNode[] {
  return nodes.sort((a, b) => {
    const size = Math.round(a.widthNs) - Math.round(b.widthNs);
    if (size !== 0) return size;
    return a.label < b.label ? 1 : -1;
  });
}

function columnsOf(
  nodes: readonly DiffNode[],
  parents: readonly number[],
  a: Side,
  b: Side,
): MergedDiff {
  const parent = Int32Array.from(parents);
  const depth = new Int32Array(nodes.length);
  parent.forEach((above, node) => (depth[node] = above === -1 ? 0 : depth[above] + 1));
  const strings: string[] = [];
  const byText = new Map<string, number>();
  const local = (column: 'nameStr' | 'serviceStr', node: DiffNode): number => {
    const [tree, at] = node.a === -1 ? [b.tree, node.b] : [a.tree, node.a];
    const text = tree.strings[tree[column][at]];
    if (text === undefined) return -1;
    let row = byText.get(text);
    if (row === undefined) byText.set(text, (row = strings.push(text) - 1));
    return row;
  };
  const kind = (node: DiffNode): number =>
    node.a === -1 ? b.tree.kind[node.b] : a.tree.kind[node.a];
  return {
    nodeCount: nodes.length,
    parent,
    depth,
    kind: Uint8Array.from(nodes, kind),
    nameStr: Int32Array.from(nodes, (node) => local('nameStr', node)),
    serviceStr: Int32Array.from(nodes, (node) => local('serviceStr', node)),
    nodeA: Int32Array.from(nodes, (node) => node.a),
    nodeB: Int32Array.from(nodes, (node) => node.b),
    widthNs: Float64Array.from(nodes, (node) => node.widthNs),
    changeNs: Float64Array.from(
      nodes,
      (node) => (b.attributedNs[node.b] ?? 0) - (a.attributedNs[node.a] ?? 0),
    ),
    strings,
  };
}
