/**
 * OTLP/JSON bytes into protobuf bytes, beside JSON.parse and protobufjs in the same run. The encoder that
 * protobufjs generates at run time is as fast as the one that its command line writes into a file.
 */
import type protobuf from 'protobufjs';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { requestType } from '../support/otlp/proto-root.ts';
import { jsonBody, type JsonSignal } from './support/json-bodies.ts';
import { spreadOf, type BenchOptions, type BenchReport, type Spread } from './support/stats.ts';

export const title = 'OTLP/JSON: bytes to protobuf bytes';

const ITEMS = 512;
const BODIES = 16;

export function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const repeats = smoke ? 2 : 15;
  const passes = smoke ? 1 : 4;
  const lines = [
    `${BODIES} bodies of ${ITEMS} items as SDKs write them, warm, CPU time of the process with what garbage costs, the two by turns; µs an item, median of ${repeats} (lowest to highest). protobufjs: TextDecoder, JSON.parse, ids from hex, then its generated encoder.`,
    '',
    '| signal | JSON bytes/item | ours, µs | ours, MB/s | JSON.parse + protobufjs, µs | ratio, by turns |',
    '|---|---|---|---|---|---|',
  ];
  let least = Infinity;
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const { line, ratio } = measure(signal, repeats, passes);
    lines.push(line);
    least = Math.min(least, ratio);
  }
  return Promise.resolve({ lines, figures: { 'json.ratio': least } });
}

function measure(
  signal: JsonSignal,
  repeats: number,
  passes: number,
): { readonly line: string; readonly ratio: number } {
  const bodies = Array.from({ length: BODIES }, (_, i) => jsonBody(signal, ITEMS, i + 1));
  const bytesPerItem = bodies.reduce((sum, body) => sum + body.length, 0) / BODIES / ITEMS;
  const type = requestType(signal);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let repeat = -3; repeat < repeats; repeat++) {
    const fast = microsAnItem(bodies, passes, (body) => transcode(signal, body));
    const slow = microsAnItem(bodies, passes, (body) => parseAndEncode(type, signal, body));
    // The first ones warm up.
    if (repeat < 0) continue;
    ours.push(fast);
    theirs.push(slow);
  }
  const ratios = spreadOf(ours.map((fast, i) => theirs[i] / fast));
  const rate = (bytesPerItem / spreadOf(ours).median).toFixed(0);
  const line = `| ${signal} | ${bytesPerItem.toFixed(0)} | ${micros(spreadOf(ours))} | ${rate} | ${micros(spreadOf(theirs))} | ${micros(ratios)} |`;
  return { line, ratio: ratios.median };
}

function transcode(signal: JsonSignal, body: Uint8Array): number {
  const result = jsonToProto(signal, body);
  if (!result.ok) throw new Error(result.message);
  return result.bytes.length;
}

const decoder = new TextDecoder();

function parseAndEncode(type: protobuf.Type, signal: JsonSignal, body: Uint8Array): number {
  const request = JSON.parse(decoder.decode(body)) as Request;
  if (signal === 'traces') {
    for (const { scopeSpans = [] } of request.resourceSpans ?? []) {
      for (const { spans = [] } of scopeSpans) spans.forEach(takeIds);
    }
  } else if (signal === 'logs') {
    for (const { scopeLogs = [] } of request.resourceLogs ?? []) {
      for (const { logRecords = [] } of scopeLogs) logRecords.forEach(takeIds);
    }
  }
  return type.encode(request as Record<string, unknown>).finish().length;
}

/** What of a parsed request has ids. */
interface Request {
  readonly resourceSpans?: readonly { readonly scopeSpans?: readonly { spans?: Ids[] }[] }[];
  readonly resourceLogs?: readonly { readonly scopeLogs?: readonly { logRecords?: Ids[] }[] }[];
}

interface Ids {
  traceId?: string | Uint8Array;
  spanId?: string | Uint8Array;
  parentSpanId?: string | Uint8Array;
}

function takeIds(item: Ids): void {
  if (item.traceId !== undefined) item.traceId = fromHex(item.traceId);
  if (item.spanId !== undefined) item.spanId = fromHex(item.spanId);
  if (item.parentSpanId !== undefined) item.parentSpanId = fromHex(item.parentSpanId);
}

function fromHex(id: string | Uint8Array): Uint8Array {
  return typeof id === 'string' ? Buffer.from(id, 'hex') : id;
}

/** CPU time of the process: other programs of a busy machine do not count. */
function microsAnItem(
  bodies: readonly Uint8Array[],
  passes: number,
  work: (body: Uint8Array) => number,
): number {
  const before = process.cpuUsage();
  let made = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (const body of bodies) made += work(body);
  }
  const { user, system } = process.cpuUsage(before);
  if (made === 0) throw new Error('nothing was written');
  return (user + system) / (passes * bodies.length * ITEMS);
}

function micros({ median, low, high }: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
