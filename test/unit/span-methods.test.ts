/** What the engine answers about one span: its peers, its repeats, and who links to it. */
import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import {
  connectClient,
  createEngine,
  ManualTime,
  sendLogs,
  sendSpans,
  settle,
  spanIdOf,
  traceIdOf,
  type TestEngine,
} from '../support/live-engine.ts';

const MS = 1_000_000;
const ref = (trace: number, id: number) => ({ traceId: traceIdOf(trace), spanId: spanIdOf(id) });

/** Ends what runs in slices, then answers. */
async function finished<T>({ time }: TestEngine, answer: Promise<T>): Promise<T> {
  await settle();
  while (time.runSoon()) await settle();
  return answer;
}

describe('peers of a span', () => {
  it('are the spans of its service, name and kind, in bins from the shortest to the longest', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    sendSpans(
      test.engine,
      Array.from({ length: 100 }, (_, i) => ({
        trace: i,
        id: i + 1,
        name: 'charge',
        end: (i + 1) * MS,
      })),
    );
    sendSpans(test.engine, [
      { trace: 1, id: 900, name: 'other', end: 5 * MS },
      { trace: 1, id: 901, name: 'charge', service: 'elsewhere', end: 5 * MS },
    ]);
    const peers = await finished(test, client.request('span.peers', ref(49, 50)));
    expect(peers).toMatchObject({
      count: 100,
      measured: 100,
      minNs: MS,
      maxNs: 100 * MS,
      medianNs: 50 * MS,
      p95Ns: 95 * MS,
      shorter: 0.49,
      scale: 'log',
    });
    expect(peers.bins.reduce((sum, bin) => sum + bin, 0)).toBe(100);
    expect(peers.bins.at(-1)).toBeGreaterThan(0);
  });

  it('are divided evenly when their lengths are alike, and fill one bin when they are equal', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    sendSpans(
      test.engine,
      Array.from({ length: 4 }, (_, i) => ({ trace: 1, id: i + 1, name: 'a', end: (10 + i) * MS })),
    );
    sendSpans(test.engine, [{ trace: 2, id: 9, name: 'b', end: MS }]);
    const even = await finished(test, client.request('span.peers', ref(1, 1)));
    expect(even.scale).toBe('linear');
    expect(even.bins.filter((bin) => bin > 0)).toEqual([1, 1, 1, 1]);
    const one = await finished(test, client.request('span.peers', ref(2, 9)));
    expect(one.bins[0]).toBe(1);
  });

  it('are measured on the newest when they are very many, and say so', async () => {
    const test = createEngine(1 << 28);
    const client = connectClient(test.engine);
    const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
    const startTimeUnixNano = BigInt(ManualTime.startMs) * 1_000_000n;
    const spans = Array.from({ length: 41_000 }, (_, i) => ({
      traceId: bytes(traceIdOf(1)),
      spanId: bytes(spanIdOf(i + 1)),
      name: 'many',
      startTimeUnixNano,
      endTimeUnixNano: startTimeUnixNano + (i < 1000 ? 9n : 5n),
    }));
    const request = encodeRequest('traces', {
      resourceSpans: [{ resource: {}, scopeSpans: [{ spans }] }],
    });
    test.engine.ingest('traces', [request], request.byteLength, 'protobuf');
    const peers = await finished(test, client.request('span.peers', ref(1, 41_000)));
    expect(peers).toMatchObject({ count: 41_000, measured: 40_000, minNs: 5, maxNs: 5 });
  });

  it('leave out spans without a true duration', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    sendSpans(test.engine, [
      { trace: 1, id: 1, name: 'a', start: 10, end: 20 },
      { trace: 1, id: 2, name: 'a', start: 20, end: 10 },
    ]);
    expect((await finished(test, client.request('span.peers', ref(1, 1)))).count).toBe(1);
  });

  it('fail for a span that is not in memory', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    await expect(client.request('span.peers', ref(1, 1))).rejects.toMatchObject({
      code: 'notFound',
    });
  });

  it('end in order when memory is cleared between two slices', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    sendSpans(
      test.engine,
      Array.from({ length: 20_000 }, (_, i) => ({ trace: i % 50, id: i + 1, name: 'a', end: 5 })),
    );
    test.time.tickCostMs = 10;
    const answer = client.request('span.peers', ref(1, 2));
    await settle();
    test.engine.clear('all');
    sendSpans(test.engine, [{ trace: 1, id: 1, name: 'b', end: 1 }]);
    expect((await finished(test, answer)).count).toBeLessThan(20_000);
  });
});

describe('repeats of a span', () => {
  it('are the spans of its trace with the same query, also under its retired name', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    const query = { 'db.query.text': 'INSERT INTO lines VALUES ($1)' };
    const old = { 'db.statement': 'INSERT INTO lines VALUES ($1)' };
    sendSpans(test.engine, [
      { trace: 1, id: 1, name: 'order' },
      { trace: 1, id: 2, parent: 1, name: 'INSERT', end: MS, attributes: query },
      { trace: 1, id: 3, parent: 1, name: 'INSERT', end: MS, attributes: old },
      { trace: 1, id: 4, parent: 2, name: 'INSERT', end: MS, attributes: query },
      { trace: 1, id: 5, parent: 1, name: 'INSERT', attributes: { 'db.query.text': 'another' } },
      { trace: 2, id: 6, parent: 1, name: 'INSERT', attributes: query },
    ]);
    const repeats = await finished(test, client.request('span.repeats', ref(1, 2)));
    expect(repeats).toEqual({ count: 3, siblings: 2, totalNs: 3 * MS, isCut: false });
  });
});

describe('spans that link to a span', () => {
  const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

  it('are found by both ids, newest first, and counted beyond the limit', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    const link = (trace: number, id: number) => ({
      traceId: bytes(traceIdOf(trace)),
      spanId: bytes(spanIdOf(id)),
    });
    const span = (id: number, links: readonly object[]) => ({
      traceId: bytes(traceIdOf(7)),
      spanId: bytes(spanIdOf(id)),
      name: `batch ${String(id)}`,
      startTimeUnixNano: BigInt(ManualTime.startMs) * 1_000_000n,
      links,
    });
    const request = encodeRequest('traces', {
      resourceSpans: [
        {
          resource: {},
          scopeSpans: [
            {
              spans: [
                span(1, [link(9, 9), link(1, 1)]),
                span(2, [link(1, 2)]),
                span(3, [link(2, 1)]),
                span(4, [link(1, 1)]),
              ],
            },
          ],
        },
      ],
    });
    test.engine.ingest('traces', [request], request.byteLength, 'protobuf');
    const linked = await finished(test, client.request('span.linked', { ...ref(1, 1), limit: 1 }));
    expect(linked.total).toBe(2);
    expect(linked.spans.map(({ name, traceId }) => [name, traceId])).toEqual([
      ['batch 4', traceIdOf(7)],
    ]);
  });
});

describe('a stored span that is broken inside', () => {
  it('links to nothing and repeats nothing, and the others are found', async () => {
    const test = createEngine();
    const client = connectClient(test.engine);
    const field = (number: number, bytes: readonly number[]): number[] => [
      (number << 3) | 2,
      ...(bytes.length < 0x80 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]),
      ...bytes,
    ];
    const bytes = (hex: string): number[] => [...Buffer.from(hex, 'hex')];
    const span = (id: number, inside: readonly number[]): number[] =>
      field(2, [
        ...field(1, bytes(traceIdOf(1))),
        ...field(2, bytes(spanIdOf(id))),
        ...field(5, [0x61]),
        ...inside,
      ]);
    const link = field(13, [...field(1, bytes(traceIdOf(1))), ...field(2, bytes(spanIdOf(1)))]);
    // Wire type 4 ends a group, which OTLP has none of.
    const spans = [...span(1, link), ...span(2, field(13, [0x14])), ...span(3, field(9, [0x14]))];
    const request = Uint8Array.from(field(1, field(2, spans)));
    const result = test.engine.ingest('traces', [request], request.length, 'protobuf');
    expect(result.ok).toBe(true);
    const linked = await finished(test, client.request('span.linked', { ...ref(1, 1), limit: 9 }));
    expect(linked.total).toBe(1);
    const repeats = await finished(test, client.request('span.repeats', ref(1, 1)));
    expect(repeats.count).toBe(3);
  });
});

describe('log records of a span', () => {
  it('carry what makes them events or exceptions', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [{ trace: 1, id: 1 }]);
    sendLogs(engine, [
      { body: 'plain', trace: 1, span: 1 },
      { body: 'named', trace: 1, span: 1, attributes: { 'event.name': 'session.start' } },
      { body: 'failed', trace: 1, span: 1, attributes: { 'exception.type': 'Timeout' } },
    ]);
    const { records } = await client.request('span.logs', { ...ref(1, 1), limit: 10 });
    expect(records.map(({ event }) => event?.name)).toEqual([undefined, 'session.start', '']);
    expect(records[2]?.event?.attributes).toEqual([
      { key: 'exception.type', value: { type: 'string', value: 'Timeout' } },
    ]);
  });

  it('say where in the program they were written', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    sendSpans(engine, [{ trace: 1, id: 1 }]);
    const attributes = { 'code.file.path': '/app/pay.go', 'code.line.number': '80', note: 'x' };
    sendLogs(engine, [{ body: 'plain', trace: 1, span: 1, attributes }]);
    const { records } = await client.request('span.logs', { ...ref(1, 1), limit: 10 });
    expect(records[0]?.event).toBeNull();
    expect(records[0]?.code.map(({ key }) => key)).toEqual(['code.file.path', 'code.line.number']);
  });
});
