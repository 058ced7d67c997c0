import { describe, expect, it } from 'vitest';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { BOX_FLAG, NO_FILTER, TRACE_FLAG, type TracesParams } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
  sendLogs,
  sendSpans,
  settle,
  spanIdOf,
  traceIdOf,
} from '../support/live-engine.ts';

const WINDOW: TracesParams = { filter: NO_FILTER, anchor: null, first: 0, count: 50 };

interface View {
  readonly frames: TopicFrame<'traces'>[];
  readonly subscription: ReturnType<LiveClient['subscribe']>;
}

function watch(
  client: LiveClient,
  params: TracesParams,
): View & { readonly update: (p: TracesParams) => void } {
  const frames: TopicFrame<'traces'>[] = [];
  const subscription = client.subscribe('traces', params, { frame: (frame) => frames.push(frame) });
  return {
    frames,
    subscription,
    update: (next) => {
      subscription.update(next);
    },
  };
}

function names(frame: TopicFrame<'traces'> | undefined): string[] {
  if (frame === undefined) return [];
  return Array.from(frame.columns.nameStr, (str) => frame.meta.strings[str] ?? '-');
}

describe('trace list', () => {
  it('shows the newest first seen on top, with what a row needs', async () => {
    const { engine } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'GET /a', service: 'web', start: 5, end: 105, isError: true },
      { trace: 1, id: 2, parent: 1, name: 'sql', service: 'db', start: 15, end: 55 },
      { trace: 2, id: 1, name: 'GET /b', attributes: { 'http.response.status_code': 503 } },
      { trace: 3, id: 9, parent: 8, name: 'lost child' },
    ]);
    const { frames } = watch(connectClient(engine), WINDOW);
    await settle();
    const [frame] = frames;
    const { meta, columns } = frame;
    expect(names(frame)).toEqual(['-', 'GET /b', 'GET /a']);
    expect(meta.strings[columns.statusStr[1]]).toBe('503');
    expect(columns.statusStr[2]).toBe(-1);
    expect([...columns.spanCount]).toEqual([1, 1, 2]);
    expect([...columns.errorCount]).toEqual([0, 0, 1]);
    expect(columns.durationNs[2]).toBe(100);
    expect(columns.flags[0] & TRACE_FLAG.hasRoot).toBe(0);
    expect(columns.flags[2] & (TRACE_FLAG.hasRoot | TRACE_FLAG.hasError)).toBe(3);
    const services = columns.servicesStr.subarray(
      columns.servicesStart[2],
      columns.servicesStart[3],
    );
    expect(Array.from(services, (str) => meta.strings[str])).toEqual(['web', 'db']);
    const shape = Array.from({ length: 2 }, (_, i) => {
      const at = columns.shapeStart[2] + i;
      return [columns.shapeLane[at], columns.shapeX0[at], columns.shapeX1[at]];
    });
    expect(shape).toEqual([
      [0, 0, 65535],
      [1, 6554, 32767],
    ]);
  });

  it('holds at an anchor while new traces are counted', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'one' },
      { trace: 2, id: 1, name: 'two' },
    ]);
    const { frames, update } = watch(client, WINDOW);
    await settle();
    const anchor = frames[0].meta.newestOrdinal;
    update({ ...WINDOW, anchor });
    sendSpans(engine, [{ trace: 3, id: 1, name: 'three' }]);
    sendSpans(engine, [{ trace: 4, id: 1, name: 'four' }]);
    time.advance(1000);
    await settle();
    const held = frames.at(-1);
    expect(names(held)).toEqual(['two', 'one']);
    expect(held?.meta).toMatchObject({ length: 2, newCount: 2, matched: 4, newestOrdinal: anchor });
    update(WINDOW);
    await settle();
    expect(names(frames.at(-1))).toEqual(['four', 'three', 'two', 'one']);
  });

  it('keeps a filtered list up to date as traces grow', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'checkout' },
      { trace: 2, id: 1, name: 'browse' },
    ]);
    const { frames } = watch(client, { ...WINDOW, filter: filterOf('REDIS') });
    await settle();
    expect(names(frames.at(-1))).toEqual([]);
    sendSpans(engine, [{ trace: 1, id: 2, parent: 1, attributes: { db: 'redis' } }]);
    sendSpans(engine, [{ trace: 3, id: 1, name: 'redis ping' }]);
    sendSpans(engine, [{ trace: 4, id: 1, name: 'other' }]);
    time.advance(300);
    await settle();
    expect(names(frames.at(-1))).toEqual(['redis ping', 'checkout']);
    sendSpans(engine, [{ trace: 2, id: 2, parent: 1, name: 'redis get' }]);
    time.advance(300);
    await settle();
    expect(names(frames.at(-1))).toEqual(['redis ping', 'browse', 'checkout']);
    engine.clear('all');
    time.advance(300);
    await settle();
    expect(frames.at(-1)?.meta).toMatchObject({ total: 0, matched: 0, newestOrdinal: -1 });
  });

  it('searches in slices and shows what was found so far', async () => {
    const { engine, time } = createEngine();
    for (let trace = 1; trace <= 100; trace++) {
      sendSpans(engine, [{ trace, id: 1, name: trace % 2 === 0 ? 'even' : 'odd' }]);
    }
    time.tickCostMs = 9;
    const { frames } = watch(connectClient(engine), { ...WINDOW, filter: filterOf('even') });
    await settle();
    expect(frames[0].meta.matched).toBeLessThan(50);
    while (time.runSoon());
    time.advance(300);
    await settle();
    expect(frames.at(-1)?.meta.matched).toBe(50);
  });

  it('says that an incomplete trace receives until five seconds after its last span', async () => {
    const { engine, time } = createEngine();
    sendSpans(engine, [{ trace: 1, id: 2, parent: 1 }]);
    const { frames } = watch(connectClient(engine), WINDOW);
    const isReceiving = (): boolean =>
      ((frames.at(-1)?.columns.flags[0] ?? 0) & TRACE_FLAG.receiving) !== 0;
    await settle();
    expect(isReceiving()).toBe(true);
    time.advance(4000);
    sendLogs(engine, [{ body: 'no span', trace: 1 }]);
    time.advance(900);
    await settle();
    expect(isReceiving()).toBe(true);
    time.advance(200);
    await settle();
    expect(isReceiving()).toBe(false);
    expect(time.timerCount).toBe(0);
  });

  it('says of a trace that has its root and all parents that it is complete', async () => {
    const { engine, time } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1 },
      { trace: 2, id: 1 },
      { trace: 2, id: 3, parent: 2 },
    ]);
    const { frames } = watch(connectClient(engine), WINDOW);
    await settle();
    const receiving = (): number[] =>
      Array.from(frames.at(-1)?.columns.flags ?? [], (flags) => flags & TRACE_FLAG.receiving);
    expect(receiving()).toEqual([TRACE_FLAG.receiving, 0]);
    sendSpans(engine, [{ trace: 2, id: 2, parent: 1 }]);
    time.advance(300);
    await settle();
    expect(receiving()).toEqual([0, 0]);
    expect(time.timerCount).toBe(0);
  });

  it('appends pinned traces in pin order', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    for (let trace = 1; trace <= 5; trace++) {
      sendSpans(engine, [{ trace, id: 1, name: `t${String(trace)}` }]);
    }
    await client.request('trace.pin', { traceId: traceIdOf(4), pinned: true });
    await client.request('trace.pin', { traceId: traceIdOf(2), pinned: true });
    const { frames } = watch(client, { ...WINDOW, count: 1 });
    await settle();
    expect(frames.at(-1)?.meta.pinned).toBe(2);
    expect(names(frames.at(-1))).toEqual(['t5', 't4', 't2']);
  });

  it('pages through all traces with a cursor', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    for (let trace = 1; trace <= 7; trace++) {
      sendSpans(engine, [{ trace, id: 1, name: `t${String(trace)}` }]);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof request>> = await request(client, cursor);
      expect(page.matched).toBe(7);
      seen.push(...page.traces.map(({ rootName }) => rootName));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(['t7', 't6', 't5', 't4', 't3', 't2', 't1']);
  });
});

function request(
  client: LiveClient,
  cursor: string,
): Promise<{
  readonly traces: readonly { readonly rootName: string }[];
  readonly nextCursor: string | null;
  readonly matched: number;
}> {
  return client.request('traces.list', { filter: NO_FILTER, limit: 3, cursor });
}

describe('trace topic', () => {
  it('turns from absent to present and grows', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    const frames: TopicFrame<'trace'>[] = [];
    client.subscribe('trace', { traceId: traceIdOf(1) }, { frame: (frame) => frames.push(frame) });
    await settle();
    expect(frames.at(-1)?.meta.state).toBe('absent');
    sendSpans(engine, [{ trace: 1, id: 2, parent: 1, name: 'child', start: 10, end: 30 }]);
    time.advance(1000);
    await settle();
    const early = frames.at(-1);
    expect(early?.meta).toMatchObject({
      state: 'present',
      boxCount: 2,
      inferredCount: 1,
      orphanCount: 1,
    });
    expect(early?.columns.flags[0]).toBe(BOX_FLAG.inferred);
    sendSpans(engine, [{ trace: 1, id: 1, name: 'root', start: 0, end: 100 }]);
    time.advance(1000);
    await settle();
    const late = frames.at(-1);
    expect(late?.meta).toMatchObject({ boxCount: 2, inferredCount: 0, orphanCount: 0, rootBox: 0 });
    expect(Array.from(late?.columns.nameStr ?? [], (str) => late?.meta.strings[str])).toEqual([
      'root',
      'child',
    ]);
    expect([...(late?.columns.selfNs ?? [])]).toEqual([80, 20]);
  });

  it('is laid out again for spans, not for log records and pins', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    const frames: TopicFrame<'trace'>[] = [];
    sendSpans(engine, [{ trace: 1, id: 1, name: 'root', start: 0, end: 100 }]);
    client.subscribe('trace', { traceId: traceIdOf(1) }, { frame: (frame) => frames.push(frame) });
    const next = async (
      change: () => unknown,
    ): Promise<TopicFrame<'trace'>['meta'] | undefined> => {
      change();
      await settle();
      time.advance(1000);
      await settle();
      return frames.at(-1)?.meta;
    };
    await settle();
    expect(frames.at(-1)?.meta).toMatchObject({ layout: 1, logCount: 0, pinned: false });
    const log = (): void => {
      sendLogs(engine, [{ body: 'hello', trace: 1, span: 1 }]);
    };
    expect(await next(log)).toMatchObject({ layout: 1, logCount: 1, firstBox: 1 });
    const pin = (): unknown => client.request('trace.pin', { traceId: traceIdOf(1), pinned: true });
    expect(await next(pin)).toMatchObject({ layout: 1, pinned: true });
    const replace = (name: string) => (): void => {
      log();
      sendSpans(engine, [{ trace: 1, id: 1, name, start: 0, end: 100 }]);
    };
    expect(await next(replace('root, and more of it'))).toMatchObject({ layout: 2, logCount: 2 });
    expect(frames.at(-1)?.meta.strings).toContain('root, and more of it');
    const add = (): void => {
      sendSpans(engine, [{ trace: 1, id: 2, parent: 1, start: 10, end: 20 }]);
    };
    expect(await next(add)).toMatchObject({ layout: 3, boxCount: 2 });
  });

  it('counts a span without a start time as a point at its end', async () => {
    const { engine } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, start: 0, end: 100 },
      { trace: 1, id: 2, parent: 1, start: -Number(secondNs(0)), end: 40 },
    ]);
    const frames: TopicFrame<'trace'>[] = [];
    connectClient(engine).subscribe(
      'trace',
      { traceId: traceIdOf(1) },
      { frame: (frame) => frames.push(frame) },
    );
    await settle();
    const [{ columns }] = frames;
    expect([...columns.startNs]).toEqual([0, 40]);
    expect([...columns.endNs]).toEqual([100, 40]);
    expect(columns.flags[1]).toBe(BOX_FLAG.badTime);
  });

  it('sends a large layout in several frames of one layout', async () => {
    const { engine, time } = createEngine();
    const count = 40_000;
    for (let from = 1; from <= count; from += 10_000) {
      sendSpans(
        engine,
        Array.from({ length: 10_000 }, (_, i) => {
          const id = from + i;
          return {
            trace: 1,
            id,
            name: `n${String(id % 700)}`,
            start: id,
            end: id + 1,
            ...(id === 1 ? {} : { parent: 1 }),
          };
        }),
      );
    }
    const frames: TopicFrame<'trace'>[] = [];
    connectClient(engine).subscribe(
      'trace',
      { traceId: traceIdOf(1) },
      { frame: (f) => frames.push(f) },
    );
    for (let i = 0; i < 5; i++) {
      await settle();
      time.advance(1);
    }
    expect(frames.map(({ kind, meta }) => [kind, meta.layout, meta.firstBox])).toEqual([
      ['snapshot', 1, 0],
      ['delta', 1, 16384],
      ['delta', 1, 32768],
      ['delta', 1, count],
    ]);
    // The critical path is found once the boxes are sent.
    expect(frames.map(({ meta }) => meta.hasPath)).toEqual([false, false, false, true]);
    expect(frames.map(({ columns }) => columns.criticalBox.length > 0)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const strings = frames.flatMap(({ meta }) => meta.strings);
    const named = frames.flatMap(({ columns }) =>
      Array.from(columns.nameStr, (str) => strings[str]),
    );
    expect(named).toHaveLength(count);
    expect(named[699]).toBe('n0');
    expect(new Set(strings).size).toBe(strings.length);
  });

  it('keeps an open trace from eviction and lets it go when closed', async () => {
    const { engine, time } = createEngine(4 << 20);
    const client = connectClient(engine);
    sendSpans(engine, [{ trace: 1, id: 1, name: 'kept' }]);
    const open = client.subscribe('trace', { traceId: traceIdOf(1) }, { frame: () => undefined });
    await settle();
    const flood = (): void => {
      for (let i = 0; i < 40; i++) {
        sendSpans(
          engine,
          Array.from({ length: 400 }, (_, k) => ({
            trace: 100 + Math.floor(Math.random() * 1e9),
            id: k + 1,
            attributes: { text: 'x'.repeat(400) },
          })),
        );
      }
    };
    flood();
    expect((await client.request('trace.json', { traceId: traceIdOf(1) })).json).toContain('kept');
    open.close();
    await settle();
    time.advance(10);
    flood();
    await expect(client.request('trace.json', { traceId: traceIdOf(1) })).rejects.toMatchObject({
      code: 'notFound',
    });
  });

  it('gives a span and its logs in full', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [{ trace: 1, id: 1, name: 'root', attributes: { user: 'ann', big: 12 } }]);
    sendLogs(engine, [
      { body: 'mine', trace: 1, span: 1 },
      { body: 'other span', trace: 1, span: 2 },
      { body: 'none' },
    ]);
    const ids = { traceId: traceIdOf(1), spanId: spanIdOf(1) };
    const span = await client.request('span.get', ids);
    expect(span).toMatchObject({
      name: 'root',
      service: 'shop',
      attributes: [
        { key: 'user', value: { type: 'string', value: 'ann' } },
        { key: 'big', value: { type: 'int', value: '12' } },
      ],
      scope: { name: 'test' },
    });
    expect(JSON.parse(span.rawJson)).toMatchObject({ name: 'root' });
    const logs = await client.request('span.logs', { ...ids, limit: 10 });
    expect(logs.total).toBe(1);
    const [record] = logs.records;
    expect(record.body).toBe('mine');
    const detail = await client.request('log.get', { row: record.row });
    expect(detail).toMatchObject({ spanName: 'root', body: { type: 'string', value: 'mine' } });
  });
});
