/** Runs synthetic bodies through a small store, so that the first real ones meet compiled code. */
import {
  ANY_VALUE,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  LOG_RECORD,
  METRIC,
  METRIC_DATA,
  NUMBER_DATA_POINT,
  SPAN,
} from '../../../proto/otlp/fields.ts';
import type { Clock } from '../config.ts';
import { WIRE } from '../wire/cursor.ts';
import { rebuildRequest } from '../wire/rewrite.ts';
import { Writer } from '../wire/writer.ts';
import { MIN_MEMORY_BYTES, Store } from './store.ts';

const ITEMS = 256;
/** The first body takes 8 µs a span, the fortieth 0.3 µs. */
const ROUNDS = 40;

/**
 * Steps of some 5 ms, 200 ms of cold code together: too long to wait for before the first request, so
 * they are taken while nothing else is to do. What they make is garbage afterwards.
 */
export function* warmUp(clock: Clock): Generator<undefined, void> {
  const store = new Store({ memoryBytes: MIN_MEMORY_BYTES, clock });
  const shared = { resource: new Uint8Array(0), schemaUrl: '' };
  const scope = new Writer(32);
  scope.stringField(INSTRUMENTATION_SCOPE.name, 'warm-up');
  const ofItems = (items: readonly Uint8Array[]) => [
    { ...shared, scopes: [{ scope: scope.finish(), schemaUrl: '', items }] },
  ];
  const numbers = Array.from({ length: ITEMS }, (_, i) => i + 1);
  const logs = rebuildRequest('logs', ofItems(numbers.map(logRecord)));
  const metrics = rebuildRequest('metrics', ofItems([metric(numbers)]));
  const spans = rebuildRequest('traces', ofItems(numbers.map(span)));
  for (let round = 0; round < ROUNDS; round++) {
    yield;
    store.ingest('traces', [spans], spans.length);
    store.ingest('logs', [logs], logs.length);
    store.ingest('metrics', [metrics], metrics.length);
    // Otherwise the next round would meet nothing but duplicates.
    store.clear('all');
  }
}

function span(number: number): Uint8Array {
  const out = new Writer(256);
  out.tag(SPAN.traceId, WIRE.len);
  out.varint32(16);
  out.fixed64(1, number >>> 4);
  out.fixed64(2, number >>> 4);
  out.tag(SPAN.spanId, WIRE.len);
  out.varint32(8);
  out.fixed64(1, number);
  out.stringField(SPAN.name, `name ${number & 15}`);
  out.uintField(SPAN.kind, 1 + (number % 5));
  times(out, SPAN.startTimeUnixNano, SPAN.endTimeUnixNano, number);
  attributes(out, SPAN.attributes, 6);
  return out.finish();
}

function logRecord(number: number): Uint8Array {
  const out = new Writer(256);
  times(out, LOG_RECORD.timeUnixNano, LOG_RECORD.observedTimeUnixNano, number);
  out.uintField(LOG_RECORD.severityNumber, 9);
  attributes(out, LOG_RECORD.attributes, 4);
  return out.finish();
}

function metric(numbers: readonly number[]): Uint8Array {
  const out = new Writer(4096);
  out.stringField(METRIC.name, 'warm.up');
  const data = out.open(METRIC.gauge);
  for (const number of numbers) {
    const point = out.open(METRIC_DATA.dataPoints);
    times(out, NUMBER_DATA_POINT.startTimeUnixNano, NUMBER_DATA_POINT.timeUnixNano, number);
    attributes(out, NUMBER_DATA_POINT.attributes, 1 + (number & 3));
    out.close(point);
  }
  out.close(data);
  return out.finish();
}

function times(out: Writer, first: number, second: number, number: number): void {
  out.tag(first, WIRE.fixed64);
  out.fixed64(400_000_000, number);
  out.tag(second, WIRE.fixed64);
  out.fixed64(400_000_000, number + 1000);
}

function attributes(out: Writer, field: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const attribute = out.open(field);
    out.stringField(KEY_VALUE.key, `attribute.${i}`);
    const value = out.open(KEY_VALUE.value);
    out.stringField(ANY_VALUE.stringValue, 'a value of an ordinary length');
    out.close(value);
    out.close(attribute);
  }
}
