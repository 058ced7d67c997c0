/**
 * Checks of what clients send. Every reader takes an unknown value and either returns it typed or
 * throws LiveFailure `badParams` with what was expected and where.
 */
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type {
  Brush,
  FacetsParams,
  Filter,
  FlameDiffParams,
  FlameFolding,
  FlameSide,
  LatencyParams,
  LatencyWindow,
  ListWindow,
  LogsParams,
  MetricsParams,
  SeriesParams,
  SpanOrder,
  SpansParams,
  TraceOrder,
  TracesParams,
} from '../../../proto/live/topics.ts';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import { toSpanId, toTraceId } from '../../../proto/units.ts';

/** The longest filter text, and the most services in one filter. */
const MAX_FILTER_TEXT = 10_000;
const MAX_FILTER_SERVICES = 1000;
/** The longest name of what flames are folded by. */
const MAX_FOLDING = 1000;
/** The most rows of one window. */
const MAX_WINDOW_ROWS = 500;
const MAX_SPARK_POINTS = 500;
const MAX_SERIES_POINTS = 20_000;
const MAX_REQUEST_LINES = 500;
const MAX_LATENCY_COLUMNS = 1000;
const MAX_LATENCY_ROWS = 200;
/** A hundred days. */
const MAX_LAST_NS = 8.64e15;
const MAX_DENSITY_COLUMNS = 1000;
const MAX_TICKS = 2000;

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

/** Trace ids in lower case. */
export function readTraceIds(fields: Fields, max: number): readonly string[] {
  const value = fields.traceIds;
  const wrong = bad(`traceIds to be a list of at most ${max} trace ids`);
  if (!Array.isArray(value) || value.length > max) throw wrong;
  return value.map((entry: unknown) => {
    const traceId = typeof entry === 'string' ? toTraceId(entry) : undefined;
    if (traceId === undefined) throw wrong;
    return traceId;
  });
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

export function readFilter(fields: Fields, name = 'filter'): Filter {
  const filter = readFields(fields[name]);
  return {
    text: readText(filter, 'text', MAX_FILTER_TEXT),
    services: readNames(filter, 'services'),
    notServices: readNames(filter, 'notServices'),
  };
}

const TRACE_ORDERS = ['newest', 'slowest', 'mostSpans', 'mostErrors'] as const;
const SPAN_ORDERS = ['newest', 'slowest'] as const;

/** One of some words; left out, the first of them. */
export function readChoice<T extends string>(
  fields: Fields,
  name: string,
  choices: readonly [T, ...T[]],
): T {
  const value = fields[name] ?? choices[0];
  const known = choices.find((choice) => choice === value);
  if (known === undefined) throw bad(`${name} to be one of ${choices.join(', ')}`);
  return known;
}

/** Left out: 'newest'. */
export function readTraceOrder(fields: Fields): TraceOrder {
  return readChoice(fields, 'order', TRACE_ORDERS);
}

/** Left out: 'newest'. */
export function readSpanOrder(fields: Fields): SpanOrder {
  return readChoice(fields, 'order', SPAN_ORDERS);
}

/** A time in ns since the Unix epoch as a decimal string of at most 64 bits. */
export function readUnixNano(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value) || BigInt(value) >= 1n << 64n) {
    throw bad(`${name} to be a time in ns as a decimal string`);
  }
  return value;
}

/** Left out: null. */
export function readBrush(fields: Fields): Brush | null {
  if (fields.brush === undefined || fields.brush === null) return null;
  const brush = readFields(fields.brush);
  return {
    fromNs: readUnixNano(brush, 'fromNs'),
    toNs: readUnixNano(brush, 'toNs'),
    minNs: readNumber(brush, 'minNs'),
    maxNs: readNumber(brush, 'maxNs'),
  };
}

function readWindow(fields: Fields): ListWindow {
  return {
    anchor: fields.anchor === null ? null : readNumber(fields, 'anchor'),
    first: readCount(fields, 'first', Number.MAX_SAFE_INTEGER),
    count: readCount(fields, 'count', MAX_WINDOW_ROWS),
  };
}

export function readTracesParams(value: unknown): TracesParams {
  const fields = readFields(value);
  return {
    ...readWindow(fields),
    filter: readFilter(fields),
    brush: readBrush(fields),
    order: readTraceOrder(fields),
  };
}

export function readSpansParams(value: unknown): SpansParams {
  const fields = readFields(value);
  return {
    ...readWindow(fields),
    filter: readFilter(fields),
    brush: readBrush(fields),
    order: readSpanOrder(fields),
  };
}

export function readLatencyParams(value: unknown): LatencyParams {
  const fields = readFields(value);
  return {
    filter: readFilter(fields),
    by: readChoice(fields, 'by', ['traces', 'spans']),
    columns: Math.max(1, readCount(fields, 'columns', MAX_LATENCY_COLUMNS)),
    rows: Math.max(1, readCount(fields, 'rows', MAX_LATENCY_ROWS)),
    window: readLatencyWindow(fields.window),
  };
}

function readLatencyWindow(value: unknown): LatencyWindow | null {
  if (value === null || value === undefined) return null;
  const fields = readFields(value);
  if (fields.lastNs !== undefined) return { lastNs: readCount(fields, 'lastNs', MAX_LAST_NS) };
  return { fromNs: readUnixNano(fields, 'fromNs'), toNs: readUnixNano(fields, 'toNs') };
}

export function readFacetsParams(value: unknown): FacetsParams {
  const fields = readFields(value);
  return { filter: readFilter(fields), brush: readBrush(fields) };
}

export function readFlameParams(value: unknown): Required<FlameFolding> & FlameSide {
  const fields = readFields(value);
  return { ...readFlameSide(fields), by: readFolding(fields) };
}

export function readFlameDiffParams(value: unknown): Required<FlameDiffParams> {
  const fields = readFields(value);
  return {
    a: readFlameSide(readFields(fields.a)),
    b: readFlameSide(readFields(fields.b)),
    by: readFolding(fields),
  };
}

function readFlameSide(fields: Fields): FlameSide {
  const { fromUnixNano, toUnixNano, source } = fields;
  return {
    filter: readFilter(fields),
    ...(fromUnixNano === undefined ? {} : { fromUnixNano: readUnixNano(fields, 'fromUnixNano') }),
    ...(toUnixNano === undefined ? {} : { toUnixNano: readUnixNano(fields, 'toUnixNano') }),
    ...(source === undefined ? {} : { source: readFlameSource(fields) }),
  };
}

function readFlameSource(fields: Fields): 'live' | number {
  if (fields.source === 'live') return 'live';
  return readCount(fields, 'source', Number.MAX_SAFE_INTEGER);
}

/** Left out: ''. */
function readFolding(fields: Fields): string {
  return fields.by === undefined ? '' : readText(fields, 'by', MAX_FOLDING);
}

/** What a log list holds; `minSeverity`, `traceId` and `fold` may be left out. */
export function readLogScope(
  fields: Fields,
): Required<Pick<LogsParams, 'filter' | 'minSeverity' | 'traceId' | 'fold'>> {
  const { minSeverity, traceId, fold } = fields;
  return {
    filter: readFilter(fields),
    minSeverity: minSeverity === undefined ? 0 : readCount(fields, 'minSeverity', 255),
    traceId: traceId === '' || traceId === undefined ? '' : readTraceId(fields),
    fold: fold === undefined ? false : readBoolean(fields, 'fold'),
  };
}

export function readLogsParams(value: unknown): LogsParams {
  const fields = readFields(value);
  const { densityColumns, ticks } = fields;
  return {
    ...readLogScope(fields),
    first: fields.first === null ? null : Math.floor(readNumber(fields, 'first')),
    count: readCount(fields, 'count', MAX_WINDOW_ROWS),
    densityColumns:
      densityColumns === undefined ? 0 : readCount(fields, 'densityColumns', MAX_DENSITY_COLUMNS),
    ticks: ticks === undefined ? 0 : readCount(fields, 'ticks', MAX_TICKS),
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
