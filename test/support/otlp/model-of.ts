/** The typed objects of proto/otlp/model built from what protobufjs decodes: the slow reference. */
import type {
  AnyValue,
  DataPoint,
  Exemplar,
  InstrumentationScope,
  KeyValue,
  LogRecord,
  NumberValue,
  Resource,
  Span,
} from '../../../proto/otlp/model.ts';
import type { Plain } from './proto-root.ts';

const text = (value: unknown): string => (value as string | undefined) ?? '';
const number = (value: unknown): number => (value as number | undefined) ?? 0;
const big = (value: unknown): bigint => (value as bigint | undefined) ?? 0n;
const list = (value: unknown): Plain[] => (value as Plain[] | undefined) ?? [];

function id(value: unknown): string {
  const bytes = value as Uint8Array | undefined;
  if (!bytes || bytes.every((byte) => byte === 0)) return '';
  return Buffer.from(bytes).toString('hex');
}

export function anyValueOf(value: Plain): AnyValue {
  if ('stringValue' in value) return { type: 'string', value: text(value['stringValue']) };
  if ('boolValue' in value) return { type: 'bool', value: value['boolValue'] as boolean };
  if ('intValue' in value) return { type: 'int', value: big(value['intValue']) };
  if ('doubleValue' in value) return { type: 'double', value: number(value['doubleValue']) };
  if ('arrayValue' in value) {
    const { values } = value['arrayValue'] as Plain;
    return { type: 'array', values: list(values).map(anyValueOf) };
  }
  if ('kvlistValue' in value) {
    const { values } = value['kvlistValue'] as Plain;
    return { type: 'kvlist', values: attributesOf(values) };
  }
  if ('bytesValue' in value) {
    return { type: 'bytes', value: Uint8Array.from(value['bytesValue'] as Uint8Array) };
  }
  return { type: 'empty' };
}

function attributesOf(value: unknown): KeyValue[] {
  return list(value).map((attribute) => {
    const key = text(attribute['key']);
    const inner = attribute['value'] as Plain | undefined;
    return inner ? { key, value: anyValueOf(inner) } : { key };
  });
}

export function resourceOf(resource: Plain, schemaUrl: string): Resource {
  return {
    attributes: attributesOf(resource['attributes']),
    droppedAttributesCount: number(resource['droppedAttributesCount']),
    schemaUrl,
    entityRefs: list(resource['entityRefs']).map((entity) => ({
      schemaUrl: text(entity['schemaUrl']),
      type: text(entity['type']),
      idKeys: (entity['idKeys'] as string[] | undefined) ?? [],
      descriptionKeys: (entity['descriptionKeys'] as string[] | undefined) ?? [],
    })),
  };
}

export function scopeOf(scope: Plain, schemaUrl: string): InstrumentationScope {
  return {
    name: text(scope['name']),
    version: text(scope['version']),
    attributes: attributesOf(scope['attributes']),
    droppedAttributesCount: number(scope['droppedAttributesCount']),
    schemaUrl,
  };
}

export function spanOf(span: Plain): Span {
  const status = (span['status'] as Plain | undefined) ?? {};
  return {
    traceId: id(span['traceId']),
    spanId: id(span['spanId']),
    traceState: text(span['traceState']),
    parentSpanId: id(span['parentSpanId']),
    flags: number(span['flags']),
    name: text(span['name']),
    kind: number(span['kind']),
    startTimeUnixNano: big(span['startTimeUnixNano']),
    endTimeUnixNano: big(span['endTimeUnixNano']),
    attributes: attributesOf(span['attributes']),
    droppedAttributesCount: number(span['droppedAttributesCount']),
    events: list(span['events']).map((event) => ({
      timeUnixNano: big(event['timeUnixNano']),
      name: text(event['name']),
      attributes: attributesOf(event['attributes']),
      droppedAttributesCount: number(event['droppedAttributesCount']),
    })),
    droppedEventsCount: number(span['droppedEventsCount']),
    links: list(span['links']).map((link) => ({
      traceId: id(link['traceId']),
      spanId: id(link['spanId']),
      traceState: text(link['traceState']),
      attributes: attributesOf(link['attributes']),
      droppedAttributesCount: number(link['droppedAttributesCount']),
      flags: number(link['flags']),
    })),
    droppedLinksCount: number(span['droppedLinksCount']),
    status: { code: number(status['code']), message: text(status['message']) },
  };
}

export function logRecordOf(record: Plain): LogRecord {
  const body = record['body'] as Plain | undefined;
  return {
    timeUnixNano: big(record['timeUnixNano']),
    observedTimeUnixNano: big(record['observedTimeUnixNano']),
    severityNumber: number(record['severityNumber']),
    severityText: text(record['severityText']),
    ...(body ? { body: anyValueOf(body) } : {}),
    attributes: attributesOf(record['attributes']),
    droppedAttributesCount: number(record['droppedAttributesCount']),
    flags: number(record['flags']),
    traceId: id(record['traceId']),
    spanId: id(record['spanId']),
    eventName: text(record['eventName']),
  };
}

function numberValueOf(point: Plain): { value?: NumberValue } {
  if ('asInt' in point) return { value: { type: 'int', value: big(point['asInt']) } };
  if ('asDouble' in point) {
    return { value: { type: 'double', value: number(point['asDouble']) } };
  }
  return {};
}

function exemplarsOf(value: unknown): Exemplar[] {
  return list(value).map((exemplar) => ({
    timeUnixNano: big(exemplar['timeUnixNano']),
    ...numberValueOf(exemplar),
    traceId: id(exemplar['traceId']),
    spanId: id(exemplar['spanId']),
    filteredAttributes: attributesOf(exemplar['filteredAttributes']),
  }));
}

function extentOf(point: Plain): { sum?: number; min?: number; max?: number } {
  const result: Record<string, number> = {};
  for (const key of ['sum', 'min', 'max']) if (key in point) result[key] = number(point[key]);
  return result;
}

function bucketsOf(point: Plain, key: 'positive' | 'negative') {
  const buckets = point[key] as Plain | undefined;
  if (!buckets) return {};
  const bucketCounts = (buckets['bucketCounts'] as bigint[] | undefined) ?? [];
  return { [key]: { offset: number(buckets['offset']), bucketCounts } };
}

export function dataPointOf(type: DataPoint['type'], point: Plain): DataPoint {
  const base = {
    attributes: attributesOf(point['attributes']),
    startTimeUnixNano: big(point['startTimeUnixNano']),
    timeUnixNano: big(point['timeUnixNano']),
    flags: number(point['flags']),
  };
  const exemplars = exemplarsOf(point['exemplars']);
  switch (type) {
    case 'number':
      return { type, ...base, ...numberValueOf(point), exemplars };
    case 'histogram':
      return {
        type,
        ...base,
        count: big(point['count']),
        ...extentOf(point),
        bucketCounts: (point['bucketCounts'] as bigint[] | undefined) ?? [],
        explicitBounds: (point['explicitBounds'] as number[] | undefined) ?? [],
        exemplars,
      };
    case 'exponentialHistogram':
      return {
        type,
        ...base,
        count: big(point['count']),
        ...extentOf(point),
        scale: number(point['scale']),
        zeroCount: big(point['zeroCount']),
        zeroThreshold: number(point['zeroThreshold']),
        ...bucketsOf(point, 'positive'),
        ...bucketsOf(point, 'negative'),
        exemplars,
      };
    case 'summary':
      return {
        type,
        ...base,
        count: big(point['count']),
        sum: number(point['sum']),
        quantileValues: list(point['quantileValues']).map((entry) => ({
          quantile: number(entry['quantile']),
          value: number(entry['value']),
        })),
      };
  }
}
