/**
 * What real senders send, as bytes over a socket into the real engine, and what a person then sees:
 * text that is not UTF-8, values of every type, duplicates, times that make no sense, parents that come
 * late or never, numbers beyond doubles, resets. Both encodings where both can say it.
 */
import { describe, expect, test } from 'vitest';
import type { BodyEncoding } from '../../electron/engine/config.ts';
import { requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import type { SpanDetail } from '../../proto/live/methods.ts';
import { NO_FILTER, type MetricsMeta, type TraceMeta } from '../../proto/live/topics.ts';
import { HTTP_PATH, type Signal } from '../../proto/otlp/signal.ts';
import { connectClient } from '../support/live-engine.ts';
import { otlpJsonText } from '../support/otlp/otlp-json.ts';
import { decodeRequest, encodeRequest, type Plain } from '../support/otlp/proto-root.ts';
import { ENCODINGS, TYPE } from './conformance-support.ts';
import { startEngine, type RunningEngine } from './receiver-engine-support.ts';
import { callExport, grpcClient, send } from './receiver-support.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';
const START = 1_790_000_000_000_000_001n;

const id = (number: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(0xee000000 + number);
  bytes.writeUInt32BE(number, 4);
  return bytes;
};
const hexOf = (number: number): string => id(number).toString('hex');

/** A span of the one trace. */
const span = (number: number, more: Plain = {}): Plain => ({
  traceId: Buffer.from(TRACE, 'hex'),
  spanId: id(number),
  name: `span ${number}`,
  startTimeUnixNano: START,
  endTimeUnixNano: START + 1000n,
  ...more,
});
const traces = (...spans: Plain[]): Plain => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const logs = (...logRecords: Plain[]): Plain => ({
  resourceLogs: [{ scopeLogs: [{ logRecords }] }],
});
const metrics = (...list: Plain[]): Plain => ({
  resourceMetrics: [{ scopeMetrics: [{ metrics: list }] }],
});

/** Sends a request that has to be taken whole. */
async function take(
  { httpPort }: RunningEngine,
  signal: Signal,
  request: Plain,
  encoding: BodyEncoding = 'protobuf',
): Promise<void> {
  const body =
    encoding === 'json'
      ? otlpJsonText(signal, decodeRequest(signal, encodeRequest(signal, request)))
      : encodeRequest(signal, request);
  const headers = { 'content-type': TYPE[encoding] };
  const answer = await send(httpPort, { path: HTTP_PATH[signal], headers, body });
  expect([answer.status, answer.body.toString()]).toEqual([200, encoding === 'json' ? '{}' : '']);
}

const spanOf = ({ engine }: RunningEngine, number: number): Promise<SpanDetail> =>
  connectClient(engine).request('span.get', { traceId: TRACE, spanId: hexOf(number) });

/** The one trace as its topic shows it. */
function shown({ engine }: RunningEngine): Promise<TraceMeta> {
  return new Promise((resolve) => {
    connectClient(engine).subscribe(
      'trace',
      { traceId: TRACE },
      {
        frame: ({ meta }) => {
          resolve(meta);
        },
      },
    );
  });
}

function catalog({ engine }: RunningEngine): Promise<MetricsMeta> {
  const params = { filter: NO_FILTER, first: 0, count: 10, sparkPoints: 5 };
  return new Promise((resolve) => {
    connectClient(engine).subscribe('metrics', params, {
      frame: ({ meta }) => {
        resolve(meta);
      },
    });
  });
}

/** What an export of a signal holds, as it would be in a JSON file. */
function exported({ engine }: RunningEngine, signal: Signal): string {
  const reader = engine.reader({ type: 'all', signals: [signal] });
  const lines: string[] = [];
  for (let request = reader.next(); request !== null; request = reader.next()) {
    if (request !== 'searching') {
      lines.push(Buffer.from(requestToJson(signal, request.bytes)).toString());
    }
  }
  reader.close();
  return lines.join('\n');
}

describe('text that is not UTF-8', () => {
  const broken = Buffer.from([0x63, 0x61, 0x66, 0xc3]); // "caf" and half of an é.
  const attributes = [{ key: 'XXXX', value: { stringValue: 'XXXX' } }];
  const requests: Readonly<Record<Exclude<Signal, 'profiles'>, Plain>> = {
    traces: traces(span(1, { name: 'XXXX', attributes, status: { message: 'XXXX' } })),
    logs: logs({ body: { stringValue: 'XXXX' }, severityText: 'XXXX', attributes }),
    metrics: metrics({
      ...{ name: 'XXXX', unit: 'XXXX', description: 'XXXX' },
      gauge: { dataPoints: [{ asInt: 1n, timeUnixNano: START, attributes }] },
    }),
  };

  test.each(['traces', 'logs', 'metrics'] as const)(
    'in every text of %s is replaced where it is shown, and loses nothing',
    async (signal) => {
      const running = await startEngine();
      const body = Buffer.from(encodeRequest(signal, requests[signal]));
      let texts = 0;
      for (let at = body.indexOf('XXXX'); at >= 0; at = body.indexOf('XXXX')) {
        broken.copy(body, at);
        texts++;
      }
      expect(texts).toBeGreaterThan(3);
      const headers = { 'content-type': TYPE.protobuf };
      const path = HTTP_PATH[signal];
      expect((await send(running.httpPort, { path, headers, body })).status).toBe(200);
      expect((await callExport(grpcClient(running.grpcPort), signal, body)).code).toBe(0);
      const text = exported(running, signal);
      // Whatever was kept of the second one, each text stands there whole but for its last letter.
      expect(text.match(/caf\ufffd/g)?.length ?? 0).toBeGreaterThanOrEqual(texts);
      expect(text).not.toContain('XXXX');
      const said = `${texts} strings with invalid UTF-8, shown with replacement characters`;
      const told = running.lines.filter(({ message }) => message.includes(said));
      expect(told.map(({ protocol, outcome }) => [protocol, outcome])).toEqual([
        ['http', 'warning'],
        ['grpc', 'warning'],
      ]);
      expect(running.engine.status().invalidStrings).toEqual({
        strings: 2 * texts,
        uncheckedBytes: 0,
      });
      JSON.parse(text.split('\n')[0] ?? '');
    },
  );

  test('in an attribute is marked, a real replacement character is not', async () => {
    const running = await startEngine();
    const two = [...attributes, { key: 'real', value: { stringValue: '\ufffd' } }];
    const body = Buffer.from(encodeRequest('traces', traces(span(1, { attributes: two }))));
    broken.copy(body, body.lastIndexOf('XXXX'));
    const headers = { 'content-type': TYPE.protobuf };
    expect((await send(running.httpPort, { headers, body })).status).toBe(200);
    expect((await spanOf(running, 1)).attributes.map(({ value }) => value)).toEqual([
      { type: 'string', value: 'caf\ufffd', invalidUtf8: true },
      { type: 'string', value: '\ufffd' },
    ]);
  });
});

describe.each(ENCODINGS)('in %s', (encoding) => {
  test('attributes of every type, empty and twice are shown as they came', async () => {
    const running = await startEngine();
    const attributes = [
      { key: 'none' },
      { key: 'empty', value: {} },
      { key: 'bytes', value: { bytesValue: Buffer.from([0, 255]) } },
      {
        key: 'mixed',
        value: { arrayValue: { values: [{ intValue: 1n }, { stringValue: '1' }, {}] } },
      },
      {
        key: 'list',
        value: { kvlistValue: { values: [{ key: 'a.b', value: { boolValue: true } }] } },
      },
      { key: 'twice', value: { intValue: 1n } },
      { key: 'twice', value: { intValue: 2n } },
    ];
    await take(running, 'traces', traces(span(1, { attributes })), encoding);
    expect((await spanOf(running, 1)).attributes).toEqual([
      { key: 'none', value: { type: 'empty' } },
      { key: 'empty', value: { type: 'empty' } },
      { key: 'bytes', value: { type: 'bytes', value: 'AP8=' } },
      {
        key: 'mixed',
        value: {
          type: 'array',
          values: [{ type: 'int', value: '1' }, { type: 'string', value: '1' }, { type: 'empty' }],
        },
      },
      {
        key: 'list',
        value: {
          type: 'kvlist',
          values: [{ key: 'a.b', value: { type: 'bool', value: true } }],
        },
      },
      { key: 'twice', value: { type: 'int', value: '1' } },
      { key: 'twice', value: { type: 'int', value: '2' } },
    ]);
  });

  test('an equal span is counted and dropped, a longer one replaces it', async () => {
    const running = await startEngine();
    const once = traces(span(1));
    for (let round = 0; round < 3; round++) await take(running, 'traces', once, encoding);
    const longer = span(1, { endTimeUnixNano: START + 9000n });
    await take(running, 'traces', traces(longer), encoding);
    const { received, kept, duplicates } = running.engine.status().signals.spans;
    expect([received, kept, duplicates]).toEqual([4, 1, 3]);
    expect((await spanOf(running, 1)).endTimeUnixNano).toBe(String(START + 9000n));
  });

  test('client and server spans of one id are both kept', async () => {
    const running = await startEngine();
    await take(running, 'traces', traces(span(1, { kind: 3 }), span(1, { kind: 2 })), encoding);
    expect(running.engine.status().signals.spans.kept).toBe(2);
  });

  test('equal log records are both kept: they have no id', async () => {
    const running = await startEngine();
    const record = { body: { stringValue: 'again' }, timeUnixNano: START };
    await take(running, 'logs', logs(record, record), encoding);
    expect(running.engine.status().signals.logRecords).toMatchObject({ kept: 2, duplicates: 0 });
  });

  test('a span that ends before it starts, or never, is kept with its raw times', async () => {
    const running = await startEngine();
    const backwards = span(1, { endTimeUnixNano: START - 5000n });
    const open = span(2, { endTimeUnixNano: 0n });
    const neither = span(3, { startTimeUnixNano: 0n, endTimeUnixNano: 0n });
    await take(running, 'traces', traces(span(4), backwards, open, neither), encoding);
    const times = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const { startTimeUnixNano, endTimeUnixNano } = await spanOf(running, number);
        return [startTimeUnixNano, endTimeUnixNano];
      }),
    );
    expect(times).toEqual([
      [String(START), String(START - 5000n)],
      [String(START), '0'],
      ['0', '0'],
    ]);
    expect(await shown(running)).toMatchObject({ spanCount: 4, boxCount: 4 });
  });

  test('a parent that comes late adopts its children, one that never comes is inferred', async () => {
    const running = await startEngine();
    const children = [span(2, { parentSpanId: id(1) }), span(3, { parentSpanId: id(9) })];
    await take(running, 'traces', traces(...children), encoding);
    expect(await shown(running)).toMatchObject({ spanCount: 2, orphanCount: 2, inferredCount: 2 });
    await take(running, 'traces', traces(span(1)), encoding);
    expect(await shown(running)).toMatchObject({ spanCount: 3, orphanCount: 1, inferredCount: 1 });
  });

  test('a span that is its own parent, and two that are each other’s, are shown once each', async () => {
    const running = await startEngine();
    const odd = [
      span(1, { parentSpanId: id(1) }),
      span(2, { parentSpanId: id(3) }),
      span(3, { parentSpanId: id(2) }),
    ];
    await take(running, 'traces', traces(...odd), encoding);
    expect(await shown(running)).toMatchObject({ spanCount: 3 });
    const list = await connectClient(running.engine).request('traces.list', {
      ...{ filter: NO_FILTER, limit: 10, cursor: '' },
    });
    expect(list.traces.map(({ spanCount }) => spanCount)).toEqual([3]);
  });

  test('64-bit numbers of points and attributes are exact', async () => {
    const running = await startEngine();
    const value = 9_223_372_036_854_775_807n;
    const points = [{ asInt: value, timeUnixNano: START, startTimeUnixNano: START - 1n }];
    const sum = { aggregationTemporality: 2, isMonotonic: false, dataPoints: points };
    const histogram = {
      aggregationTemporality: 2,
      dataPoints: [
        {
          ...{ timeUnixNano: START, count: 18_446_744_073_709_551_615n, sum: 1 },
          ...{ bucketCounts: [1n, 18_446_744_073_709_551_614n], explicitBounds: [0.5] },
        },
      ],
    };
    await take(running, 'metrics', metrics({ name: 's', sum }, { name: 'h', histogram }), encoding);
    const text = exported(running, 'metrics');
    expect(text).toContain('"asInt":"9223372036854775807"');
    expect(text).toContain('"count":"18446744073709551615"');
    expect(text).toContain('"bucketCounts":["1","18446744073709551614"]');
    expect(text).toContain(`"startTimeUnixNano":"${START - 1n}"`);
  });

  test('NaN and infinities are kept as what they are', async () => {
    const running = await startEngine();
    const dataPoints = [NaN, Infinity, -Infinity, -0].map((asDouble, at) => ({
      ...{ asDouble, timeUnixNano: START + BigInt(at) },
    }));
    await take(running, 'metrics', metrics({ name: 'odd', gauge: { dataPoints } }), encoding);
    const text = exported(running, 'metrics');
    const values = [...text.matchAll(/"asDouble":("?[^,}]+)/g)].map(([, value]) => value);
    expect(values).toEqual(['"NaN"', '"Infinity"', '"-Infinity"', '-0']);
    expect((await catalog(running)).rows).toMatchObject([{ name: 'odd', pointCount: 4 }]);
  });

  test('a cumulative sum that starts over, and one that changes to delta, keep every point', async () => {
    const running = await startEngine();
    const second = 1_000_000_000n;
    const point = (at: bigint, from: bigint, asInt: bigint): Plain => ({
      ...{ startTimeUnixNano: START + from * second, timeUnixNano: START + at * second, asInt },
    });
    const sum = (aggregationTemporality: number, ...dataPoints: Plain[]): Plain => ({
      ...{ name: 'requests', sum: { aggregationTemporality, isMonotonic: true, dataPoints } },
    });
    const cumulative = sum(2, point(1n, 0n, 10n), point(2n, 0n, 30n), point(4n, 3n, 5n));
    await take(running, 'metrics', metrics(cumulative), encoding);
    const [row] = (await catalog(running)).rows;
    expect(row).toMatchObject({ name: 'requests', isRate: true, pointCount: 3 });
    // The rate since the new start: never below zero.
    expect(Number(row.last)).toBeGreaterThanOrEqual(0);
    await take(running, 'metrics', metrics(sum(1, point(5n, 4n, 7n))), encoding);
    expect(running.engine.status().signals.dataPoints).toMatchObject({ kept: 4, rejected: 0 });
    const text = exported(running, 'metrics');
    expect(text).toContain('"aggregationTemporality":2');
    expect(text).toContain('"aggregationTemporality":1');
  });

  test('points without a value are kept as points without a value', async () => {
    const running = await startEngine();
    const dataPoints = [
      { timeUnixNano: START, flags: 1 },
      { timeUnixNano: START + 1n },
      { timeUnixNano: START + 2n, asInt: 3n },
    ];
    await take(running, 'metrics', metrics({ name: 'gaps', gauge: { dataPoints } }), encoding);
    expect((await catalog(running)).rows).toMatchObject([{ pointCount: 3, last: '3' }]);
    expect(exported(running, 'metrics').match(/"asInt"/g)).toHaveLength(1);
  });

  test('a text of megabytes is kept whole', async () => {
    const running = await startEngine();
    const huge = `${'prompt '.repeat(700_000)}end`;
    const attributes = [{ key: 'gen_ai.prompt', value: { stringValue: huge } }];
    await take(running, 'traces', traces(span(1, { attributes })), encoding);
    expect((await spanOf(running, 1)).attributes[0]?.value).toEqual({
      type: 'string',
      value: huge,
    });
    await take(running, 'logs', logs({ body: { stringValue: huge } }), encoding);
    expect(exported(running, 'logs')).toContain(huge);
  });
});

test('null in JSON is a value that was not sent: JSON.stringify makes it of infinities', async () => {
  const running = await startEngine();
  const json = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"n","gauge":{"dataPoints":[
    {"timeUnixNano":"${START}","asDouble":null},{"timeUnixNano":"${START + 1n}","asDouble":2.5}
  ]}}]}]}]}`;
  const headers = { 'content-type': TYPE.json };
  const answer = await send(running.httpPort, { path: HTTP_PATH.metrics, headers, body: json });
  expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
  expect((await catalog(running)).rows).toMatchObject([{ pointCount: 2, last: '2.5' }]);
});

test('ids of zeros are no ids in log records and links', async () => {
  const running = await startEngine();
  const zero = { traceId: Buffer.alloc(16), spanId: Buffer.alloc(8) };
  await take(running, 'logs', logs({ ...zero, body: { stringValue: 'loose' } }));
  await take(running, 'traces', traces(span(1, { parentSpanId: Buffer.alloc(8), links: [zero] })));
  expect(running.engine.status().counts.traces).toBe(1);
  expect(await spanOf(running, 1)).toMatchObject({ parentSpanId: '', links: [{ present: false }] });
  expect(await shown(running)).toMatchObject({ orphanCount: 0, logCount: 0 });
});
