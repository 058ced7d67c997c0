import { describe, expect, it } from 'vitest';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { NO_FILTER, type SpansParams, type TracesParams } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
  sendLogs,
  sendSpans,
  settle,
  traceIdOf,
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

describe('trace orders', () => {
  it('put the slowest, the fullest and the most failing on top, and newer ones first among equals', async () => {
    const { engine } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'slow', end: 900 },
      { trace: 2, id: 1, name: 'full', end: 50 },
      { trace: 2, id: 2, parent: 1, end: 50 },
      { trace: 3, id: 1, name: 'failing', end: 50, isError: true },
    ]);
    const { frames, update } = watchTraces(connectClient(engine), { ...WINDOW, order: 'slowest' });
    await settle();
    expect(names(frames.at(-1))).toEqual(['slow', 'failing', 'full']);
    update({ ...WINDOW, order: 'mostSpans' });
    await settle();
    expect(names(frames.at(-1))).toEqual(['full', 'failing', 'slow']);
    update({ ...WINDOW, order: 'mostErrors' });
    await settle();
    expect(names(frames.at(-1))).toEqual(['failing', 'full', 'slow']);
  });

  it('keep every row where it is until the client sends another anchor', async () => {
    const { engine, time } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'a', end: 100 },
      { trace: 2, id: 1, name: 'b', end: 200 },
    ]);
    const { frames, update } = watchTraces(connectClient(engine), { ...WINDOW, order: 'slowest' });
    await settle();
    sendSpans(engine, [
      { trace: 1, id: 2, parent: 1, end: 500 },
      { trace: 3, id: 1, name: 'c', end: 300 },
    ]);
    time.advance(1000);
    await settle();
    expect(names(frames.at(-1))).toEqual(['b', 'a']);
    expect(frames.at(-1)?.meta).toMatchObject({ newCount: 2, length: 2, matched: 3 });
    update({ ...WINDOW, anchor: 1, first: 1, order: 'slowest' });
    await settle();
    expect(frames.at(-1)?.meta).toMatchObject({ newCount: 2, newestOrdinal: 1 });
    update({ ...WINDOW, anchor: 2, order: 'slowest' });
    await settle();
    expect(names(frames.at(-1))).toEqual(['a', 'c', 'b']);
    expect(frames.at(-1)?.meta).toMatchObject({ newCount: 0, newestOrdinal: 2 });
  });

  it('let go of cleared traces at once', async () => {
    const { engine, time } = createEngine();
    sendSpans(engine, [{ trace: 1, id: 1 }]);
    const { frames } = watchTraces(connectClient(engine), { ...WINDOW, order: 'slowest' });
    await settle();
    engine.clear('all');
    sendSpans(engine, [{ trace: 2, id: 1, name: 'new' }]);
    time.advance(300);
    await settle();
    expect(frames.at(-1)?.meta).toMatchObject({ length: 0, newCount: 1, matched: 1 });
  });

  it('sort many traces as a plain sort does', async () => {
    const { engine } = createEngine();
    const durations = Array.from({ length: 2000 }, (_, i) => (i * 7919) % 2003);
    sendSpans(
      engine,
      durations.map((end, i) => ({ trace: i + 1, id: 1, end })),
    );
    const { frames } = watchTraces(connectClient(engine), {
      ...WINDOW,
      order: 'slowest',
      first: 700,
      count: 300,
    });
    await settle();
    const sorted = durations.toSorted((a, b) => b - a).slice(700, 1000);
    expect([...(frames.at(-1)?.columns.durationNs ?? [])]).toEqual(sorted);
  });
});

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

  /** Lets time go on until `isDone`; returns how many turns that took. */
  async function turns({ time }: TestEngine, isDone: () => boolean): Promise<number> {
    for (let turn = 0; turn < 500; turn++) {
      await settle();
      if (isDone()) return turn;
      time.runSoon();
      time.advance(1);
    }
    throw new Error('it took too long');
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
      expect(await turns(test, isWhole)).toBeGreaterThan(5);
      const top = Float64Array.from(slowestFirst.slice(0, 50));
      expect(frames.at(-1)?.columns.durationNs).toEqual(top);
      const before = frames.length;
      subscription.update({ ...params, first: 6000 });
      await turns(test, () => frames.length > before);
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
    expect(await turns(test, () => pages.length > 0)).toBeGreaterThan(1);
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
      expect(await turns(test, () => answers.length > 0)).toBeGreaterThan(1);
      expect(answers).toEqual([COUNT]);
    },
  );
});

describe('a brush', () => {
  it('keeps what starts and lasts inside it, as traces grow', async () => {
    const { engine, time } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'early', start: 0, end: 50 },
      { trace: 2, id: 1, name: 'short', start: 1_000, end: 1_010 },
      { trace: 3, id: 1, name: 'inside', start: 1_000, end: 1_100 },
    ]);
    const base = secondNs(0);
    const brush = {
      fromNs: String(base + 1_000n),
      toNs: String(base + 2_000n),
      minNs: 50,
      maxNs: 500,
    };
    const { frames } = watchTraces(connectClient(engine), { ...WINDOW, anchor: null, brush });
    await settle();
    expect(names(frames.at(-1))).toEqual(['inside']);
    sendSpans(engine, [
      { trace: 2, id: 2, parent: 1, start: 1_010, end: 1_200 },
      { trace: 3, id: 2, parent: 1, start: 1_000, end: 1_500 },
    ]);
    time.advance(300);
    await settle();
    expect(names(frames.at(-1))).toEqual(['short']);
  });
});

describe('a brush over many spans', () => {
  const COUNT = 12_000;
  const base = secondNs(0);
  const brush = {
    fromNs: String(base + 2_000n),
    toNs: String(base + 9_000n),
    minNs: 0,
    maxNs: 1e9,
  };

  function filled(): TestEngine {
    const test = createEngine();
    const spans = Array.from({ length: COUNT }, (_, i) => ({
      trace: 1,
      id: i + 1,
      start: i,
      end: i + 1 + ((i * 7919) % 1000),
    }));
    sendSpans(test.engine, spans);
    return test;
  }

  it('is asked in slices, and the list says so until all were', async () => {
    const test = filled();
    test.time.tickCostMs = 1;
    const frames: TopicFrame<'spans'>[] = [];
    const params = { filter: NO_FILTER, anchor: null, first: 0, count: 50, brush };
    connectClient(test.engine).subscribe('spans', params, {
      frame: (frame) => frames.push(frame),
    });
    await settle();
    expect(frames.at(-1)?.meta.searching).toBe(true);
    for (let turn = 0; turn < 100 && test.time.runSoon(); turn++);
    test.time.advance(300);
    await settle();
    expect(frames.at(-1)?.meta).toMatchObject({ searching: false, matched: 7000 });
  });

  it('gives the slowest of a page, whatever takes several slices', async () => {
    const test = filled();
    test.time.tickCostMs = 1;
    const client = connectClient(test.engine);
    const pages: { readonly durations: readonly number[]; readonly matched: number }[] = [];
    const asked = { filter: NO_FILTER, brush, order: 'slowest', limit: 3, cursor: '' } as const;
    void client.request('spans.list', asked).then(({ spans, matched }) => {
      pages.push({ durations: spans.map(({ durationNs }) => Number(durationNs)), matched });
    });
    for (let turn = 0; turn < 100 && pages.length === 0; turn++) {
      await settle();
      test.time.runSoon();
    }
    const all = Array.from({ length: 7000 }, (_, i) => 1 + (((i + 2000) * 7919) % 1000));
    const durations = all.toSorted((a, b) => b - a).slice(0, 3);
    expect(pages).toEqual([{ durations, matched: 7000 }]);
  });
});

describe('span list', () => {
  const params: SpansParams = { filter: filterOf('service:db'), anchor: null, first: 0, count: 50 };

  it('shows the spans that match, newest first, held at an anchor', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'GET /', service: 'web' },
      { trace: 1, id: 2, parent: 1, name: 'select', service: 'db', isError: true },
    ]);
    const frames: TopicFrame<'spans'>[] = [];
    const list = client.subscribe('spans', params, { frame: (frame) => frames.push(frame) });
    await settle();
    const { meta, columns } = frames[0];
    expect(names(frames[0])).toEqual(['select']);
    expect(meta.strings[columns.rootStr[0]]).toBe('GET /');
    expect(columns.flags[0] & 1).toBe(1);
    list.update({ ...params, anchor: meta.newestOrdinal });
    sendSpans(engine, [{ trace: 2, id: 1, name: 'insert', service: 'db' }]);
    time.advance(300);
    await settle();
    expect(names(frames.at(-1))).toEqual(['select']);
    expect(frames.at(-1)?.meta).toMatchObject({ newCount: 1, length: 1, matched: 2 });
    list.update({ ...params, order: 'slowest' });
    await settle();
    expect(names(frames.at(-1))).toEqual(['insert', 'select']);
  });

  it('drops a span that a fuller one replaced', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [{ trace: 1, id: 2, name: 'half', service: 'db' }]);
    const frames: TopicFrame<'spans'>[] = [];
    client.subscribe('spans', params, { frame: (frame) => frames.push(frame) });
    await settle();
    const attributes = { fuller: 'yes', longer: 'than before' };
    sendSpans(engine, [{ trace: 1, id: 2, name: 'half', service: 'db', attributes }]);
    time.advance(300);
    await settle();
    expect(frames.at(-1)?.meta).toMatchObject({ matched: 1, length: 1 });
    expect(frames.at(-1)?.columns.ordinal[0]).toBe(1);
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

describe('traces by id', () => {
  it('come in the order asked for, without those that are not in memory', async () => {
    const { engine } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'one', attributes: { 'http.response.status_code': 503 } },
      { trace: 2, id: 2, parent: 1, name: 'lost' },
    ]);
    const traceIds = [traceIdOf(2), traceIdOf(9), traceIdOf(1)];
    const { traces } = await connectClient(engine).request('traces.rows', { traceIds });
    expect(
      traces.map(({ rootName, hasRoot, statusText }) => [rootName, hasRoot, statusText]),
    ).toEqual([
      ['', false, ''],
      ['one', true, '503'],
    ]);
  });
});

describe('a wrong query', () => {
  it('is refused with its place', async () => {
    const { engine } = createEngine();
    const request = connectClient(engine).request('traces.list', {
      filter: filterOf('service:a status:wrong'),
      limit: 1,
      cursor: '',
    });
    await expect(request).rejects.toMatchObject({ code: 'badParams', from: 17, to: 22 });
  });

  it('ends a subscription and its list', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    const ended = new Promise((resolve) => {
      client.subscribe(
        'logs',
        { filter: filterOf('{ }'), minSeverity: 0, first: null, count: 1, traceId: '' },
        { frame: () => undefined, ended: resolve },
      );
    });
    expect(await ended).toMatchObject({ code: 'badParams', from: 0, to: 3 });
  });
});

describe('completion', () => {
  it('offers values that were received', async () => {
    const { engine } = createEngine();
    sendSpans(engine, [{ trace: 1, id: 1, service: 'checkout' }]);
    const text = 'service:che';
    const { items } = await connectClient(engine).request('query.complete', {
      text,
      cursor: text.length,
      target: 'traces',
    });
    expect(JSON.stringify(items)).toContain('checkout');
  });
});
