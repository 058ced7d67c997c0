import { describe, expect, it } from 'vitest';
import { compareAttributes } from '../../electron/engine/view/attribute-changes.ts';
import { falseDiscoveryRates, FisherTest } from '../../electron/engine/view/fisher-test.ts';
import type { AttributeChanges } from '../../proto/live/topics.ts';
import { storeOf } from '../support/merge-text.ts';
import { seededRandom } from '../support/otlp/random.ts';
import { traceHex, type SpanSpec } from '../support/store-bodies.ts';

/** Compares the traces of A with those of B, by their numbers. */
function compare(specs: readonly SpanSpec[], a: readonly number[], b: readonly number[]) {
  const store = storeOf(specs);
  const rowsOf = (traces: readonly number[]): Int32Array =>
    Int32Array.from(traces, (trace) => store.traces.find(traceHex(trace)));
  const steps = compareAttributes(store, rowsOf(a), rowsOf(b));
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function of(result: AttributeChanges, key: string, value: string) {
  return result.changes.find((change) => change.key === key && change.value === value);
}

describe("Fisher's exact test", () => {
  // Tea: 3 of 4 against 1 of 4. 34/70 of all tables are no likelier.
  it('adds up the tables that are no likelier', () => {
    expect(new FisherTest(4, 4).p(3, 1)).toBeCloseTo(34 / 70, 10);
    expect(new FisherTest(4, 4).p(4, 0)).toBeCloseTo(2 / 70, 10);
  });

  it('finds no difference between equal shares, nor in nothing', () => {
    expect(new FisherTest(10, 20).p(5, 10)).toBeCloseTo(1, 10);
    expect(new FisherTest(0, 5).p(0, 3)).toBeCloseTo(1, 10);
  });

  it('stays a number between 0 and 1 for sums of thousands', () => {
    const p = new FisherTest(1000, 1000).p(900, 100);
    expect(p).toBeGreaterThanOrEqual(0);
    expect(p).toBeLessThan(1e-100);
  });
});

describe('the false discovery rate', () => {
  it('is that of Benjamini and Hochberg, in the order of the values', () => {
    expect(falseDiscoveryRates([0.04, 0.01, NaN, 0.03])).toEqual([0.04, 0.03, NaN, 0.04]);
  });
});

describe('attributes of two sets of traces', () => {
  const specs = Array.from({ length: 40 }, (_, i): SpanSpec => ({
    ...{ trace: i + 1, id: 1, start: 0, end: i < 20 ? 100 + i : 500 + i },
    attributes: { pool: i < 20 ? 8 : 32, zone: i % 2 === 0 ? 'east' : 'west', id: `r${i}` },
  }));
  const [a, b] = [1, 21].map((from) => Array.from({ length: 20 }, (_, i) => from + i));

  it('are ranked by share of traces, then by time, and carry how sure that is', () => {
    const result = compare(specs, a, b);
    expect(result).toMatchObject({ aTraces: 20, bTraces: 20, isPartial: false });
    expect(result.changes.slice(0, 2).map(({ key, value }) => `${key}=${value}`)).toEqual([
      'pool=32',
      'pool=8',
    ]);
    expect(of(result, 'pool', '32')).toMatchObject({ aTraces: 0, bTraces: 20, aMeanNs: null });
    expect(of(result, 'pool', '32')?.shareQ).toBeLessThan(1e-6);
    // As many on both sides, and five times as slow on one.
    const east = of(result, 'zone', 'east');
    expect(east).toMatchObject({ aTraces: 10, bTraces: 10, shareQ: 1 });
    expect(east?.timeQ).toBeLessThan(0.01);
    expect(of(result, 'id', 'r3')?.shareQ).toBeGreaterThan(0.5);
    expect(of(result, 'id', 'r3')?.timeQ).toBeNull();
  });

  it('count a trace once, whatever number of its spans has the value', () => {
    const spans = [1, 2, 3].map((id): SpanSpec => ({ trace: 1, id, attributes: { k: 'v' } }));
    const result = compare([...spans, { trace: 2, id: 1 }], [1], [2]);
    expect(of(result, 'k', 'v')).toMatchObject({ aTraces: 1, bTraces: 0 });
    expect(of(result, 'service.name', 'svc')).toMatchObject({ aTraces: 1, bTraces: 1 });
  });

  it('of nothing are none', () => {
    expect(compare([], [], [])).toEqual({
      ...{ changes: [], aTraces: 0, bTraces: 0, values: 0, isPartial: false },
    });
  });

  it('of random traces are what a census by hand counts', () => {
    for (let seed = 900; seed < 920; seed++) {
      const random = seededRandom(seed);
      const traces = Array.from({ length: 30 }, (_, i) => i + 1);
      const spans = traces.flatMap((trace) =>
        Array.from({ length: 1 + random.below(4) }, (_, i): SpanSpec => ({
          ...{ trace, id: i + 1, start: 0, end: 1 + random.below(1000) },
          attributes: { k: random.pick(['x', 'y', 'z']), n: random.below(3) },
        })),
      );
      const [left, right] = [traces.slice(0, 12), traces.slice(12)];
      const result = compare(spans, left, right);
      for (const { key, value, aTraces, bTraces, aMeanNs } of result.changes) {
        if (key === 'service.name') continue;
        const having = (side: readonly number[]): number[] =>
          side.filter((trace) =>
            spans.some((spec) => spec.trace === trace && String(spec.attributes?.[key]) === value),
          );
        const why = `seed ${seed}, ${key}=${value}`;
        expect([aTraces, bTraces], why).toEqual([having(left).length, having(right).length]);
        const times = having(left).map((trace) =>
          Math.max(...spans.filter((spec) => spec.trace === trace).map(({ end = 0 }) => end)),
        );
        const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
        if (aMeanNs !== null) expect(aMeanNs, why).toBeCloseTo(mean, 6);
      }
    }
  });
});
