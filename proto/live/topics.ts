/**
 * What can be subscribed to: parameters in, frames out. Each frame is a `meta` (JSON) and columns.
 *
 * Conventions: `…Hi`/`…Lo` columns are the uint32 halves of a time in ns since the Unix epoch.
 * `…Str` columns are indexes into the frame's own `strings`; -1 is none. Ragged columns come as
 * `xStart` (rows + 1 offsets) and the flat `x…` columns they point into. An ordinal is the place of a
 * row in its list since the engine started or was cleared: it never changes, and eviction only raises
 * the first one that exists. A filter whose query is wrong ends the subscription with `badParams`.
 */
import type { Column } from './frame.ts';
import type {
  FlameColumns,
  FlameDiffColumns,
  FlameDiffMeta,
  FlameDiffParams,
  FlameMeta,
  FlameParams,
} from './topics-flame.ts';
import type {
  FacetsMeta,
  FacetsParams,
  LatencyColumns,
  LatencyMeta,
  LatencyParams,
} from './topics-latency.ts';
import type { LogsColumns, LogsMeta, LogsParams } from './topics-logs.ts';
import type { MarksMeta } from './topics-marks.ts';
import type {
  MetricsColumns,
  MetricsMeta,
  MetricsParams,
  SeriesColumns,
  SeriesMeta,
  SeriesParams,
} from './topics-metrics.ts';
import type { RequestsMeta, SourcesMeta, StatusMeta } from './topics-status.ts';
import type { TraceColumns, TraceMeta } from './topics-trace.ts';
import type {
  SpansColumns,
  SpansMeta,
  SpansParams,
  TracesColumns,
  TracesMeta,
  TracesParams,
} from './topics-traces.ts';

export * from './filter.ts';
export * from './topics-flame.ts';
export * from './topics-latency.ts';
export * from './topics-logs.ts';
export * from './topics-marks.ts';
export * from './topics-metrics.ts';
export * from './topics-status.ts';
export * from './topics-trace.ts';
export * from './topics-traces.ts';

export interface Topics {
  readonly status: { readonly params: Record<string, never>; readonly meta: StatusMeta };
  readonly sources: { readonly params: Record<string, never>; readonly meta: SourcesMeta };
  readonly requests: { readonly params: { readonly limit: number }; readonly meta: RequestsMeta };
  readonly marks: { readonly params: Record<string, never>; readonly meta: MarksMeta };
  readonly traces: { readonly params: TracesParams; readonly meta: TracesMeta };
  readonly spans: { readonly params: SpansParams; readonly meta: SpansMeta };
  readonly latency: { readonly params: LatencyParams; readonly meta: LatencyMeta };
  readonly facets: { readonly params: FacetsParams; readonly meta: FacetsMeta };
  readonly trace: {
    /** `corrected`: times without evident clock skew, instead of those received. */
    readonly params: { readonly traceId: string; readonly corrected?: boolean };
    readonly meta: TraceMeta;
  };
  readonly flame: { readonly params: FlameParams; readonly meta: FlameMeta };
  readonly flameDiff: { readonly params: FlameDiffParams; readonly meta: FlameDiffMeta };
  readonly logs: { readonly params: LogsParams; readonly meta: LogsMeta };
  readonly metrics: { readonly params: MetricsParams; readonly meta: MetricsMeta };
  readonly series: { readonly params: SeriesParams; readonly meta: SeriesMeta };
}

export type TopicName = keyof Topics;

/** Column sets by topic, for typed readers. */
export interface TopicColumns {
  readonly status: Record<never, Column>;
  readonly sources: Record<never, Column>;
  readonly requests: Record<never, Column>;
  readonly marks: Record<never, Column>;
  readonly traces: TracesColumns;
  readonly spans: SpansColumns;
  readonly latency: LatencyColumns;
  readonly facets: Record<never, Column>;
  readonly trace: TraceColumns;
  readonly flame: FlameColumns;
  readonly flameDiff: FlameDiffColumns;
  readonly logs: LogsColumns;
  readonly metrics: MetricsColumns;
  readonly series: SeriesColumns;
}
