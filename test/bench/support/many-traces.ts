/**
 * Export requests of many small traces: twelve services whose exporters send what ended, 512 spans a
 * request, so that the spans of a trace lie apart; one parent in five has concurrent children.
 */
import { Writer } from '../../../electron/engine/wire/writer.ts';
import { seeded } from '../../support/span-bodies.ts';

const SERVICES = 12;
const SPANS_PER_BODY = 512;
export const SPANS_PER_TRACE = 32;
/** Shapes of traces, each with operations of its own. */
const SHAPES = 8;
/** 2024-01-01 in ns since the Unix epoch, as two halves. */
const BASE_HI = 0x17a61c84;
const BASE_LO = 0x2f4a0000;
/** Traces begin this far apart, less than they last. */
const NS_PER_TRACE = 1000;

interface ShapeSpan {
  readonly parent: number;
  readonly service: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** The requests of `count` traces in the order in which they are sent. `names`: operations a shape may have. */
export function* manyTraces(count: number, names: number, seed: number): Generator<Uint8Array> {
  const random = seeded(seed);
  const shapes = Array.from({ length: SHAPES }, () => shapeOf(random));
  const queues = Array.from({ length: SERVICES }, () => new Writer(SPANS_PER_BODY * 128));
  const queued = new Int32Array(SERVICES);
  for (let trace = 0; trace < count; trace++) {
    const kind = Math.floor(random() * SHAPES);
    const spans = shapes[kind];
    const byEnd = spans.map((_, i) => i).sort((a, b) => spans[a].endNs - spans[b].endNs);
    for (const i of byEnd) {
      const { service } = spans[i];
      const name = kind * names + (names > SPANS_PER_TRACE ? Math.floor(random() * names) : i);
      writeSpan(queues[service], trace, i, spans[i], name);
      if (++queued[service] < SPANS_PER_BODY) continue;
      queued[service] = 0;
      yield bodyOf(service, queues[service]);
    }
  }
  for (let service = 0; service < SERVICES; service++) {
    if (queued[service] > 0) yield bodyOf(service, queues[service]);
  }
}

function shapeOf(random: () => number): ShapeSpan[] {
  const spans: ShapeSpan[] = [{ parent: -1, service: 0, startNs: 0, endNs: 1e6 }];
  for (let parent = 0; spans.length < SPANS_PER_TRACE; parent++) {
    const above = spans[parent];
    const children = Math.min(1 + Math.floor(random() * 4), SPANS_PER_TRACE - spans.length);
    const isConcurrent = random() < 0.2;
    const width = (above.endNs - above.startNs) / (children + 1);
    for (let child = 0; child < children; child++) {
      const startNs = Math.floor(above.startNs + width * (isConcurrent ? random() : child + 0.2));
      const service = random() < 0.6 ? above.service : Math.floor(random() * SERVICES);
      spans.push({ parent, service, startNs, endNs: startNs + Math.floor(width * 0.9) });
    }
  }
  return spans;
}

function writeSpan(out: Writer, trace: number, i: number, span: ShapeSpan, name: number): void {
  const mark = out.open(2);
  out.open(1);
  out.bytes[out.pos - 1] = 16;
  writeId(out, trace, 0x5a);
  writeId(out, trace, 0xa5);
  out.open(2);
  out.bytes[out.pos - 1] = 8;
  writeId(out, trace, i);
  if (span.parent !== -1) {
    out.open(4);
    out.bytes[out.pos - 1] = 8;
    writeId(out, trace, span.parent);
  }
  out.stringField(5, `operate ${name}`);
  for (const [field, ns] of [
    [7, span.startNs],
    [8, span.endNs],
  ]) {
    out.tag(field, 1);
    const lo = BASE_LO + trace * NS_PER_TRACE + ns;
    out.fixed64(BASE_HI + Math.floor(lo / 2 ** 32), lo);
  }
  out.close(mark);
}

/** Ids look random, as real ones do: no order that a table could profit from. */
function writeId(out: Writer, trace: number, part: number): void {
  out.fixed32(Math.imul(trace + 1, 0x9e3779b1) ^ Math.imul(part + 1, 0x85ebca6b));
  out.fixed32(Math.imul(trace + 7, 0xc2b2ae35) + part);
}

function bodyOf(service: number, spans: Writer): Uint8Array {
  const out = new Writer(spans.pos + 64);
  const resourceSpans = out.open(1);
  const resource = out.open(1);
  const attribute = out.open(1);
  out.stringField(1, 'service.name');
  const value = out.open(2);
  out.stringField(1, `service-${service}`);
  for (const mark of [value, attribute, resource]) out.close(mark);
  out.bytesField(2, spans.bytes, 0, spans.pos);
  out.close(resourceSpans);
  spans.pos = 0;
  return out.finish();
}
