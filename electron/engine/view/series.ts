/**
 * Points of a series as what a chart shows: gauges as they are, monotonic sums as rates per second,
 * distributions as the mean of each interval. NaN is a gap.
 */
import { METRIC_KIND, TEMPORALITY } from '../../../proto/otlp/signal.ts';
import { diffNs, unixMs } from '../../../proto/units.ts';
import {
  POINT_FLAG,
  SEGMENT_BITS,
  SLOT_MASK,
  type MetricEntry,
  type StoreRead,
} from '../store/schema.ts';

/** Times in ms since the Unix epoch, ascending by arrival, and a value each. */
export interface SeriesPoints {
  readonly timeMs: number[];
  readonly value: number[];
}

/** How the numbers of a metric are read. */
export type Reading = 'value' | 'rate' | 'mean';

export function readingOf(metric: MetricEntry): Reading {
  switch (metric.kind) {
    case METRIC_KIND.gauge:
      return 'value';
    case METRIC_KIND.sum:
      return metric.monotonic ? 'rate' : 'value';
    default:
      return 'mean';
  }
}

/** One stored point, read from its columns. */
interface Point {
  readonly timeHi: number;
  readonly timeLo: number;
  readonly startHi: number;
  readonly startLo: number;
  readonly value: number;
  readonly sampleCount: number;
  readonly isMissing: boolean;
}

/**
 * The newest points of a series whose times are in [fromMs, toMs], at most `limit`. The point before
 * them is read too, since rates and means of cumulative points are differences.
 */
export function readSeries(
  store: StoreRead,
  metric: MetricEntry,
  lastPoint: number,
  range: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
): SeriesPoints {
  const newestFirst: Point[] = [];
  for (let row = lastPoint; row !== -1 && newestFirst.length <= range.limit;) {
    const segment = store.points.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) break;
    const slot = row & SLOT_MASK;
    const timeMs = unixMs(segment.timeHi[slot], segment.timeLo[slot]);
    if (timeMs <= range.toMs) newestFirst.push(pointAt(store, row));
    if (timeMs < range.fromMs) break;
    row = segment.previous[slot];
  }
  return convert(metric, newestFirst.reverse(), range.fromMs, range.limit);
}

function pointAt(store: StoreRead, row: number): Point {
  const segment = store.points.segments[row >>> SEGMENT_BITS];
  if (segment === undefined) throw new Error(`point row ${row} has no segment`);
  const slot = row & SLOT_MASK;
  return {
    timeHi: segment.timeHi[slot],
    timeLo: segment.timeLo[slot],
    startHi: segment.startHi[slot],
    startLo: segment.startLo[slot],
    value: segment.value[slot],
    sampleCount: segment.sampleCount[slot],
    isMissing: (segment.flags[slot] & POINT_FLAG.noRecordedValue) !== 0,
  };
}

function convert(
  metric: MetricEntry,
  points: readonly Point[],
  fromMs: number,
  limit: number,
): SeriesPoints {
  const reading = readingOf(metric);
  const isDelta = TEMPORALITY[metric.temporality] === 'delta';
  const timeMs: number[] = [];
  const value: number[] = [];
  let previous: Point | undefined;
  // Of a difference the first point has no value of its own: it is only the base of the second.
  const skipped = points.length > limit ? points.length - limit : 0;
  points.forEach((point, i) => {
    const at = unixMs(point.timeHi, point.timeLo);
    if (i >= skipped && at >= fromMs) {
      const result = readPoint(reading, isDelta, point, previous);
      if (result !== undefined) {
        timeMs.push(at);
        value.push(result);
      }
    }
    previous = point;
  });
  return { timeMs, value };
}

/** NaN for a gap, undefined where the point is only the base of the next one. */
function readPoint(
  reading: Reading,
  isDelta: boolean,
  point: Point,
  previous: Point | undefined,
): number | undefined {
  if (point.isMissing) return NaN;
  if (reading === 'value') return point.value;
  const base = isDelta || previous?.isMissing === true ? undefined : previous;
  if (reading === 'mean') return meanOf(isDelta, point, base);
  return isDelta ? deltaRate(point, previous) : cumulativeRate(point, base);
}

function meanOf(isDelta: boolean, point: Point, base: Point | undefined): number | undefined {
  if (isDelta) return point.value / point.sampleCount;
  if (base === undefined || isReset(point, base)) return point.value / point.sampleCount;
  const count = point.sampleCount - base.sampleCount;
  // Nothing was measured in the interval: there is no mean to show.
  return count > 0 ? (point.value - base.value) / count : NaN;
}

function deltaRate(point: Point, previous: Point | undefined): number | undefined {
  const own = seconds(point.timeHi, point.timeLo, point.startHi, point.startLo);
  if (own > 0 && hasStart(point)) return point.value / own;
  if (previous === undefined) return undefined;
  const since = seconds(point.timeHi, point.timeLo, previous.timeHi, previous.timeLo);
  return since > 0 ? point.value / since : NaN;
}

function cumulativeRate(point: Point, base: Point | undefined): number | undefined {
  if (base !== undefined && !isReset(point, base)) {
    const since = seconds(point.timeHi, point.timeLo, base.timeHi, base.timeLo);
    return since > 0 ? (point.value - base.value) / since : NaN;
  }
  // After a reset the sum counts from its new start; without one there is nothing to divide by.
  const own = seconds(point.timeHi, point.timeLo, point.startHi, point.startLo);
  if (base !== undefined) return own > 0 && hasStart(point) ? point.value / own : NaN;
  return undefined;
}

/** A cumulative series started over: its start time moved, or its sum or count went down. */
function isReset(point: Point, base: Point): boolean {
  if (hasStart(point) && (point.startHi !== base.startHi || point.startLo !== base.startLo)) {
    return true;
  }
  return point.value < base.value || point.sampleCount < base.sampleCount;
}

function hasStart(point: Point): boolean {
  return (point.startHi | point.startLo) !== 0;
}

function seconds(hi: number, lo: number, fromHi: number, fromLo: number): number {
  return diffNs(hi, lo, fromHi, fromLo) / 1e9;
}

/**
 * Reduces points to at most `maxPoints`: the first, least, greatest and last of each of equal-sized
 * groups, in order. Gaps stay gaps. Returns the same object when there is nothing to reduce.
 */
export function reducePoints(points: SeriesPoints, maxPoints: number): SeriesPoints {
  const length = points.value.length;
  if (length <= maxPoints) return points;
  const groups = Math.max(1, Math.floor(maxPoints / 4));
  const timeMs: number[] = [];
  const value: number[] = [];
  for (let group = 0; group < groups; group++) {
    const from = Math.floor((group * length) / groups);
    const to = Math.floor(((group + 1) * length) / groups);
    let least = from;
    let greatest = from;
    for (let i = from; i < to; i++) {
      if (!(points.value[i] >= points.value[least])) least = i;
      if (!(points.value[i] <= points.value[greatest])) greatest = i;
    }
    const kept = [...new Set([from, least, greatest, to - 1])].sort((a, b) => a - b);
    for (const i of kept) {
      timeMs.push(points.timeMs[i]);
      value.push(points.value[i]);
    }
  }
  return { timeMs, value };
}
