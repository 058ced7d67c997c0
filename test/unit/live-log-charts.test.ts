import { describe, expect, it } from 'vitest';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { LOG_FLAG, LOG_NO_TICK, NO_FILTER, type LogsParams } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
  sendLogs,
  settle,
  type TestEngine,
} from '../support/live-engine.ts';
import { seededRandom } from '../support/otlp/random.ts';

const TAIL: LogsParams = {
  filter: NO_FILTER,
  minSeverity: 0,
  first: null,
  count: 100,
  traceId: '',
};

type Frame = TopicFrame<'logs'>;

function watch(client: LiveClient, params: LogsParams) {
  const frames: Frame[] = [];
  const subscription = client.subscribe('logs', params, { frame: (frame) => frames.push(frame) });
  const last = (): Frame => {
    const frame = frames.at(-1);
    if (frame === undefined) throw new Error('no frame yet');
    return frame;
  };
  return { last, subscription };
}

async function pass({ time }: TestEngine): Promise<void> {
  time.advance(300);
  await settle();
}

function folded({ meta, columns }: Frame): string[] {
  return Array.from(columns.bodyStr, (str, i) => `${meta.strings[str]} x${columns.repeats[i]}`);
}

describe('folding', () => {
  it('makes neighbours of equal body, service and severity within a second one row', async () => {
    const test = createEngine();
    const { last } = watch(connectClient(test.engine), { ...TAIL, fold: true });
    sendLogs(test.engine, [
      { body: 'a' },
      { body: 'a', second: 0.9 },
      { body: 'a', second: 1.8 },
      { body: 'a', second: 3 },
      { body: 'b', second: 3 },
      { body: 'b', second: 3, severity: 17 },
      { body: 'b', second: 3, severity: 17, service: 'other' },
      { body: 'a', second: 3 },
    ]);
    await pass(test);
    expect(folded(last())).toEqual(['a x3', 'a x1', 'b x1', 'b x1', 'b x1', 'a x1']);
    sendLogs(test.engine, [{ body: 'a', second: 3.5 }]);
    await pass(test);
    expect(folded(last()).at(-1)).toBe('a x2');
    expect(last().meta).toMatchObject({ end: last().meta.begin + 6, total: 9 });
    expect(last().meta.levels.reduce((sum, count) => sum + count)).toBe(9);
  });

  it('finds the same rows whether records are searched or arrive', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const test = createEngine();
    const arriving = watch(connectClient(test.engine), { ...TAIL, fold: true, count: 500 });
    for (let i = 0; i < 30; i++) {
      const count = random.below(10) + 1;
      sendLogs(
        test.engine,
        Array.from({ length: count }, () => ({ body: random.below(3) === 0 ? 'x' : 'y' })),
      );
      await pass(test);
    }
    const filter = filterOf('service:shop');
    const searched = watch(connectClient(test.engine), { ...TAIL, filter, fold: true, count: 500 });
    await settle();
    expect(folded(searched.last()), `seed ${seed}`).toEqual(folded(arriving.last()));
  });

  it('lets go of records that are cleared', async () => {
    const test = createEngine();
    const { last } = watch(connectClient(test.engine), { ...TAIL, fold: true });
    sendLogs(test.engine, [{ body: 'a' }, { body: 'a' }, { body: 'b' }]);
    await pass(test);
    test.engine.clear('logs');
    await pass(test);
    expect(last().meta.end - last().meta.begin).toBe(0);
    sendLogs(test.engine, [{ body: 'b' }, { body: 'b' }]);
    await pass(test);
    expect(folded(last())).toEqual(['b x2']);
  });
});

describe('density', () => {
  it('counts every record by time and level, as records come and leave', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const test = createEngine(16 << 20);
    const client = connectClient(test.engine);
    const { last } = watch(client, { ...TAIL, densityColumns: 30 });
    const padding = 'x'.repeat(500);
    for (let round = 0; round < 30; round++) {
      sendLogs(
        test.engine,
        Array.from({ length: 800 }, () => ({
          body: padding,
          severity: random.below(25),
          second: round * 3 + random.below(4),
        })),
      );
      await pass(test);
    }
    const { meta, columns } = last();
    const { fromNs = '0', columnNs = 1, columns: count = 0 } = meta.density ?? {};
    expect(count).toBeGreaterThan(15);
    expect(count).toBeLessThanOrEqual(30);
    const expected = new Array<number>(count * 7).fill(0);
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof list>> = await list(cursor);
      for (const { timeUnixNano, logRecord } of page.logs) {
        const { severityNumber = 0 } = logRecord as { severityNumber?: number };
        const level = severityNumber === 0 ? 6 : (severityNumber - 1) >> 2;
        const column = Math.floor(Number(BigInt(timeUnixNano) - BigInt(fromNs)) / columnNs);
        expected[column * 7 + level]++;
      }
      cursor = page.nextCursor;
    }
    function list(at: string) {
      return client.request('logs.list', { filter: NO_FILTER, limit: 1000, cursor: at });
    }
    expect(meta.begin, 'some were evicted').toBeGreaterThan(0);
    expect([...columns.density], `seed ${seed}`).toEqual(expected);
  });

  it('has ticks of the most severe level in each stretch', async () => {
    const test = createEngine();
    const { last } = watch(connectClient(test.engine), { ...TAIL, ticks: 4 });
    await settle();
    expect([...last().columns.ticks]).toEqual(Array<number>(4).fill(LOG_NO_TICK));
    const severities = [9, 9, 13, 17, 0, 0, 5, 0];
    sendLogs(
      test.engine,
      severities.map((severity) => ({ body: 'x', severity })),
    );
    await pass(test);
    expect([...last().columns.ticks]).toEqual([2, 4, 6, 1]);
  });
});

describe('log records', () => {
  it('say how fast they arrive', async () => {
    const test = createEngine();
    const { last } = watch(connectClient(test.engine), TAIL);
    await settle();
    sendLogs(
      test.engine,
      Array.from({ length: 300 }, () => ({ body: 'x' })),
    );
    await pass(test);
    expect(last().meta.perSecond).toBe(150);
    for (let i = 0; i < 10; i++) await pass(test);
    expect(last().meta.perSecond).toBe(0);
    expect(test.time.timerCount).toBe(0);
  });

  it('say when they carry an exception', async () => {
    const test = createEngine();
    sendLogs(test.engine, [
      { body: 'x', attributes: { 'exception.type': 'Error' } },
      { body: 'y', attributes: { other: 'Error' } },
    ]);
    const { last } = watch(connectClient(test.engine), TAIL);
    await settle();
    expect([...last().columns.flags]).toEqual([LOG_FLAG.exception, 0]);
  });

  it('are found by their time', async () => {
    const test = createEngine();
    sendLogs(
      test.engine,
      [1, 2, 2, 5, 4].map((second) => ({ body: `at ${second}`, second })),
    );
    const client = connectClient(test.engine);
    const at = async (second: number, text = ''): Promise<number | null> => {
      const { position } = await client.request('log.at', {
        filter: filterOf(text),
        minSeverity: 0,
        traceId: '',
        timeUnixNano: String(secondNs(second)),
      });
      return position;
    };
    expect(await at(0)).toBe(0);
    expect(await at(2)).toBe(1);
    expect(await at(3)).toBe(3);
    expect(await at(6)).toBeNull();
    const { begin } = await firstFrame(client, 'body:"at 4"');
    expect(await at(3, 'body:"at 4"')).toBe(begin);
  });
});

async function firstFrame(client: LiveClient, text: string): Promise<{ begin: number }> {
  const { last } = watch(client, { ...TAIL, filter: filterOf(text) });
  await settle();
  return last().meta;
}

describe('the density of many records', () => {
  it('is counted between frames, not by them alone', async () => {
    const test = createEngine();
    sendLogs(
      test.engine,
      Array.from({ length: 20_000 }, (_, i) => ({ body: 'x', second: i / 1000 })),
    );
    test.time.tickCostMs = 1;
    const { last } = watch(connectClient(test.engine), { ...TAIL, densityColumns: 50, ticks: 20 });
    await settle();
    const counted = (): number => last().columns.density.reduce((sum, count) => sum + count, 0);
    expect(counted()).toBeLessThan(20_000);
    for (let turn = 0; turn < 20 && test.time.runSoon(); turn++);
    test.time.advance(150);
    await settle();
    expect(counted()).toBe(20_000);
  });
});
