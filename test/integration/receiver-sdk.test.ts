/**
 * The nine real exporters of the OpenTelemetry JS SDK, plain and gzipped, into the real engine: what
 * they are given is what is in the store, once.
 */
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  ValueType,
  createTraceState,
  trace,
} from '@opentelemetry/api';
import type { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as LogsGrpc } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogsProto } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricsGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as MetricsJson } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricsProto } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TracesGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as TracesJson } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TracesProto } from '@opentelemetry/exporter-trace-otlp-proto';
import type { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordExporter,
} from '@opentelemetry/sdk-logs';
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../electron/engine/engine.ts';
import { HTTP_PATH, ITEM_KIND, type Signal } from '../../proto/otlp/signal.ts';
import { decodeRequest } from '../support/otlp/proto-root.ts';
import {
  formOfSdkLog,
  formOfSdkSpan,
  formsOfRequest,
  formsOfSdkMetrics,
  type Form,
} from './receiver-sdk-forms.ts';
import { startEngine } from './receiver-engine-support.ts';

type SdkSignal = Exclude<Signal, 'profiles'>;

interface ExporterOptions {
  readonly url: string;
  readonly compression: CompressionAlgorithm;
}

const TRANSPORTS = ['grpc', 'http/protobuf', 'http/json'] as const;
type Transport = (typeof TRANSPORTS)[number];

const TRACES = { grpc: TracesGrpc, 'http/protobuf': TracesProto, 'http/json': TracesJson };
const LOGS = { grpc: LogsGrpc, 'http/protobuf': LogsProto, 'http/json': LogsJson };
const METRICS = { grpc: MetricsGrpc, 'http/protobuf': MetricsProto, 'http/json': MetricsJson };

const RESOURCE = resourceFromAttributes({
  'service.name': 'checkout',
  'service.version': '1.4.0',
  'process.pid': 4711,
  'host.tags': ['blue', 'naïve ☃'],
});

/** Keeps what an exporter is given, then lets it export. */
function tap<Items>(
  exporter: { export(items: Items, done: (result: { code: number }) => void): void },
  given: Items[],
): void {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) => {
    given.push(items);
    send(items, done);
  };
}

/** Exports spans of every kind in several batches; gives the forms of what was exported. */
async function exportSpans(exporter: SpanExporter): Promise<Form[]> {
  const given: Parameters<SpanExporter['export']>[0][] = [];
  tap(exporter, given);
  const processor = new BatchSpanProcessor(exporter, { maxExportBatchSize: 7 });
  const provider = new BasicTracerProvider({
    resource: RESOURCE,
    spanProcessors: [processor],
    spanLimits: { attributeCountLimit: 12, eventCountLimit: 3, linkCountLimit: 2 },
  });
  const remote = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    traceFlags: TraceFlags.SAMPLED,
    traceState: createTraceState('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'),
    isRemote: true,
  };
  let context = trace.setSpanContext(ROOT_CONTEXT, remote);
  const tracers = [
    provider.getTracer('shop', '2.0.0', { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' }),
    provider.getTracer('db'),
  ];
  const kinds = [
    SpanKind.INTERNAL,
    SpanKind.SERVER,
    SpanKind.CLIENT,
    SpanKind.PRODUCER,
    SpanKind.CONSUMER,
  ];
  for (let at = 0; at < 20; at++) {
    const startTime: [number, number] = [1_790_000_000 + at, 123_456_789 + at];
    const span = tracers[at % 2].startSpan(
      `step ${at} ☃`,
      {
        kind: kinds[at % 5] ?? SpanKind.INTERNAL,
        startTime,
        links: at % 3 === 0 ? [{ context: remote, attributes: { why: 'batch', n: at } }] : [],
        attributes: {
          text: 'é'.repeat(at),
          whole: 2 ** 40 + at,
          negative: -at,
          part: at / 7,
          yes: at % 2 === 0,
          texts: ['a', ''],
          numbers: [1, 2.5, -3],
          flags: [true, false],
        },
      },
      context,
    );
    for (let event = 0; event < at % 6; event++) {
      span.addEvent(`event ${event}`, { of: at }, [startTime[0], startTime[1] + event]);
    }
    for (let extra = 0; extra < at; extra++) span.setAttribute(`extra.${extra}`, extra);
    if (at % 4 === 1) span.setStatus({ code: SpanStatusCode.ERROR, message: 'card declined' });
    if (at % 4 === 2) span.setStatus({ code: SpanStatusCode.OK });
    if (at % 5 === 0) span.recordException(new Error('boom'), [startTime[0], startTime[1] + 9]);
    span.end([startTime[0] + 1, startTime[1] + at]);
    context = trace.setSpan(context, span);
  }
  await provider.shutdown();
  return given.flat().map(formOfSdkSpan);
}

async function exportLogs(exporter: LogRecordExporter): Promise<Form[]> {
  const given: Parameters<LogRecordExporter['export']>[0][] = [];
  tap(exporter, given);
  const processor = new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 6 });
  const provider = new LoggerProvider({ resource: RESOURCE, processors: [processor] });
  const context = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    traceFlags: TraceFlags.SAMPLED,
  });
  const bodies = [
    'plain ☃',
    42,
    -1.5,
    true,
    ['a', 1, [null, { deep: 'er' }]],
    { order: { id: 7, tags: ['x'], note: null } },
    new Uint8Array([0, 255, 7]),
    '',
  ];
  const loggers = [provider.getLogger('shop', '2.0.0'), provider.getLogger('db')];
  for (let at = 0; at < 24; at++) {
    loggers[at % 2].emit({
      timestamp: [1_790_000_000 + at, 999_999_999 - at],
      observedTimestamp: [1_790_000_001 + at, at],
      severityNumber: ((at % 24) + 1) satisfies number as SeverityNumber,
      severityText: at % 3 === 0 ? 'NOTICE' : 'INFO',
      body: bodies[at % bodies.length],
      ...(at % 4 === 0 && { eventName: 'order.placed' }),
      ...(at % 2 === 0 && { context }),
      attributes: {
        'log.index': at,
        ratio: at / 3,
        nested: { list: [1, 'two', false], bytes: new Uint8Array([at]) },
      },
    });
  }
  await provider.shutdown();
  return given.flat().map(formOfSdkLog);
}

async function exportMetrics(exporter: PushMetricExporter): Promise<Form[]> {
  const given: Parameters<PushMetricExporter['export']>[0][] = [];
  tap(exporter, given);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    resource: RESOURCE,
    readers: [reader],
    views: [
      {
        instrumentName: 'latency.exponential',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  });
  const meter = provider.getMeter('shop', '2.0.0');
  const orders = meter.createCounter('orders', {
    description: 'Orders placed',
    unit: '{order}',
    valueType: ValueType.INT,
  });
  const spent = meter.createCounter('spent', { unit: 'EUR' });
  const open = meter.createUpDownCounter('carts.open', { valueType: ValueType.INT });
  const heat = meter.createGauge('heat', { unit: 'Cel' });
  const latency = meter.createHistogram('latency', { unit: 'ms' });
  const exponential = meter.createHistogram('latency.exponential', { unit: 'ms' });
  meter.createObservableGauge('queue').addCallback((result) => {
    result.observe(17, { lane: 'left' });
    result.observe(-0.25, { lane: 'right' });
  });
  for (let at = 0; at < 40; at++) {
    const attributes = { shop: at % 3, kind: at % 2 ? 'web' : 'app' };
    orders.add(at, attributes);
    spent.add(at / 3, attributes);
    open.add(at % 2 ? 5 : -7, attributes);
    heat.record(20 + at / 10);
    latency.record(at * at, attributes);
    exponential.record(1.5 ** at, attributes);
    if (at % 10 === 0) exponential.record(0);
  }
  await provider.forceFlush();
  orders.add(2 ** 45);
  await provider.shutdown();
  return given.flatMap(formsOfSdkMetrics);
}

function exportAll(
  signal: SdkSignal,
  transport: Transport,
  options: ExporterOptions,
): Promise<Form[]> {
  switch (signal) {
    case 'traces':
      return exportSpans(new TRACES[transport](options));
    case 'logs':
      return exportLogs(new LOGS[transport](options));
    case 'metrics':
      return exportMetrics(new METRICS[transport](options));
  }
}

/** The forms of everything the engine holds of a signal. */
async function formsInEngine(engine: Engine, signal: SdkSignal): Promise<Form[]> {
  const forms: Form[] = [];
  const reader = engine.reader({ type: 'all', signals: [signal] });
  for (let request = reader.next(); request !== null; request = reader.next()) {
    if (request === 'searching') continue;
    forms.push(...formsOfRequest(signal, decodeRequest(signal, request.bytes)));
  }
  reader.close();
  return forms;
}

/** Order does not count: batches may overtake each other. */
function sorted(forms: readonly Form[]): string[] {
  return forms.map((form) => JSON.stringify(form, showBigint)).sort();
}

function showBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

describe.each(['traces', 'logs', 'metrics'] as const)('%s of the real SDK', (signal) => {
  for (const transport of TRANSPORTS) {
    for (const compression of ['none', 'gzip']) {
      test(`arrive once and whole over ${transport}, compression ${compression}`, async () => {
        const { engine, lines, httpPort, grpcPort } = await startEngine();
        const given = await exportAll(signal, transport, {
          url:
            transport === 'grpc'
              ? `http://localhost:${grpcPort}`
              : `http://localhost:${httpPort}${HTTP_PATH[signal]}`,
          compression: compression as CompressionAlgorithm,
        });
        expect(given.length).toBeGreaterThan(19);
        const received = await formsInEngine(engine, signal);
        expect(sorted(received)).toEqual(sorted(given));
        expect(engine.status().signals[ITEM_KIND[signal]]).toEqual({
          received: given.length,
          kept: given.length,
          evicted: 0,
          cleared: 0,
          rejected: 0,
          duplicates: 0,
        });
        const requests = lines.filter((line) => line.label !== 'UP');
        expect(requests.length).toBeGreaterThan(1);
        expect(requests.every((line) => line.outcome === 'ok')).toBe(true);
        expect(requests[0].userAgent).toContain('OTel-OTLP-Exporter-JavaScript');
      });
    }
  }
});
