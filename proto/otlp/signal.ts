/** The four OTLP signals, in the words of the specification's paths and services. */
export type Signal = 'traces' | 'metrics' | 'logs' | 'profiles';

export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics', 'profiles'];

/** What one item of a signal is called in counters: spans, log records, data points, profiles. */
export type ItemKind = 'spans' | 'logRecords' | 'dataPoints' | 'profiles';

export const ITEM_KIND: Readonly<Record<Signal, ItemKind>> = {
  traces: 'spans',
  logs: 'logRecords',
  metrics: 'dataPoints',
  profiles: 'profiles',
};

/** The HTTP path of each signal. Profiles are also accepted on `/v1/profiles`. */
export const HTTP_PATH: Readonly<Record<Signal, string>> = {
  traces: '/v1/traces',
  metrics: '/v1/metrics',
  logs: '/v1/logs',
  profiles: '/v1development/profiles',
};

/** The full gRPC service name of each signal; its one method is `Export`. */
export const GRPC_SERVICE: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
  profiles: 'opentelemetry.proto.collector.profiles.v1development.ProfilesService',
};

/** Span kinds by OTLP enum value. */
export const SPAN_KIND = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const;
/** Status codes by OTLP enum value. */
export const STATUS_CODE = ['unset', 'ok', 'error'] as const;
/** Metric data kinds; the number is the field of `Metric.data` in OTLP. */
export const METRIC_KIND = {
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponentialHistogram: 10,
  summary: 11,
} as const;
/** Aggregation temporality by OTLP enum value. */
export const TEMPORALITY = ['unspecified', 'delta', 'cumulative'] as const;

/** The severity class of an OTLP severity number (1–24); 0 and out-of-range numbers are `unset`. */
export type SeverityLevel = 'unset' | 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

const LEVELS: readonly SeverityLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

export function severityLevel(severityNumber: number): SeverityLevel {
  if (severityNumber < 1 || severityNumber > 24) return 'unset';
  return LEVELS[(severityNumber - 1) >> 2] ?? 'unset';
}
