import { describe, expect, it } from 'vitest';
import type { DataPoint } from '../../proto/otlp/model.ts';
import { METRIC_KIND } from '../../proto/otlp/signal.ts';
import {
  decodeDataPoint,
  decodeLogRecord,
  decodeResource,
  decodeScope,
  decodeSpan,
} from '../../electron/engine/wire/decode.ts';
import { Writer } from '../../electron/engine/wire/writer.ts';
import { dataPointOf, logRecordOf, resourceOf, scopeOf, spanOf } from '../support/otlp/model-of.ts';
import { decodeMessage, encodeMessage, protoType } from '../support/otlp/proto-root.ts';
import { randomMessage } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

const TRACE = 'opentelemetry.proto.trace.v1';
const METRICS = 'opentelemetry.proto.metrics.v1';
const COMMON = 'opentelemetry.proto.common.v1';
const ROUNDS = 150;
const SEED = 20_261;

/** Compares our decode with protobufjs on random messages of a type. */
function agrees(
  fullName: string,
  ours: (bytes: Uint8Array) => unknown,
  theirs: (message: Record<string, unknown>) => unknown,
): void {
  const type = protoType(fullName);
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round;
    const bytes = encodeMessage(type, randomMessage(type, seededRandom(seed)));
    expect(ours(bytes), `seed ${seed}`).toEqual(theirs(decodeMessage(type, bytes)));
  }
}

describe('decode agrees with protobufjs field by field', () => {
  it('for spans', () => {
    agrees(`${TRACE}.Span`, decodeSpan, spanOf);
  });

  it('for log records', () => {
    agrees('opentelemetry.proto.logs.v1.LogRecord', decodeLogRecord, logRecordOf);
  });

  it('for resources and scopes', () => {
    agrees(
      'opentelemetry.proto.resource.v1.Resource',
      (bytes) => decodeResource(bytes, 'url'),
      (message) => resourceOf(message, 'url'),
    );
    agrees(
      `${COMMON}.InstrumentationScope`,
      (bytes) => decodeScope(bytes, 'url'),
      (message) => scopeOf(message, 'url'),
    );
  });

  const points: readonly (readonly [number, DataPoint['type'], string])[] = [
    [METRIC_KIND.gauge, 'number', 'NumberDataPoint'],
    [METRIC_KIND.sum, 'number', 'NumberDataPoint'],
    [METRIC_KIND.histogram, 'histogram', 'HistogramDataPoint'],
    [METRIC_KIND.exponentialHistogram, 'exponentialHistogram', 'ExponentialHistogramDataPoint'],
    [METRIC_KIND.summary, 'summary', 'SummaryDataPoint'],
  ];
  it.each(points)('for points of kind %i (%s)', (kind, type, message) => {
    agrees(
      `${METRICS}.${message}`,
      (bytes) => decodeDataPoint(kind, bytes),
      (point) => dataPointOf(type, point),
    );
  });
});

describe('decode', () => {
  it('reads an item from the middle of a buffer', () => {
    const type = protoType(`${TRACE}.Span`);
    const span = encodeMessage(type, { name: 'inner', kind: 3 });
    const buffer = new Uint8Array(span.length + 20).fill(0xff);
    buffer.set(span, 7);
    expect(decodeSpan(buffer, 7, 7 + span.length)).toMatchObject({ name: 'inner', kind: 3 });
  });

  it('keeps texts that are not UTF-8 with U+FFFD and says so on values', () => {
    const out = new Writer();
    out.bytesField(5, Uint8Array.of(0x61, 0xff, 0x62));
    const attribute = out.open(9);
    out.stringField(1, 'k');
    const value = out.open(2);
    out.bytesField(1, Uint8Array.of(0xe2, 0x82));
    out.close(value);
    out.close(attribute);
    const span = decodeSpan(out.finish());
    expect(span.name).toBe('a\ufffdb');
    expect(span.attributes).toEqual([
      { key: 'k', value: { type: 'string', value: '\ufffd', invalidUtf8: true } },
    ]);
  });

  it('does not call a real U+FFFD or a byte order mark invalid', () => {
    const type = protoType(`${COMMON}.KeyValue`);
    const attribute = encodeMessage(type, { key: '\ufeffk', value: { stringValue: '\ufffd' } });
    const out = new Writer();
    out.bytesField(9, attribute);
    expect(decodeSpan(out.finish()).attributes).toEqual([
      { key: '\ufeffk', value: { type: 'string', value: '\ufffd' } },
    ]);
  });

  it('takes the last of a singular field and merges a message sent in parts', () => {
    const out = new Writer();
    out.stringField(5, 'first');
    out.stringField(5, 'last');
    let mark = out.open(15);
    out.stringField(2, 'failed');
    out.close(mark);
    mark = out.open(15);
    out.uintField(3, 2);
    out.close(mark);
    const span = decodeSpan(out.finish());
    expect(span.name).toBe('last');
    expect(span.status).toEqual({ code: 2, message: 'failed' });
  });

  it('takes the last member of a value that holds two', () => {
    const out = new Writer();
    const body = out.open(5);
    out.stringField(1, 'text');
    out.uintField(3, 7);
    out.close(body);
    expect(decodeLogRecord(out.finish()).body).toEqual({ type: 'int', value: 7n });
  });

  it('goes on with a list that was sent in parts, however many', () => {
    const parts = 300_000;
    const out = new Writer();
    const body = out.open(5);
    for (let part = 0; part < parts; part++) {
      const array = out.open(5);
      out.bytesField(1, new Uint8Array(0));
      out.close(array);
    }
    out.close(body);
    const record = decodeLogRecord(out.finish());
    expect(record.body?.type === 'array' && record.body.values.length).toBe(parts);
  });

  it('reads repeated numbers packed and one by one', () => {
    const out = new Writer();
    out.tag(6, 1);
    out.fixed64(0, 4);
    const packed = out.open(6);
    out.fixed64(0, 5);
    out.fixed64(1, 6);
    out.close(packed);
    const point = decodeDataPoint(METRIC_KIND.histogram, out.finish());
    expect(point).toMatchObject({ bucketCounts: [4n, 5n, 4294967302n] });
  });

  it('goes on behind an attribute that is malformed inside', () => {
    const out = new Writer();
    // A KeyValue whose value claims 100 bytes and has one.
    out.bytesField(9, Uint8Array.of(0x0a, 1, 0x61, 0x12, 100, 0));
    out.stringField(5, 'after');
    const span = decodeSpan(out.finish());
    expect(span.attributes).toEqual([{ key: 'a' }]);
    expect(span.name).toBe('after');
  });

  it('goes on behind packed numbers that are cut off', () => {
    const out = new Writer();
    out.bytesField(6, new Uint8Array(12));
    out.tag(4, 1);
    out.fixed64(0, 9);
    const point = decodeDataPoint(METRIC_KIND.histogram, out.finish());
    expect(point).toMatchObject({ bucketCounts: [0n] });
  });

  it('ends values that are nested too deeply in an empty one', () => {
    let value = Uint8Array.of();
    for (let depth = 0; depth < 5000; depth++) {
      const out = new Writer(value.length + 16);
      const array = out.open(5);
      out.bytesField(1, value);
      out.close(array);
      value = out.finish();
    }
    const out = new Writer();
    out.bytesField(5, value);
    let { body } = decodeLogRecord(out.finish());
    let depth = 0;
    while (body?.type === 'array') {
      body = body.values[0];
      depth++;
    }
    expect(body).toEqual({ type: 'empty' });
    expect(depth).toBe(51);
  });

  it('reads an id of zeros as no id', () => {
    const type = protoType(`${TRACE}.Span`);
    const bytes = encodeMessage(type, { parentSpanId: new Uint8Array(8), spanId: [1, 2] });
    expect(decodeSpan(bytes)).toMatchObject({ parentSpanId: '', spanId: '0102' });
  });

  it('skips fields it does not know, also known numbers of another wire type', () => {
    const out = new Writer();
    out.stringField(900, 'later version');
    out.uintField(5, 1);
    out.stringField(5, 'name');
    expect(decodeSpan(out.finish()).name).toBe('name');
  });
});
