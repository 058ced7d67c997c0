/** Decodes log records. */
import { LOG_RECORD } from '../../../proto/otlp/fields.ts';
import type { AnyValue, KeyValue, LogRecord } from '../../../proto/otlp/model.ts';
import { type Cursor, WIRE } from './cursor.ts';
import { readAttribute, readFields, readId, readNestedValue, readText } from './decode-values.ts';

const { varint, len, fixed64, fixed32 } = WIRE;

const TAG = {
  time: (LOG_RECORD.timeUnixNano << 3) | fixed64,
  severityNumber: (LOG_RECORD.severityNumber << 3) | varint,
  severityText: (LOG_RECORD.severityText << 3) | len,
  body: (LOG_RECORD.body << 3) | len,
  attributes: (LOG_RECORD.attributes << 3) | len,
  dropped: (LOG_RECORD.droppedAttributesCount << 3) | varint,
  flags: (LOG_RECORD.flags << 3) | fixed32,
  traceId: (LOG_RECORD.traceId << 3) | len,
  spanId: (LOG_RECORD.spanId << 3) | len,
  observedTime: (LOG_RECORD.observedTimeUnixNano << 3) | fixed64,
  eventName: (LOG_RECORD.eventName << 3) | len,
} as const;

/** Reads the LogRecord that the cursor is narrowed to. */
export function readLogRecord(cursor: Cursor): LogRecord {
  const attributes: KeyValue[] = [];
  let body: AnyValue | undefined;
  const record = {
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: '',
    attributes,
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
  };
  readFields(cursor, (tag) => {
    switch (tag) {
      case TAG.time:
        record.timeUnixNano = cursor.fixed64Big();
        return true;
      case TAG.severityNumber:
        record.severityNumber = cursor.int32();
        return true;
      case TAG.severityText:
        record.severityText = readText(cursor);
        return true;
      case TAG.body:
        body = readNestedValue(cursor, 0, body);
        return true;
      case TAG.attributes:
        readAttribute(cursor, attributes);
        return true;
      case TAG.dropped:
        record.droppedAttributesCount = cursor.varint32();
        return true;
      case TAG.flags:
        record.flags = cursor.fixed32();
        return true;
      case TAG.traceId:
        record.traceId = readId(cursor);
        return true;
      case TAG.spanId:
        record.spanId = readId(cursor);
        return true;
      case TAG.observedTime:
        record.observedTimeUnixNano = cursor.fixed64Big();
        return true;
      case TAG.eventName:
        record.eventName = readText(cursor);
        return true;
      default:
        return false;
    }
  });
  return body ? { ...record, body } : record;
}
