/**
 * The shapes of the store's tables: what views, queries and the live server may read.
 *
 * Everything that grows is a table of parallel typed-array columns in segments of 65,536 rows:
 *
 * ```
 *   row (int32, reused)  = segment index << 16 | slot        where the row is in memory
 *   ordinal (f64, never reused) = segment.baseOrdinal + slot  its place in order of arrival
 *
 *   order:   [ seg 3 ][ seg 0 ][ seg 5 ]        oldest … newest; evicted from the left
 *   begin ─────▲ first live ordinal             end ────▲ one past the newest
 * ```
 * A row number stays valid until its row is evicted. Times are two uint32 columns, exact. -1 is the
 * only "none" of an int32 row column. Only the file that owns a table writes to it.
 */

export const SEGMENT_BITS = 16;
export const SEGMENT_ROWS = 1 << SEGMENT_BITS;
export const SLOT_MASK = SEGMENT_ROWS - 1;

export interface Segment {
  /** Ordinal of slot 0. */
  readonly baseOrdinal: number;
  /** First live slot: earlier ones are evicted. */
  readonly first: number;
  /** Slots written. */
  readonly count: number;
}

export interface Table<S extends Segment> {
  /** By segment index (row >>> SEGMENT_BITS); undefined where nothing is allocated. */
  readonly segments: readonly (S | undefined)[];
  /** Segment indexes, oldest first. */
  readonly order: readonly number[];
  /** Live rows have ordinals in [begin, end). */
  readonly begin: number;
  readonly end: number;
  /** Bumped by every append, eviction or clear. */
  readonly generation: number;
  /** The row of a live ordinal; undefined behaviour outside [begin, end). O(1). */
  rowOf(ordinal: number): number;
  ordinalOf(row: number): number;
}

/** Columns that every item table shares: where its bytes are and what sent it. */
export interface ItemColumns extends Segment {
  /** Where the item's message lies in its batch's slab; its length stands before it. */
  readonly offset: Uint32Array;
  /** Row in `batches` of the item in a slot: the export request it came in. */
  batchOf(slot: number): number;
  resourceOf(slot: number): number;
  scopeOf(slot: number): number;
}

export interface SpanSegment extends ItemColumns {
  readonly trace: Int32Array;
  readonly spanIdHi: Uint32Array;
  readonly spanIdLo: Uint32Array;
  /**
   * The parent's id; both 0 for a root span. Once `SpanTable.resolveParents` has found the parent,
   * which SPAN_FLAG.resolved says, the lower half is its row.
   */
  readonly parentIdHi: Uint32Array;
  readonly parentLink: Uint32Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  readonly endHi: Uint32Array;
  readonly endLo: Uint32Array;
  readonly name: Int32Array;
  /** Next span of the same trace in order of arrival. */
  readonly nextInTrace: Int32Array;
  /** OTLP span kind, 0–5; out-of-range values are kept in the bytes and are 0 here. */
  readonly kind: Uint8Array;
  /** SPAN_FLAG bits, and the OTLP status code (0–2) from bit STATUS_SHIFT on. */
  readonly flags: Uint8Array;
  /** Events and links, at most 255 each: the bytes have them all. */
  readonly eventCount: Uint8Array;
  readonly linkCount: Uint8Array;
  /** OTLP status code, 0–2. */
  statusOf(slot: number): number;
  /** Whether the span names a parent. */
  isChild(slot: number): boolean;
  /** The parent's row: -1 for roots, and while the parent is missing or was not looked up. */
  parentRowOf(slot: number): number;
}

export const SPAN_FLAG = {
  /** A later, more complete span with this id replaced it; it is in no trace any more. */
  superseded: 1,
  /** Shares its id with a span of another kind. */
  sharedId: 2,
  /** Span.flags 0x100 and 0x200: the parent is known to be remote. */
  remoteParent: 4,
  /** An event is named `exception`. */
  hasException: 8,
  /** end < start, or end is 0. */
  badTime: 16,
  /** `parentLink` is a row. */
  resolved: 32,
} as const;

export const STATUS_SHIFT = 6;

export interface LogSegment extends ItemColumns {
  /** -1 without a (valid) trace id. */
  readonly trace: Int32Array;
  readonly spanIdHi: Uint32Array;
  readonly spanIdLo: Uint32Array;
  /** timeUnixNano, or observedTimeUnixNano where that is 0, or the time of arrival. */
  readonly timeHi: Uint32Array;
  readonly timeLo: Uint32Array;
  readonly severity: Uint8Array;
  readonly nextInTrace: Int32Array;
}

export interface PointSegment extends ItemColumns {
  readonly series: Int32Array;
  readonly timeHi: Uint32Array;
  readonly timeLo: Uint32Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  /** Number points: the value (ints rounded to f64; exact in the bytes). Others: the sum, or NaN. */
  readonly value: Float64Array;
  /** Distributions: the count. Number points: NaN. */
  readonly sampleCount: Float64Array;
  /** Previous point of the same series; -1 when none is in memory. */
  readonly previous: Int32Array;
  /** POINT_FLAG bits. */
  readonly flags: Uint8Array;
}

export const POINT_FLAG = { noRecordedValue: 1, isInt: 2 } as const;

/** One export request as it was kept. Not segmented like items: small, and reused by free list. */
export interface BatchTable {
  /** The bytes of the item at an offset: a live view, valid until the batch is evicted. */
  bytesOf(batch: number, offset: number): Uint8Array;
  lengthOf(batch: number, offset: number): number;
  /** All bytes of the slab that a batch lies in, which offsets count in: the same live array. */
  slabBytes(batch: number): Uint8Array;
  /** Arrival, ms since the Unix epoch. */
  arrivalMs(batch: number): number;
}

/** Interned strings, by byte hash. Row 0 is ''. Rows no live row names any more may be reused. */
export interface StringTable {
  get(row: number): string;
  /** The row of a string, or -1 when it is not interned. */
  find(text: string): number;
}

/** Distinct Resource messages (with their schema_url), by their bytes. */
export interface ResourceTable {
  /** String row of service.name; the row of 'unknown_service' when it has none. */
  service(row: number): number;
  /** The encoded opentelemetry.proto.resource.v1.Resource. A live view. */
  bytes(row: number): Uint8Array;
  schemaUrl(row: number): string;
  readonly count: number;
}

export interface ScopeTable {
  /** The encoded InstrumentationScope; empty when none was sent. A live view. */
  bytes(row: number): Uint8Array;
  schemaUrl(row: number): string;
  name(row: number): string;
  version(row: number): string;
}

/** One service as the side bar shows it; `index` is first-seen order. Counts are of kept items. */
export interface ServiceEntry {
  readonly name: string;
  readonly index: number;
  readonly language: string;
  readonly sdkVersion: string;
  /** Distinct resources of this service in memory. */
  readonly processes: number;
  /** Items ever accepted; the live server derives rates from them. */
  readonly spansAccepted: number;
  readonly logsAccepted: number;
  readonly spans: number;
  readonly errors: number;
}

/** Columns of one trace row. Rows are reused after a trace is gone; `ordinal` is not. */
export interface TraceRow {
  /** First-seen order. */
  readonly ordinal: number;
  readonly traceId: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly logCount: number;
  /** First span, and first log record, in order of arrival; -1 when there is none. */
  readonly firstSpan: number;
  readonly firstLog: number;
  /** The earliest-started span without parent; -1 when none was received. */
  readonly rootSpan: number;
  readonly rootCount: number;
  readonly startHi: number;
  readonly startLo: number;
  /** max(end) - min(start) over kept spans, never negative. */
  readonly durationNs: number;
  readonly lastArrivalMs: number;
  /** Spans or log records were evicted. */
  readonly partlyEvicted: boolean;
  /** Spans that were evicted or cleared since the trace is known. */
  readonly evictedCount: number;
  readonly pinned: boolean;
  /** Bumped by every change of the trace. */
  readonly generation: number;
}

export interface TraceTable {
  /** Traces that have spans. */
  readonly count: number;
  readonly generation: number;
  /** The row of a trace id (lower-case hex), or -1. */
  find(traceId: string): number;
  /** Whether a row still holds the trace that had this ordinal. */
  isLive(row: number, ordinal: number): boolean;
  get(row: number): TraceRow;
  /**
   * Rows of traces that have spans, in order of first sight, oldest first. A live view, valid until
   * the next append or eviction; O(removed traces) amortised.
   */
  inOrder(): { readonly rows: Int32Array; readonly length: number };
  /** Cheap column reads for hot loops. */
  ordinalOf(row: number): number;
  spanCountOf(row: number): number;
  firstSpanOf(row: number): number;
  generationOf(row: number): number;
  errorCountOf(row: number): number;
  startHiOf(row: number): number;
  startLoOf(row: number): number;
  durationNsOf(row: number): number;
  /** Writes the 16 bytes of the trace id into `target` from `at` on. */
  idInto(row: number, target: Uint8Array, at: number): void;
  /** The root span's row, -1 when none was received. */
  rootSpanOf(row: number): number;
  /**
   * Rows whose trace changed since `cursor` (0: everything), each at least once. `overflow` says the
   * log was too short and every trace has to be looked at.
   */
  changesSince(cursor: number): {
    readonly rows: Int32Array;
    readonly cursor: number;
    readonly overflow: boolean;
  };
  /** String rows of the trace's services, root's first, then by first sight; at most `limit`. */
  services(row: number, limit: number): readonly number[];
}

export interface SpanTable extends Table<SpanSegment> {
  /** Spans that newer ones replaced and whose rows are still there. */
  readonly supersededCount: number;
  /** Row of a span; with `kind`, the one of that kind when two share the id; -1 when absent. */
  find(traceRow: number, spanIdHi: number, spanIdLo: number, kind?: number): number;
  /** Looks up the parents of a trace's spans that are not resolved yet. O(unresolved spans). */
  resolveParents(traceRow: number): void;
}

export type LogTable = Table<LogSegment>;
export type PointTable = Table<PointSegment>;

/** One metric of the catalog: (service, scope, name, unit, kind, temporality, monotonic). */
export interface MetricEntry {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Field number of Metric.data: METRIC_KIND. */
  readonly kind: number;
  readonly monotonic: boolean;
  readonly temporality: number;
  readonly service: number;
  readonly scope: number;
  /** Series rows, in order of first sight. */
  readonly series: readonly number[];
  readonly pointCount: number;
}

export interface SeriesEntry {
  readonly metric: number;
  /** Newest point, -1 when all are evicted. */
  readonly lastPoint: number;
  readonly pointCount: number;
}

export interface MetricTable {
  /** Live metrics in order of first sight. */
  readonly entries: readonly MetricEntry[];
  find(id: number): MetricEntry | undefined;
  seriesOf(row: number): SeriesEntry;
  readonly generation: number;
}

/** Everything a view may read. */
export interface StoreRead {
  readonly strings: StringTable;
  readonly resources: ResourceTable;
  readonly scopes: ScopeTable;
  readonly batches: BatchTable;
  readonly traces: TraceTable;
  readonly spans: SpanTable;
  readonly logs: LogTable;
  readonly points: PointTable;
  readonly metrics: MetricTable;
  services(): readonly ServiceEntry[];
}
