/** The `traces` topic: the list, its anchor, filter and pins, and its pages. */
import { describe, expect, it } from 'vitest';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { NO_FILTER, TRACE_FLAG, type TracesParams } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  sendLogs,
  sendSpans,
  settle,
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
