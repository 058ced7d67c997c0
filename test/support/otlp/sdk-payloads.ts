/**
 * Export requests as the real OpenTelemetry JS SDK encodes them, in both encodings: one small program
 * with a parent and a child span, events, a link, an exception, logs with nested bodies, and all
 * metric kinds.
 */
import { context, type Link, SpanKind, SpanStatusCode, trace, ValueType } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** One request in both encodings. */
export interface SdkPayload {
  readonly protobuf: Uint8Array;
  readonly json: Uint8Array;
}

const resource = resourceFromAttributes({
  'service.name': 'bakery',
  'service.version': '1.2.3',
  'process.pid': 4711,
  'process.command_args': ['node', 'bakery.mjs'],
});

/** Times stand still, so that two runs differ only in the ids. */
const START_MS = 1_727_000_000_000;
const at = (ms: number): [number, number] => [START_MS / 1000, ms * 1_000_000 + 789];

const required = (bytes: Uint8Array | undefined): Uint8Array => {
  if (!bytes) throw new Error('the SDK serialised nothing');
  return new Uint8Array(bytes);
};

/** A traces request. */
export function sdkTraces(): SdkPayload {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('oven', '0.9', { schemaUrl: 'https://example.com/schema' });
  const root = tracer.startSpan(
    'POST /bake',
    { kind: SpanKind.SERVER, startTime: at(0), attributes: { 'http.request.method': 'POST' } },
    context.active(),
  );
  const inRoot = trace.setSpan(context.active(), root);
  const links: Link[] = [{ context: root.spanContext(), attributes: { why: 'retry' } }];
  const child = tracer.startSpan(
    'heat 🔥',
    { kind: SpanKind.CLIENT, startTime: at(10), links },
    inRoot,
  );
  child.setAttributes({
    degrees: 220,
    ratio: 0.1,
    // The SDK itself loses digits in JSON beyond this.
    big: Number.MAX_SAFE_INTEGER,
    fan: true,
    steps: ['preheat', 'bake'],
    counts: [1, 2, 3],
  });
  child.addEvent('ready', { after: 12.5 }, at(20));
  child.recordException(new TypeError('no flour'), at(30));
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'burnt' });
  child.end(at(40));
  root.end(at(50));
  const spans = exporter.getFinishedSpans();
  return {
    protobuf: required(ProtobufTraceSerializer.serializeRequest(spans)),
    json: required(JsonTraceSerializer.serializeRequest(spans)),
  };
}

/** A logs request. */
export function sdkLogs(): SdkPayload {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('oven', '0.9');
  const observed = { timestamp: at(1), observedTimestamp: at(2) };
  const inSpan = trace.setSpanContext(context.active(), {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  });
  logger.emit({
    ...observed,
    context: inSpan,
    severityNumber: SeverityNumber.WARN2,
    severityText: 'warning',
    body: 'crust is getting dark',
    attributes: { oven: 2, 'log.record.uid': 'x' },
  });
  logger.emit({
    ...observed,
    eventName: 'bread.done',
    severityNumber: SeverityNumber.INFO,
    body: { loaf: { weight: 0.75, seeds: ['poppy', null, true] }, raw: Uint8Array.of(0, 255) },
    attributes: { nested: { deep: { list: [1, 'two', 3.5] } } },
  });
  const records = exporter.getFinishedLogRecords();
  return {
    protobuf: required(ProtobufLogsSerializer.serializeRequest(records)),
    json: required(JsonLogsSerializer.serializeRequest(records)),
  };
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {
    // Nothing waits here: the test collects by hand.
  }

  protected override async onShutdown(): Promise<void> {
    // There is nothing to close.
  }
}

/** A metrics request. */
export async function sdkMetrics(): Promise<SdkPayload> {
  const reader = new ManualReader();
  const provider = new MeterProvider({
    resource,
    readers: [reader],
    views: [
      {
        instrumentName: 'bake.size',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  });
  const meter = provider.getMeter('oven', '0.9');
  const loaves = meter.createCounter('bake.loaves', { unit: '{loaf}', valueType: ValueType.INT });
  loaves.add(3, { kind: 'rye' });
  loaves.add(4, { kind: 'wheat', tags: ['a', 'b'] });
  meter.createUpDownCounter('bake.queue', { description: 'waiting' }).add(-2.5);
  meter.createGauge('oven.temperature', { unit: 'Cel' }).record(219.5, { oven: 1 });
  const duration = meter.createHistogram('bake.duration', { unit: 's' });
  for (const seconds of [0.5, 12, 60, 4000, 20_000]) duration.record(seconds);
  const size = meter.createHistogram('bake.size');
  for (const value of [0, 0.001, 1, 2, 1024]) size.record(value);
  meter
    .createObservableCounter('oven.energy', { unit: 'J' })
    .addCallback((result) => result.observe(1e12));
  const { resourceMetrics } = await reader.collect();
  return {
    protobuf: required(ProtobufMetricsSerializer.serializeRequest(resourceMetrics)),
    json: required(JsonMetricsSerializer.serializeRequest(resourceMetrics)),
  };
}
