/** Decoded spans for tests of the span panel, out of plain JSON. */
import type { JsonAttribute, JsonValue, LogSummary, SpanDetail } from '../../proto/live/methods.ts';

type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainAttributes = Readonly<Record<string, Plain>>;

/** Whole numbers are ints, as SDKs send them. */
export function toValue(plain: Plain): JsonValue {
  if (plain === null) return { type: 'empty' };
  if (typeof plain === 'string') return { type: 'string', value: plain };
  if (typeof plain === 'boolean') return { type: 'bool', value: plain };
  if (typeof plain === 'number') {
    return Number.isInteger(plain)
      ? { type: 'int', value: String(plain) }
      : { type: 'double', value: plain };
  }
  if (Array.isArray(plain)) return { type: 'array', values: plain.map(toValue) };
  return { type: 'kvlist', values: toAttributes(plain as PlainAttributes) };
}

export function toAttributes(plain: PlainAttributes): JsonAttribute[] {
  return Object.entries(plain).map(([key, value]) => ({ key, value: toValue(value) }));
}

/** What a test says of a span; the rest is a second that starts at 1 s after the epoch. */
export interface SpanCase {
  readonly kind?: number;
  readonly status?: number;
  readonly statusMessage?: string;
  readonly language?: string;
  readonly attributes?: PlainAttributes;
  readonly events?: readonly { readonly name: string; readonly attributes: PlainAttributes }[];
  readonly links?: number;
}

export function spanOf(span: SpanCase): SpanDetail {
  const id = (n: number): string => n.toString(16).padStart(16, '0');
  return {
    traceId: id(1) + id(2),
    spanId: id(3),
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: 'work',
    kind: span.kind ?? 1,
    service: 'shop',
    startTimeUnixNano: '1000000000',
    endTimeUnixNano: '2000000000',
    status: { code: span.status ?? 0, message: span.statusMessage ?? '' },
    attributes: toAttributes(span.attributes ?? {}),
    droppedAttributesCount: 0,
    events: (span.events ?? []).map(({ name, attributes }) => ({
      name,
      timeUnixNano: '1500000000',
      attributes: toAttributes(attributes),
      droppedAttributesCount: 0,
    })),
    droppedEventsCount: 0,
    links: Array.from({ length: span.links ?? 0 }, (_, at) => ({
      traceId: id(10 + at) + id(1),
      spanId: id(20 + at),
      traceState: '',
      flags: 0,
      attributes: [],
      droppedAttributesCount: 0,
      present: true,
      target: null,
    })),
    droppedLinksCount: 0,
    resource: {
      attributes: toAttributes({
        'service.name': 'shop',
        'telemetry.sdk.language': span.language ?? '',
      }),
      droppedAttributesCount: 0,
      schemaUrl: '',
    },
    scope: { name: 'test', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    rawJson: '{"name":"work"}',
    wireBytes: 10,
  };
}

/** A log record that is an event or an exception. */
export interface LogCase {
  readonly name?: string;
  readonly body?: Plain;
  readonly attributes?: PlainAttributes;
  readonly timeUnixNano?: string;
}

export function logOf(log: LogCase, row = 0): LogSummary {
  return {
    row,
    timeUnixNano: log.timeUnixNano ?? '1500000000',
    severityNumber: 9,
    severityText: 'INFO',
    service: 'shop',
    body: '',
    event: {
      name: log.name ?? '',
      body: toValue(log.body ?? null),
      attributes: toAttributes(log.attributes ?? {}),
    },
    code: [],
  };
}
