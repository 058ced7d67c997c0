import { describe, expect, it } from 'vitest';
import type { TopicFrame } from '../../proto/live/client.ts';
import { LOG_TEXT_LIMIT, NO_FILTER, type LogsParams } from '../../proto/live/topics.ts';
import type { Engine } from '../../electron/engine/engine.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  sendLogs,
  settle,
  traceIdOf,
  type LogSpec,
} from '../support/live-engine.ts';

const FOLLOW: LogsParams = {
  filter: NO_FILTER,
  minSeverity: 0,
  first: null,
  count: 3,
  traceId: '',
};

function watch(
  engine: Engine,
  params: LogsParams,
): {
  readonly frames: TopicFrame<'logs'>[];
  update(params: LogsParams): void;
} {
  const frames: TopicFrame<'logs'>[] = [];
  const client = connectClient(engine);
  const subscription = client.subscribe('logs', params, { frame: (frame) => frames.push(frame) });
  return {
    frames,
    update: (next) => {
      subscription.update(next);
    },
  };
}

function bodies(frame: TopicFrame<'logs'> | undefined): string[] {
  if (frame === undefined) return [];
  return Array.from(frame.columns.bodyStr, (str) => frame.meta.strings[str] ?? '-');
}

function numbered(from: number, to: number, of: Partial<LogSpec> = {}): LogSpec[] {
  return Array.from({ length: to - from }, (_, i) => ({ body: `n${String(from + i)}`, ...of }));
}

describe('log window', () => {
  it('follows the newest records', async () => {
    const { engine, time } = createEngine();
    sendLogs(engine, numbered(0, 5));
    const { frames } = watch(engine, FOLLOW);
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['n2', 'n3', 'n4']);
    sendLogs(engine, numbered(5, 6));
    time.advance(100);
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['n3', 'n4', 'n5']);
    expect(frames.at(-1)?.meta).toMatchObject({ begin: 0, end: 6, first: 3, total: 6 });
  });

  it('stays where it is anchored while records arrive', async () => {
    const { engine, time } = createEngine();
    sendLogs(engine, numbered(0, 10));
    const { frames } = watch(engine, { ...FOLLOW, first: 4 });
    await settle();
    sendLogs(engine, numbered(10, 20));
    time.advance(100);
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['n4', 'n5', 'n6']);
    expect([...(frames.at(-1)?.columns.ordinal ?? [])]).toEqual([4, 5, 6]);
    expect(frames.at(-1)?.meta.end).toBe(20);
  });

  it('goes on with a filter when the matches that it found are cleared', async () => {
    const { engine, time } = createEngine();
    sendLogs(engine, numbered(0, 5));
    const { frames } = watch(engine, { ...FOLLOW, filter: filterOf('n') });
    await settle();
    engine.clear('logs');
    sendLogs(engine, numbered(5, 7));
    time.advance(100);
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['n5', 'n6']);
    expect(frames.at(-1)?.meta).toMatchObject({ total: 2, levels: [0, 0, 2, 0, 0, 0, 0] });
  });

  it('filters by words, services and severity, and counts levels', async () => {
    const { engine, time } = createEngine();
    sendLogs(engine, [
      { body: 'Connection refused', severity: 17, service: 'pay' },
      { body: 'connection ok', severity: 9, service: 'pay' },
      { body: 'refused', severity: 13, attributes: { why: 'connection' } },
      { body: 'connection refused, retried', severity: 13, service: 'pay' },
      { body: 'connection refused', severity: 13, service: 'mail' },
    ]);
    const filter = { text: '"connection" refused -retried', services: [], notServices: ['mail'] };
    const { frames, update } = watch(engine, { ...FOLLOW, filter });
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['Connection refused', 'refused']);
    expect(frames.at(-1)?.meta.levels).toEqual([0, 0, 0, 1, 1, 0, 0]);
    update({ ...FOLLOW, filter, minSeverity: 17 });
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['Connection refused']);
    sendLogs(engine, [{ body: 'refused connection again', severity: 21 }]);
    time.advance(100);
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['Connection refused', 'refused connection again']);
  });

  it('finds words of any alphabet whatever their case', async () => {
    const { engine } = createEngine();
    sendLogs(engine, [{ body: 'ÜBERLAUF im Puffer' }, { body: 'Überfluss' }]);
    const { frames } = watch(engine, { ...FOLLOW, filter: filterOf('überlauf') });
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['ÜBERLAUF im Puffer']);
  });

  it('shows the records of one trace', async () => {
    const { engine } = createEngine();
    sendLogs(engine, [
      { body: 'a', trace: 1, span: 1 },
      { body: 'b', trace: 2 },
      { body: 'c', trace: 1, attributes: { k: 'v', n: 5 } },
    ]);
    const { frames } = watch(engine, { ...FOLLOW, traceId: traceIdOf(1) });
    await settle();
    const frame = frames.at(-1);
    expect(bodies(frame)).toEqual(['a', 'c']);
    expect(frame?.meta.strings[frame.columns.attributesStr[1]]).toBe('k=v n=5');
    expect(frame?.meta).toMatchObject({ begin: 0, end: 2, total: 3 });
  });

  it('cuts long texts and says so', async () => {
    const { engine } = createEngine();
    sendLogs(engine, [{ body: 'x'.repeat(LOG_TEXT_LIMIT + 1) }, { body: 'short' }]);
    const { frames } = watch(engine, FOLLOW);
    await settle();
    expect(bodies(frames.at(-1)).map(({ length }) => length)).toEqual([LOG_TEXT_LIMIT, 5]);
    expect([...(frames.at(-1)?.columns.cut ?? [])]).toEqual([1, 0]);
  });

  it('searches older records in slices, newest first', async () => {
    const { engine, time } = createEngine();
    sendLogs(engine, numbered(0, 2000, { severity: 17 }));
    time.tickCostMs = 9;
    const { frames } = watch(engine, { ...FOLLOW, filter: filterOf('n') });
    await settle();
    const first = frames[0];
    expect(first.meta.searching).toBe(true);
    expect(bodies(first)).toEqual(['n1997', 'n1998', 'n1999']);
    while (time.runSoon());
    time.tickCostMs = 0;
    time.advance(1000);
    await settle();
    const last = frames.at(-1);
    expect(last?.meta.searching).toBe(false);
    expect((last?.meta.end ?? 0) - (last?.meta.begin ?? 0)).toBe(2000);
    expect(last?.meta.end).toBe(first.meta.end);
    expect(last?.meta.levels[4]).toBe(2000);
  });

  it('stays true under eviction, filtered or not', async () => {
    const { engine, time } = createEngine(4 << 20);
    const all = watch(engine, FOLLOW);
    const some = watch(engine, { ...FOLLOW, filter: filterOf('keep') });
    await settle();
    let sent = 0;
    for (let round = 0; round < 60; round++) {
      const specs = Array.from({ length: 200 }, () => ({
        body: `${sent % 4 === 0 ? 'keep' : 'drop'} ${String(sent++)} ${'x'.repeat(300)}`,
        severity: sent % 8 === 1 ? 17 : 9,
      }));
      sendLogs(engine, specs);
      time.advance(100);
      await settle();
    }
    const whole = all.frames.at(-1)?.meta;
    const found = some.frames.at(-1)?.meta;
    if (whole === undefined || found === undefined) throw new Error('no frame came');
    const kept = engine.status().signals.logRecords.kept;
    expect(kept).toBeLessThan(sent);
    expect(whole.end - whole.begin).toBe(kept);
    expect(whole.end).toBe(sent);
    expect(sum(whole.levels)).toBe(kept);
    const oldest = sent - kept;
    const expected = Math.floor((sent - 1) / 4) - Math.ceil(oldest / 4) + 1;
    expect(found.end - found.begin).toBe(expected);
    expect(sum(found.levels)).toBe(expected);
    expect(bodies(some.frames.at(-1)).every((body) => body.startsWith('keep'))).toBe(true);
    some.update({ ...FOLLOW, filter: filterOf('keep'), first: 0 });
    await settle();
    const start = some.frames.at(-1);
    expect(start?.meta.first).toBe(start?.meta.begin);
  });

  it('starts empty again after a clear', async () => {
    const { engine, time } = createEngine();
    sendLogs(engine, numbered(0, 5));
    const { frames } = watch(engine, FOLLOW);
    await settle();
    engine.clear('logs');
    time.advance(100);
    await settle();
    expect(bodies(frames.at(-1))).toEqual([]);
    sendLogs(engine, numbered(9, 10));
    time.advance(100);
    await settle();
    expect(bodies(frames.at(-1))).toEqual(['n9']);
    expect(frames.at(-1)?.meta).toMatchObject({ total: 1, levels: [0, 0, 1, 0, 0, 0, 0] });
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
