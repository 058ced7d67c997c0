import { describe, expect, it } from 'vitest';
import { medianOf, rankTest } from '../../electron/engine/view/rank-test.ts';
import type { TopicFrame } from '../../proto/live/client.ts';
import type { FlameDiffMeta } from '../../proto/live/topics.ts';
import { changeStep, changeText, DiffFlame } from '../../renderer/canvas/merge-diff.ts';
import { ALL_TRACES } from '../../renderer/canvas/merge-model.ts';
import { verdictOf } from '../../renderer/features/flame/verdict.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  sendSpans,
  settle,
} from '../support/live-engine.ts';

describe('rank test', () => {
  // U = 0 of 25 pairs: mean 12.5, variance 25 * 11 / 12, z = 12 / 4.787 = 2.507.
  it('gives the normal approximation for samples that do not overlap', () => {
    const test = rankTest(Float64Array.of(1, 2, 3, 4, 5), Float64Array.of(6, 7, 8, 9, 10));
    expect(test.superiority).toBe(1);
    expect(test.p).toBeCloseTo(0.01219, 4);
  });

  // Ranks of b: 1 tie of 3 (mean rank 3), 5, 6: U = 14 - 6 = 8 of 9 pairs less the tie's halves.
  it('counts ties half and corrects the variance for them', () => {
    const test = rankTest(Float64Array.of(1, 2, 2), Float64Array.of(2, 3, 4));
    expect(test.superiority).toBeCloseTo(8 / 9, 12);
    // variance = 9 / 12 * (7 - 24 / 30) = 4.65, z = (3.5 - 0.5) / 2.1564 = 1.3912.
    expect(test.p).toBeCloseTo(0.16416, 3);
  });

  it('finds no difference between equal samples', () => {
    const same = Float64Array.of(3, 3, 3, 3);
    expect(rankTest(same, same)).toEqual({ p: 1, superiority: 0.5 });
  });

  it('takes the mean of the two in the middle as the median', () => {
    expect([medianOf(Float64Array.of(9, 1, 4)), medianOf(Float64Array.of(4, 1, 2, 10))]).toEqual([
      4, 3,
    ]);
    expect(medianOf(new Float64Array(0))).toBe(0);
  });
});

describe('verdict', () => {
  const side = { matched: 20, searching: false, traceCount: 20, spanCount: 40, tested: 20 };
  const meta: FlameDiffMeta = {
    merged: true,
    by: '',
    total: 40,
    mergedAtMs: 1,
    a: { ...side, medianNs: 926e6 },
    b: { ...side, medianNs: 1e9 },
    p: 0.0001,
    superiority: 0.9,
    shared: 0,
    imports: [],
    strings: [],
  };

  it('says which side is slower, by how much, and how sure', () => {
    const { title, detail } = verdictOf(meta);
    expect(title).toBe('B is slower by 74.0\u00a0ms');
    expect(detail).toContain('p < 0.001');
    expect(verdictOf({ ...meta, b: { ...side, medianNs: 9e8 }, superiority: 0.2 }).title).toContain(
      'faster',
    );
  });

  it('finds none where chance explains it, the middle contradicts the ranks, or traces are few', () => {
    expect(verdictOf({ ...meta, p: 0.2 }).title).toBe('No clear difference');
    expect(verdictOf({ ...meta, superiority: 0.4 }).title).toBe('No clear difference');
    const few = verdictOf({ ...meta, p: null, b: { ...meta.b, tested: 3 } });
    expect(few.title).toBe('No clear difference, 3 traces are too few');
  });

  it('says how many traces are on both sides', () => {
    expect(verdictOf({ ...meta, shared: 3 }).detail).toContain('3 traces on both sides');
  });

  it('takes two single traces as they are, without a test', () => {
    const one = { ...side, traceCount: 1, tested: 1 };
    const { title, detail } = verdictOf({
      ...{ ...meta, p: null, a: { ...one, medianNs: 2e6 }, b: { ...one, medianNs: 1e6 } },
    });
    expect(title).toBe('B is faster by 1.00\u00a0ms');
    expect(detail).toContain('one trace each');
  });

  it('names the side that has no trace', () => {
    expect(verdictOf({ ...meta, b: { ...meta.b, traceCount: 0 } }).title).toBe(
      'No trace matches B',
    );
  });
});

describe('comparison of two filters', () => {
  it('merges both sides and tells what each path takes in a trace', async () => {
    const { engine } = createEngine();
    for (let trace = 1; trace <= 20; trace++) {
      const isB = trace > 10;
      const [id, service] = [trace * 10, isB ? 'new' : 'old'];
      sendSpans(engine, [
        { trace, id, name: 'checkout', end: isB ? 200 + trace : 100 + trace },
        { trace, id: id + 1, parent: id, name: 'charge', end: isB ? 150 : 50 },
        { trace, id: id + 2, parent: id, name: service, start: 50, end: 50, service },
      ]);
    }
    const frames: TopicFrame<'flameDiff'>[] = [];
    connectClient(engine).subscribe(
      'flameDiff',
      { a: { filter: filterOf('service:old') }, b: { filter: filterOf('service:new') } },
      { frame: (frame) => frames.push(frame) },
    );
    await settle();
    const frame = frames.at(-1);
    if (frame === undefined) throw new Error('no frame');
    expect(frame.meta).toMatchObject({ merged: true, total: 20, superiority: 1 });
    expect(frame.meta.a).toMatchObject({ traceCount: 10, tested: 10, medianNs: 105.5 });
    expect(frame.meta.p).toBeLessThan(0.001);
    const diff = new DiffFlame(frame.meta, frame.columns);
    const byName = (name: string): number =>
      Array.from(frame.columns.nameStr, (str) => frame.meta.strings[str]).indexOf(name);
    expect(diff.values(byName('charge'))).toEqual([50, 150]);
    expect(changeText(diff, byName('charge'))).toBe('+200%');
    expect(changeStep(diff, byName('charge'))).toBe(4);
    expect(diff.side(byName('old'))).toBe('a');
    expect(changeText(diff, byName('new'))).toBe('only in B');
    expect(diff.values(ALL_TRACES)).toEqual([105.5, 215.5]);
    expect(diff.operations(ALL_TRACES)[0]).toMatchObject({ name: 'charge', changeNs: 100 });
  });

  it('refuses a wrong query of either side', async () => {
    const { engine, time } = createEngine();
    const failures: string[] = [];
    connectClient(engine).subscribe(
      'flameDiff',
      { a: { filter: filterOf('a') }, b: { filter: filterOf('duration>') } },
      { frame: () => undefined, ended: ({ code }) => failures.push(code) },
    );
    await settle();
    expect(failures).toEqual(['badParams']);
    expect(time.timerCount).toBe(0);
  });
});
