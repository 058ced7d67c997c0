/** The `logs` topic: a window of the log tail, oldest first, in order of arrival. */
import type { Filter } from './filter.ts';

export interface LogsParams {
  readonly filter: Filter;
  /** Least severity number shown; 0 shows unset ones too. */
  readonly minSeverity: number;
  /** null: the newest `count` records, following. Otherwise from this ordinal on. */
  readonly first: number | null;
  readonly count: number;
  /** Only the records of this trace, when not ''. */
  readonly traceId: string;
  /**
   * Folds repeats: neighbours in the list with equal body, service and severity, each within a second
   * of the one before, are one row. Positions then count rows, not records. Left out: false.
   */
  readonly fold?: boolean;
  /** The most columns of the density, and the ticks of the gutter. Left out: 0, none. */
  readonly densityColumns?: number;
  readonly ticks?: number;
}

export interface LogsMeta {
  readonly total: number;
  /** Positions [begin, end) of the filtered list exist; they are what `ordinal` and `first` count. */
  readonly begin: number;
  readonly end: number;
  readonly first: number;
  readonly strings: readonly string[];
  /** Matching records by level: trace, debug, info, warn, error, fatal, unset. */
  readonly levels: readonly number[];
  /** True while older records are still being searched. */
  readonly searching: boolean;
  /** Matching records per second over the last two seconds of arrival. */
  readonly perSecond: number;
  /**
   * The time axis of `density`: column c begins at fromNs (decimal, ns since the Unix epoch) + c *
   * columnNs. Columns widen by doubling. null when there is nothing to show.
   */
  readonly density: {
    readonly fromNs: string;
    readonly columnNs: number;
    readonly columns: number;
  } | null;
}

/** Columns of `logs`. Texts are cut at LOG_TEXT_LIMIT characters; `cut` says so. */
export type LogsColumns = {
  readonly ordinal: Float64Array;
  /** The record's key for `log.get`. */
  readonly row: Float64Array;
  readonly timeHi: Uint32Array;
  readonly timeLo: Uint32Array;
  readonly severity: Uint8Array;
  readonly severityTextStr: Int32Array;
  readonly serviceStr: Int32Array;
  /** Name of the instrumentation scope. */
  readonly scopeStr: Int32Array;
  readonly bodyStr: Int32Array;
  readonly attributesStr: Int32Array;
  readonly eventNameStr: Int32Array;
  readonly traceIdStr: Int32Array;
  readonly spanIdStr: Int32Array;
  readonly cut: Uint8Array;
  /** UTF-16 units of the body that `bodyStr` leaves out. */
  readonly bodyCut: Uint32Array;
  /** Records that the row stands for: above 1 only when repeats are folded. The first is shown. */
  readonly repeats: Uint32Array;
  /** LOG_FLAG bits. */
  readonly flags: Uint8Array;
  /** Matching records by time and level: 7 counts a column, in the order of `levels`. */
  readonly density: Uint32Array;
  /**
   * Most severe level in each of `ticks` equal stretches of [begin, end): its place in the order of
   * `levels`; LOG_NO_TICK where there is no row.
   */
  readonly ticks: Uint8Array;
};

/** `exception`: the record carries exception.type or exception.message. */
export const LOG_FLAG = { exception: 1 } as const;

export const LOG_NO_TICK = 255;

export const LOG_TEXT_LIMIT = 1000;
