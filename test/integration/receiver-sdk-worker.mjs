/**
 * A thread with real SDK exporters, so that they run on while the receiver's thread is stalled. Each
 * exporter sends its batches one after the other; posts how every export ended.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { OTLPTraceExporter as Grpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as Json } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as Proto } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

const { httpUrl, grpcUrl, batches, spansPerBatch } = workerData;

function makeSpans(count) {
  const memory = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
  const tracer = provider.getTracer('stall');
  for (let at = 0; at < count; at++) tracer.startSpan(`step ${at}`).end();
  return memory.getFinishedSpans();
}

async function exportAll(exporter) {
  const codes = [];
  for (let batch = 0; batch < batches; batch++) {
    const spans = makeSpans(spansPerBatch);
    codes.push(await new Promise((done) => exporter.export(spans, ({ code }) => done(code))));
  }
  await exporter.shutdown();
  return codes;
}

const exporters = [
  new Proto({ url: httpUrl }),
  new Json({ url: httpUrl }),
  new Grpc({ url: grpcUrl }),
  new Grpc({ url: grpcUrl, compression: 'gzip' }),
];
const codes = await Promise.all(exporters.map(exportAll));
parentPort.postMessage(codes.flat());
