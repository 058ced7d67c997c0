/** Takes nodes out of a merged flame graph, with all below them. */
import type { Columns } from '../../proto/live/frame.ts';

/** Columns of nodes in depth-first order; a parent stands before its children. */
type NodeColumns = Columns & { readonly parent: Int32Array };

/**
 * The columns without the nodes that `isHidden` names and what is below them. Their part of `inclusive`
 * columns, which count what is below, is taken from all above. Copies. O(nodes · depth of what is hidden).
 */
export function withoutNodes<C extends NodeColumns>(
  columns: C,
  inclusive: readonly (keyof C)[],
  isHidden: (node: number) => boolean,
): C {
  const { parent } = columns;
  const placeOf = new Int32Array(parent.length).fill(-1);
  const kept: number[] = [];
  const left = new Map(inclusive.map((name) => [name, Float64Array.from(columns[name])]));
  for (let node = 0; node < parent.length; node++) {
    const above = parent[node];
    if (above !== -1 && placeOf[above] === -1) continue;
    if (isHidden(node)) takeFromAbove(left.values(), parent, node);
    else placeOf[node] = kept.push(node) - 1;
  }
  const picked = Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, pick(left.get(name) ?? column, kept)]),
  );
  const parents = Int32Array.from(kept, (node) =>
    parent[node] === -1 ? -1 : placeOf[parent[node]],
  );
  // The same names with arrays of the same kinds.
  return { ...picked, parent: parents } as unknown as C;
}

function takeFromAbove(columns: Iterable<Float64Array>, parent: Int32Array, node: number): void {
  for (const values of columns) {
    const part = values[node];
    if (!(part > 0)) continue;
    for (let above = parent[node]; above !== -1; above = parent[above]) {
      values[above] = Math.max(0, values[above] - part);
    }
  }
}

function pick(column: Columns[string], kept: readonly number[]): Columns[string] {
  const picked = column.slice(0, kept.length);
  kept.forEach((node, at) => (picked[at] = column[node]));
  return picked;
}
