/**
 * One plain form of an item, built from what the SDK handed to its exporter and from what protobufjs
 * decodes of the received bytes: equal forms mean that every field came through.
 */
import { ValueType, type HrTime, type SpanContext } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Signal } from '../../proto/otlp/signal.ts';

/** Anything with string keys; numbers are Number, times are bigint, ids and bytes are hex text. */
export type Form = Readonly<Record<string, unknown>>;

/** A message as protobufjs gives it: fields that are not set are absent. */
type Decoded = Readonly<Record<string, unknown>>;

// ---- from the SDK --------------------------------------------------------------------------------

const nanos = ([seconds, ns]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(ns);

function sdkValue(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(sdkValue);
  if (typeof value === 'object') return sdkAttributes(value);
  return value;
}

function sdkAttributes(attributes: object): Form {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, sdkValue(value)]),
  );
}

interface SdkOrigin {
  readonly resource: { readonly attributes: object };
  readonly instrumentationScope: {
    readonly name: string;
    readonly version?: string;
    readonly schemaUrl?: string;
  };
}

function sdkOrigin({ resource, instrumentationScope: scope }: SdkOrigin): Form {
  return {
    resource: sdkAttributes(resource.attributes),
    scope: scope.name,
    version: scope.version ?? '',
    schemaUrl: scope.schemaUrl ?? '',
  };
}

const REMOTENESS_KNOWN = 0x100;
const IS_REMOTE = 0x200;

function spanFlags(own: number, isRemote: boolean | undefined): number {
  return own | REMOTENESS_KNOWN | (isRemote === true ? IS_REMOTE : 0);
}

function sdkIds(context: SpanContext): Form {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    traceState: context.traceState?.serialize() ?? '',
  };
}

/** The form of a span that the SDK exports. */
export function formOfSdkSpan(span: ReadableSpan): Form {
  const context = span.spanContext();
  return {
    ...sdkOrigin(span),
    ...sdkIds(context),
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    flags: spanFlags(context.traceFlags, span.parentSpanContext?.isRemote),
    name: span.name,
    // The API has no value for "unspecified".
    kind: span.kind + 1,
    start: nanos(span.startTime),
    end: nanos(span.endTime),
    attributes: sdkAttributes(span.attributes),
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    status: [span.status.code, span.status.message ?? ''],
    events: span.events.map((event) => ({
      name: event.name,
      time: nanos(event.time),
      attributes: sdkAttributes(event.attributes ?? {}),
      dropped: event.droppedAttributesCount ?? 0,
    })),
    links: span.links.map((link) => ({
      ...sdkIds(link.context),
      flags: spanFlags(link.context.traceFlags, link.context.isRemote),
      attributes: sdkAttributes(link.attributes ?? {}),
      dropped: link.droppedAttributesCount ?? 0,
    })),
  };
}

/** The form of a log record that the SDK exports. */
export function formOfSdkLog(record: ReadableLogRecord): Form {
  return {
    ...sdkOrigin(record),
    time: nanos(record.hrTime),
    observed: nanos(record.hrTimeObserved),
    severity: [record.severityNumber ?? 0, record.severityText ?? ''],
    body: sdkValue(record.body),
    eventName: record.eventName ?? '',
    attributes: sdkAttributes(record.attributes),
    dropped: record.droppedAttributesCount,
    traceId: record.spanContext?.traceId ?? '',
    spanId: record.spanContext?.spanId ?? '',
    flags: record.spanContext?.traceFlags ?? 0,
  };
}

const KIND_OF_POINT: Readonly<Record<DataPointType, string>> = {
  [DataPointType.GAUGE]: 'gauge',
  [DataPointType.SUM]: 'sum',
  [DataPointType.HISTOGRAM]: 'histogram',
  [DataPointType.EXPONENTIAL_HISTOGRAM]: 'exponentialHistogram',
};

/** The forms of all data points that the SDK exports, one a point with its metric. */
export function formsOfSdkMetrics({ resource, scopeMetrics }: ResourceMetrics): Form[] {
  return scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.flatMap((metric) =>
      sdkPoints(metric).map((point) => ({
        ...sdkOrigin({ resource, instrumentationScope: scope }),
        name: metric.descriptor.name,
        description: metric.descriptor.description,
        unit: metric.descriptor.unit,
        kind: KIND_OF_POINT[metric.dataPointType],
        temporality: sdkTemporality(metric),
        isMonotonic: metric.dataPointType === DataPointType.SUM && metric.isMonotonic,
        ...point,
      })),
    ),
  );
}

function sdkTemporality(metric: MetricData): number {
  if (metric.dataPointType === DataPointType.GAUGE) return 0;
  return metric.aggregationTemporality === AggregationTemporality.DELTA ? 1 : 2;
}

function sdkPoints(metric: MetricData): Form[] {
  const common = (point: { startTime: HrTime; endTime: HrTime; attributes: object }) => ({
    start: nanos(point.startTime),
    time: nanos(point.endTime),
    attributes: sdkAttributes(point.attributes),
  });
  switch (metric.dataPointType) {
    case DataPointType.SUM:
    case DataPointType.GAUGE: {
      const type = metric.descriptor.valueType === ValueType.INT ? 'int' : 'double';
      return metric.dataPoints.map((point) => ({ ...common(point), [type]: point.value }));
    }
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.map((point) => ({
        ...common(point),
        ...summary(point.value),
        bounds: point.value.buckets.boundaries,
        counts: point.value.buckets.counts,
      }));
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return metric.dataPoints.map((point) => ({
        ...common(point),
        ...summary(point.value),
        scale: point.value.scale,
        zeroCount: point.value.zeroCount,
        positive: [point.value.positive.offset, point.value.positive.bucketCounts],
        negative: [point.value.negative.offset, point.value.negative.bucketCounts],
      }));
  }
}

function summary(value: { count: number; sum?: number; min?: number; max?: number }): Form {
  return { count: value.count, sum: value.sum, min: value.min, max: value.max };
}

// ---- from the bytes ------------------------------------------------------------------------------

const many = (value: unknown): readonly Decoded[] => (value ?? []) as readonly Decoded[];
const one = (value: unknown): Decoded => (value ?? {}) as Decoded;
const text = (value: unknown): string => (value ?? '') as string;
const number = (value: unknown): number => Number((value ?? 0) as number | bigint);
const exact = (value: unknown): bigint => BigInt((value ?? 0) as number | bigint);
const hex = (value: unknown): string => Buffer.from((value ?? []) as Uint8Array).toString('hex');
const numbers = (value: unknown): number[] => ((value ?? []) as unknown[]).map(number);
const maybe = (value: unknown): number | undefined =>
  value === undefined || value === null ? undefined : number(value);

function wireValue(value: Decoded): unknown {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return number(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.bytesValue !== undefined) return { bytes: hex(value.bytesValue) };
  if (value.arrayValue !== undefined) return many(one(value.arrayValue).values).map(wireValue);
  if (value.kvlistValue !== undefined) return wireAttributes(one(value.kvlistValue).values);
  return null;
}

function wireAttributes(list: unknown): Form {
  return Object.fromEntries(many(list).map((pair) => [pair.key, wireValue(one(pair.value))]));
}

const CONTAINERS = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
} as const;

/** The forms of every item in a decoded export request. */
export function formsOfRequest(signal: Exclude<Signal, 'profiles'>, request: Decoded): Form[] {
  const [resources, scopes, items] = CONTAINERS[signal];
  const forms: Form[] = [];
  for (const group of many(request[resources])) {
    for (const inner of many(group[scopes])) {
      const scope = one(inner.scope);
      const origin: Form = {
        resource: wireAttributes(one(group.resource).attributes),
        scope: text(scope.name),
        version: text(scope.version),
        schemaUrl: text(inner.schemaUrl),
      };
      for (const item of many(inner[items])) {
        for (const form of formsOfItem(signal, item)) forms.push({ ...origin, ...form });
      }
    }
  }
  return forms;
}

function formsOfItem(signal: Exclude<Signal, 'profiles'>, item: Decoded): Form[] {
  switch (signal) {
    case 'traces':
      return [wireSpan(item)];
    case 'logs':
      return [wireLog(item)];
    case 'metrics':
      return wirePoints(item);
  }
}

function wireIds(item: Decoded): Form {
  return {
    traceId: hex(item.traceId),
    spanId: hex(item.spanId),
    traceState: text(item.traceState),
  };
}

function wireSpan(span: Decoded): Form {
  const status = one(span.status);
  return {
    ...wireIds(span),
    parentSpanId: hex(span.parentSpanId),
    flags: number(span.flags),
    name: text(span.name),
    kind: number(span.kind),
    start: exact(span.startTimeUnixNano),
    end: exact(span.endTimeUnixNano),
    attributes: wireAttributes(span.attributes),
    dropped: [
      number(span.droppedAttributesCount),
      number(span.droppedEventsCount),
      number(span.droppedLinksCount),
    ],
    status: [number(status.code), text(status.message)],
    events: many(span.events).map((event) => ({
      name: text(event.name),
      time: exact(event.timeUnixNano),
      attributes: wireAttributes(event.attributes),
      dropped: number(event.droppedAttributesCount),
    })),
    links: many(span.links).map((link) => ({
      ...wireIds(link),
      flags: number(link.flags),
      attributes: wireAttributes(link.attributes),
      dropped: number(link.droppedAttributesCount),
    })),
  };
}

function wireLog(record: Decoded): Form {
  return {
    time: exact(record.timeUnixNano),
    observed: exact(record.observedTimeUnixNano),
    severity: [number(record.severityNumber), text(record.severityText)],
    body: wireValue(one(record.body)),
    eventName: text(record.eventName),
    attributes: wireAttributes(record.attributes),
    dropped: number(record.droppedAttributesCount),
    traceId: hex(record.traceId),
    spanId: hex(record.spanId),
    flags: number(record.flags),
  };
}

const METRIC_KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram'] as const;

function wirePoints(metric: Decoded): Form[] {
  const kind = METRIC_KINDS.find((name) => metric[name] !== undefined) ?? 'gauge';
  const data = one(metric[kind]);
  return many(data.dataPoints).map((point) => ({
    name: text(metric.name),
    description: text(metric.description),
    unit: text(metric.unit),
    kind,
    temporality: number(data.aggregationTemporality),
    isMonotonic: data.isMonotonic === true,
    start: exact(point.startTimeUnixNano),
    time: exact(point.timeUnixNano),
    attributes: wireAttributes(point.attributes),
    ...wireNumbers(kind, point),
  }));
}

function wireNumbers(kind: (typeof METRIC_KINDS)[number], point: Decoded): Form {
  if (kind === 'gauge' || kind === 'sum') {
    if (point.asInt !== undefined) return { int: number(point.asInt) };
    return { double: point.asDouble };
  }
  const shared: Form = {
    count: number(point.count),
    sum: maybe(point.sum),
    min: maybe(point.min),
    max: maybe(point.max),
  };
  if (kind === 'histogram') {
    const bounds = numbers(point.explicitBounds);
    return { ...shared, bounds, counts: numbers(point.bucketCounts) };
  }
  const buckets = (value: unknown) => [number(one(value).offset), numbers(one(value).bucketCounts)];
  return {
    ...shared,
    scale: number(point.scale),
    zeroCount: number(point.zeroCount),
    positive: buckets(point.positive),
    negative: buckets(point.negative),
  };
}
