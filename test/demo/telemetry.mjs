/**
 * One OpenTelemetry SDK per demo service, as if each were its own process: own resource, own exporters,
 * own protocol, so that a run of the demo exercises gRPC, http/protobuf and http/json at once.
 */
import { context, propagation } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** How soon a finished span or log record leaves; the SDK's default of five seconds is not live. */
const SCHEDULE_DELAY_MS = 200;
const METRIC_INTERVAL_MS = 1000;

const EXPORTERS = {
  grpc: { traces: GrpcTraces, logs: GrpcLogs, metrics: GrpcMetrics },
  'http/protobuf': { traces: ProtoTraces, logs: ProtoLogs, metrics: ProtoMetrics },
  'http/json': { traces: JsonTraces, logs: JsonLogs, metrics: JsonMetrics },
};

let registered = false;

function exporterUrl(protocol, endpoints, signal) {
  return protocol === 'grpc' ? endpoints.grpc : `${endpoints.http}/v1/${signal}`;
}

/**
 * The SDK of one service.
 * @param {{name: string, version: string, language?: string, protocol: keyof typeof EXPORTERS}} service
 * @param {{http: string, grpc: string}} endpoints
 */
export function startTelemetry(service, endpoints) {
  const make = (signal, extra = {}) =>
    new EXPORTERS[service.protocol][signal]({
      url: exporterUrl(service.protocol, endpoints, signal),
      ...extra,
    });
  const resource = resourceFromAttributes({
    'service.name': service.name,
    'service.version': service.version,
    'service.namespace': 'bakery',
    'service.instance.id': `${service.name}-1`,
    'deployment.environment.name': 'development',
    'telemetry.sdk.language': service.language ?? 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': '2.12.0',
    'process.pid': process.pid,
    'host.name': 'bakery.local',
  });
  const tracerProvider = new NodeTracerProvider({
    resource,
    spanProcessors: [
      new BatchSpanProcessor(make('traces'), { scheduledDelayMillis: SCHEDULE_DELAY_MS }),
    ],
  });
  if (!registered) {
    // The first one also installs the context manager and the W3C propagator that all share.
    tracerProvider.register();
    registered = true;
  }
  const loggerProvider = new LoggerProvider({
    resource,
    processors: [
      new BatchLogRecordProcessor({
        exporter: make('logs'),
        scheduledDelayMillis: SCHEDULE_DELAY_MS,
      }),
    ],
  });
  const meterProvider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: make('metrics'),
        exportIntervalMillis: METRIC_INTERVAL_MS,
        exportTimeoutMillis: METRIC_INTERVAL_MS,
      }),
    ],
    views: [
      {
        instrumentName: '*.latency',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  });
  const logger = loggerProvider.getLogger(`bakery.${service.name}`, service.version);
  return {
    tracer: tracerProvider.getTracer(`bakery.${service.name}`, service.version),
    meter: meterProvider.getMeter(`bakery.${service.name}`, service.version),
    log: (level, body, attributes = {}) => {
      logger.emit({
        severityNumber: SeverityNumber[level.toUpperCase()],
        severityText: level.toUpperCase(),
        body,
        attributes,
        context: context.active(),
      });
    },
    async shutdown() {
      await Promise.allSettled([
        tracerProvider.shutdown(),
        loggerProvider.shutdown(),
        meterProvider.shutdown(),
      ]);
    },
  };
}

/** The W3C headers of the active context, for an outgoing call. */
export function outgoingHeaders() {
  const headers = {};
  propagation.inject(context.active(), headers);
  return headers;
}
