/** Prints a layout as text: one line a lane, `name[start-end]` in order, `?` for inferred boxes. */
import { assignLanes } from '../../electron/engine/view/flame-lanes.ts';
import { orderTree } from '../../electron/engine/view/flame-order.ts';
import type { ArtTrace } from './trace-art.ts';

export function flameText({ names, input }: ArtTrace): string {
  const tree = orderTree(input);
  const { lane, laneCount } = assignLanes(tree);
  const lines: string[][] = Array.from({ length: laneCount }, () => []);
  for (let box = 0; box < tree.boxCount; box++) {
    const name = names[tree.node[box]] ?? '?';
    lines[lane[box]].push(`${name}[${String(tree.startNs[box])}-${String(tree.endNs[box])}]`);
  }
  return lines.map((line) => line.join(' ')).join('\n');
}
