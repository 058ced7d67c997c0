/**
 * Checks of what clients send. Every reader takes an unknown value and either returns it typed or
 * throws LiveFailure `badParams` with what was expected and where.
 */
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type {
  Filter,
  LogsParams,
  MetricsParams,
  SeriesParams,
  TracesParams,
} from '../../../proto/live/topics.ts';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import { toSpanId, toTraceId } from '../../../proto/units.ts';

/** The longest filter text, and the most services in one filter. */
const MAX_FILTER_TEXT = 10_000;
const MAX_FILTER_SERVICES = 1000;
/** The most rows of one window. */
const MAX_WINDOW_ROWS = 500;
const MAX_SPARK_POINTS = 500;
const MAX_SERIES_POINTS = 20_000;
const MAX_REQUEST_LINES = 500;

function bad(expected: string): LiveFailure {
  return new LiveFailure({ code: 'badParams', message: `Expected ${expected}.` });
}

export type Fields = Readonly<Record<string, unknown>>;

export function readFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad('params to be an object');
  }
  return value as Fields;
}

export function readText(fields: Fields, name: string, maxLength: number): string {
  const value = fields[name];
  if (typeof value !== 'string' || value.length > maxLength) {
    throw bad(`${name} to be a text of at most ${maxLength} characters`);
  }
  return value;
}

export function readNumber(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw bad(`${name} to be a number`);
  return value;
}

/** A whole number of at least 0; more than `max` is taken as `max`. */
export function readCount(fields: Fields, name: string, max: number): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw bad(`${name} to be a whole number of at least 0`);
  }
  return Math.min(value, max);
}

export function readBoolean(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw bad(`${name} to be true or false`);
  return value;
}

/** 32 hex characters, in lower case. */
export function readTraceId(fields: Fields, name = 'traceId'): string {
  const value = fields[name];
  const traceId = typeof value === 'string' ? toTraceId(value) : undefined;
  if (traceId === undefined) throw bad(`${name} to be 32 hex characters`);
  return traceId;
}

/** 16 hex characters, in lower case. */
export function readSpanId(fields: Fields): string {
  const value = fields.spanId;
  const spanId = typeof value === 'string' ? toSpanId(value) : undefined;
  if (spanId === undefined) throw bad('spanId to be 16 hex characters');
  return spanId;
}

export function readSignal(fields: Fields): Signal | 'all' {
  const value = fields.signal;
  const known = [...SIGNALS, 'all' as const].find((signal) => signal === value);
  if (known === undefined) throw bad(`signal to be one of ${SIGNALS.join(', ')} or all`);
  return known;
}

function readNames(fields: Fields, name: string): readonly string[] {
  const value = fields[name];
  const isValid =
    Array.isArray(value) &&
    value.length <= MAX_FILTER_SERVICES &&
    value.every((entry) => typeof entry === 'string');
  if (!isValid) throw bad(`${name} to be a list of at most ${MAX_FILTER_SERVICES} names`);
  return value as string[];
}

export function readFilter(fields: Fields): Filter {
  const filter = readFields(fields.filter);
  return {
    text: readText(filter, 'text', MAX_FILTER_TEXT),
    services: readNames(filter, 'services'),
    notServices: readNames(filter, 'notServices'),
  };
}

export function readTracesParams(value: unknown): TracesParams {
  const fields = readFields(value);
  return {
    filter: readFilter(fields),
    anchor: fields.anchor === null ? null : readNumber(fields, 'anchor'),
    first: readCount(fields, 'first', Number.MAX_SAFE_INTEGER),
    count: readCount(fields, 'count', MAX_WINDOW_ROWS),
  };
}

export function readLogsParams(value: unknown): LogsParams {
  const fields = readFields(value);
  return {
    filter: readFilter(fields),
    minSeverity: readCount(fields, 'minSeverity', 255),
    first: fields.first === null ? null : Math.floor(readNumber(fields, 'first')),
    count: readCount(fields, 'count', MAX_WINDOW_ROWS),
    traceId: fields.traceId === '' ? '' : readTraceId(fields),
  };
}

export function readMetricsParams(value: unknown): MetricsParams {
  const fields = readFields(value);
  return {
    filter: readFilter(fields),
    first: readCount(fields, 'first', Number.MAX_SAFE_INTEGER),
    count: readCount(fields, 'count', MAX_WINDOW_ROWS),
    sparkPoints: readCount(fields, 'sparkPoints', MAX_SPARK_POINTS),
  };
}

export function readSeriesParams(value: unknown): SeriesParams {
  const fields = readFields(value);
  return {
    metric: readCount(fields, 'metric', Number.MAX_SAFE_INTEGER),
    fromMs: readNumber(fields, 'fromMs'),
    toMs: readNumber(fields, 'toMs'),
    maxPoints: Math.max(4, readCount(fields, 'maxPoints', MAX_SERIES_POINTS)),
  };
}

export function readLimit(value: unknown): number {
  return readCount(readFields(value), 'limit', MAX_REQUEST_LINES);
}
