import { describe, expect, it } from 'vitest';
import { SEGMENT_BITS, SLOT_MASK } from '../../electron/engine/store/schema.ts';
import { collectSpans, MISSING } from '../../electron/engine/view/flame-input.ts';
import { layoutTrace } from '../../electron/engine/view/flame-layout.ts';
import { OperationKeys } from '../../electron/engine/view/merge-keys.ts';
import { TraceReader } from '../../electron/engine/view/merge-read.ts';
import { finishMerge, mergeTraces } from '../../electron/engine/view/merge-traces.ts';
import {
  checkInside,
  randomTrace,
  randomTraces,
  rootSum,
  sequentialTrace,
  sumOf,
} from '../support/merge-random.ts';
import { referenceMerge } from '../support/merge-reference.ts';
import { mergeAll, pathsOf, storeOf } from '../support/merge-text.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { seededRandom } from '../support/otlp/random.ts';
import {
  openStore,
  spanMessage,
  spansBody,
  takeGood,
  traceHex,
  type SpanSpec,
} from '../support/store-bodies.ts';

const SEED = 31_000;

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
