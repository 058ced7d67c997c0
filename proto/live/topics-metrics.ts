/** The topics of metrics: a window of the catalog, and the points of one metric. */
import type { Filter } from './filter.ts';

export interface MetricsParams {
  readonly filter: Filter;
  readonly first: number;
  readonly count: number;
  /** Columns of the sparkline. */
  readonly sparkPoints: number;
}

export interface MetricRow {
  /** Key for `series`. */
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';
  readonly monotonic: boolean;
  readonly temporality: 'unspecified' | 'delta' | 'cumulative';
  readonly service: string;
  readonly scope: string;
  readonly seriesCount: number;
  readonly pointCount: number;
  /** Last value of the newest series: number points as text (exact), others as count and sum. */
  readonly last: string;
  readonly lastMs: number;
  /** True when `last` and the sparkline are per-second rates of a monotonic sum. */
  readonly isRate: boolean;
}

export interface MetricsMeta {
  readonly total: number;
  readonly matched: number;
  readonly first: number;
  readonly rows: readonly MetricRow[];
}

/** Ragged columns of `metrics`: the sparkline of each row, time in ms and value; NaN is a gap. */
export type MetricsColumns = {
  readonly sparkStart: Uint32Array;
  readonly sparkMs: Float64Array;
  readonly sparkValue: Float32Array;
};

export interface SeriesParams {
  readonly metric: number;
  /** ms since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly maxPoints: number;
}

export interface SeriesMeta {
  readonly metric: MetricRow | null;
  /** One a series, in order; attributes as `key=value` pairs. */
  readonly series: readonly { readonly attributes: readonly (readonly [string, string])[] }[];
  /** True when more points than `maxPoints` were reduced to first, min, max and last per column. */
  readonly reduced: boolean;
  readonly seriesHidden: number;
}

export type SeriesColumns = {
  readonly pointsStart: Uint32Array;
  readonly timeMs: Float64Array;
  readonly value: Float64Array;
};
