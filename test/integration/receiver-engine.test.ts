/** Hostile and odd requests against the real engine: the documented answer, and the receiver goes on. */
import { Agent } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../electron/engine/engine.ts';
import { HTTP_PATH, SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import {
  decodeMessage,
  decodeResponse,
  encodeMessage,
  encodeRequest,
  protoType,
  type Plain,
} from '../support/otlp/proto-root.ts';
import { startEngine } from './receiver-engine-support.ts';
import { callExport, grpcClient, send, type Answer } from './receiver-support.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };
const MIB = 1024 * 1024;

let lastId = 0;

/** A valid span with ids of its own. */
function span(more: Plain = {}): Plain {
  const spanId = Buffer.alloc(8);
  spanId.writeUInt32BE(++lastId, 4);
  return {
    traceId: Buffer.alloc(16, 7),
    spanId,
    name: 'GET /',
    startTimeUnixNano: 1_790_000_000_000_000_000n,
    endTimeUnixNano: 1_790_000_000_000_000_500n,
    ...more,
  };
}

function traces(...spans: Plain[]): Buffer {
  return Buffer.from(encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}

/** A length-delimited field. */
function field(number: number, content: Buffer): Buffer {
  const head = [(number << 3) | 2];
  let length = content.byteLength;
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  head.push(length);
  return Buffer.concat([Buffer.from(head), content]);
}

/** A span with an array in an array, and so on: deeper than protobufjs would write it. */
function deepTraces(depth: number): Buffer {
  let value = field(1, Buffer.from('core'));
  // AnyValue.array_value is 5, ArrayValue.values is 1.
  for (let level = 0; level < depth; level++) value = field(5, field(1, value));
  const attribute = Buffer.concat([field(1, Buffer.from('a')), field(2, value)]);
  const plain = encodeMessage(protoType('opentelemetry.proto.trace.v1.Span'), span());
  return field(1, field(2, field(2, Buffer.concat([plain, field(9, attribute)]))));
}

/** One item of each signal. */
const ONE_ITEM: Readonly<Record<Signal, () => Buffer>> = {
  traces: () => traces(span()),
  logs: () =>
    Buffer.from(
      encodeRequest('logs', {
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
      }),
    ),
  metrics: () =>
    Buffer.from(
      encodeRequest('metrics', {
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [{ name: 'up', gauge: { dataPoints: [{ asInt: 1, timeUnixNano: 5n }] } }],
              },
            ],
          },
        ],
      }),
    ),
  profiles: () =>
    Buffer.from(
      encodeRequest('profiles', {
        resourceProfiles: [{ scopeProfiles: [{ profiles: [{ timeUnixNano: 5n }] }] }],
        dictionary: { stringTable: [''] },
      }),
    ),
};

/** The same in JSON. */
const JSON_SAMPLE: Readonly<Record<Signal, string>> = {
  traces:
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"a","startTimeUnixNano":"5","attributes":[{"key":"k","value":{"intValue":"9007199254740993"}}]}]}]}]}',
  logs: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"5","body":{"arrayValue":{"values":[{"doubleValue":1e3},{"bytesValue":"AAE="}]}}}]}]}]}',
  metrics:
    '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asInt":"7","timeUnixNano":"5"}]}}]}]}]}',
  profiles:
    '{"resourceProfiles":[{"scopeProfiles":[{"profiles":[{"timeUnixNano":"5"}]}]}],"dictionary":{"stringTable":["","x"]}}',
};

function spanCounts(engine: Engine) {
  return engine.status().signals.spans;
}

/** code and message of the Status in an answer, in either encoding. */
function statusOf(answer: Answer): Plain {
  if (answer.headers['content-type'] === 'application/json') {
    return JSON.parse(answer.body.toString()) as Plain;
  }
  return decodeMessage(protoType('google.rpc.Status'), answer.body);
}

describe('whole bodies', () => {
  test.each(SIGNALS)('one item of %s is counted, over HTTP and gRPC', async (signal) => {
    const { engine, httpPort, grpcPort } = await startEngine();
    const posted = await send(httpPort, {
      path: HTTP_PATH[signal],
      headers: PROTOBUF,
      body: ONE_ITEM[signal](),
    });
    expect([posted.status, decodeResponse(signal, posted.body)]).toEqual([200, {}]);
    expect((await callExport(grpcClient(grpcPort), signal, ONE_ITEM[signal]())).code).toBe(0);
    const received = Object.values(engine.status().signals).map((counts) => counts.received);
    expect(received.reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  test('`1234` as JSON is 400 in JSON, and in gRPC bad bytes are INVALID_ARGUMENT', async () => {
    const { engine, httpPort, grpcPort } = await startEngine();
    const json = await send(httpPort, { headers: JSON_TYPE, body: '1234' });
    expect([json.status, statusOf(json).code]).toEqual([400, 3]);
    const protobuf = await send(httpPort, { headers: PROTOBUF, body: '\x0a\x7f?' });
    expect([protobuf.status, statusOf(protobuf).code]).toEqual([400, 3]);
    expect(statusOf(protobuf).message).toMatch(/byte|end/);
    const rpc = await callExport(grpcClient(grpcPort), 'traces', Buffer.from('\x0a\x7f?'));
    expect(rpc.code).toBe(3);
    expect(spanCounts(engine).received).toBe(0);
    const good = await send(httpPort, { headers: PROTOBUF, body: traces(span()) });
    expect(good.status).toBe(200);
    expect(spanCounts(engine).kept).toBe(1);
  });

  test('a body cut at any byte leaves nothing of itself behind', async () => {
    const { engine, grpcPort } = await startEngine();
    const client = grpcClient(grpcPort);
    const body = traces(span(), span({ name: 'second' }));
    for (let length = 1; length < body.byteLength; length++) {
      const { code } = await callExport(client, 'traces', body.subarray(0, length));
      expect([length, code]).toEqual([length, 3]);
    }
    expect(spanCounts(engine)).toMatchObject({ received: 0, kept: 0 });
    expect(engine.status().counts.traces).toBe(0);
    expect((await callExport(client, 'traces', body)).code).toBe(0);
    expect(spanCounts(engine).kept).toBe(2);
  });

  test('nesting beyond reason is refused, in both encodings', async () => {
    const { engine, httpPort } = await startEngine();
    const depth = 20_000;
    const value = `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`;
    const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a","value":${value}}]}]}]}]}`;
    const deepJson = await send(httpPort, { headers: JSON_TYPE, body: json });
    expect([deepJson.status, statusOf(deepJson).code]).toEqual([400, 3]);
    const deep = await send(httpPort, { headers: PROTOBUF, body: deepTraces(5_000) });
    // Refused whole or as one span alone: never kept.
    if (deep.status === 200) expect(decodeResponse('traces', deep.body)).not.toEqual({});
    else expect([deep.status, statusOf(deep).code]).toEqual([400, 3]);
    expect(spanCounts(engine).kept).toBe(0);
    await send(httpPort, { headers: PROTOBUF, body: traces(span()) });
    expect(spanCounts(engine).kept).toBe(1);
  });
});

/** xorshift32: the same bytes for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

test('mutated and arbitrary bytes of every signal are answered, and the receiver goes on', async () => {
  const seed = (Date.now() & 0x7fffffff) | 1;
  const random = randomNumbers(seed);
  const { engine, httpPort } = await startEngine();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  for (let round = 0; round < 400; round++) {
    const signal = SIGNALS[round % SIGNALS.length];
    const isJson = random(2) === 0;
    const sample = isJson ? Buffer.from(JSON_SAMPLE[signal]) : ONE_ITEM[signal]();
    const body = round % 5 === 0 ? Buffer.alloc(random(200)) : sample;
    const changes = round % 5 === 0 ? body.byteLength : 1 + random(4);
    for (let change = 0; change < changes; change++) {
      body[random(Math.max(1, body.byteLength))] = random(256);
    }
    const { status } = await send(httpPort, {
      path: HTTP_PATH[signal],
      headers: isJson ? JSON_TYPE : PROTOBUF,
      body,
      agent,
    });
    expect([200, 400], `seed ${seed}, round ${round}`).toContain(status);
  }
  for (const [kind, counts] of Object.entries(engine.status().signals)) {
    const { received, kept, evicted, rejected, duplicates } = counts;
    expect([kind, received], `seed ${seed}`).toEqual([
      kind,
      kept + evicted + rejected + duplicates,
    ]);
  }
  const before = spanCounts(engine).kept;
  await send(httpPort, { headers: PROTOBUF, body: traces(span()) });
  expect(spanCounts(engine).kept).toBe(before + 1);
});

describe('single items', () => {
  const bad = () => span({ traceId: Buffer.alloc(15, 1) });

  test('a span with a wrong id is rejected alone, and the answer says why', async () => {
    const { engine, lines, httpPort, grpcPort } = await startEngine();
    const body = traces(span(), bad(), span(), bad());
    const answer = await send(httpPort, { headers: PROTOBUF, body });
    expect(answer.status).toBe(200);
    const { partialSuccess } = decodeResponse('traces', answer.body);
    expect(partialSuccess).toMatchObject({ rejectedSpans: 2n });
    expect((partialSuccess as Plain).errorMessage).toMatch(/^2 spans rejected: .*\(2\)/);
    expect(spanCounts(engine)).toMatchObject({ received: 4, kept: 2, rejected: 2 });
    expect(lines.at(-1)).toMatchObject({ label: 'PARTIAL', outcome: 'warning', items: 4 });

    const rpc = await callExport(grpcClient(grpcPort), 'traces', traces(span(), bad()));
    expect(decodeResponse('traces', rpc.body).partialSuccess).toMatchObject({ rejectedSpans: 1n });
  });

  test('the same in JSON, with hex ids of a wrong length', async () => {
    const { engine, httpPort } = await startEngine();
    const one = (traceId: string) => ({ traceId, spanId: 'eee19b7ec3c1b174', name: 'x' });
    const spans = [one('5B8EFFF798038103D269B633813FC60C'), one('5b8e')];
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }], unknown: [1] });
    const answer = await send(httpPort, { headers: JSON_TYPE, body });
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      partialSuccess: { rejectedSpans: '1' },
    });
    expect(spanCounts(engine)).toMatchObject({ received: 2, kept: 1, rejected: 1 });
  });

  test('the same batch twice is acknowledged twice and kept once', async () => {
    const { engine, httpPort } = await startEngine();
    const body = traces(span(), span());
    for (let round = 0; round < 2; round++) {
      expect((await send(httpPort, { headers: PROTOBUF, body })).status).toBe(200);
    }
    expect(spanCounts(engine)).toEqual({
      received: 4,
      kept: 2,
      evicted: 0,
      cleared: 0,
      rejected: 0,
      duplicates: 2,
    });
  });
});

describe('sizes', () => {
  test('an attribute of 63 MiB is kept, plain and gzipped', async () => {
    const { engine, httpPort } = await startEngine(512 * MIB);
    const value = { stringValue: 'x'.repeat(63 * MIB) };
    const plain = traces(span({ attributes: [{ key: 'prompt', value }] }));
    expect((await send(httpPort, { headers: PROTOBUF, body: plain })).status).toBe(200);
    const packed = gzipSync(traces(span({ attributes: [{ key: 'prompt', value }] })), { level: 1 });
    const headers = { ...PROTOBUF, 'content-encoding': 'gzip' };
    expect((await send(httpPort, { headers, body: packed })).status).toBe(200);
    expect(spanCounts(engine)).toMatchObject({ received: 2, kept: 2 });
  });

  test.each(['http', 'grpc'] as const)(
    'a malformed body of 8 MiB evicts nothing from a small memory, over %s',
    async (protocol) => {
      const { engine, httpPort, grpcPort } = await startEngine(20 * MIB);
      const value = { stringValue: 'x'.repeat(MIB) };
      const large = (): Plain => span({ attributes: [{ key: 'padding', value }] });
      for (let sent = 0; sent < 30; sent++) {
        const body = traces(large());
        expect(engine.ingest('traces', [body], body.byteLength, 'protobuf').ok).toBe(true);
      }
      const before = { counts: engine.status().signals.spans, memory: engine.status().memory };
      expect(before.counts.evicted).toBeGreaterThan(0);
      const broken = traces(...Array.from({ length: 8 }, large)).subarray(0, -1);
      if (protocol === 'http') {
        const headers = PROTOBUF;
        const answer = await send(httpPort, { path: HTTP_PATH.traces, headers, body: broken });
        expect(answer.status).toBe(400);
      } else {
        const client = grpcClient(grpcPort);
        expect((await callExport(client, 'traces', broken)).code).toBe(3);
      }
      const after = { counts: engine.status().signals.spans, memory: engine.status().memory };
      expect(after).toEqual(before);
    },
  );

  test('a body larger than the memory is answered, and counters stay true', async () => {
    const { engine, httpPort } = await startEngine(16 * MIB);
    const value = { stringValue: 'x'.repeat(40 * MIB) };
    const body = traces(span({ attributes: [{ key: 'prompt', value }] }));
    const answer = await send(httpPort, { headers: PROTOBUF, body });
    expect([200, 413]).toContain(answer.status);
    const { received, kept, evicted, rejected, duplicates } = spanCounts(engine);
    expect(received).toBe(kept + evicted + rejected + duplicates);
    await send(httpPort, { headers: PROTOBUF, body: traces(span()) });
    expect(spanCounts(engine).received).toBe(received + 1);
  });
});
