/** Prints a layout as text: one line a lane, `name[start-end]` in order, `?` for inferred boxes. */
import { assignLanes } from '../../electron/engine/view/flame-lanes.ts';
import { orderTree, type FlameTree } from '../../electron/engine/view/flame-order.ts';
import type { ArtTrace } from './trace-art.ts';

/** Node of each box. */
export function nodesOf(tree: FlameTree): Int32Array {
  const nodes = new Int32Array(tree.boxCount);
  tree.boxOf.forEach((box, node) => (nodes[box] = node));
  return nodes;
}

export function flameText({ names, input }: ArtTrace): string {
  const tree = orderTree(input);
  const { lane, laneCount } = assignLanes(tree);
  const nodes = nodesOf(tree);
  const lines: string[][] = Array.from({ length: laneCount }, () => []);
  for (let box = 0; box < tree.boxCount; box++) {
    const name = names[nodes[box]] ?? '?';
    lines[lane[box]].push(`${name}[${String(tree.startNs[box])}-${String(tree.endNs[box])}]`);
  }
  return lines.map((line) => line.join(' ')).join('\n');
}
