/** The topics of the Traces screen's list: a window of the traces, or of the spans, that match. */
import type { Brush, Filter, SpanOrder, TraceOrder } from './filter.ts';

/**
 * Which part of a list is asked for.
 *
 * In the order `newest`, `anchor` holds the list: only what was first seen up to this ordinal; null
 * follows. In every other order the list is a snapshot, so that no row moves by itself: `anchor` is
 * a number that the client makes up, and another one than before (null is one too) sorts anew.
 */
export interface ListWindow {
  readonly anchor: number | null;
  /** Rows from the top of the (held) list. */
  readonly first: number;
  readonly count: number;
}

export interface ListMeta {
  /** Items that match the filter and lie in the brush. */
  readonly matched: number;
  /** Rows of the (held) list: what `first` counts in. */
  readonly length: number;
  /** `newest`: matches above the anchor. Else: matches that would enter or may move when renewed. */
  readonly newCount: number;
  /** `newest`: the newest ordinal in the list, what to hold at; -1 when empty. Else: the anchor or 0. */
  readonly newestOrdinal: number;
  /** The order of the rows, as it was asked for. */
  readonly order: TraceOrder;
  readonly first: number;
  readonly strings: readonly string[];
  /** True while older items are still being searched. */
  readonly searching: boolean;
}

export interface TracesParams extends ListWindow {
  readonly filter: Filter;
  /** Left out: null, no brush. */
  readonly brush?: Brush | null;
  /** Left out: `newest`. */
  readonly order?: TraceOrder;
}

export interface TracesMeta extends ListMeta {
  /** Traces in memory. */
  readonly total: number;
  /** Traces that ever came into this list since it was opened: rises with each that matches anew. */
  readonly entered: number;
  /** Pinned traces, in pin order, as rows appended after the window's `count` rows. */
  readonly pinned: number;
}

/**
 * Columns of `traces`, one entry a row, window rows first, then the pinned ones.
 * `flags` are TRACE_FLAG bits. Shape boxes are x0, x1 in 1/65535 of the trace's length.
 */
export type TracesColumns = {
  readonly ordinal: Float64Array;
  /** 16 bytes a row. */
  readonly traceId: Uint8Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  readonly durationNs: Float64Array;
  readonly spanCount: Uint32Array;
  readonly errorCount: Uint32Array;
  /** Spans of the trace that were evicted or cleared; flag `partlyEvicted` with 0: log records were. */
  readonly evictedCount: Uint32Array;
  readonly flags: Uint8Array;
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  /** The root's HTTP or RPC status code as text. */
  readonly statusStr: Int32Array;
  readonly servicesStart: Uint32Array;
  readonly servicesStr: Int32Array;
  readonly shapeStart: Uint32Array;
  readonly shapeX0: Uint16Array;
  readonly shapeX1: Uint16Array;
  /** 0–4. */
  readonly shapeLane: Uint8Array;
  readonly shapeServiceStr: Int32Array;
};

export const TRACE_FLAG = {
  hasRoot: 1,
  hasError: 2,
  /**
   * More is to come: no root or not every parent was received, and a span arrived in the last five
   * seconds.
   */
  receiving: 4,
  partlyEvicted: 8,
  pinned: 16,
  severalRoots: 32,
} as const;

export interface SpansParams extends ListWindow {
  readonly filter: Filter;
  /** Left out: null, no brush. */
  readonly brush?: Brush | null;
  /** Left out: `newest`. */
  readonly order?: SpanOrder;
}

export interface SpansMeta extends ListMeta {
  /** Spans in memory. */
  readonly total: number;
}

/** Columns of `spans`, one entry a row. An ordinal is the span's place in order of arrival. */
export type SpansColumns = {
  readonly ordinal: Float64Array;
  /** 16 bytes a row. */
  readonly traceId: Uint8Array;
  /** 8 bytes a row. */
  readonly spanId: Uint8Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  /** end - start, never negative. */
  readonly durationNs: Float64Array;
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  /** Name of the trace's root span; -1 while that is not received. */
  readonly rootStr: Int32Array;
  /** OTLP span kind, 0–5. */
  readonly kind: Uint8Array;
  /** OTLP status code, 0–2. */
  readonly status: Uint8Array;
  /** SPAN_ROW_FLAG bits. */
  readonly flags: Uint8Array;
};

export const SPAN_ROW_FLAG = { error: 1, hasException: 2, badTime: 4, isRoot: 8 } as const;
