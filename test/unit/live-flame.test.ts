import { describe, expect, it } from 'vitest';
import type { TopicFrame } from '../../proto/live/client.ts';
import { FLAME_KIND, NO_FILTER, type Filter } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  sendSpans,
  settle,
  type SpanSpec,
  type TestEngine,
} from '../support/live-engine.ts';

type Frame = TopicFrame<'flame'>;

async function watch({ engine }: TestEngine, filter: Filter = NO_FILTER) {
  const frames: Frame[] = [];
  const failures: string[] = [];
  const handle = connectClient(engine).subscribe(
    'flame',
    { filter },
    {
      frame: (frame) => frames.push(frame),
      ended: ({ code }) => failures.push(code),
    },
  );
  await settle();
  return { frames, failures, handle };
}

/** `name service attributed count traces`, indented by depth. */
function text(frame: Frame | undefined): string[] {
  if (frame === undefined) return ['no frame'];
  const { meta, columns } = frame;
  return Array.from(columns.depth, (depth, node) => {
    const name = meta.strings[columns.nameStr[node]] ?? 'other';
    const service = meta.strings[columns.serviceStr[node]] ?? '';
    const numbers = [columns.attributedNs[node], columns.count[node], columns.traces[node]];
    return `${'  '.repeat(depth)}${name} ${service} ${numbers.join(' ')}`;
  });
}

/** A checkout of 100 ns with two charges side by side, the whole of it. */
function checkout(trace: number, service = 'shop'): SpanSpec[] {
  return [
    { trace, id: trace * 10, name: 'checkout', service, start: 0, end: 100 },
    { trace, id: trace * 10 + 1, parent: trace * 10, name: 'charge', service: 'pay', end: 100 },
    { trace, id: trace * 10 + 2, parent: trace * 10, name: 'reserve', service: 'pay', end: 100 },
  ];
}

describe('merged flame', () => {
  it('folds the traces of the filter, and splits time among spans that run side by side', async () => {
    const test = createEngine();
    sendSpans(test.engine, [...checkout(1), ...checkout(2), ...checkout(3, 'other-shop')]);
    const { frames } = await watch(test, filterOf('', ['shop']));
    expect(text(frames.at(-1))).toEqual([
      'checkout shop 200 2 2',
      '  charge pay 100 2 2',
      '  reserve pay 100 2 2',
    ]);
    const { meta } = frames.at(-1) as Frame;
    expect(meta).toMatchObject({ merged: true, matched: 2, total: 3, traceCount: 2, spanCount: 6 });
    expect(meta.busyNs).toBe(200);
  });

  it('takes in what arrives, a second after the merge before', async () => {
    const test = createEngine();
    sendSpans(test.engine, checkout(1));
    const { frames } = await watch(test);
    expect(frames.at(-1)?.meta.traceCount).toBe(1);
    const before = frames.length;
    sendSpans(test.engine, checkout(2));
    test.time.advance(900);
    await settle();
    expect(frames.length).toBe(before);
    test.time.advance(200);
    await settle();
    expect(frames.at(-1)?.meta.traceCount).toBe(2);
  });

  it('says nothing while nothing changes', async () => {
    const test = createEngine();
    sendSpans(test.engine, checkout(1));
    const { frames } = await watch(test);
    const before = frames.length;
    test.time.advance(10_000);
    await settle();
    expect(frames.length).toBe(before);
  });

  it('merges in slices, and shows the tree when it is whole', async () => {
    const test = createEngine();
    for (let trace = 1; trace <= 400; trace++) {
      sendSpans(
        test.engine,
        Array.from({ length: 20 }, (_, i) => ({ trace, id: trace * 100 + i, name: `n${i}` })),
      );
    }
    test.time.tickCostMs = 9;
    const { frames } = await watch(test);
    expect(frames.at(-1)?.meta.merged).toBe(false);
    for (let turn = 0; turn < 100 && test.time.runSoon(); turn++);
    test.time.advance(1);
    await settle();
    expect(frames.at(-1)?.meta).toMatchObject({ merged: true, traceCount: 400, spanCount: 8000 });
  });

  it('drops a merge that another filter makes useless', async () => {
    const test = createEngine();
    for (let trace = 1; trace <= 400; trace++) {
      sendSpans(
        test.engine,
        Array.from({ length: 20 }, (_, i) => ({ trace, id: trace * 100 + i, name: `n${i}` })),
      );
    }
    sendSpans(test.engine, checkout(1000));
    test.time.tickCostMs = 9;
    const { frames, handle } = await watch(test);
    test.time.tickCostMs = 0;
    handle.update({ filter: filterOf('name:checkout') });
    await settle();
    for (let turn = 0; turn < 200 && test.time.runSoon(); turn++);
    test.time.advance(2000);
    await settle();
    expect(text(frames.at(-1))[0]).toBe('checkout shop 100 1 1');
    expect(frames.filter(({ meta }) => meta.traceCount > 1)).toEqual([]);
  });

  it('keeps parents that were not received as nodes without time', async () => {
    const test = createEngine();
    sendSpans(test.engine, [{ trace: 1, id: 2, parent: 1, name: 'orphan' }]);
    const { frames } = await watch(test);
    const columns = frames.at(-1)?.columns;
    expect([...(columns?.kind ?? [])]).toEqual([FLAME_KIND.notReceived, FLAME_KIND.spans]);
  });

  it('refuses a wrong query, and parameters that are none', async () => {
    const test = createEngine();
    const { failures } = await watch(test, filterOf('duration>'));
    expect(failures).toEqual(['badParams']);
    const wrong = await watch(test, null as unknown as Filter);
    expect(wrong.failures).toEqual(['badParams']);
  });

  it('closes its list with the subscription', async () => {
    const test = createEngine();
    sendSpans(test.engine, checkout(1));
    const { handle } = await watch(test, filterOf('charge'));
    handle.close();
    await settle();
    test.time.advance(5000);
    expect(test.time.timerCount).toBe(0);
  });
});
