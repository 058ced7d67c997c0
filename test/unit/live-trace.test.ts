/** The `trace` topic of one trace while it grows, and its spans in full. */
import { describe, expect, it } from 'vitest';
import type { TopicFrame } from '../../proto/live/client.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  secondNs,
  sendLogs,
  sendSpans,
  settle,
  spanIdOf,
  traceIdOf,
} from '../support/live-engine.ts';

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
