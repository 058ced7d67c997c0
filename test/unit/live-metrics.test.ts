import { describe, expect, it } from 'vitest';
import type { TopicFrame } from '../../proto/live/client.ts';
import { NO_FILTER } from '../../proto/live/topics.ts';
import type { Engine } from '../../electron/engine/engine.ts';
import { reducePoints } from '../../electron/engine/view/series.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
  sendMetric,
  settle,
} from '../support/live-engine.ts';

const PARAMS = { filter: NO_FILTER, first: 0, count: 50, sparkPoints: 20 };

async function catalog(engine: Engine, filter = NO_FILTER): Promise<TopicFrame<'metrics'>> {
  const frames: TopicFrame<'metrics'>[] = [];
  const client = connectClient(engine);
  client.subscribe('metrics', { ...PARAMS, filter }, { frame: (frame) => frames.push(frame) });
  await settle();
  client.close();
  return frames[0];
}

/** Cumulative or delta points of a sum, one a second. */
function sumOf(values: readonly (number | bigint)[], of: object): object {
  return {
    aggregationTemporality: 2,
    isMonotonic: true,
    dataPoints: values.map((value, i) => ({
      startTimeUnixNano: secondNs(0),
      timeUnixNano: secondNs(i + 1),
      asInt: value,
    })),
    ...of,
  };
}

describe('metric catalog', () => {
  it('shows a cumulative sum as its rate per second and starts over at a reset', async () => {
    const { engine } = createEngine();
    sendMetric(engine, { name: 'requests', sum: sumOf([10, 30, 35, 5, 9], {}) });
    const { meta, columns } = await catalog(engine);
    expect(meta.rows[0]).toMatchObject({
      name: 'requests',
      isRate: true,
      last: '4',
      pointCount: 5,
    });
    expect([...columns.sparkValue].map((value) => Number(value.toFixed(3)))).toEqual([
      20, 5, 1.25, 4,
    ]);
  });

  it('shows a delta sum as its rate over each interval', async () => {
    const { engine } = createEngine();
    const dataPoints = [4, 6].map((asDouble, i) => ({
      startTimeUnixNano: secondNs(i * 2),
      timeUnixNano: secondNs(i * 2 + 2),
      asDouble,
    }));
    sendMetric(engine, {
      name: 'bytes',
      sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints },
    });
    const { columns } = await catalog(engine);
    expect([...columns.sparkValue]).toEqual([2, 3]);
  });

  it('keeps the last integer exact to 64 bits', async () => {
    const { engine } = createEngine();
    const exact = 9_007_199_254_740_993n;
    sendMetric(engine, {
      name: 'open',
      gauge: { dataPoints: [{ timeUnixNano: secondNs(1), asInt: exact }] },
    });
    const { meta } = await catalog(engine);
    expect(meta.rows[0]).toMatchObject({ kind: 'gauge', last: String(exact), isRate: false });
  });

  it('shows a histogram as the mean of each interval', async () => {
    const { engine } = createEngine();
    const point = (second: number, count: number, total: number): object => ({
      startTimeUnixNano: secondNs(0),
      timeUnixNano: secondNs(second),
      count,
      sum: total,
    });
    sendMetric(engine, {
      name: 'latency',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [point(1, 2, 10), point(2, 6, 30), point(3, 6, 30)],
      },
    });
    const { meta, columns } = await catalog(engine);
    expect(meta.rows[0].last).toBe('count 6, mean 5');
    expect([...columns.sparkValue]).toEqual([5, 5, NaN]);
  });

  it('filters by service and words, and sorts by service and name', async () => {
    const { engine } = createEngine();
    const gauge = { dataPoints: [{ timeUnixNano: secondNs(1), asInt: 1 }] };
    sendMetric(engine, { name: 'queue.depth', gauge }, 'worker');
    sendMetric(engine, { name: 'cpu', unit: '1', gauge }, 'api');
    sendMetric(engine, { name: 'queue.age', gauge }, 'worker');
    const all = await catalog(engine);
    expect(all.meta.rows.map(({ name }) => name)).toEqual(['cpu', 'queue.age', 'queue.depth']);
    const some = await catalog(engine, filterOf('QUEUE -age', ['worker']));
    expect(some.meta).toMatchObject({ total: 3, matched: 1, rows: [{ name: 'queue.depth' }] });
  });

  it('gives the points of each series in a time range', async () => {
    const { engine } = createEngine();
    const dataPoints = ['a', 'b'].flatMap((queue) =>
      [1, 2, 3].map((second) => ({
        timeUnixNano: secondNs(second),
        asDouble: second,
        attributes: [{ key: 'queue', value: { stringValue: queue } }],
      })),
    );
    sendMetric(engine, { name: 'depth', gauge: { dataPoints } });
    const client = connectClient(engine);
    const frames: TopicFrame<'series'>[] = [];
    const ms = (second: number): number => Number(secondNs(second) / 1_000_000n);
    client.subscribe(
      'series',
      {
        metric: (await catalog(engine)).meta.rows[0].id,
        fromMs: ms(2),
        toMs: ms(3),
        maxPoints: 100,
      },
      { frame: (frame) => frames.push(frame) },
    );
    await settle();
    expect(frames[0].meta.series).toEqual([
      { attributes: [['queue', 'a']] },
      { attributes: [['queue', 'b']] },
    ]);
    expect([...frames[0].columns.value]).toEqual([2, 3, 2, 3]);
  });

  it('reduces many points to first, least, greatest and last', () => {
    const value = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 99 : i === 501 ? -99 : 0));
    const reduced = reducePoints({ timeMs: value.map((_, i) => i), value }, 40);
    expect(reduced.value.length).toBeLessThanOrEqual(40);
    expect(Math.max(...reduced.value)).toBe(99);
    expect(Math.min(...reduced.value)).toBe(-99);
    expect(reduced.timeMs[0]).toBe(0);
    expect(reduced.timeMs.at(-1)).toBe(999);
  });
});
