/**
 * What can be subscribed to: parameters in, frames out. Each frame is a `meta` (JSON) and columns.
 *
 * Conventions: `…Hi`/`…Lo` columns are the uint32 halves of a time in ns since the Unix epoch.
 * `…Str` columns are indexes into the frame's own `strings`; -1 is none. Ragged columns come as
 * `xStart` (rows + 1 offsets) and the flat `x…` columns they point into. An ordinal is the place of a
 * row in its list since the engine started or was cleared: it never changes, and eviction only raises
 * the first one that exists.
 */
import type { ItemKind, Signal } from '../otlp/signal.ts';
import type { Column } from './frame.ts';

/** What narrows every screen at once. `text`: words that all have to occur (docs/query.md). */
export interface Filter {
  readonly text: string;
  /** Only these services, when not empty. */
  readonly services: readonly string[];
  readonly notServices: readonly string[];
}

export const NO_FILTER: Filter = { text: '', services: [], notServices: [] };

export interface Topics {
  readonly status: { readonly params: Record<string, never>; readonly meta: StatusMeta };
  readonly sources: { readonly params: Record<string, never>; readonly meta: SourcesMeta };
  readonly requests: { readonly params: { readonly limit: number }; readonly meta: RequestsMeta };
  readonly traces: { readonly params: TracesParams; readonly meta: TracesMeta };
  readonly trace: { readonly params: { readonly traceId: string }; readonly meta: TraceMeta };
  readonly logs: { readonly params: LogsParams; readonly meta: LogsMeta };
  readonly metrics: { readonly params: MetricsParams; readonly meta: MetricsMeta };
  readonly series: { readonly params: SeriesParams; readonly meta: SeriesMeta };
}

export type TopicName = keyof Topics;

// ---- status: always a snapshot, at most twice a second, no columns -------------------------------

/** received = kept + evicted + rejected + duplicates, at every moment. */
export interface ItemCounts {
  readonly received: number;
  readonly kept: number;
  /** No longer kept: for the memory limit, or because a person cleared them. */
  readonly evicted: number;
  /** The part of `evicted` that a person cleared. */
  readonly cleared: number;
  readonly rejected: number;
  readonly duplicates: number;
}

export type ReceiverProtocol = 'http' | 'grpc';

export interface ReceiverState {
  readonly protocol: ReceiverProtocol;
  readonly state: 'starting' | 'listening' | 'taken' | 'failed' | 'stopped';
  /** The port asked for, or the one bound when 0 was asked for. */
  readonly port: number;
  /** Addresses bound, e.g. 127.0.0.1 and ::1. */
  readonly hosts: readonly string[];
  /** What happened and what to do, when not listening. */
  readonly message: string;
}

/** A long piece of work that a person may watch and cancel: an export, an import, a restore. */
export interface OperationState {
  readonly id: number;
  readonly kind: 'export' | 'import' | 'restore';
  readonly label: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** Bytes handled so far; of `totalBytes`, 0 when that is not known. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly items: number;
  readonly message: string;
}

/** What a restore brought back. */
export interface RestoredCounts extends Readonly<Record<ItemKind, number>> {
  /** Bytes of the journal that were cut off or damaged. */
  readonly lostBytes: number;
  /** The journal had failed before the end, so that what came later was not in it. */
  readonly isPartial: boolean;
}

/** How captures outlive a crash. */
export interface JournalStatus {
  /** `off` by choice; `failed` by an error, which `message` tells with what follows from it. */
  readonly state: 'off' | 'on' | 'failed';
  readonly message: string;
  /** A capture of an earlier run that did not end cleanly, to be restored or discarded; else null. */
  readonly recovery: { readonly bytes: number; readonly startedMs: number } | null;
  /** What this engine took back when it started; null when it started empty. */
  readonly restored: RestoredCounts | null;
}

export const NO_JOURNAL: JournalStatus = {
  state: 'off',
  message: '',
  recovery: null,
  restored: null,
};

export interface StatusMeta {
  readonly version: string;
  readonly uptimeMs: number;
  readonly receivers: readonly ReceiverState[];
  readonly memory: {
    readonly budgetBytes: number;
    readonly usedBytes: number;
    readonly rawBytes: number;
  };
  readonly signals: Readonly<Record<ItemKind, ItemCounts>>;
  /** Items accepted per second over the last two seconds. */
  readonly rates: Readonly<Record<ItemKind, number>>;
  readonly counts: {
    readonly traces: number;
    readonly logRecords: number;
    readonly metrics: number;
    readonly services: number;
    /** Distinct (service, instance or pid) resources seen in memory. */
    readonly processes: number;
  };
  /** Arrival of the oldest data kept, ms since the Unix epoch; null when empty. */
  readonly oldestMs: number | null;
  /** Requests that were refused whole. */
  readonly requestsRefused: number;
  /**
   * Strings that were not UTF-8 when they came: they are shown with replacement characters. Requests
   * of a flood are not looked at; `uncheckedBytes` says how much of them.
   */
  readonly invalidStrings: { readonly strings: number; readonly uncheckedBytes: number };
  readonly operations: readonly OperationState[];
  readonly journal: JournalStatus;
}

// ---- sources: snapshot of services, busiest order is the client's business -----------------------

export interface SourceService {
  readonly name: string;
  /** First-seen order since start, the base of the colour assignment. */
  readonly index: number;
  readonly language: string;
  readonly sdkVersion: string;
  readonly processes: number;
  readonly spansPerSecond: number;
  readonly logsPerSecond: number;
  readonly spans: number;
  readonly errors: number;
}

export interface SourcesMeta {
  readonly services: readonly SourceService[];
}

// ---- requests: the receiver log, newest last; deltas append --------------------------------------

export interface RequestEntry {
  readonly ordinal: number;
  readonly timeMs: number;
  readonly protocol: ReceiverProtocol;
  /** What the line leads with: 'OK', '415', 'OPTIONS', 'UNIMPLEMENTED', 'UP'. */
  readonly label: string;
  readonly outcome: 'ok' | 'info' | 'warning' | 'refused';
  /** A sentence; for refused requests with the reason and what to do. */
  readonly message: string;
  readonly bytes: number;
  readonly items: number;
  readonly userAgent: string;
  /** How many equal lines this one stands for. */
  readonly repeats: number;
}

export interface RequestsMeta {
  readonly entries: readonly RequestEntry[];
}

// ---- traces: the trace list's window, newest first seen on top -----------------------------------

export interface TracesParams {
  readonly filter: Filter;
  /** Hold: only traces first seen up to this ordinal; null follows. */
  readonly anchor: number | null;
  /** Rows from the top of the (held) list. */
  readonly first: number;
  readonly count: number;
}

export interface TracesMeta {
  /** Traces in memory, and those that match the filter. */
  readonly total: number;
  readonly matched: number;
  /** Matching traces up to the anchor: the length of the list that `first` counts in. */
  readonly length: number;
  /** Matching traces above the anchor. */
  readonly newCount: number;
  /** The newest ordinal in the list: what to hold at. */
  readonly newestOrdinal: number;
  readonly first: number;
  readonly strings: readonly string[];
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

// ---- trace: the layout of one trace --------------------------------------------------------------

export interface TraceMeta {
  readonly traceId: string;
  /** `absent`: nothing of this id is in memory (not received yet, or evicted). */
  readonly state: 'absent' | 'present';
  /** Counts relayouts; the boxes of another layout do not mix. */
  readonly layout: number;
  /**
   * Boxes of the whole layout, and where this frame's part starts: large layouts come in several
   * frames; the first is a snapshot, the rest are deltas of the same `layout`.
   */
  readonly boxCount: number;
  readonly firstBox: number;
  readonly baseHi: number;
  readonly baseLo: number;
  readonly durationNs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly laneCount: number;
  readonly maxDepth: number;
  readonly inferredCount: number;
  readonly orphanCount: number;
  readonly logCount: number;
  readonly flags: number;
  /**
   * Spans whose clock evidently differs from that of their parent in another service, by more than
   * 2 ms: they start before it, or are the server of a client span that they end after.
   */
  readonly skewCount: number;
  /** Strings that this frame adds; `…Str` indexes count through all frames of the layout. */
  readonly strings: readonly string[];
  readonly rootBox: number;
  readonly pinned: boolean;
}

/**
 * Columns of `trace`: one entry a box, in depth-first order (a parent before its children, siblings
 * by start). Times in ns from the base. Inferred boxes stand for parents that were not received.
 */
export type TraceColumns = {
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly selfNs: Float64Array;
  readonly lane: Uint32Array;
  readonly depth: Uint32Array;
  /** -1 for roots. */
  readonly parentBox: Int32Array;
  /** Boxes in the subtree below this one; the next sibling is at box + descendants + 1. */
  readonly descendants: Uint32Array;
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly eventCount: Uint16Array;
  readonly linkCount: Uint16Array;
  /** 8 bytes a box. */
  readonly spanId: Uint8Array;
};

export const BOX_FLAG = {
  error: 1,
  inferred: 2,
  /** Its parent was not received. */
  orphan: 4,
  /** end < start, or no end: drawn as a point. */
  badTime: 8,
  /** Two spans of different kind share this span id. */
  sharedId: 16,
  /** The parent is remote (span flags say so). */
  remoteParent: 32,
  hasException: 64,
  inCycle: 128,
} as const;

// ---- logs: a window of the log tail, oldest first, in order of arrival ---------------------------

export interface LogsParams {
  readonly filter: Filter;
  /** Least severity number shown; 0 shows unset ones too. */
  readonly minSeverity: number;
  /** null: the newest `count` records, following. Otherwise from this ordinal on. */
  readonly first: number | null;
  readonly count: number;
  /** Only the records of this trace, when not ''. */
  readonly traceId: string;
}

export interface LogsMeta {
  readonly total: number;
  /** Ordinals [begin, end) of the filtered list exist. */
  readonly begin: number;
  readonly end: number;
  readonly first: number;
  readonly strings: readonly string[];
  /** Matching records by level: trace, debug, info, warn, error, fatal, unset. */
  readonly levels: readonly number[];
  /** True while older records are still being searched. */
  readonly searching: boolean;
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
  readonly bodyStr: Int32Array;
  readonly attributesStr: Int32Array;
  readonly eventNameStr: Int32Array;
  readonly traceIdStr: Int32Array;
  readonly spanIdStr: Int32Array;
  readonly cut: Uint8Array;
};

export const LOG_TEXT_LIMIT = 1000;

// ---- metrics: a window of the catalog ------------------------------------------------------------

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

// ---- series: points of one metric ----------------------------------------------------------------

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

/** Column sets by topic, for typed readers. */
export interface TopicColumns {
  readonly status: Record<never, Column>;
  readonly sources: Record<never, Column>;
  readonly requests: Record<never, Column>;
  readonly traces: TracesColumns;
  readonly trace: TraceColumns;
  readonly logs: LogsColumns;
  readonly metrics: MetricsColumns;
  readonly series: SeriesColumns;
}

/** A signal's selection for exports: everything, one trace, or what a filter matches. */
export type Selection =
  | { readonly type: 'all'; readonly signals: readonly Signal[] }
  | { readonly type: 'traces'; readonly traceIds: readonly string[] }
  | { readonly type: 'filter'; readonly signal: Signal; readonly filter: Filter };
