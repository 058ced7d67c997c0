/** Seeded random traces for merged flame graphs, and what holds for every merge. */
import { expect } from 'vitest';
import type { MergedTree } from '../../electron/engine/view/merge-tree.ts';
import type { Random } from './otlp/random.ts';
import type { SpanSpec } from './store-bodies.ts';

/** The sum of a column. */
export function sumOf(column: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += column[i];
  return sum;
}

/** Attributed time of all roots. */
export function rootSum(tree: MergedTree): number {
  return sumOf(tree.attributedNs.filter((_, node) => tree.parent[node] === -1));
}

/** The attributed times of children sum to their parent's at most. */
export function checkInside(tree: MergedTree, why: string): void {
  const inside = new Float64Array(tree.nodeCount);
  tree.parent.forEach((above, node) => {
    if (above !== -1) inside[above] += tree.attributedNs[node];
  });
  inside.forEach((sum, node) => {
    expect(sum, why).toBeLessThanOrEqual(tree.attributedNs[node] * (1 + 1e-9) + 1e-6);
  });
}

/** Up to six traces. */
export function randomTraces(random: Random): SpanSpec[] {
  const traces = 1 + random.below(6);
  return Array.from({ length: traces }, (_, i) =>
    randomTrace(random, i + 1, 1 + random.below(25)),
  ).flat();
}

/** Concurrent, gapped, orphaned, cyclic: whatever may arrive. No two spans start at one time. */
export function randomTrace(random: Random, trace: number, count: number): SpanSpec[] {
  return Array.from({ length: count }, (_, i): SpanSpec => {
    const start = random.below(40) * count * 2 + i;
    const parent = random.chance(0.1)
      ? 1_000_000 + random.below(3)
      : random.chance(0.03)
        ? 1 + random.below(count)
        : random.below(i + 1);
    return {
      trace,
      id: i + 1,
      ...(parent === 0 ? {} : { parent }),
      name: random.pick(['a', 'b', 'c']),
      service: random.pick(['x', 'y']),
      status: random.chance(0.2) ? 2 : 0,
      start,
      end: start + random.below(30) * count - (random.chance(0.1) ? count : 0),
    };
  });
}

/** Children one after the other, inside their parents. */
export function sequentialTrace(random: Random): SpanSpec[] {
  const specs: SpanSpec[] = [];
  const grow = (parent: number, start: number, end: number, depth: number): void => {
    const id = specs.length + 1;
    const name = parent === 0 ? 'root' : random.pick(['a', 'b', 'c']);
    specs.push({ trace: 1, id, name, start, end, ...(parent === 0 ? {} : { parent }) });
    if (depth === 5) return;
    for (let at = start; at < end;) {
      const from = at + random.below(20);
      const to = from + 1 + random.below(1 + Math.floor((end - start) / 2));
      if (to > end) return;
      grow(id, from, to, depth + 1);
      at = to;
    }
  };
  grow(0, 0, 1000, 0);
  return specs;
}
