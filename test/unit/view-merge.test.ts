import { describe, expect, it } from 'vitest';
import { SEGMENT_BITS, SLOT_MASK } from '../../electron/engine/store/schema.ts';
import { collectSpans, MISSING } from '../../electron/engine/view/flame-input.ts';
import { layoutTrace } from '../../electron/engine/view/flame-layout.ts';
import { OperationKeys, type MergeKeys } from '../../electron/engine/view/merge-keys.ts';
import { TraceReader } from '../../electron/engine/view/merge-read.ts';
import { finishMerge, mergeTraces } from '../../electron/engine/view/merge-traces.ts';
import type { MergedTree } from '../../electron/engine/view/merge-tree.ts';
import { referenceMerge } from '../support/merge-reference.ts';
import { mergeAll, mergedText, pathsOf, printMerged, storeOf } from '../support/merge-text.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import {
  openStore,
  spanMessage,
  spansBody,
  takeGood,
  traceHex,
  type SpanSpec,
} from '../support/store-bodies.ts';

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

describe('random traces', () => {
  it('are merged as the slow reference does it', () => {
    for (let round = 0; round < 60; round++) {
      const seed = SEED + round;
      const specs = randomTraces(seededRandom(seed));
      const tree = mergeAll(storeOf(specs));
      const { paths, busyNs } = referenceMerge(specs);
      const found = new Map(pathsOf(tree).map((path, node) => [path, node]));
      expect([...found.keys()].sort(), `seed ${seed}`).toEqual([...paths.keys()].sort());
      for (const [path, wanted] of paths) {
        const node = found.get(path) ?? -1;
        const why = `seed ${seed}, ${path}`;
        expect(tree.totalNs[node], why).toBe(wanted.totalNs);
        expect(tree.selfNs[node], why).toBe(wanted.selfNs);
        expect(tree.attributedNs[node], why).toBeCloseTo(wanted.attributedNs, 4);
        expect(tree.count[node], why).toBe(wanted.count);
        expect(tree.errors[node], why).toBe(wanted.errors);
        expect(tree.traces[node], why).toBe(wanted.traces.size);
      }
      expect(tree.busyNs, `seed ${seed}`).toBe(busyNs);
    }
  });

  it('have attributed times that sum to the busy time, and stay inside their parents', () => {
    for (let round = 0; round < 60; round++) {
      const seed = SEED + 100 + round;
      const tree = mergeAll(storeOf(randomTraces(seededRandom(seed))));
      expect(rootSum(tree), `seed ${seed}`).toBeCloseTo(tree.busyNs, 3);
      checkInside(tree, `seed ${seed}`);
    }
  });

  it('that are sequential have self times that sum to the durations of their roots', () => {
    for (let round = 0; round < 30; round++) {
      const seed = SEED + 200 + round;
      const tree = mergeAll(storeOf(sequentialTrace(seededRandom(seed))));
      expect(sumOf(tree.selfNs), `seed ${seed}`).toBe(tree.totalNs[0]);
      expect([...tree.attributedNs], `seed ${seed}`).toEqual([...tree.totalNs]);
    }
  });

  it('of more spans than one step takes are merged alike', () => {
    const random = seededRandom(SEED + 300);
    const specs = randomTrace(random, 1, 6000);
    const store = storeOf(specs);
    const tree = mergeAll(store);
    const layout = layoutTrace(store, store.traces.find(traceHex(1)));
    const inferredSelf = [...layout.columns.selfNs].filter(
      (_, box) => layout.columns.nameStr[box] < 0,
    );
    expect(sumOf(tree.count)).toBe(layout.boxCount);
    expect(sumOf(tree.selfNs)).toBeCloseTo(sumOf(layout.columns.selfNs) - sumOf(inferredSelf), 0);
    expect(rootSum(tree)).toBeCloseTo(tree.busyNs, 0);
  });
});

describe('reading traces', () => {
  it('settles parents and times as the layout of one trace does', () => {
    for (let round = 0; round < 20; round++) {
      const seed = SEED + 400 + round;
      const random = seededRandom(seed);
      const { store } = openStore(4 << 20);
      const specs = [1, 2, 3].flatMap((trace) => randomTrace(random, trace, 1 + random.below(200)));
      specs.sort((a, b) => (a.end ?? 0) - (b.end ?? 0));
      const spans = specs.map((spec) => ({
        ...spanMessage(spec),
        ...(random.chance(0.05) ? { startTimeUnixNano: 0 } : {}),
        ...(random.chance(0.05) ? { endTimeUnixNano: 0 } : {}),
      }));
      takeGood(
        store,
        'traces',
        encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }),
      );
      const reader = new TraceReader();
      const keys = new OperationKeys();
      for (const trace of [1, 2, 3]) {
        const row = store.traces.find(traceHex(trace));
        const input = collectSpans(store, row);
        reader.read(store, keys, row);
        const why = `seed ${seed}, trace ${trace}`;
        expect(reader.count, why).toBe(input.count);
        expect(reader.total, why).toBe(input.count + input.missingHi.length);
        for (let i = 0; i < input.count; i++) {
          expect([reader.start[i], reader.end[i]], why).toEqual([
            input.times[2 * i],
            input.times[2 * i + 1],
          ]);
          const above = input.parent[i];
          const wanted = above <= MISSING ? input.count + MISSING - above : above;
          // Where a cycle was cut the span is a root.
          if (reader.parent[i] !== -1) expect(reader.parent[i], why).toBe(wanted);
        }
        const order = [...reader.order.subarray(0, reader.total)];
        expect(
          [...order].sort((a, b) => a - b),
          why,
        ).toEqual(order.map((_, i) => i));
        for (const node of order) {
          const above = reader.parent[node];
          if (above !== -1) expect(order.indexOf(above), why).toBeLessThan(order.indexOf(node));
        }
      }
    }
  });

  it('leaves out traces that are evicted on the way', () => {
    const { store } = openStore();
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, name: 'gone' }]));
    takeGood(store, 'traces', spansBody([{ trace: 2, id: 1, name: 'gone too' }]));
    const { rows, length } = store.traces.inOrder();
    const merge = mergeTraces(store, rows.subarray(0, length));
    store.clear('traces');
    takeGood(store, 'traces', spansBody([{ trace: 3, id: 1, name: 'new' }]));
    // The new trace may be where one of them was, but it is another.
    expect(finishMerge(merge)).toMatchObject({ nodeCount: 0, traceCount: 0 });
  });

  it('goes in steps and can be dropped after any', () => {
    const random = seededRandom(SEED);
    const specs = Array.from({ length: 40 }, (_, trace) => randomTrace(random, trace + 1, 150));
    const store = storeOf(specs.flat());
    const { rows, length } = store.traces.inOrder();
    let steps = 0;
    for (const merge = mergeTraces(store, rows.subarray(0, length)); ; steps++) {
      if (merge.next().done === true) break;
    }
    expect(steps).toBeGreaterThan(4);
    const dropped = mergeTraces(store, rows.subarray(0, length));
    dropped.next();
    expect(dropped.return(undefined as never).done).toBe(true);
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

it('names operations right when the store uses its string rows again', () => {
  const { store } = openStore(2 << 20);
  const keys = new OperationKeys();
  const seen = new Set<string>();
  for (let body = 0; body < 60; body++) {
    const specs = Array.from({ length: 200 }, (_, i): SpanSpec => ({
      ...{ trace: body + 1, id: i + 1, name: `n ${body} ${i % 50}`, service: `s ${body}` },
      padding: 200,
    }));
    takeGood(store, 'traces', spansBody(specs));
    keys.refresh();
    const row = store.traces.find(traceHex(body + 1));
    for (let at = store.traces.firstSpanOf(row); at !== -1;) {
      const segment = store.spans.segments[at >>> SEGMENT_BITS];
      if (segment === undefined) throw new Error('no segment');
      const key = keys.keyOf(store, segment, at & SLOT_MASK);
      const name = keys.strings[keys.nameOf(key)];
      const service = keys.strings[keys.serviceOf(key)];
      expect(service).toBe(`s ${body}`);
      expect(name).toContain(`n ${body} `);
      seen.add(name);
      at = segment.nextInTrace[at & SLOT_MASK];
    }
  }
  expect(seen.size).toBe(3000);
});

function sumOf(column: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += column[i];
  return sum;
}

/** Attributed time of all roots. */
function rootSum(tree: MergedTree): number {
  return sumOf(tree.attributedNs.filter((_, node) => tree.parent[node] === -1));
}

/** The attributed times of children sum to their parent's at most. */
function checkInside(tree: MergedTree, why: string): void {
  const inside = new Float64Array(tree.nodeCount);
  tree.parent.forEach((above, node) => {
    if (above !== -1) inside[above] += tree.attributedNs[node];
  });
  inside.forEach((sum, node) => {
    expect(sum, why).toBeLessThanOrEqual(tree.attributedNs[node] * (1 + 1e-9) + 1e-6);
  });
}

function randomTraces(random: Random): SpanSpec[] {
  const traces = 1 + random.below(6);
  return Array.from({ length: traces }, (_, i) =>
    randomTrace(random, i + 1, 1 + random.below(25)),
  ).flat();
}

/** Concurrent, gapped, orphaned, cyclic: whatever may arrive. No two spans start at one time. */
function randomTrace(random: Random, trace: number, count: number): SpanSpec[] {
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
function sequentialTrace(random: Random): SpanSpec[] {
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
