/** The metric catalog: one row a metric, with its last value as text and a sparkline. */
import type {
  MetricRow,
  MetricsColumns,
  SeriesColumns,
  SeriesMeta,
} from '../../../proto/live/topics.ts';
import { METRIC_KIND, TEMPORALITY } from '../../../proto/otlp/signal.ts';
import { unixMs } from '../../../proto/units.ts';
import type { DataPoint, NumberValue } from '../../../proto/otlp/model.ts';
import { MetricMatcher } from '../query/match-metrics.ts';
import type { CompiledQuery } from '../query/plan.ts';
import { SEGMENT_BITS, SLOT_MASK, type MetricEntry, type StoreRead } from '../store/schema.ts';
import { decodeDataPoint } from '../wire/decode.ts';
import { readingOf, readSeries, reducePoints, type SeriesPoints } from './series.ts';
import { attributeText } from './value-text.ts';

const KIND_NAMES = new Map<number, MetricRow['kind']>([
  [METRIC_KIND.gauge, 'gauge'],
  [METRIC_KIND.sum, 'sum'],
  [METRIC_KIND.histogram, 'histogram'],
  [METRIC_KIND.exponentialHistogram, 'exponentialHistogram'],
  [METRIC_KIND.summary, 'summary'],
]);

/** Series of one metric that a chart is given. */
const MAX_SERIES = 8;

export interface CatalogWindow {
  readonly total: number;
  readonly matched: number;
  readonly first: number;
  readonly rows: readonly MetricRow[];
  readonly columns: MetricsColumns;
}

/** Metrics that match a query, by service, scope and name. O(metrics log metrics). */
export function catalogWindow(
  store: StoreRead,
  query: CompiledQuery,
  window: { readonly first: number; readonly count: number; readonly sparkPoints: number },
): CatalogWindow {
  const entries = matching(store, query).sort((a, b) => compareEntries(store, a, b));
  const first = Math.max(0, Math.min(window.first, entries.length - window.count));
  const shown = entries.slice(first, first + window.count);
  const rows: MetricRow[] = [];
  const sparkStart = new Uint32Array(shown.length + 1);
  const sparkMs: number[] = [];
  const sparkValue: number[] = [];
  shown.forEach((metric, i) => {
    const lastPoint = newestPoint(store, metric);
    const range = { fromMs: -Infinity, toMs: Infinity, limit: window.sparkPoints };
    const points = readSeries(store, metric, lastPoint, range);
    rows.push(metricRow(store, metric, lastPoint, points));
    for (const ms of points.timeMs) sparkMs.push(ms);
    for (const value of points.value) sparkValue.push(value);
    sparkStart[i + 1] = sparkMs.length;
  });
  return {
    total: store.metrics.entries.length,
    matched: entries.length,
    first,
    rows,
    columns: {
      sparkStart,
      sparkMs: Float64Array.from(sparkMs),
      sparkValue: Float32Array.from(sparkValue),
    },
  };
}

function matching(store: StoreRead, query: CompiledQuery): MetricEntry[] {
  const entries = [...store.metrics.entries];
  if (query.isEmpty) return entries;
  const matcher = new MetricMatcher(store, query);
  return entries.filter((metric) => matcher.matches(metric));
}

function compareEntries(store: StoreRead, a: MetricEntry, b: MetricEntry): number {
  return (
    compareTexts(store.strings.get(a.service), store.strings.get(b.service)) ||
    compareTexts(store.scopes.name(a.scope), store.scopes.name(b.scope)) ||
    compareTexts(a.name, b.name) ||
    a.id - b.id
  );
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The point that arrived last in any series of the metric; -1 when it has none. */
function newestPoint(store: StoreRead, metric: MetricEntry): number {
  let newest = -1;
  let ordinal = -1;
  for (const series of metric.series) {
    const { lastPoint } = store.metrics.seriesOf(series);
    if (lastPoint === -1) continue;
    const candidate = store.points.ordinalOf(lastPoint);
    if (candidate > ordinal) {
      ordinal = candidate;
      newest = lastPoint;
    }
  }
  return newest;
}

function metricRow(
  store: StoreRead,
  metric: MetricEntry,
  lastPoint: number,
  points: SeriesPoints,
): MetricRow {
  const lastRate = readingOf(metric) === 'rate' ? points.value.at(-1) : undefined;
  const isRate = lastRate !== undefined && !Number.isNaN(lastRate);
  return {
    id: metric.id,
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    kind: KIND_NAMES.get(metric.kind) ?? 'gauge',
    monotonic: metric.monotonic,
    temporality: TEMPORALITY[metric.temporality] ?? 'unspecified',
    service: store.strings.get(metric.service),
    scope: store.scopes.name(metric.scope),
    seriesCount: metric.series.length,
    pointCount: metric.pointCount,
    last: isRate ? shortNumber(lastRate) : lastText(store, metric, lastPoint),
    lastMs: lastPoint === -1 ? 0 : pointMs(store, lastPoint),
    isRate,
  };
}

function pointMs(store: StoreRead, row: number): number {
  const segment = store.points.segments[row >>> SEGMENT_BITS];
  const slot = row & SLOT_MASK;
  return segment === undefined ? 0 : unixMs(segment.timeHi[slot], segment.timeLo[slot]);
}

/** A computed number with up to four significant digits; whole numbers in full. */
function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function decodePoint(store: StoreRead, metric: MetricEntry, row: number): DataPoint | undefined {
  const segment = store.points.segments[row >>> SEGMENT_BITS];
  if (row === -1 || segment === undefined) return undefined;
  const slot = row & SLOT_MASK;
  return decodeDataPoint(
    metric.kind,
    store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot], segment.length[slot]),
  );
}

function lastText(store: StoreRead, metric: MetricEntry, lastPoint: number): string {
  const point = decodePoint(store, metric, lastPoint);
  if (point === undefined || (point.flags & 1) !== 0) return 'no value';
  switch (point.type) {
    case 'number':
      return numberText(point.value);
    case 'histogram':
    case 'exponentialHistogram':
    case 'summary':
      return distributionText(point.count, point.sum);
  }
}

function numberText(value: NumberValue | undefined): string {
  if (value === undefined) return 'no value';
  return value.type === 'int' ? value.value.toString() : String(value.value);
}

function distributionText(count: bigint, sum: number | undefined): string {
  if (sum === undefined || count === 0n) return `count ${count}`;
  return `count ${count}, mean ${shortNumber(sum / Number(count))}`;
}

export interface SeriesWindow extends SeriesMeta {
  readonly columns: SeriesColumns;
}

/** The points of one metric's first series in a time range. */
export function seriesWindow(
  store: StoreRead,
  id: number,
  range: { readonly fromMs: number; readonly toMs: number; readonly maxPoints: number },
): SeriesWindow {
  const metric = store.metrics.find(id);
  const series: { attributes: (readonly [string, string])[] }[] = [];
  const starts = [0];
  const timeMs: number[] = [];
  const value: number[] = [];
  let reduced = false;
  for (const row of metric?.series.slice(0, MAX_SERIES) ?? []) {
    if (metric === undefined) break;
    const { lastPoint } = store.metrics.seriesOf(row);
    const all = readSeries(store, metric, lastPoint, { ...range, limit: Infinity });
    const points = reducePoints(all, range.maxPoints);
    if (points !== all) reduced = true;
    series.push({ attributes: seriesAttributes(store, metric, lastPoint) });
    for (const ms of points.timeMs) timeMs.push(ms);
    for (const number of points.value) value.push(number);
    starts.push(timeMs.length);
  }
  return {
    metric: metric === undefined ? null : wholeRow(store, metric),
    series,
    reduced,
    seriesHidden: Math.max(0, (metric?.series.length ?? 0) - MAX_SERIES),
    columns: {
      pointsStart: Uint32Array.from(starts),
      timeMs: Float64Array.from(timeMs),
      value: Float64Array.from(value),
    },
  };
}

function wholeRow(store: StoreRead, metric: MetricEntry): MetricRow {
  const lastPoint = newestPoint(store, metric);
  const range = { fromMs: -Infinity, toMs: Infinity, limit: 2 };
  return metricRow(store, metric, lastPoint, readSeries(store, metric, lastPoint, range));
}

function seriesAttributes(
  store: StoreRead,
  metric: MetricEntry,
  lastPoint: number,
): (readonly [string, string])[] {
  const point = decodePoint(store, metric, lastPoint);
  return (point?.attributes ?? []).map(({ key, value }) => [
    key,
    value === undefined ? '' : attributeText(value),
  ]);
}
