/**
 * What can be requested: parameters in, one JSON result out. 64-bit integers and times in ns are
 * decimal strings. Methods under `receiver.`, `testTrace.`, `operation.` and `journal.` are answered by
 * the host that runs the engine, the rest by the engine itself.
 */
import type { Signal } from '../otlp/signal.ts';
import type { Filter, ReceiverProtocol, RestoredCounts, StatusMeta } from './topics.ts';

export interface Methods {
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
  readonly 'traces.list': {
    readonly params: { readonly filter: Filter; readonly limit: number; readonly cursor: string };
    readonly result: {
      readonly traces: readonly TraceSummary[];
      readonly nextCursor: string | null;
      readonly matched: number;
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
