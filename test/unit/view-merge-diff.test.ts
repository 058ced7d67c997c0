import { describe, expect, it } from 'vitest';
import { diffMerged, type MergedDiff } from '../../electron/engine/view/merge-diff.ts';
import type { MergedTree } from '../../electron/engine/view/merge-tree.ts';
import { randomTraces } from '../support/merge-random.ts';
import { referenceDiff } from '../support/merge-reference.ts';
import { mergeAll, pathsOf, printDiff, specsFromArt, storeOf } from '../support/merge-text.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import type { SpanSpec } from '../support/store-bodies.ts';

const SEED = 52_000;

function treeOf(art: string): MergedTree {
  return mergeAll(storeOf(specsFromArt(art)));
}

function trimmed(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}

/** Lines are `name width change`, in ns a trace, and which side alone has it. */
function expectDiff(a: string, b: string, wanted: string): void {
  expect(printDiff(diffMerged(treeOf(a), treeOf(b)))).toBe(trimmed(wanted));
}

describe('two merged trees', () => {
  it('are compared a trace, by path', () => {
    expectDiff(
      `
      checkout 0-10
        charge@pay 0-4
      ---
      checkout 0-10
        charge@pay 0-4`,
      `
      checkout 0-16
        charge@pay 0-10`,
      `
      checkout 16 +6
        charge@pay 10 +6`,
    );
  });

  it('keep what one side alone has, inside its parent', () => {
    expectDiff(
      `
      p 0-10
        old 0-10`,
      `
      p 0-10
        new 0-10`,
      `
      p 20 0
        new 10 +10 only in B
        old 10 -10 only in A`,
    );
  });

  it('tell services and parents that were not received apart', () => {
    expectDiff(
      `
      x@one 0-10
      ? 1
        lost 20-30`,
      `
      x@two 0-5
      ? 9
        lost 20-26`,
      `
      x@one 10 -10 only in A
      (not received) 10 -4
        lost 10 -4
      x@two 5 +5 only in B`,
    );
  });

  it('show the other one when one side is empty', () => {
    expectDiff('', 'p 0-10', 'p 10 +10 only in B');
    expectDiff('p 0-10', '', 'p 10 -10 only in A');
    expectDiff('', '', '');
  });

  it('have the same widths and opposite changes when they are swapped', () => {
    for (let round = 0; round < 30; round++) {
      const random = seededRandom(SEED + round);
      const [a, b] = [randomTree(random), randomTree(random)];
      const lines = (diff: MergedDiff, sign: number): string[] =>
        Array.from({ length: diff.nodeCount }, (_, node) =>
          [
            diff.strings[diff.nameStr[node]],
            diff.depth[node],
            diff.widthNs[node].toFixed(3),
            (sign * diff.changeNs[node] + 0).toFixed(3).replace('-0.000', '0.000'),
          ].join(),
        ).sort();
      const why = `seed ${SEED + round}`;
      expect(lines(diffMerged(b, a), -1), why).toEqual(lines(diffMerged(a, b), 1));
    }
  });

  it('are never narrower than either side, nor than what is inside', () => {
    for (let round = 0; round < 60; round++) {
      const random = seededRandom(SEED + 100 + round);
      const [a, b] = [randomTree(random), randomTree(random)];
      const diff = diffMerged(a, b);
      const why = `seed ${SEED + 100 + round}`;
      const inside = new Float64Array(diff.nodeCount);
      diff.parent.forEach((above, node) => {
        if (above !== -1) inside[above] += diff.widthNs[node];
      });
      for (let node = 0; node < diff.nodeCount; node++) {
        const ofA = (a.attributedNs[diff.nodeA[node]] ?? 0) / a.traceCount;
        const ofB = (b.attributedNs[diff.nodeB[node]] ?? 0) / b.traceCount;
        const width = diff.widthNs[node] + 1e-6;
        expect(width, why).toBeGreaterThanOrEqual(Math.max(ofA, ofB, inside[node]));
        expect(diff.changeNs[node], why).toBeCloseTo(ofB - ofA, 6);
      }
      // Every node of both is there once.
      const nodes = (column: Int32Array): number[] =>
        [...column].filter((node) => node !== -1).sort((x, y) => x - y);
      expect(nodes(diff.nodeA), why).toEqual([...a.parent.keys()]);
      expect(nodes(diff.nodeB), why).toEqual([...b.parent.keys()]);
    }
  });
});

describe('a comparison of random traces', () => {
  it('is what two merges by hand say, path by path', () => {
    for (let seed = SEED + 300; seed < SEED + 340; seed++) {
      const random = seededRandom(seed);
      const [specsA, specsB] = [randomTraces(random), randomTraces(random)];
      const a = mergeAll(storeOf(specsA));
      const b = mergeAll(storeOf(specsB));
      const diff = diffMerged(a, b);
      const wanted = referenceDiff(specsA, specsB);
      const paths = [pathsOf(a), pathsOf(b)] as const;
      const found = new Map(
        Array.from({ length: diff.nodeCount }, (_, node) => {
          const [nodeA, nodeB] = [diff.nodeA[node], diff.nodeB[node]];
          return [nodeA === -1 ? paths[1][nodeB] : paths[0][nodeA], node] as const;
        }),
      );
      expect([...found.keys()].sort(), `seed ${seed}`).toEqual([...wanted.keys()].sort());
      for (const [path, { widthNs, changeNs }] of wanted) {
        const node = found.get(path) ?? -1;
        expect(diff.widthNs[node], `seed ${seed}, ${path}`).toBeCloseTo(widthNs, 4);
        expect(diff.changeNs[node], `seed ${seed}, ${path}`).toBeCloseTo(changeNs, 4);
      }
    }
  });
});

function randomTree(random: Random): MergedTree {
  const traces = 1 + random.below(5);
  const specs = Array.from({ length: traces }, (_, trace) =>
    Array.from({ length: 1 + random.below(15) }, (_, i): SpanSpec => {
      const start = random.below(300) + i;
      const parent = random.below(i + 1);
      return {
        ...{ trace: trace + 1, id: i + 1, name: random.pick(['a', 'b', 'c', 'd']) },
        ...{ start, end: start + 1 + random.below(100) },
        ...(parent === 0 ? {} : { parent }),
      };
    }),
  );
  return mergeAll(storeOf(specs.flat()));
}
