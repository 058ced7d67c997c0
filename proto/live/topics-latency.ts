/** The latency strip over a list, and the chips that narrow it. */
import type { Brush, Filter } from './filter.ts';

/** What part of time the strip shows; null is everything in memory. */
export type LatencyWindow =
  | { readonly fromNs: string; readonly toNs: string }
  /** Follows: the last ns up to the newest start, in whole columns. */
  | { readonly lastNs: number };

export interface LatencyParams {
  readonly filter: Filter;
  readonly by: 'traces' | 'spans';
  /** The most columns and rows of the grid. */
  readonly columns: number;
  readonly rows: number;
  readonly window: LatencyWindow | null;
}

/**
 * Column c covers [from + c * columnNs, from + (c + 1) * columnNs) of start times; row r covers
 * durations from minNs * (maxNs / minNs) ** (r / rows), below the next row's. Without a window the
 * columns widen by doubling, so that the grid steps and never slides.
 */
export interface LatencyMeta {
  /** Decimal string of ns since the Unix epoch; '' when there is nothing to show. */
  readonly fromNs: string;
  readonly columnNs: number;
  readonly columns: number;
  readonly rows: number;
  readonly minNs: number;
  readonly maxNs: number;
  /** Items in the grid, and matching ones beside it: out of the window, or without a start time. */
  readonly counted: number;
  readonly outside: number;
  /** What takes at least this long is slow: the 99th percentile, and twice the median; 0: nothing. */
  readonly slowNs: number;
  /** Slow items and errors of the grid that are no point of the frame. */
  readonly ringsHidden: number;
  readonly diamondsHidden: number;
  readonly searching: boolean;
}

/** Columns of `latency`: one entry a cell that is not empty, one a column, one a point. */
export type LatencyColumns = {
  readonly cellColumn: Uint16Array;
  readonly cellRow: Uint16Array;
  readonly cellCount: Uint32Array;
  readonly cellErrors: Uint32Array;
  /** The cell's longest item: its duration, its trace's id (16 bytes) and, by spans, its own (8). */
  readonly cellWorstNs: Float64Array;
  readonly cellWorstTraceId: Uint8Array;
  readonly cellWorstSpanId: Uint8Array;
  /** The 95th percentile of each column's durations, estimated to 2.2 %; NaN where it is empty. */
  readonly p95Ns: Float64Array;
  /** At most 500 points, each the longest of its cell, longest first. LATENCY_POINT values. */
  readonly pointKind: Uint8Array;
  readonly pointStartHi: Uint32Array;
  readonly pointStartLo: Uint32Array;
  readonly pointNs: Float64Array;
  readonly pointTraceId: Uint8Array;
  readonly pointSpanId: Uint8Array;
};

/** A ring is a slow item without error, a diamond one with. */
export const LATENCY_POINT = { ring: 0, diamond: 1 } as const;

export interface FacetsParams {
  readonly filter: Filter;
  readonly brush?: Brush | null;
}

/** One chip: a clause that narrows the list, and how many of its traces would be left. */
export interface Facet {
  /** A clause of the query language, ready to be added with a space. */
  readonly clause: string;
  readonly kind: 'error' | 'slow' | 'exception' | 'status' | 'service' | 'root';
  readonly count: number;
}

/** Facets that would leave nothing, or all, are left out. */
export interface FacetsMeta {
  /** Traces in the list. */
  readonly total: number;
  /** False while traces are still looked through: counts are then those so far. */
  readonly complete: boolean;
  readonly facets: readonly Facet[];
}
