/**
 * What can be requested: parameters in, one JSON result out. 64-bit integers and times in ns are
 * decimal strings. Methods under `receiver.`, `testTrace.`, `operation.` and `journal.` are answered by
 * the host that runs the engine, the rest by the engine itself.
 */
import type { Signal } from '../otlp/signal.ts';
import type { Completion } from '../query/completion.ts';
import type { MarkMethods } from './methods-marks.ts';
import type { LinkedSpan, SpanMethods } from './methods-span.ts';
import type {
  AttributeChanges,
  Brush,
  Filter,
  FlameSide,
  MetricRow,
  ReceiverProtocol,
  RestoredCounts,
  SeriesMeta,
  SpanOrder,
  StatusMeta,
  TraceOrder,
} from './topics.ts';

export interface Methods extends SpanMethods, MarkMethods {
  readonly 'status.get': { readonly params: Record<string, never>; readonly result: StatusMeta };
  /** One span in full. Fails with notFound. */
  readonly 'span.get': {
    readonly params: { readonly traceId: string; readonly spanId: string; readonly kind?: number };
    readonly result: SpanDetail;
  };
  /** The log records of one span, oldest first, at most `limit`. */
  readonly 'span.logs': {
    readonly params: { readonly traceId: string; readonly spanId: string; readonly limit: number };
    readonly result: { readonly total: number; readonly records: readonly LogSummary[] };
  };
  /** One log record in full, by the key of the `logs` topic. Fails with evicted. */
  readonly 'log.get': { readonly params: { readonly row: number }; readonly result: LogDetail };
  /** A page of the traces that match. */
  readonly 'traces.list': {
    readonly params: ListParams & { readonly order?: TraceOrder };
    readonly result: ListPage & { readonly traces: readonly TraceSummary[] };
  };
  /** A page of the spans that match. */
  readonly 'spans.list': {
    readonly params: ListParams & { readonly order?: SpanOrder };
    readonly result: ListPage & { readonly spans: readonly SpanItem[] };
  };
  /** A page of the log records that match, newest first. */
  readonly 'logs.list': {
    readonly params: Omit<ListParams, 'brush'> & {
      readonly minSeverity?: number;
      readonly traceId?: string;
    };
    readonly result: ListPage & { readonly logs: readonly LogItem[] };
  };
  /** Traces by their ids, at most 500, in the order asked for; those not in memory are left out. */
  readonly 'traces.rows': {
    readonly params: { readonly traceIds: readonly string[] };
    readonly result: { readonly traces: readonly TraceItem[] };
  };
  /**
   * The first position in a log list whose record is at or after a time; null when there is none.
   * Waits until older records have been searched.
   */
  readonly 'log.at': {
    readonly params: {
      readonly filter: Filter;
      readonly minSeverity: number;
      readonly traceId: string;
      readonly fold?: boolean;
      readonly timeUnixNano: string;
    };
    readonly result: { readonly position: number | null };
  };
  /**
   * Where a time lies in a list of traces or spans in the order `newest`, held at `anchor`: how many
   * rows are above it. Items that came out of order are taken as the few that they are.
   */
  readonly 'list.at': {
    readonly params: {
      readonly by: 'traces' | 'spans';
      readonly filter: Filter;
      readonly brush: Brush | null;
      readonly anchor: number | null;
      readonly timeUnixNano: string;
    };
    readonly result: { readonly above: number };
  };
  /** Metrics of the catalog that match, by service, scope and name. */
  readonly 'metrics.list': {
    readonly params: { readonly filter: Filter; readonly limit: number };
    readonly result: { readonly metrics: readonly MetricRow[]; readonly matched: number };
  };
  /** Points of one metric, as the `series` topic reduces them. Fails with notFound. */
  readonly 'metric.series': {
    readonly params: {
      readonly metric: number;
      readonly fromMs: number | null;
      readonly toMs: number | null;
      readonly maxPoints: number;
    };
    readonly result: MetricSeries;
  };
  /** What can be written at `cursor`, in UTF-16 units of the text, from what was received. */
  readonly 'query.complete': {
    readonly params: {
      readonly text: string;
      readonly cursor: number;
      readonly target: QueryTarget;
    };
    readonly result: Completion;
  };
  /** Which attribute values tell the traces of A from those of B. */
  readonly 'flame.attributes': {
    readonly params: { readonly a: FlameSide; readonly b: FlameSide };
    readonly result: AttributeChanges;
  };
  /** Reads a query without asking it; never fails for a wrong one. */
  readonly 'query.check': {
    readonly params: { readonly text: string; readonly target: QueryTarget };
    readonly result: QueryCheck;
  };
  /**
   * The spans of a trace that a query matches. Fails with notFound, with evicted, and with badParams
   * and the place in the text for a wrong query.
   */
  readonly 'trace.find': {
    readonly params: { readonly traceId: string; readonly text: string };
    readonly result: {
      readonly count: number;
      /** 16 hex characters a span, one after the other; of the first 200,000 in order of arrival. */
      readonly spanIds: string;
    };
  };
  /** The times of the events of some spans, at most 200; those not in memory are left out. Fails with notFound. */
  readonly 'trace.events': {
    readonly params: { readonly traceId: string; readonly spanIds: readonly string[] };
    readonly result: {
      readonly spans: readonly {
        readonly spanId: string;
        readonly events: readonly {
          /** From the start of the span, in ns. */
          readonly offsetNs: number;
          readonly isException: boolean;
        }[];
      }[];
    };
  };
  /** The trace as an OTLP JSON TracesData value, as text. Fails with notFound. */
  readonly 'trace.json': {
    readonly params: { readonly traceId: string };
    readonly result: { readonly json: string };
  };
  readonly 'trace.pin': {
    readonly params: { readonly traceId: string; readonly pinned: boolean };
    readonly result: { readonly pinned: boolean };
  };
  readonly clear: {
    readonly params: { readonly signal: Signal | 'all' };
    readonly result: Record<string, never>;
  };
  readonly 'testTrace.send': {
    readonly params: Record<string, never>;
    readonly result: { readonly traceId: string };
  };
  /** Tries to listen again, on another port (0: a free one). */
  readonly 'receiver.listen': {
    readonly params: { readonly protocol: ReceiverProtocol; readonly port: number };
    readonly result: { readonly listening: boolean; readonly message: string };
  };
  readonly 'operation.cancel': {
    readonly params: { readonly id: number };
    readonly result: Record<string, never>;
  };
  /** Takes a finished operation off the list. */
  readonly 'operation.dismiss': {
    readonly params: { readonly id: number };
    readonly result: Record<string, never>;
  };
  /** Takes back the capture that the status offers; its progress is an operation. Fails with notFound. */
  readonly 'journal.restore': {
    readonly params: Record<string, never>;
    readonly result: RestoredCounts;
  };
  /** Removes the capture that the status offers. Fails with notFound. */
  readonly 'journal.discard': {
    readonly params: Record<string, never>;
    readonly result: Record<string, never>;
  };
}

export type MethodName = keyof Methods;

/** What a query is asked of. */
export type QueryTarget = 'traces' | 'spans' | 'logs' | 'metrics';

export interface QueryCheck {
  readonly ok: boolean;
  /** The query as it is understood, written out; the text itself when it is wrong. */
  readonly canonical: string;
  /** What is wrong, and where in UTF-16 units: [from, to). */
  readonly error: { readonly from: number; readonly to: number; readonly message: string } | null;
  /** How it is run, one line a step; '' when it is wrong. */
  readonly explain: string;
}

export interface ListParams {
  readonly filter: Filter;
  readonly brush?: Brush | null;
  readonly limit: number;
  /**
   * '' for the first page, then `nextCursor`. A cursor is a place in the order, not a count: pages
   * neither repeat nor skip items while others arrive and are evicted. In orders other than newest
   * that holds for items whose own key does not change between the pages.
   */
  readonly cursor: string;
}

export interface ListPage {
  /** null after the last page. */
  readonly nextCursor: string | null;
  /** All that match, on this page and on others. */
  readonly matched: number;
}

export interface TraceSummary {
  readonly traceId: string;
  readonly rootName: string;
  readonly rootService: string;
  readonly startTimeUnixNano: string;
  readonly durationNs: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly services: readonly string[];
}

/** A trace with the state of its arrival. */
export interface TraceItem extends TraceSummary {
  readonly hasRoot: boolean;
  readonly partlyEvicted: boolean;
  /** Spans that were evicted or cleared. */
  readonly evictedCount: number;
  /** Root's HTTP or RPC status code as text; '' when it has none. */
  readonly statusText: string;
}

/** A span of a list: OTLP JSON of the span, with what identifies its sender. */
export interface SpanItem {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly durationNs: string;
  /** Name of the trace's root span; '' while that is not received. */
  readonly rootName: string;
  /** opentelemetry.proto.trace.v1.Span in OTLP JSON. */
  readonly span: unknown;
}

/** A log record of a list. */
export interface LogItem {
  /** Its key for `log.get`. */
  readonly row: number;
  /** timeUnixNano, or when it was observed or arrived where that is 0. */
  readonly timeUnixNano: string;
  readonly service: string;
  /** The body as text, whole. */
  readonly bodyText: string;
  /** opentelemetry.proto.logs.v1.LogRecord in OTLP JSON. */
  readonly logRecord: unknown;
}

/** One metric's series. */
export interface MetricSeries extends SeriesMeta {
  readonly metric: MetricRow;
  /** One a series, in the order of `series`. NaN and infinities are null. */
  readonly points: readonly {
    readonly timeMs: readonly number[];
    readonly values: readonly (number | null)[];
  }[];
}

/** An attribute value for display: its OTLP type, and OTLP JSON of the value. */
export type JsonValue =
  | { readonly type: 'empty' }
  | { readonly type: 'string'; readonly value: string; readonly invalidUtf8?: true }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: string }
  /** NaN and infinities as their names, which JSON has no numbers for. */
  | { readonly type: 'double'; readonly value: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { readonly type: 'array'; readonly values: readonly JsonValue[] }
  | { readonly type: 'kvlist'; readonly values: readonly JsonAttribute[] }
  /** base64. */
  | { readonly type: 'bytes'; readonly value: string };

export interface JsonAttribute {
  readonly key: string;
  readonly value: JsonValue;
}

export interface ResourceDetail {
  readonly attributes: readonly JsonAttribute[];
  readonly droppedAttributesCount: number;
  readonly schemaUrl: string;
}

export interface ScopeDetail extends ResourceDetail {
  readonly name: string;
  readonly version: string;
}

export interface SpanDetail {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly service: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message: string };
  readonly attributes: readonly JsonAttribute[];
  readonly droppedAttributesCount: number;
  readonly events: readonly {
    readonly timeUnixNano: string;
    readonly name: string;
    readonly attributes: readonly JsonAttribute[];
    readonly droppedAttributesCount: number;
  }[];
  readonly droppedEventsCount: number;
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceState: string;
    readonly flags: number;
    readonly attributes: readonly JsonAttribute[];
    readonly droppedAttributesCount: number;
    /** Whether the linked trace is in memory now. */
    readonly present: boolean;
    /** The linked span; null when it is not in memory now. */
    readonly target: Pick<LinkedSpan, 'service' | 'name' | 'durationNs'> | null;
  }[];
  readonly droppedLinksCount: number;
  readonly resource: ResourceDetail;
  readonly scope: ScopeDetail;
  /** The span alone as OTLP JSON, indented. */
  readonly rawJson: string;
  readonly wireBytes: number;
}

export interface LogSummary {
  readonly row: number;
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly service: string;
  readonly body: string;
  /** What an event says, or a record with `exception.*` attributes; null for other records. */
  readonly event: LogEvent | null;
  /** Its `code.*` attributes: where in the program it was written. */
  readonly code: readonly JsonAttribute[];
}

/** A log record that is more than a line: an event, or an exception. */
export interface LogEvent {
  /** `event_name`, or the retired attribute `event.name`; '' for an exception without one. */
  readonly name: string;
  readonly body: JsonValue;
  readonly attributes: readonly JsonAttribute[];
}

export interface LogDetail {
  readonly row: number;
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly service: string;
  readonly body: JsonValue;
  readonly attributes: readonly JsonAttribute[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly spanName: string;
  readonly resource: ResourceDetail;
  readonly scope: ScopeDetail;
  readonly rawJson: string;
  readonly wireBytes: number;
}
