/** Single items in full, for the panels: decoded, with exact numbers as text. */
import type {
  JsonAttribute,
  JsonValue,
  LogDetail,
  LogEvent,
  LogItem,
  LogSummary,
  ResourceDetail,
  ScopeDetail,
  SpanDetail,
  SpanItem,
  TraceItem,
  TraceSummary,
} from '../../../proto/live/methods.ts';
import type { AnyValue, KeyValue, LogRecord, Resource } from '../../../proto/otlp/model.ts';
import { unixNano } from '../../../proto/units.ts';
import { SEGMENT_BITS, SLOT_MASK, type ItemColumns, type StoreRead } from '../store/schema.ts';
import { decodeLogRecord, decodeResource, decodeScope, decodeSpan } from '../wire/decode.ts';
import { indentJson } from '../wire/json-write.ts';
import { itemToJson } from '../wire/proto-to-json.ts';
import { idHalves, spanIdText } from './hex.ts';
import { cutText } from './log-rows.ts';
import { spanName } from './span-rows.ts';
import { spanDurationNs } from './span-set.ts';
import { rootStatusText } from './trace-look.ts';
import { attributeText, base64 } from './value-text.ts';

/** A value for display. 64-bit integers are text, bytes base64, NaN and infinities their names. */
export function jsonValue(value: AnyValue): JsonValue {
  switch (value.type) {
    case 'empty':
    case 'string':
    case 'bool':
      return value;
    case 'int':
      return { type: 'int', value: value.value.toString() };
    case 'double':
      return { type: 'double', value: doubleValue(value.value) };
    case 'array':
      return { type: 'array', values: value.values.map(jsonValue) };
    case 'kvlist':
      return { type: 'kvlist', values: jsonAttributes(value.values) };
    case 'bytes':
      return { type: 'bytes', value: base64(value.value) };
  }
}

function doubleValue(value: number): number | 'NaN' | 'Infinity' | '-Infinity' {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : value;
}

/** Attributes in the order they were sent; one without a value shows an empty one. */
export function jsonAttributes(attributes: readonly KeyValue[]): JsonAttribute[] {
  return attributes.map(({ key, value }) => ({
    key,
    value: value === undefined ? { type: 'empty' } : jsonValue(value),
  }));
}

/** Where an item's bytes and owners are. */
interface Place {
  readonly bytes: Uint8Array;
  readonly resource: number;
  readonly scope: number;
}

function placeOf(
  store: StoreRead,
  segments: readonly (ItemColumns | undefined)[],
  row: number,
): Place {
  const segment = segments[row >>> SEGMENT_BITS];
  if (segment === undefined) throw new Error(`row ${row} has no segment`);
  const slot = row & SLOT_MASK;
  return {
    bytes: store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot]),
    resource: segment.resourceOf(slot),
    scope: segment.scopeOf(slot),
  };
}

function resourceDetail(store: StoreRead, row: number): ResourceDetail {
  return shared(decodeResource(store.resources.bytes(row), store.resources.schemaUrl(row)));
}

function scopeDetail(store: StoreRead, row: number): ScopeDetail {
  const scope = decodeScope(store.scopes.bytes(row), store.scopes.schemaUrl(row));
  return { ...shared(scope), name: scope.name, version: scope.version };
}

function shared(
  owner: Pick<Resource, 'attributes' | 'droppedAttributesCount' | 'schemaUrl'>,
): ResourceDetail {
  return {
    attributes: jsonAttributes(owner.attributes),
    droppedAttributesCount: owner.droppedAttributesCount,
    schemaUrl: owner.schemaUrl,
  };
}

function serviceName(store: StoreRead, resource: number): string {
  return store.strings.get(store.resources.service(resource));
}

/** OTLP JSON of an item, indented by two spaces. */
function rawJson(shape: 'span' | 'logRecord', bytes: Uint8Array): string {
  return indentJson(itemToJson(shape, bytes));
}

/** The span at a row of the span table. */
export function spanDetail(store: StoreRead, row: number): SpanDetail {
  const place = placeOf(store, store.spans.segments, row);
  const span = decodeSpan(place.bytes);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    service: serviceName(store, place.resource),
    startTimeUnixNano: span.startTimeUnixNano.toString(),
    endTimeUnixNano: span.endTimeUnixNano.toString(),
    status: span.status,
    attributes: jsonAttributes(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      timeUnixNano: event.timeUnixNano.toString(),
      name: event.name,
      attributes: jsonAttributes(event.attributes),
      droppedAttributesCount: event.droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      traceState: link.traceState,
      flags: link.flags,
      attributes: jsonAttributes(link.attributes),
      droppedAttributesCount: link.droppedAttributesCount,
      present: hasSpans(store, link.traceId),
      target: linkTarget(store, link.traceId, link.spanId),
    })),
    droppedLinksCount: span.droppedLinksCount,
    resource: resourceDetail(store, place.resource),
    scope: scopeDetail(store, place.scope),
    rawJson: rawJson('span', place.bytes),
    wireBytes: place.bytes.length,
  };
}

function hasSpans(store: StoreRead, traceId: string): boolean {
  const row = store.traces.find(traceId);
  return row !== -1 && store.traces.spanCountOf(row) > 0;
}

function linkTarget(
  store: StoreRead,
  traceId: string,
  spanId: string,
): SpanDetail['links'][number]['target'] {
  const trace = store.traces.find(traceId);
  if (trace === -1) return null;
  const { hi, lo } = idHalves(spanId);
  const row = store.spans.find(trace, hi, lo);
  const segment = row === -1 ? undefined : store.spans.segments[row >>> SEGMENT_BITS];
  if (segment === undefined) return null;
  const slot = row & SLOT_MASK;
  return {
    service: serviceName(store, segment.resourceOf(slot)),
    name: store.strings.get(segment.name[slot]),
    durationNs: spanDurationNs(store, row),
  };
}

/** The log record at an ordinal of the log table. */
export function logDetail(store: StoreRead, ordinal: number): LogDetail {
  const row = store.logs.rowOf(ordinal);
  const place = placeOf(store, store.logs.segments, row);
  const record = decodeLogRecord(place.bytes);
  return {
    row: ordinal,
    timeUnixNano: record.timeUnixNano.toString(),
    observedTimeUnixNano: record.observedTimeUnixNano.toString(),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    eventName: record.eventName,
    service: serviceName(store, place.resource),
    body: record.body === undefined ? { type: 'empty' } : jsonValue(record.body),
    attributes: jsonAttributes(record.attributes),
    droppedAttributesCount: record.droppedAttributesCount,
    flags: record.flags,
    traceId: record.traceId,
    spanId: record.spanId,
    spanName: spanNameOf(store, row),
    resource: resourceDetail(store, place.resource),
    scope: scopeDetail(store, place.scope),
    rawJson: rawJson('logRecord', place.bytes),
    wireBytes: place.bytes.length,
  };
}

/** Name of the span that a log record belongs to; '' when that is not in memory. */
function spanNameOf(store: StoreRead, logRow: number): string {
  const segment = store.logs.segments[logRow >>> SEGMENT_BITS];
  const slot = logRow & SLOT_MASK;
  if (segment === undefined || segment.trace[slot] === -1) return '';
  const { spanIdHi, spanIdLo, trace } = segment;
  const row = store.spans.find(trace[slot], spanIdHi[slot], spanIdLo[slot]);
  if (row === -1) return '';
  const name = store.spans.segments[row >>> SEGMENT_BITS]?.name[row & SLOT_MASK];
  return name === undefined ? '' : store.strings.get(name);
}

/** The log records of one span, oldest first; `total` counts those above `limit` too. */
export function spanLogs(
  store: StoreRead,
  traceRow: number,
  id: { readonly hi: number; readonly lo: number },
  limit: number,
): { readonly total: number; readonly records: readonly LogSummary[] } {
  const records: LogSummary[] = [];
  let total = 0;
  for (let row = store.traces.get(traceRow).firstLog; row !== -1;) {
    const segment = store.logs.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) break;
    const slot = row & SLOT_MASK;
    if (segment.spanIdHi[slot] === id.hi && segment.spanIdLo[slot] === id.lo) {
      total++;
      if (records.length < limit) records.push(logSummary(store, row));
    }
    row = segment.nextInTrace[slot];
  }
  return { total, records };
}

function logSummary(store: StoreRead, row: number): LogSummary {
  const segment = store.logs.segments[row >>> SEGMENT_BITS];
  const place = placeOf(store, store.logs.segments, row);
  const record = decodeLogRecord(place.bytes);
  const slot = row & SLOT_MASK;
  return {
    row: store.logs.ordinalOf(row),
    timeUnixNano: unixNano(segment?.timeHi[slot] ?? 0, segment?.timeLo[slot] ?? 0).toString(),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    service: serviceName(store, place.resource),
    body: cutText(record.body === undefined ? '' : attributeText(record.body)),
    event: logEvent(record),
    code: jsonAttributes(record.attributes.filter(({ key }) => key.startsWith('code.'))),
  };
}

/** What a record says beyond its line; null for an ordinary one. */
function logEvent(record: LogRecord): LogEvent | null {
  const named = record.attributes.find(({ key }) => key === 'event.name')?.value;
  const name = record.eventName || (named?.type === 'string' ? named.value : '');
  const isException = record.attributes.some(({ key }) => key.startsWith('exception.'));
  if (name === '' && !isException) return null;
  return {
    name,
    body: record.body === undefined ? { type: 'empty' } : jsonValue(record.body),
    attributes: jsonAttributes(record.attributes),
  };
}

/** A trace for lists; root name and service are '' while no root was received. */
export function traceSummary(store: StoreRead, row: number): TraceSummary {
  const trace = store.traces.get(row);
  const slot = trace.rootSpan & SLOT_MASK;
  const root =
    trace.rootSpan === -1 ? undefined : store.spans.segments[trace.rootSpan >>> SEGMENT_BITS];
  return {
    traceId: trace.traceId,
    rootName: root === undefined ? '' : store.strings.get(root.name[slot]),
    rootService: root === undefined ? '' : serviceName(store, root.resourceOf(slot)),
    startTimeUnixNano: unixNano(trace.startHi, trace.startLo).toString(),
    durationNs: String(trace.durationNs),
    spanCount: trace.spanCount,
    errorCount: trace.errorCount,
    services: store.traces
      .services(row, Number.MAX_SAFE_INTEGER)
      .map((service) => store.strings.get(service)),
  };
}

/** A trace with the state of its arrival. */
export function traceItem(store: StoreRead, row: number): TraceItem {
  const { rootSpan, partlyEvicted, evictedCount } = store.traces.get(row);
  return {
    ...traceSummary(store, row),
    hasRoot: rootSpan !== -1,
    partlyEvicted,
    evictedCount,
    statusText: rootStatusText(store, rootSpan),
  };
}

/** The span at a row for lists, with its OTLP JSON. */
export function spanItem(store: StoreRead, row: number): SpanItem {
  const place = placeOf(store, store.spans.segments, row);
  const segment = store.spans.segments[row >>> SEGMENT_BITS];
  const slot = row & SLOT_MASK;
  const { traceId, rootSpan } = store.traces.get(segment?.trace[slot] ?? -1);
  const rootName = spanName(store, rootSpan);
  return {
    traceId,
    spanId: spanIdText(segment?.spanIdHi[slot] ?? 0, segment?.spanIdLo[slot] ?? 0),
    service: serviceName(store, place.resource),
    durationNs: String(spanDurationNs(store, row)),
    rootName: rootName === -1 ? '' : store.strings.get(rootName),
    span: JSON.parse(itemToJson('span', place.bytes)) as unknown,
  };
}

/** The log record at an ordinal for lists, with its OTLP JSON. */
export function logItem(store: StoreRead, ordinal: number): LogItem {
  const row = store.logs.rowOf(ordinal);
  const segment = store.logs.segments[row >>> SEGMENT_BITS];
  const place = placeOf(store, store.logs.segments, row);
  const { body } = decodeLogRecord(place.bytes);
  const slot = row & SLOT_MASK;
  return {
    row: ordinal,
    timeUnixNano: unixNano(segment?.timeHi[slot] ?? 0, segment?.timeLo[slot] ?? 0).toString(),
    service: serviceName(store, place.resource),
    bodyText: body === undefined ? '' : attributeText(body),
    logRecord: JSON.parse(itemToJson('logRecord', place.bytes)) as unknown,
  };
}
