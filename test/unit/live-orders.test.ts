import { describe, expect, it } from 'vitest';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { NO_FILTER, type SpansParams, type TracesParams } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
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
