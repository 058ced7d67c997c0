import { describe, expect, it } from 'vitest';
import type { TopicFrame } from '../../proto/live/client.ts';
import {
  LATENCY_POINT,
  NO_FILTER,
  type Facet,
  type LatencyParams,
} from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
  sendSpans,
  settle,
  traceIdOf,
  type SpanSpec,
  type TestEngine,
} from '../support/live-engine.ts';
import { seededRandom } from '../support/otlp/random.ts';

const PARAMS: LatencyParams = {
  filter: NO_FILTER,
  by: 'traces',
  columns: 40,
  rows: 12,
  window: null,
};

type Frame = TopicFrame<'latency'>;

interface Watched {
  readonly last: () => Frame;
  readonly refresh: () => Promise<Frame>;
}

async function watch({ engine, time }: TestEngine, params: LatencyParams): Promise<Watched> {
  const frames: Frame[] = [];
  connectClient(engine).subscribe('latency', params, { frame: (frame) => frames.push(frame) });
  await settle();
  const last = (): Frame => {
    const frame = frames.at(-1);
    if (frame === undefined) throw new Error('no frame yet');
    return frame;
  };
  const refresh = async (): Promise<Frame> => {
    time.advance(300);
    await settle();
    return last();
  };
  return { last, refresh };
}

interface Item {
  readonly trace: number;
  readonly start: number;
  readonly ns: number;
  readonly isError: boolean;
}

function specOf({ trace, start, ns, isError }: Item, id = 1): SpanSpec {
  return { trace, id, start, end: start + ns, isError };
}

/** Counts, errors and the longest item of every cell, one by one. */
function naiveCells({ meta }: Frame, items: readonly Item[]): string[] {
  const cells = new Map<string, { count: number; errors: number; worst: number }>();
  const factor = Math.log(meta.maxNs / meta.minNs);
  for (const { start, ns, isError } of items) {
    const at = secondNs(0) + BigInt(start) - BigInt(meta.fromNs);
    const column = Math.floor(Number(at) / meta.columnNs);
    const row = Math.floor((Math.log(ns / meta.minNs) / factor) * meta.rows + 1e-9);
    const key = `${column}/${row}`;
    const cell = cells.get(key) ?? { count: 0, errors: 0, worst: 0 };
    cell.count++;
    if (isError) cell.errors++;
    cell.worst = Math.max(cell.worst, ns);
    cells.set(key, cell);
  }
  return [...cells].map(([key, { count, errors, worst }]) => `${key} ${count} ${errors} ${worst}`);
}

function cellsOf({ columns }: Frame): string[] {
  return Array.from(
    columns.cellColumn,
    (column, i) =>
      `${column}/${columns.cellRow[i]} ${columns.cellCount[i]} ${columns.cellErrors[i]} ${columns.cellWorstNs[i]}`,
  );
}

describe('latency strip', () => {
  it('counts every trace in its cell, as traces come, grow and leave', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const test = createEngine();
    const strip = await watch(test, PARAMS);
    const items = new Map<number, Item>();
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 200; i++) {
        // Not on the edge of a bin, where one rounding decides.
        const ns = Math.floor(Math.exp(random.next() * 18)) * 2 + 1001;
        const item = {
          trace: round * 1000 + i + 1,
          start: random.below(round + 1) * 2_000_000_000 + random.below(1_000_000),
          ns,
          isError: random.below(5) === 0,
        };
        items.set(item.trace, item);
      }
      sendSpans(
        test.engine,
        [...items.values()].slice(-200).map((item) => specOf(item)),
      );
      const known = [...items.values()];
      const grown = known[random.below(known.length)];
      const longer = { ...grown, ns: grown.ns * 3 + 1 };
      items.set(grown.trace, longer);
      sendSpans(test.engine, [specOf(longer, 2 + round)]);
      const frame = await strip.refresh();
      expect(cellsOf(frame).sort(), `seed ${seed}`).toEqual(
        naiveCells(frame, [...items.values()]).sort(),
      );
      expect(frame.meta.columns).toBeLessThanOrEqual(PARAMS.columns);
      expect(frame.meta.counted).toBe(items.size);
    }
    test.engine.clear('all');
    const empty = await strip.refresh();
    expect(empty.meta).toMatchObject({ counted: 0, columns: 0, rows: 0, fromNs: '' });
  });

  it('puts the 95th percentile within 2.2 % of the exact one', async () => {
    const test = createEngine();
    const durations = Array.from({ length: 500 }, (_, i) => 1000 + i * 37);
    sendSpans(
      test.engine,
      durations.map((ns, i) => specOf({ trace: i + 1, start: 0, ns, isError: false })),
    );
    const strip = await watch(test, PARAMS);
    const exact = durations[Math.ceil(500 * 0.95) - 1];
    const [estimate] = strip.last().columns.p95Ns;
    expect(Math.abs(estimate / exact - 1)).toBeLessThan(0.022);
  });

  it('marks errors with diamonds and the slow with rings, and counts those it hides', async () => {
    const test = createEngine();
    const usual = Array.from({ length: 400 }, (_, i) =>
      specOf({ trace: i + 10, start: 0, ns: 1000 + i, isError: false }),
    );
    sendSpans(test.engine, [
      ...usual,
      specOf({ trace: 1, start: 0, ns: 5_000_000, isError: false }),
      specOf({ trace: 2, start: 0, ns: 1_500, isError: true }),
      specOf({ trace: 3, start: 0, ns: 1_501, isError: true }),
    ]);
    const { meta, columns } = (await watch(test, PARAMS)).last();
    const points = Array.from(columns.pointKind, (kind, i) => [
      kind,
      columns.pointNs[i],
      Buffer.from(columns.pointTraceId.subarray(i * 16, i * 16 + 16)).toString('hex'),
    ]);
    expect(points).toEqual([
      [LATENCY_POINT.ring, 5_000_000, traceIdOf(1)],
      [LATENCY_POINT.diamond, 1_501, traceIdOf(3)],
    ]);
    expect(meta).toMatchObject({ ringsHidden: 0, diamondsHidden: 1 });
  });

  it('shows a window of time, and counts what lies beside it', async () => {
    const test = createEngine();
    sendSpans(
      test.engine,
      [0, 10, 20, 30].map((start, i) =>
        specOf({ trace: i + 1, start: start * 1e9, ns: 1000, isError: false }),
      ),
    );
    const window = { fromNs: String(secondNs(5)), toNs: String(secondNs(25)) };
    const { meta, columns } = (await watch(test, { ...PARAMS, columns: 20, window })).last();
    expect(meta).toMatchObject({ counted: 2, outside: 2, columns: 20, columnNs: 1e9 });
    expect([...columns.cellColumn].sort((a, b) => a - b)).toEqual([5, 15]);
  });

  it('follows the last stretch of time in whole columns', async () => {
    const test = createEngine();
    test.time.advance(100_000);
    const strip = await watch(test, { ...PARAMS, window: { lastNs: 20e9 } });
    sendSpans(test.engine, [specOf({ trace: 1, start: 0, ns: 1000, isError: false })]);
    const first = await strip.refresh();
    sendSpans(test.engine, [specOf({ trace: 2, start: 50e9, ns: 1000, isError: false })]);
    const second = await strip.refresh();
    expect(second.meta).toMatchObject({ counted: 1, outside: 1 });
    expect(second.meta.columnNs).toBe(first.meta.columnNs);
    const moved = BigInt(second.meta.fromNs) - BigInt(first.meta.fromNs);
    expect(moved % BigInt(first.meta.columnNs)).toBe(0n);
  });

  it('counts matching spans', async () => {
    const test = createEngine();
    sendSpans(test.engine, [
      { trace: 1, id: 1, name: 'root', end: 9000 },
      { trace: 1, id: 2, parent: 1, name: 'child', end: 2000, isError: true },
      { trace: 1, id: 3, parent: 1, name: 'child', end: 3000 },
    ]);
    const strip = await watch(test, { ...PARAMS, by: 'spans', filter: filterOf('name:child') });
    expect(strip.last().meta.counted).toBe(2);
    expect([...strip.last().columns.cellWorstSpanId].length).toBeGreaterThan(0);
    sendSpans(test.engine, [{ trace: 2, id: 4, name: 'child', end: 3000 }]);
    expect((await strip.refresh()).meta.counted).toBe(3);
    test.engine.clear('all');
    expect((await strip.refresh()).meta.counted).toBe(0);
  });

  it('counts a large capture over several frames', async () => {
    const test = createEngine();
    const numbers = Array.from({ length: 6000 }, (_, i) => i + 1);
    sendSpans(
      test.engine,
      numbers.map((trace) => specOf({ trace, start: trace * 1e6, ns: 1000, isError: false })),
    );
    test.time.tickCostMs = 4;
    const strip = await watch(test, PARAMS);
    expect(strip.last().meta.searching).toBe(true);
    test.time.tickCostMs = 0;
    const done = await strip.refresh();
    expect(done.meta).toMatchObject({ searching: false, counted: 6000 });
  });
});

describe('facets', () => {
  async function facetsOf(test: TestEngine, text = ''): Promise<() => Promise<readonly Facet[]>> {
    const frames: TopicFrame<'facets'>[] = [];
    connectClient(test.engine).subscribe(
      'facets',
      { filter: filterOf(text) },
      { frame: (frame) => frames.push(frame) },
    );
    await settle();
    return async () => {
      test.time.advance(600);
      await settle();
      expect(frames.at(-1)?.meta.complete).toBe(true);
      return frames.at(-1)?.meta.facets ?? [];
    };
  }

  const specs: readonly SpanSpec[] = Array.from({ length: 40 }, (_, i) => ({
    trace: i + 1,
    id: 1,
    name: i % 4 === 0 ? 'GET /api/"cart"' : `GET /${i}`,
    service: i % 3 === 0 ? 'web shop' : 'api',
    end: 1000 + i * 1_000_000,
    isError: i % 10 === 0,
    attributes: { 'http.response.status_code': i % 8 === 0 ? 503 : i % 5 === 0 ? 404 : 200 },
  }));

  it('have the counts that their clauses find', async () => {
    const test = createEngine();
    const read = await facetsOf(test);
    sendSpans(test.engine, specs);
    const facets = await read();
    expect(new Set(facets.map(({ kind }) => kind))).toEqual(
      new Set(['error', 'slow', 'status', 'root', 'service']),
    );
    const client = connectClient(test.engine);
    for (const { clause, count } of facets) {
      const filter = filterOf(clause);
      const { matched } = await client.request('traces.list', { filter, limit: 1, cursor: '' });
      expect(matched, clause).toBe(count);
    }
  });

  it('have the counts that their clauses leave beside a query', async () => {
    const test = createEngine();
    sendSpans(test.engine, [
      ...specs,
      ...specs.map((spec, i) => ({ ...spec, id: 2, parent: 1, isError: i === 6, service: 'db' })),
    ]);
    const text = 'service:"web shop"';
    const facets = await (await facetsOf(test, text))();
    const client = connectClient(test.engine);
    expect(facets.length).toBeGreaterThan(3);
    for (const { clause, count } of facets) {
      const filter = filterOf(`${text} ${clause}`);
      const { matched } = await client.request('traces.list', { filter, limit: 1, cursor: '' });
      expect(matched, clause).toBe(count);
    }
  });

  it('follow traces that grow and leave', async () => {
    const test = createEngine();
    sendSpans(test.engine, [
      { trace: 1, id: 1 },
      { trace: 2, id: 1 },
    ]);
    const read = await facetsOf(test);
    const errors = async (): Promise<number | undefined> =>
      (await read()).find(({ kind }) => kind === 'error')?.count;
    expect(await errors()).toBeUndefined();
    sendSpans(test.engine, [{ trace: 1, id: 2, parent: 1, isError: true }]);
    expect(await errors()).toBe(1);
    test.engine.clear('all');
    expect(await read()).toEqual([]);
  });
});
