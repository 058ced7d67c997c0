/** Decodes spans with their events, links and status. */
import { SPAN, SPAN_EVENT, SPAN_LINK, SPAN_STATUS } from '../../../proto/otlp/fields.ts';
import type { KeyValue, Span, SpanEvent, SpanLink } from '../../../proto/otlp/model.ts';
import { type Cursor, WIRE } from './cursor.ts';
import { readAttribute, readFields, readId, readNested, readText } from './decode-values.ts';

const { varint, len, fixed64, fixed32 } = WIRE;

/** A record whose fields are assigned while reading. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

const TAG = {
  traceId: (SPAN.traceId << 3) | len,
  spanId: (SPAN.spanId << 3) | len,
  traceState: (SPAN.traceState << 3) | len,
  parentSpanId: (SPAN.parentSpanId << 3) | len,
  name: (SPAN.name << 3) | len,
  kind: (SPAN.kind << 3) | varint,
  start: (SPAN.startTimeUnixNano << 3) | fixed64,
  end: (SPAN.endTimeUnixNano << 3) | fixed64,
  attributes: (SPAN.attributes << 3) | len,
  droppedAttributes: (SPAN.droppedAttributesCount << 3) | varint,
  events: (SPAN.events << 3) | len,
  droppedEvents: (SPAN.droppedEventsCount << 3) | varint,
  links: (SPAN.links << 3) | len,
  droppedLinks: (SPAN.droppedLinksCount << 3) | varint,
  status: (SPAN.status << 3) | len,
  flags: (SPAN.flags << 3) | fixed32,
} as const;

/** Reads the Span that the cursor is narrowed to. */
export function readSpan(cursor: Cursor): Span {
  const attributes: KeyValue[] = [];
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  const status: Draft<Span['status']> = { code: 0, message: '' };
  const span: Draft<Span> = {
    traceId: '',
    spanId: '',
    traceState: '',
    parentSpanId: '',
    flags: 0,
    name: '',
    kind: 0,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes,
    droppedAttributesCount: 0,
    events,
    droppedEventsCount: 0,
    links,
    droppedLinksCount: 0,
    status,
  };
  readFields(cursor, (tag) => {
    if (tag === TAG.attributes) readAttribute(cursor, attributes);
    else if (tag === TAG.events) events.push(readNested(cursor, readEvent));
    else if (tag === TAG.links) links.push(readNested(cursor, readLink));
    // Status is one message: a second one adds to the first.
    else if (tag === TAG.status) readNested(cursor, () => readStatus(cursor, status));
    else return readSpanField(cursor, tag, span);
    return true;
  });
  return span;
}

function readSpanField(cursor: Cursor, tag: number, span: Draft<Span>): boolean {
  switch (tag) {
    case TAG.traceId:
      span.traceId = readId(cursor);
      return true;
    case TAG.spanId:
      span.spanId = readId(cursor);
      return true;
    case TAG.traceState:
      span.traceState = readText(cursor);
      return true;
    case TAG.parentSpanId:
      span.parentSpanId = readId(cursor);
      return true;
    case TAG.flags:
      span.flags = cursor.fixed32();
      return true;
    case TAG.name:
      span.name = readText(cursor);
      return true;
    case TAG.kind:
      span.kind = cursor.int32();
      return true;
    case TAG.start:
      span.startTimeUnixNano = cursor.fixed64Big();
      return true;
    case TAG.end:
      span.endTimeUnixNano = cursor.fixed64Big();
      return true;
    case TAG.droppedAttributes:
      span.droppedAttributesCount = cursor.varint32();
      return true;
    case TAG.droppedEvents:
      span.droppedEventsCount = cursor.varint32();
      return true;
    case TAG.droppedLinks:
      span.droppedLinksCount = cursor.varint32();
      return true;
    default:
      return false;
  }
}

function readStatus(cursor: Cursor, status: Draft<Span['status']>): void {
  readFields(cursor, (tag) => {
    if (tag === ((SPAN_STATUS.message << 3) | len)) status.message = readText(cursor);
    else if (tag === ((SPAN_STATUS.code << 3) | varint)) status.code = cursor.int32();
    else return false;
    return true;
  });
}

function readEvent(cursor: Cursor): SpanEvent {
  const attributes: KeyValue[] = [];
  let timeUnixNano = 0n;
  let name = '';
  let droppedAttributesCount = 0;
  readFields(cursor, (tag) => {
    if (tag === ((SPAN_EVENT.timeUnixNano << 3) | fixed64)) timeUnixNano = cursor.fixed64Big();
    else if (tag === ((SPAN_EVENT.name << 3) | len)) name = readText(cursor);
    else if (tag === ((SPAN_EVENT.attributes << 3) | len)) readAttribute(cursor, attributes);
    else if (tag === ((SPAN_EVENT.droppedAttributesCount << 3) | varint)) {
      droppedAttributesCount = cursor.varint32();
    } else return false;
    return true;
  });
  return { timeUnixNano, name, attributes, droppedAttributesCount };
}

function readLink(cursor: Cursor): SpanLink {
  const attributes: KeyValue[] = [];
  let traceId = '';
  let spanId = '';
  let traceState = '';
  let droppedAttributesCount = 0;
  let flags = 0;
  readFields(cursor, (tag) => {
    if (tag === ((SPAN_LINK.traceId << 3) | len)) traceId = readId(cursor);
    else if (tag === ((SPAN_LINK.spanId << 3) | len)) spanId = readId(cursor);
    else if (tag === ((SPAN_LINK.traceState << 3) | len)) traceState = readText(cursor);
    else if (tag === ((SPAN_LINK.attributes << 3) | len)) readAttribute(cursor, attributes);
    else if (tag === ((SPAN_LINK.droppedAttributesCount << 3) | varint)) {
      droppedAttributesCount = cursor.varint32();
    } else if (tag === ((SPAN_LINK.flags << 3) | fixed32)) flags = cursor.fixed32();
    else return false;
    return true;
  });
  return { traceId, spanId, traceState, attributes, droppedAttributesCount, flags };
}
