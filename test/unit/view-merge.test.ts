import { describe, expect, it } from 'vitest';
import { OperationKeys, type MergeKeys } from '../../electron/engine/view/merge-keys.ts';
import { checkInside, randomTraces, rootSum, sumOf } from '../support/merge-random.ts';
import { mergeAll, mergedText, printMerged, storeOf } from '../support/merge-text.ts';
import { seededRandom } from '../support/otlp/random.ts';
import type { SpanSpec } from '../support/store-bodies.ts';

const SEED = 31_000;

function trimmed(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}

/** Lines are `name total/self/attributed ×count !errors in traces (when not in all)`. */
function expectMerge(art: string, wanted: string): void {
  expect(mergedText(art)).toBe(trimmed(wanted));
}

describe('a merged flame graph', () => {
  it('folds spans of one path over traces', () => {
    expectMerge(
      `
      checkout 0-100
        charge@pay 10-40
          sql@db 20-30
        charge@pay 50-60 !
      ---
      checkout 0-80
        charge@pay 0-80
      ---
      charge@pay 0-5`,
      `
      checkout 180/60/180 ×2 in 2
        charge@pay 120/110/120 ×3 !1 in 2
          sql@db 10/10/10 ×1 in 1
      charge@pay 5/5/5 ×1 in 1`,
    );
  });

  it('gives sequential spans their self time and their duration', () => {
    expectMerge(
      `
      a 0-100
        b 10-40
          c 20-30
        b 40-60`,
      `
      a 100/50/100 ×1
        b 50/40/50 ×2
          c 10/10/10 ×1`,
    );
  });

  it('splits each instant among concurrent siblings', () => {
    expectMerge(
      `
      p 0-20
        a 2-12
        b 6-14`,
      `
      p 20/8/20 ×1
        a 10/10/7 ×1
        b 8/8/5 ×1`,
    );
  });

  it('splits among the leaves, however deep they are', () => {
    expectMerge(
      `
      p 0-12
        a 0-12
          a1 0-12
          a2 0-12
        b 0-12`,
      `
      p 12/0/12 ×1
        a 12/0/8 ×1
          a1 12/12/4 ×1
          a2 12/12/4 ×1
        b 12/12/4 ×1`,
    );
  });

  it('attributes what outlives its parent below it all the same', () => {
    expectMerge(
      `
      p 0-10
        late 5-30`,
      `
      p 10/5/30 ×1
        late 25/25/25 ×1`,
    );
  });

  it('takes no time from a parent in the gap between its span and a grandchild', () => {
    expectMerge(
      `
      p 0-30
        a 0-10
          a1 20-30`,
      `
      p 30/20/30 ×1
        a 10/10/20 ×1
          a1 10/10/10 ×1`,
    );
  });

  it('shares among roots that run at once, and leaves gaps out', () => {
    expectMerge(
      `
      x 0-10
      y 5-10
      z 50-60`,
      `
      z 10/10/10 ×1
      x 10/10/7.5 ×1
      y 5/5/2.5 ×1`,
    );
  });

  it('hangs orphans below parents that were not received, which never run', () => {
    expectMerge(
      `
      root 0-10
      ? 1
        lost 20-30
        lost 50-60
      ? 2
        gone 70-75`,
      `
      (not received) 45/0/25 ×2
        lost 20/20/20 ×2
        gone 5/5/5 ×1
      root 10/10/10 ×1`,
    );
  });

  it('orders siblings by attributed time, then by name', () => {
    expectMerge(
      `
      p 0-100
        c 0-10
        b 10-20
        a 20-50
        b@other 60-70`,
      `
      p 100/40/100 ×1
        a 30/30/30 ×1
        b@other 10/10/10 ×1
        b 10/10/10 ×1
        c 10/10/10 ×1`,
    );
  });

  it('keeps recursion as deep as it is', () => {
    expectMerge(
      `
      f 0-30
        f 0-20
          f 0-10`,
      `
      f 30/10/30 ×1
        f 20/10/20 ×1
          f 10/10/10 ×1`,
    );
  });

  it('takes spans that end before they start for points', () => {
    expectMerge(
      `
      p 0-10
        bad 5-2`,
      `
      p 10/10/10 ×1
        bad 0/0/0 ×1`,
    );
  });

  it('cuts a cycle above its earliest span', () => {
    const spec = (id: number, parent: number, start: number): SpanSpec => ({
      ...{ trace: 1, id, parent, name: `n${id}`, start, end: start + 10 },
    });
    const specs = [spec(1, 3, 100), spec(2, 1, 50), spec(3, 2, 200), spec(4, 4, 300)];
    expect(printMerged(mergeAll(storeOf(specs)))).toBe(
      trimmed(`
      n2 10/10/30 ×1
        n3 10/10/20 ×1
          n1 10/10/10 ×1
      n4 10/10/10 ×1`),
    );
  });

  it('is empty without traces', () => {
    const tree = mergeAll(storeOf([]));
    expect(tree).toMatchObject({ nodeCount: 0, traceCount: 0, spanCount: 0, busyNs: 0 });
  });
});

describe('too many paths', () => {
  const art = `
    p 0-100
      a 0-40
        a1 0-10
          deep 0-5
        a2 10-15
      b 40-60
      c 60-70 !
    ---
    p 0-10
      c 0-10`;

  it('leave those with the least attributed time to one node below their parent', () => {
    expect(mergedText(art, { maxNodes: 3 })).toBe(
      trimmed(`
      p 110/30/110 ×2
        a 40/25/40 ×1 in 1
          (other) 15/15/15 ×3 in 1
        b 20/20/20 ×1 in 1
        (other) 20/20/20 ×2 !1`),
    );
  });

  it('are not told apart from some number on', () => {
    expect(mergedText(art, { maxPaths: 2 })).toBe(
      trimmed(`
      p 110/30/110 ×2
        a 40/25/40 ×1 in 1
          (other) 15/15/15 ×3 in 1
        (other) 40/40/40 ×3 !1`),
    );
  });

  it('and too many names are counted as other too', () => {
    const store = storeOf([
      { trace: 1, id: 1, name: 'a', start: 0, end: 10 },
      { trace: 1, id: 2, name: 'b', parent: 1, start: 0, end: 4 },
      { trace: 1, id: 3, name: 'c', parent: 1, start: 4, end: 8 },
    ]);
    // Of the texts svc, a and b one is left for a name.
    const keys = new OperationKeys(2);
    // The second time the store may have changed, so that its texts are looked at again.
    for (const round of [1, 2]) {
      expect(printMerged(mergeAll(store, { keys })), `round ${round}`).toBe(
        'a 10/2/10 ×1\n  (other) 8/8/8 ×2',
      );
    }
  });

  it('keep all sums, whatever the bounds', () => {
    for (let round = 0; round < 30; round++) {
      const seed = SEED + 500 + round;
      const store = storeOf(randomTraces(seededRandom(seed)));
      const whole = mergeAll(store);
      for (const options of [{ maxNodes: 7 }, { maxPaths: 5 }, { maxNodes: 4, maxPaths: 9 }]) {
        const tree = mergeAll(store, options);
        const why = `seed ${seed} ${JSON.stringify(options)}`;
        for (const column of ['selfNs', 'count', 'errors'] as const) {
          expect(sumOf(tree[column]), why).toBeCloseTo(sumOf(whole[column]), 3);
        }
        expect(rootSum(tree), why).toBeCloseTo(whole.busyNs, 3);
        checkInside(tree, why);
      }
    }
  });
});

it('folds by what a key function says', () => {
  const store = storeOf([
    { trace: 1, id: 1, name: 'a', kind: 2, start: 0, end: 10 },
    { trace: 1, id: 2, parent: 1, name: 'b', kind: 3, start: 1, end: 5 },
    { trace: 1, id: 3, parent: 1, name: 'c', kind: 3, start: 5, end: 8 },
  ]);
  const byKind: MergeKeys = {
    strings: ['', 'internal', 'server', 'client'],
    refresh: () => undefined,
    keyOf: (_store, segment, slot) => segment.kind[slot],
    nameOf: (key) => key,
    serviceOf: () => -1,
  };
  expect(printMerged(mergeAll(store, { keys: byKind }))).toBe(
    'server 10/3/10 ×1\n  client 7/7/7 ×2',
  );
});
