/**
 * Export requests of one large trace: nested in true time, one parent in ten with concurrent children, spread
 * over services whose exporters send what ended, 512 spans a request, as SDKs do.
 */
import { seeded } from '../../support/span-bodies.ts';

const SERVICES = 12;
const SPANS_PER_BODY = 512;
const NS_PER_SPAN = 4000;
/** Start of the trace: 2024-01-01 in ns since the Unix epoch. */
const BASE_NS = 1_704_067_200_000_000_000n;
/** The trace's id, as the store takes it. */
export const TRACE_ID = 'f1'.repeat(16);

interface Spans {
  readonly parent: Int32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly service: Uint8Array;
}

/** The requests of a trace of exactly `count` spans, in the order in which they are sent. */
export function oneTrace(count: number, seed: number): Uint8Array[] {
  const random = seeded(seed);
  const spans = growTree(count, random);
  const queues: number[][] = Array.from({ length: SERVICES }, () => []);
  const bodies: Uint8Array[] = [];
  const byEnd = Array.from({ length: count }, (_, span) => span);
  byEnd.sort((a, b) => spans.endNs[a] - spans.endNs[b]);
  for (const span of byEnd) {
    const queue = queues[spans.service[span]];
    queue.push(span);
    if (queue.length === SPANS_PER_BODY) bodies.push(encodeBody(spans, queue.splice(0)));
  }
  for (const queue of queues) if (queue.length > 0) bodies.push(encodeBody(spans, queue));
  return bodies;
}

/** Splits the time and the spans of each parent among two to nine children. */
function growTree(count: number, random: () => number): Spans {
  const spans = {
    parent: new Int32Array(count).fill(-1),
    startNs: new Float64Array(count),
    endNs: new Float64Array(count),
    service: new Uint8Array(count),
  };
  const waiting = [{ parent: -1, from: 0, to: count * NS_PER_SPAN, size: count }];
  let made = 0;
  for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
    const { parent, from, to, size } = task;
    const own = made++;
    spans.parent[own] = parent;
    spans.startNs[own] = Math.floor(from);
    spans.endNs[own] = Math.floor(to);
    const stays = parent !== -1 && random() < 0.6;
    spans.service[own] = stays ? spans.service[parent] : Math.floor(random() * SERVICES);
    const children = Math.min(size - 1, 2 + Math.floor(random() * 8));
    const isConcurrent = random() < 0.1;
    const widthNs = (to - from) / (children + 1);
    for (let child = 0; child < children; child++) {
      const share = Math.floor((size - 1) / children) + (child < (size - 1) % children ? 1 : 0);
      const startsAt = from + widthNs * (isConcurrent ? random() : child + random() / 10);
      waiting.push({ parent: own, from: startsAt, to: startsAt + widthNs * 0.9, size: share });
    }
  }
  return spans;
}

const NAME_BYTES = 10;
/** Two ids, the parent's, a name, kind, start and end, each with its tag. */
const SPAN_BYTES = 60 + NAME_BYTES;

function encodeBody(spans: Spans, chosen: readonly number[]): Uint8Array {
  const service = spans.service[chosen[0]];
  const messages = chosen.map((span) => encodeSpan(spans, span));
  const scopeSpans = field(2, concat(messages.map((message) => field(2, message))));
  const name = text(`service-${String(service)}`);
  const attribute = concat([field(1, text('service.name')), field(2, field(1, name))]);
  const resource = field(1, field(1, attribute));
  return field(1, concat([resource, scopeSpans]));
}

function encodeSpan(spans: Spans, span: number): Uint8Array {
  const parent = spans.parent[span];
  const view = new DataView(new ArrayBuffer(SPAN_BYTES));
  const bytes = new Uint8Array(view.buffer);
  bytes.set([0x0a, 16]);
  bytes.fill(0xf1, 2, 18);
  bytes.set([0x12, 8], 18);
  writeId(view, 20, span);
  bytes.set([0x22, parent === -1 ? 0 : 8], 28);
  let at = 30;
  if (parent !== -1) {
    writeId(view, at, parent);
    at += 8;
  }
  bytes.set([0x2a, NAME_BYTES], at);
  bytes.set(text(`operate-${String(span % 90).padStart(2, '0')}`), at + 2);
  at += 2 + NAME_BYTES;
  bytes.set([0x30, 1 + (span % 5), 0x39], at);
  view.setBigUint64(at + 3, BASE_NS + BigInt(spans.startNs[span]), true);
  bytes[at + 11] = 0x41;
  view.setBigUint64(at + 12, BASE_NS + BigInt(spans.endNs[span]), true);
  return bytes.subarray(0, at + 20);
}

/** Ids look random, as real ones do: no order that a table could profit from. */
function writeId(view: DataView, at: number, span: number): void {
  view.setUint32(at, Math.imul(span + 1, 0x9e3779b1));
  view.setUint32(at + 4, Math.imul(span + 1, 0x85ebca6b));
}

function field(number: number, content: Uint8Array): Uint8Array {
  const head = [(number << 3) | 2];
  let length = content.length;
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  head.push(length);
  return concat([Uint8Array.from(head), content]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function text(value: string): Uint8Array {
  return Buffer.from(value);
}
