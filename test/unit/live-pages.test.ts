import { describe, expect, it } from 'vitest';
import type { LiveClient } from '../../proto/live/client.ts';
import { NO_FILTER } from '../../proto/live/topics.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  sendLogs,
  sendSpans,
  type TestEngine,
} from '../support/live-engine.ts';

/** Some MB of traces, so that the oldest are evicted. */
const FILL = { text: 'x'.repeat(4000) };

interface Page {
  readonly items: readonly string[];
  readonly nextCursor: string | null;
}

/** Reads all pages; between two of them `meanwhile` runs. */
async function readAll(
  page: (cursor: string) => Promise<Page>,
  meanwhile: (page: number) => void = () => undefined,
): Promise<string[]> {
  const all: string[] = [];
  let cursor: string | null = '';
  for (let number = 0; cursor !== null; number++) {
    const { items, nextCursor }: Page = await page(cursor);
    all.push(...items);
    cursor = nextCursor;
    meanwhile(number);
  }
  return all;
}

function traces(client: LiveClient, text = '', order: 'newest' | 'slowest' = 'newest') {
  return async (cursor: string): Promise<Page> => {
    const filter = filterOf(text);
    const page = await client.request('traces.list', { filter, limit: 7, cursor, order });
    return { items: page.traces.map(({ rootName }) => rootName), nextCursor: page.nextCursor };
  };
}

function send({ engine }: TestEngine, from: number, to: number, attributes = {}): string[] {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  sendSpans(
    engine,
    numbers.map((trace) => ({ trace, id: 1, name: `t${trace}`, end: trace * 10, attributes })),
  );
  return numbers.map((trace) => `t${trace}`);
}

describe('pages', () => {
  it('of the newest traces neither repeat nor skip while others arrive', async () => {
    const test = createEngine();
    const sent = send(test, 1, 60);
    const all = await readAll(traces(connectClient(test.engine)), (page) => {
      send(test, 1000 + page * 10, 1010 + page * 10);
    });
    expect(all).toEqual(sent.toReversed());
  });

  it('of matching traces in another order neither repeat nor skip while others arrive', async () => {
    const test = createEngine();
    send(test, 1, 60);
    const all = await readAll(
      traces(connectClient(test.engine), 'duration>100ns', 'slowest'),
      () => {
        send(test, 2000, 2010);
      },
    );
    const kept = all.filter((name) => Number(name.slice(1)) < 1000);
    expect(kept).toEqual(Array.from({ length: 49 }, (_, i) => `t${59 - i}`));
    expect(new Set(all).size).toBe(all.length);
  });

  it('leave out what is evicted between them, and nothing that stayed', async () => {
    const test = createEngine(16 << 20);
    send(test, 1, 400, FILL);
    const client = connectClient(test.engine);
    const before = new Set(await readAll(traces(client)));
    const all = await readAll(traces(client), (page) => {
      if (page < 10) send(test, 10_000 + page * 500, 10_500 + page * 500, FILL);
    });
    const kept = new Set(await readAll(traces(client)));
    expect(new Set(all).size).toBe(all.length);
    const stayed = [...before].filter((name) => kept.has(name));
    expect(stayed.length).toBeLessThan(before.size);
    expect(all).toEqual(expect.arrayContaining(stayed));
  });

  it('of spans and log records come newest first', async () => {
    const test = createEngine();
    send(test, 1, 20);
    sendLogs(
      test.engine,
      Array.from({ length: 20 }, (_, i) => ({ body: `line ${i}`, severity: i % 2 === 0 ? 9 : 17 })),
    );
    const client = connectClient(test.engine);
    const spans = await readAll(async (cursor) => {
      const page = await client.request('spans.list', { filter: NO_FILTER, limit: 6, cursor });
      expect(page.matched).toBe(19);
      return {
        items: page.spans.map(({ span }) => (span as { name: string }).name),
        nextCursor: page.nextCursor,
      };
    });
    expect(spans).toEqual(Array.from({ length: 19 }, (_, i) => `t${19 - i}`));
    const logs = await readAll(async (cursor) => {
      const filter = filterOf('level:error');
      const page = await client.request('logs.list', { filter, limit: 3, cursor });
      return { items: page.logs.map(({ bodyText }) => bodyText), nextCursor: page.nextCursor };
    });
    expect(logs).toEqual([19, 17, 15, 13, 11, 9, 7, 5, 3, 1].map((i) => `line ${i}`));
  });

  it('refuse a cursor of another order', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    const page = traces(client, '', 'slowest')('17');
    await expect(page).rejects.toMatchObject({ code: 'badParams' });
  });

  it('wait for a search that takes several slices', async () => {
    const test = createEngine();
    send(test, 1, 300);
    test.time.tickCostMs = 9;
    const client = connectClient(test.engine);
    const found = client.request('traces.list', {
      filter: filterOf('name:t1*'),
      limit: 1000,
      cursor: '',
    });
    let isDone = false;
    void found.then(() => {
      isDone = true;
    });
    while (!isDone) {
      test.time.runSoon();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await found).matched).toBe(111);
  });
});
