import { describe, expect, it } from 'vitest';
import type { TopicFrame } from '../../proto/live/client.ts';
import type { FlameDiffParams, FlameSide } from '../../proto/live/topics.ts';
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

const SECOND = 1_000_000_000;

async function watch({ engine }: TestEngine, params: FlameDiffParams) {
  const frames: TopicFrame<'flameDiff'>[] = [];
  const failures: string[] = [];
  const handle = connectClient(engine).subscribe('flameDiff', params, {
    frame: (frame) => frames.push(frame),
    ended: ({ message }) => failures.push(message),
  });
  await settle();
  const sides = (): readonly number[] => {
    const meta = frames.at(-1)?.meta;
    return [meta?.a.traceCount ?? -1, meta?.b.traceCount ?? -1];
  };
  return { frames, failures, handle, sides };
}

const side = (more: Partial<FlameSide> = {}, text = ''): FlameSide => ({
  filter: filterOf(text),
  ...more,
});

/** Traces 1 to 6, one a second. */
function sendSix({ engine }: TestEngine): void {
  for (let trace = 1; trace <= 6; trace++) {
    const start = trace * SECOND;
    sendSpans(engine, [{ trace, id: trace, name: 'op', start, end: start + 100 * trace }]);
  }
}

describe('the sides of a comparison', () => {
  it('hold what starts before and from a moment on', async () => {
    const test = createEngine();
    sendSix(test);
    const moment = String(secondNs(3));
    const before = side({ toUnixNano: moment });
    const { sides } = await watch(test, { a: before, b: side({ fromUnixNano: moment }) });
    expect(sides()).toEqual([2, 4]);
  });

  it('hold what one import brought, and what came live', async () => {
    const test = createEngine();
    sendSpans(test.engine, [{ trace: 1, id: 1 }]);
    const take = test.engine.openImport('before.otlp.jsonl');
    take(() => {
      sendSpans(test.engine, [{ trace: 2, id: 2 }]);
    });
    sendSpans(test.engine, [{ trace: 3, id: 3 }]);
    take(() => {
      sendSpans(test.engine, [
        { trace: 4, id: 4 },
        { trace: 1, id: 5, parent: 1 },
      ]);
    });
    const { frames, sides } = await watch(test, {
      a: side({ source: 1 }),
      b: side({ source: 'live' }),
    });
    // Trace 1 was there before the file, which brought another span of it.
    expect(sides()).toEqual([2, 2]);
    expect(frames.at(-1)?.meta.imports).toEqual([{ id: 1, name: 'before.otlp.jsonl' }]);
    expect(frames.at(-1)?.meta.b.matched).toBe(2);
  });

  it('say that a file is gone when nothing of it is in memory', async () => {
    const test = createEngine();
    const take = test.engine.openImport('gone.otlp.jsonl');
    take(() => {
      sendSpans(test.engine, [{ trace: 1, id: 1 }]);
    });
    test.engine.clear('all');
    const all = await watch(test, { a: side(), b: side() });
    expect(all.frames.at(-1)?.meta.imports).toEqual([]);
    const { failures } = await watch(test, { a: side({ source: 1 }), b: side() });
    expect(failures).toEqual(['That file is not in memory any more. Choose other traces.']);
  });

  it('may be single traces, whose trees are those traces', async () => {
    const test = createEngine();
    sendSix(test);
    const { frames, sides } = await watch(test, {
      a: side({}, `trace:${traceIdOf(2)}`),
      b: side({}, `trace:${traceIdOf(5)}`),
    });
    expect(sides()).toEqual([1, 1]);
    expect([...(frames.at(-1)?.columns.aNs ?? [])]).toEqual([200]);
    expect([...(frames.at(-1)?.columns.bNs ?? [])]).toEqual([500]);
    expect(frames.at(-1)?.meta.p).toBeNull();
  });

  it('are shown at once after a swap', async () => {
    const test = createEngine();
    sendSix(test);
    const moment = String(secondNs(3));
    const [a, b] = [side({ toUnixNano: moment }), side({ fromUnixNano: moment })];
    const { frames, handle, sides } = await watch(test, { a, b });
    const before = frames.length;
    handle.update({ a: b, b: a });
    await settle();
    expect(frames[before]?.meta.merged).toBe(true);
    expect(sides()).toEqual([4, 2]);
  });

  it('are folded by the field that is asked for', async () => {
    const test = createEngine();
    sendSpans(test.engine, [
      { trace: 1, id: 1, attributes: { pool: 8 } },
      { trace: 2, id: 2, attributes: { pool: 32 } },
    ]);
    const { frames } = await watch(test, { a: side(), b: side(), by: 'pool' });
    const { meta, columns } = frames.at(-1) ?? { meta: undefined, columns: undefined };
    expect(meta?.by).toBe('pool');
    const names = Array.from(columns?.nameStr ?? [], (str) => meta?.strings[str]);
    expect(names.sort()).toEqual(['32', '8']);
    const { failures } = await watch(test, { a: side(), b: side(), by: 'duration' });
    expect(failures[0]).toContain('Fold by');
  });
});

describe('flame.attributes', () => {
  it('compares the values of both sides', async () => {
    const test = createEngine();
    for (let trace = 1; trace <= 40; trace++) {
      const pool = trace <= 20 ? 8 : 32;
      sendSpans(test.engine, [{ trace, id: trace, attributes: { pool }, end: 10 * pool }]);
    }
    const answer = connectClient(test.engine).request('flame.attributes', {
      a: side({}, 'pool:8'),
      b: side({}, 'pool:32'),
    });
    await settle();
    while (test.time.runSoon()) await settle();
    const { changes, aTraces, bTraces } = await answer;
    expect([aTraces, bTraces]).toEqual([20, 20]);
    expect(changes[0]).toMatchObject({ key: 'pool', aTraces: 0, bTraces: 20, bMeanNs: 320 });
  });

  it('refuses a wrong query', async () => {
    const { engine } = createEngine();
    const answer = connectClient(engine).request('flame.attributes', {
      a: side({}, 'duration>'),
      b: side(),
    });
    await expect(answer).rejects.toMatchObject({ code: 'badParams' });
  });
});

it('counts the traces that are on both sides of a comparison', async () => {
  const test = createEngine();
  sendSix(test);
  const both = await watch(test, { a: side(), b: side({ fromUnixNano: String(secondNs(3)) }) });
  expect(both.frames.at(-1)?.meta.shared).toBe(4);
  const apart = await watch(test, {
    a: side({ toUnixNano: String(secondNs(3)) }),
    b: side({ fromUnixNano: String(secondNs(3)) }),
  });
  expect(apart.frames.at(-1)?.meta.shared).toBe(0);
});
