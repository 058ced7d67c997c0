/**
 * The JSON mapping of OTLP and what senders make of it, over a socket into the real engine: what is
 * stored is compared as protobufjs decodes it. We differ from the Collector on purpose: a span with a
 * bad id is rejected alone, by partial success, and does not take its request with it.
 */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../electron/engine/engine.ts';
import { HTTP_PATH, SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  type Plain,
} from '../support/otlp/proto-root.ts';
import { CODINGS, ENCODINGS, TYPE, fixture, sampleBody, statusOf } from './conformance-support.ts';
import { startEngine } from './receiver-engine-support.ts';
import { callExport, grpcClient, send, type Answer } from './receiver-support.ts';

const IDS = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' };

/** Every request that the engine gives back of a signal. */
function stored(engine: Engine, signal: Signal): Plain[] {
  const requests: Plain[] = [];
  const reader = engine.reader({ type: 'all', signals: [signal] });
  for (let request = reader.next(); request !== null; request = reader.next()) {
    if (request !== 'searching') requests.push(decodeRequest(signal, request.bytes));
  }
  reader.close();
  return requests;
}

function postJson(port: number, signal: Signal, body: string | Buffer): Promise<Answer> {
  return send(port, { path: HTTP_PATH[signal], headers: { 'content-type': TYPE.json }, body });
}

/** Posts one span in JSON and gives it back as it is stored. */
async function storeSpan(fields: string): Promise<Plain> {
  const { engine, httpPort } = await startEngine();
  const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[${fields}]}]}]}`;
  const answer = await postJson(httpPort, 'traces', json);
  expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
  const [request] = stored(engine, 'traces') as {
    resourceSpans: { scopeSpans: { spans: Plain[] }[] }[];
  }[];
  return request.resourceSpans[0].scopeSpans[0].spans[0];
}

function spanJson(more: string): string {
  return `{"traceId":"${IDS.traceId}","spanId":"${IDS.spanId}","name":"a"${more}}`;
}

describe.each(SIGNALS)('%s', (signal) => {
  test('sent in either encoding, plain or packed, are stored as one equal batch (1, 2)', async () => {
    const expected = decodeRequest(signal, sampleBody(signal, 'protobuf'));
    for (const encoding of ENCODINGS) {
      for (const coding of [null, ...CODINGS.slice(0, 4)]) {
        const { engine, httpPort } = await startEngine(64 * 1024 * 1024);
        const bytes = sampleBody(signal, encoding);
        const answer = await send(httpPort, {
          path: HTTP_PATH[signal],
          headers: {
            'content-type': TYPE[encoding],
            ...(coding && { 'content-encoding': coding.name }),
          },
          body: coding ? coding.pack(bytes) : bytes,
        });
        expect([answer.status, answer.headers['content-type']]).toEqual([200, TYPE[encoding]]);
        if (encoding === 'json') expect(JSON.parse(answer.body.toString())).toEqual({});
        else expect(decodeResponse(signal, answer.body)).toEqual({});
        expect(stored(engine, signal)).toEqual([expected]);
      }
    }
  });

  test('of odd senders are stored alike from JSON and protobuf', async () => {
    if (signal === 'profiles') return;
    const seen = [];
    for (const encoding of ENCODINGS) {
      const { engine, httpPort } = await startEngine(64 * 1024 * 1024);
      const { status } = await send(httpPort, {
        path: HTTP_PATH[signal],
        headers: { 'content-type': TYPE[encoding] },
        body: fixture(`otlp/${signal}-odd.${encoding === 'json' ? 'json' : 'pb'}`),
      });
      expect(status).toBe(200);
      seen.push([stored(engine, signal), engine.status().signals]);
    }
    expect(seen[0]).toEqual(seen[1]);
  });

  test('that are `1234`, `[]`, text or cut off are 400 in JSON (4)', async () => {
    const { httpPort } = await startEngine(64 * 1024 * 1024);
    const whole = sampleBody(signal, 'json');
    for (const body of ['1234', '[]', 'spans', '', whole.subarray(0, whole.byteLength - 3)]) {
      const answer = await postJson(httpPort, signal, body);
      expect([body.toString(), answer.status, statusOf(answer).code]).toEqual([
        body.toString(),
        400,
        3,
      ]);
    }
  });

  test('with keys that nobody knows are taken without them', async () => {
    const { engine, httpPort } = await startEngine(64 * 1024 * 1024);
    const known = JSON.parse(sampleBody(signal, 'json').toString()) as unknown;
    const answer = await postJson(httpPort, signal, JSON.stringify(withUnknownKeys(known)));
    expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
    expect(stored(engine, signal)).toEqual([decodeRequest(signal, sampleBody(signal, 'protobuf'))]);
  });
});

/** Adds a key of every kind to every object. */
function withUnknownKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnknownKeys);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).map(([key, inner]) => [key, withUnknownKeys(inner)] as const);
  const unknown = {
    newText: 'é"\\',
    newList: [1, { a: [] }],
    newObject: { b: null },
    newFlag: true,
  };
  return { ...unknown, ...Object.fromEntries(known), newNumber: -1.5e300 };
}

describe('fields of a span', () => {
  test('keys in snake_case are taken', async () => {
    const span = await storeSpan(
      `{"trace_id":"${IDS.traceId}","span_id":"${IDS.spanId}","start_time_unix_nano":"7"}`,
    );
    expect(span).toMatchObject({ startTimeUnixNano: 7n });
    expect(Buffer.from(span['traceId'] as Uint8Array).toString('hex')).toBe(IDS.traceId);
  });

  test.each([
    ['numbers', '2', '2'],
    ['names', '"SPAN_KIND_SERVER"', '"STATUS_CODE_ERROR"'],
    ['numbers as text', '"2"', '"2"'],
  ])('enums are taken as %s', async (_title, kind, code) => {
    const span = await storeSpan(spanJson(`,"kind":${kind},"status":{"code":${code}}`));
    expect(span).toMatchObject({ kind: 2, status: { code: 2 } });
  });

  test.each([
    ['text', '"1790000000123456789"'],
    ['a number, to its last digit', '1790000000123456789'],
  ])('64-bit integers are taken as %s', async (_title, time) => {
    const span = await storeSpan(
      spanJson(
        `,"startTimeUnixNano":${time},"attributes":[{"key":"n","value":{"intValue":${time}}}]`,
      ),
    );
    expect(span).toMatchObject({
      startTimeUnixNano: 1790000000123456789n,
      attributes: [{ key: 'n', value: { intValue: 1790000000123456789n } }],
    });
  });

  test('the largest and smallest 64-bit integers are exact', async () => {
    const values = ['9223372036854775807', '-9223372036854775808'];
    const attributes = values.map((value) => `{"key":"n","value":{"intValue":${value}}}`);
    const span = await storeSpan(
      spanJson(`,"startTimeUnixNano":18446744073709551615,"attributes":[${attributes.join()}]`),
    );
    expect(span['startTimeUnixNano']).toBe(18446744073709551615n);
    expect(span['attributes']).toMatchObject(
      values.map((value) => ({ value: { intValue: BigInt(value) } })),
    );
  });

  test('32-bit integers are taken as text, doubles as text and as names', async () => {
    const doubles = ['"1.5"', '"NaN"', '"Infinity"', '"-Infinity"', '2'];
    const attributes = doubles.map((value) => `{"key":"d","value":{"doubleValue":${value}}}`);
    const span = await storeSpan(
      spanJson(`,"droppedAttributesCount":"3","attributes":[${attributes.join()}]`),
    );
    expect(span['droppedAttributesCount']).toBe(3);
    expect(span['attributes']).toMatchObject(
      [1.5, NaN, Infinity, -Infinity, 2].map((doubleValue) => ({ value: { doubleValue } })),
    );
  });

  test('ids are taken in upper case, an empty parent is none', async () => {
    const span = await storeSpan(
      `{"traceId":"${IDS.traceId.toUpperCase()}","spanId":"${IDS.spanId.toUpperCase()}","parentSpanId":""}`,
    );
    expect(Buffer.from(span['traceId'] as Uint8Array).toString('hex')).toBe(IDS.traceId);
    expect(span['parentSpanId'] ?? new Uint8Array()).toHaveLength(0);
  });

  test('null is a field that was not sent', async () => {
    const span = await storeSpan(spanJson(',"status":null,"attributes":null,"kind":null'));
    expect(span).not.toHaveProperty('status');
  });

  test('bytes are base64, values nest', async () => {
    const values =
      '{"arrayValue":{"values":[{"bytesValue":"AAH/"},{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":true}}]}},{}]}}';
    const span = await storeSpan(spanJson(`,"attributes":[{"key":"a","value":${values}}]`));
    expect(span['attributes']).toMatchObject([
      {
        value: {
          arrayValue: {
            values: [
              { bytesValue: new Uint8Array([0, 1, 255]) },
              { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } },
              {},
            ],
          },
        },
      },
    ]);
  });
});

describe('ids of a wrong length', () => {
  const cases = [
    ['15 bytes', IDS.traceId.slice(2), IDS.spanId],
    ['7 bytes', IDS.traceId, IDS.spanId.slice(2)],
    ['no trace', '', IDS.spanId],
    ['zeros', '0'.repeat(32), IDS.spanId],
  ] as const;
  test.each(cases)(
    'of %s reject the span alone, in both encodings',
    async (_t, traceId, spanId) => {
      const { engine, httpPort, grpcPort } = await startEngine();
      const spans = [
        { traceId, spanId, name: 'bad' },
        { ...IDS, name: 'good' },
      ];
      const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
      const answer = await postJson(httpPort, 'traces', json);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body.toString())).toMatchObject({
        partialSuccess: {
          rejectedSpans: '1',
          errorMessage: expect.stringContaining('1 span rejected') as string,
        },
      });
      const asBytes = spans.map((span) => ({
        ...span,
        traceId: Buffer.from(span.traceId, 'hex'),
        spanId: Buffer.from(span.spanId, 'hex'),
      }));
      const body = Buffer.from(
        encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans: asBytes }] }] }),
      );
      const rpc = await callExport(grpcClient(grpcPort), 'traces', body);
      expect(decodeResponse('traces', rpc.body).partialSuccess).toMatchObject({
        rejectedSpans: 1n,
      });
      expect(engine.status().signals.spans).toMatchObject({ received: 4, rejected: 2, kept: 1 });
    },
  );

  test('that are no hex are 400, as the Collector answers: they are no OTLP/JSON', async () => {
    const { engine, httpPort } = await startEngine();
    const spans = [{ ...IDS, traceId: 'z'.repeat(32) }, IDS];
    const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const answer = await postJson(httpPort, 'traces', json);
    expect([answer.status, statusOf(answer).code]).toEqual([400, 3]);
    expect(engine.status().signals.spans.received).toBe(0);
  });

  test('of a log record are no ids, and the record is kept', async () => {
    const { engine, httpPort } = await startEngine();
    const logRecords = [{ traceId: '', spanId: '', body: { stringValue: 'hello' } }];
    const json = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    const answer = await postJson(httpPort, 'logs', json);
    expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
    expect(engine.status().signals.logRecords.kept).toBe(1);
  });
});

describe('text that is not UTF-8', () => {
  const bad = Buffer.from([0x63, 0x61, 0x66, 0xc3]);

  test('in protobuf is kept, over HTTP and gRPC', async () => {
    const { engine, httpPort, grpcPort } = await startEngine();
    const body = (spanId: string) => {
      const span = { traceId: Buffer.from(IDS.traceId, 'hex'), spanId: Buffer.from(spanId, 'hex') };
      const named = { ...span, name: 'XXXX' };
      const bytes = Buffer.from(
        encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans: [named] }] }] }),
      );
      bad.copy(bytes, bytes.indexOf('XXXX'));
      return bytes;
    };
    const headers = { 'content-type': TYPE.protobuf };
    expect((await send(httpPort, { headers, body: body(IDS.spanId) })).status).toBe(200);
    const other = IDS.spanId.replace('e', 'f');
    expect((await callExport(grpcClient(grpcPort), 'traces', body(other))).code).toBe(0);
    expect(engine.status().signals.spans).toMatchObject({ received: 2, kept: 2 });
  });

  test('in JSON is replaced, never a lost request', async () => {
    const { engine, httpPort } = await startEngine();
    const bytes = Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${spanJson('')}]}]}]}`);
    const at = bytes.indexOf('"a"') + 1;
    const body = Buffer.concat([bytes.subarray(0, at), bad, bytes.subarray(at + 1)]);
    expect((await postJson(httpPort, 'traces', body)).status).toBe(200);
    expect(engine.status().signals.spans.kept).toBe(1);
  });
});
