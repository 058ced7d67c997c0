/** Orders that take longer than a frame, and lists whose verdicts come late. */
import { describe, expect, it } from 'vitest';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { NO_FILTER, type TracesParams } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
  sendLogs,
  sendSpans,
  settle,
  type ManualTime,
  type TestEngine,
} from '../support/live-engine.ts';

const WINDOW = { filter: NO_FILTER, anchor: 1, first: 0, count: 50 } as const;

function watchTraces(client: LiveClient, params: TracesParams) {
  const frames: TopicFrame<'traces'>[] = [];
  const subscription = client.subscribe('traces', params, { frame: (frame) => frames.push(frame) });
  const update = (next: TracesParams): void => {
    subscription.update(next);
  };
  return { frames, update };
}

function names(frame: TopicFrame<'traces'> | TopicFrame<'spans'> | undefined): string[] {
  return Array.from(frame?.columns.nameStr ?? [], (str) => frame?.meta.strings[str] ?? '-');
}

/** Lets time go on until `isDone`; returns how many turns that took. */
async function turnsOf(time: ManualTime, isDone: () => boolean): Promise<number> {
  for (let turn = 0; turn < 500; turn++) {
    await settle();
    if (isDone()) return turn;
    time.runSoon();
    time.advance(1);
  }
  throw new Error('it took too long');
}

describe('an order of many', () => {
  const COUNT = 12_000;
  const durationOf = (i: number): number => (i * 7919) % COUNT;
  const slowestFirst = Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i);

  /** An engine whose clock moves on by 3 ms at each look, so that a turn does a piece or two. */
  function filled(): TestEngine {
    const test = createEngine();
    sendSpans(
      test.engine,
      Array.from({ length: COUNT }, (_, i) => ({ trace: i + 1, id: 1, end: durationOf(i) })),
    );
    test.time.tickCostMs = 3;
    return test;
  }

  it.each(['traces', 'spans'] as const)(
    'of %s is made in many turns, and then shown',
    async (topic) => {
      const test = filled();
      const frames: (TopicFrame<'traces'> | TopicFrame<'spans'>)[] = [];
      const handlers = { frame: (frame: (typeof frames)[number]) => frames.push(frame) };
      const params = { ...WINDOW, order: 'slowest' } as const;
      const subscription = connectClient(test.engine).subscribe(topic, params, handlers);
      const isWhole = (): boolean => frames.at(-1)?.meta.searching === false;
      expect(await turnsOf(test.time, isWhole)).toBeGreaterThan(5);
      const top = Float64Array.from(slowestFirst.slice(0, 50));
      expect(frames.at(-1)?.columns.durationNs).toEqual(top);
      const before = frames.length;
      subscription.update({ ...params, first: 6000 });
      await turnsOf(test.time, () => frames.length > before);
      const middle = Float64Array.from(slowestFirst.slice(6000, 6050));
      expect(frames.at(-1)?.columns.durationNs).toEqual(middle);
    },
  );

  it('is left out of the turns that follow when nobody waits for it', async () => {
    const test = filled();
    const params = { ...WINDOW, order: 'slowest' } as const;
    const frames: TopicFrame<'traces'>[] = [];
    const subscription = connectClient(test.engine).subscribe('traces', params, {
      frame: (frame) => frames.push(frame),
    });
    await settle();
    subscription.close();
    await settle();
    expect(test.time.timerCount).toBe(0);
    expect(frames).toEqual([]);
  });

  it.each(['traces.list', 'spans.list'] as const)('is paged in slices by %s', async (method) => {
    const test = filled();
    const pages: number[][] = [];
    const asked = { filter: NO_FILTER, order: 'slowest', limit: 3, cursor: '' } as const;
    const client = connectClient(test.engine);
    const keep = (items: readonly { readonly durationNs: string | number }[]): void => {
      pages.push(items.map(({ durationNs }) => Number(durationNs)));
    };
    if (method === 'traces.list')
      void client.request(method, asked).then((page) => keep(page.traces));
    else void client.request(method, asked).then((page) => keep(page.spans));
    expect(await turnsOf(test.time, () => pages.length > 0)).toBeGreaterThan(1);
    expect(pages).toEqual([slowestFirst.slice(0, 3)]);
  });

  it.each(['traces', 'spans'] as const)(
    'finds the place of a time among %s in slices',
    async (by) => {
      const test = filled();
      const answers: number[] = [];
      const timeUnixNano = String(secondNs(-1));
      const asked = { by, filter: NO_FILTER, brush: null, anchor: null, timeUnixNano };
      void connectClient(test.engine)
        .request('list.at', asked)
        .then(({ above }) => answers.push(above));
      expect(await turnsOf(test.time, () => answers.length > 0)).toBeGreaterThan(1);
      expect(answers).toEqual([COUNT]);
    },
  );

  it('stays while so much changes that a query is behind', async () => {
    const { engine, time } = createEngine();
    const traces = Array.from({ length: 100 }, (_, i) => i + 1);
    sendSpans(
      engine,
      traces.map((trace) => ({ trace, id: 1, name: `n${trace}`, end: 1000 - trace })),
    );
    const filter = filterOf('name:n*');
    const params = { ...WINDOW, filter, order: 'slowest' } as const;
    const { frames, update } = watchTraces(connectClient(engine), params);
    await settle();
    time.tickCostMs = 3;
    const grow = (id: number, endOf: (trace: number) => number): void => {
      sendSpans(
        engine,
        traces.map((trace) => ({ trace, id, parent: 1, end: endOf(trace) })),
      );
    };
    grow(2, (trace) => 2000 + trace);
    update({ ...params, anchor: 2 });
    await turnsOf(time, () => frames.at(-1)?.meta.newestOrdinal === 2);
    expect(frames.at(-1)?.meta.searching).toBe(true);
    const top = names(frames.at(-1)).slice(0, 3);
    expect(top).toEqual(['n100', 'n99', 'n98']);
    grow(3, (trace) => 4000 - trace);
    const before = frames.length;
    time.advance(300);
    await turnsOf(time, () => frames.length > before);
    expect(names(frames.at(-1)).slice(0, 3)).toEqual(top);
  });
});

describe('a query that other spans decide', () => {
  const filter = filterOf('root:GET*');
  const page = { filter, limit: 9, cursor: '' } as const;

  /** A child and its record arrive, somebody opens the list, then the root arrives. */
  async function rootComesLast(open: (client: LiveClient) => void): Promise<LiveClient> {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [{ trace: 1, id: 2, parent: 1, name: 'child' }]);
    sendLogs(engine, [{ trace: 1, body: 'of the child' }]);
    open(client);
    await settle();
    time.advance(1000);
    sendSpans(engine, [{ trace: 1, id: 1, name: 'GET /' }]);
    time.advance(1000);
    await settle();
    return client;
  }

  it('is judged anew for every page of spans, whatever an open list holds', async () => {
    const lengths: number[] = [];
    const client = await rootComesLast((client) => {
      const params = { filter, anchor: null, first: 0, count: 5 };
      client.subscribe('spans', params, { frame: ({ meta }) => lengths.push(meta.length) });
    });
    expect(lengths.at(-1)).toBe(1);
    expect(await client.request('spans.list', page)).toMatchObject({ matched: 2 });
  });

  it('is judged anew for every page of log records, whatever an open list holds', async () => {
    const levels: number[][] = [];
    const client = await rootComesLast((client) => {
      const params = { filter, minSeverity: 0, first: null, count: 5, traceId: '' };
      client.subscribe('logs', params, { frame: ({ meta }) => levels.push([...meta.levels]) });
    });
    expect(levels.at(-1)?.every((count) => count === 0)).toBe(true);
    expect(await client.request('logs.list', page)).toMatchObject({ matched: 1 });
  });
});
