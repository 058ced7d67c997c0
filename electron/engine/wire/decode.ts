/**
 * Lazy decode: the bytes of one item, resource or scope into the typed object of proto/otlp/model.
 *
 * These doors never throw on bad bytes: the scanner has refused what is malformed around an item,
 * and what is malformed inside one keeps the fields that could be read. Unknown fields are skipped.
 * Texts that are not UTF-8 carry U+FFFD; attribute values then say `invalidUtf8`. Of a singular
 * field that was sent twice the last one wins; ids of zeros are ''. Bytes are copied out.
 * Cost: about 4 µs for a span with a dozen attributes.
 */
import type {
  DataPoint,
  InstrumentationScope,
  LogRecord,
  Resource,
  Span,
} from '../../../proto/otlp/model.ts';
import { Cursor } from './cursor.ts';
import { readLogRecord } from './decode-logs.ts';
import { readDataPoint } from './decode-metrics.ts';
import { readSpan } from './decode-spans.ts';
import { readResource, readScope } from './decode-values.ts';

export { pointType } from './decode-metrics.ts';

/** Decodes an encoded Span in `bytes` [start, end). */
export function decodeSpan(bytes: Uint8Array, start = 0, end = bytes.length): Span {
  return readSpan(new Cursor(bytes, start, end));
}

/** Decodes an encoded LogRecord in `bytes` [start, end). */
export function decodeLogRecord(bytes: Uint8Array, start = 0, end = bytes.length): LogRecord {
  return readLogRecord(new Cursor(bytes, start, end));
}

/**
 * Decodes an encoded data point in `bytes` [start, end). `kind` is the field of Metric.data it stood
 * in (METRIC_KIND). Throws RangeError for another number.
 */
export function decodeDataPoint(
  kind: number,
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): DataPoint {
  return readDataPoint(kind, new Cursor(bytes, start, end));
}

/** Decodes an encoded Resource; `schemaUrl` comes from the message around it. */
export function decodeResource(bytes: Uint8Array, schemaUrl = ''): Resource {
  return readResource(new Cursor(bytes), schemaUrl);
}

/** Decodes an encoded InstrumentationScope; `schemaUrl` comes from the message around it. */
export function decodeScope(bytes: Uint8Array, schemaUrl = ''): InstrumentationScope {
  return readScope(new Cursor(bytes), schemaUrl);
}
