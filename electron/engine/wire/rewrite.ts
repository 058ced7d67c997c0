/**
 * Builds requests out of stored bytes: without some items, with some items alone, or from parts.
 * Bytes are copied as they are; only the lengths around them are written anew.
 */
import {
  METRIC,
  METRIC_DATA,
  REQUEST,
  RESOURCE_GROUP,
  SCOPE_GROUP,
} from '../../../proto/otlp/fields.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import { Cursor, WIRE } from './cursor.ts';
import { Writer } from './writer.ts';

/** Items that share a resource. `resource` is the encoded message; empty when none was sent. */
export interface ResourceItems {
  readonly resource: Uint8Array;
  readonly schemaUrl: string;
  readonly scopes: readonly ScopeItems[];
}

/** Items that share a scope. `scope` is the encoded message; empty when none was sent. */
export interface ScopeItems {
  readonly scope: Uint8Array;
  readonly schemaUrl: string;
  /** Encoded Span, LogRecord, Metric or Profile messages; data points go in an encodeMetric. */
  readonly items: readonly Uint8Array[];
}

/** What surrounds the points of a metric. `kind` is the field of Metric.data: METRIC_KIND. */
export interface MetricEnvelope {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: number;
  readonly temporality: number;
  readonly monotonic: boolean;
}

/**
 * An Export<Signal>ServiceRequest (the same bytes are <Signal>Data) that holds these groups. For
 * profiles it has no dictionary; profiles are kept with `keepItems` instead.
 */
export function rebuildRequest(
  _signal: Signal,
  groups: readonly ResourceItems[],
): Uint8Array<ArrayBuffer> {
  const out = new Writer(1024);
  for (const group of groups) {
    const groupMark = out.open(REQUEST.resources);
    if (group.resource.length > 0) out.bytesField(RESOURCE_GROUP.resource, group.resource);
    for (const scope of group.scopes) {
      const scopeMark = out.open(RESOURCE_GROUP.scopes);
      if (scope.scope.length > 0) out.bytesField(SCOPE_GROUP.scope, scope.scope);
      for (const item of scope.items) out.bytesField(SCOPE_GROUP.items, item);
      if (scope.schemaUrl !== '') out.stringField(SCOPE_GROUP.schemaUrl, scope.schemaUrl);
      out.close(scopeMark);
    }
    if (group.schemaUrl !== '') out.stringField(RESOURCE_GROUP.schemaUrl, group.schemaUrl);
    out.close(groupMark);
  }
  return out.finish();
}

/**
 * An encoded Metric around encoded data points of its kind. `metadata`: its metadata fields with their
 * tags, as `metricAround` has them.
 */
export function encodeMetric(
  metric: MetricEnvelope,
  points: readonly Uint8Array[],
  metadata: Uint8Array = NO_METADATA,
): Uint8Array<ArrayBuffer> {
  const out = new Writer(256);
  if (metric.name !== '') out.stringField(METRIC.name, metric.name);
  if (metric.description !== '') out.stringField(METRIC.description, metric.description);
  if (metric.unit !== '') out.stringField(METRIC.unit, metric.unit);
  const mark = out.open(metric.kind);
  for (const point of points) out.bytesField(METRIC_DATA.dataPoints, point);
  if (metric.temporality !== 0) {
    out.uintField(METRIC_DATA.aggregationTemporality, metric.temporality);
  }
  if (metric.monotonic) out.uintField(METRIC_DATA.isMonotonic, 1);
  out.close(mark);
  out.raw(metadata);
  return out.finish();
}

const NO_METADATA: Uint8Array = new Uint8Array(0);

/** A Metric message that lies in a request. */
export interface MetricPlace {
  /** Where its message starts and ends. */
  readonly start: number;
  readonly end: number;
  /** Its metadata fields with their tags; a view of the request or a copy, empty without any. */
  readonly metadata: Uint8Array;
}

/**
 * The Metric around the data point at `offset` of the request in `bytes` [start, end). O(resources,
 * scopes and metrics before it). Throws RangeError when there is none, WireError on a malformed body.
 */
export function metricAround(
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
): MetricPlace {
  const input = new Cursor(bytes, start, end);
  for (const field of [REQUEST.resources, RESOURCE_GROUP.scopes, SCOPE_GROUP.items]) {
    enterAround(input, field, offset);
  }
  const place = { start: input.pos, end: input.end };
  let metadata = NO_METADATA;
  for (let from = input.pos, tag = input.tag(); tag !== 0; from = input.pos, tag = input.tag()) {
    input.skip(tag);
    if (tag >>> 3 !== METRIC.metadata) continue;
    const piece = bytes.subarray(from, input.pos);
    metadata = metadata.length === 0 ? piece : joined(metadata, piece);
  }
  return { ...place, metadata };
}

/** Narrows the cursor to the message of this field that `offset` lies in. */
function enterAround(input: Cursor, field: number, offset: number): void {
  for (let tag = input.tag(); tag !== 0; tag = input.tag()) {
    if (tag >>> 3 !== field || (tag & 7) !== WIRE.len) {
      input.skip(tag);
      continue;
    }
    const outer = input.enter();
    // An empty last item starts where the message ends.
    if (offset >= input.pos && offset <= input.end) return;
    input.leave(outer);
  }
  throw new RangeError(`nothing of this request is at ${offset}`);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/**
 * `body` without the items whose message (behind its tag and length) starts at one of
 * `itemOffsets`; for metrics these are data points. Scopes, resources and metrics that lose their
 * last item go too. Throws WireError on a malformed body, which a scanned one is not.
 */
export function stripItems(
  signal: Signal,
  body: Uint8Array,
  itemOffsets: Iterable<number>,
): Uint8Array<ArrayBuffer> {
  return new Sieve(body, itemOffsets, false).run(signal);
}

/** The counterpart of `stripItems`: those items alone, with all that surrounds them. */
export function keepItems(
  signal: Signal,
  body: Uint8Array,
  itemOffsets: Iterable<number>,
): Uint8Array<ArrayBuffer> {
  return new Sieve(body, itemOffsets, true).run(signal);
}

/** A container's fields that hold containers or items; the innermost list names the items. */
interface Level {
  readonly fields: readonly number[];
  /** undefined: the fields hold items. */
  readonly inside?: Level;
}

/**
 * Fields of Metric.data that OTLP dropped before 1.0: IntGauge, IntSum and IntHistogram. Their points are
 * refused, and stand where those of the others do.
 */
export const RETIRED_METRIC_KINDS: readonly number[] = [4, 6, 8];

const ITEMS: Level = { fields: [SCOPE_GROUP.items] };
const POINTS: Level = {
  fields: [SCOPE_GROUP.items],
  inside: {
    fields: [
      METRIC.gauge,
      METRIC.sum,
      METRIC.histogram,
      METRIC.exponentialHistogram,
      METRIC.summary,
      ...RETIRED_METRIC_KINDS,
    ],
    inside: { fields: [METRIC_DATA.dataPoints] },
  },
};

function requestLevel(signal: Signal): Level {
  return {
    fields: [REQUEST.resources],
    inside: { fields: [RESOURCE_GROUP.scopes], inside: signal === 'metrics' ? POINTS : ITEMS },
  };
}

class Sieve {
  readonly #in: Cursor;
  readonly #out: Writer;
  /** Sorted. */
  readonly #offsets: Float64Array;
  readonly #keep: boolean;

  constructor(body: Uint8Array, offsets: Iterable<number>, keep: boolean) {
    this.#in = new Cursor(body);
    this.#out = new Writer(keep ? 4096 : body.length);
    this.#offsets = Float64Array.from(offsets).sort();
    this.#keep = keep;
  }

  run(signal: Signal): Uint8Array<ArrayBuffer> {
    this.#copy(requestLevel(signal));
    return this.#out.finish();
  }

  /** Copies the message under the cursor; returns how many items or containers of it stayed. */
  #copy(level: Level): number {
    const input = this.#in;
    let stayed = 0;
    for (let from = input.pos, tag = input.tag(); tag !== 0; from = input.pos, tag = input.tag()) {
      const isMember = (tag & 7) === WIRE.len && level.fields.includes(tag >>> 3);
      if (!isMember) {
        input.skip(tag);
        this.#out.raw(input.bytes, from, input.pos);
        continue;
      }
      const outer = input.enter();
      if (this.#member(tag, from, level.inside)) stayed++;
      input.leave(outer);
    }
    return stayed;
  }

  /** Copies one container or item whose field starts at `from`; false when it is left out. */
  #member(tag: number, from: number, inside: Level | undefined): boolean {
    const input = this.#in;
    const out = this.#out;
    const start = input.pos;
    const found = this.#anyIn(start, inside ? input.end : start);
    if (found === this.#keep && !inside) {
      out.raw(input.bytes, from, input.end);
      return true;
    }
    if (!found || !inside) {
      if (this.#keep || !inside) return false;
      out.raw(input.bytes, from, input.end);
      return true;
    }
    const before = out.pos;
    const mark = out.open(tag >>> 3);
    if (this.#copy(inside) === 0) {
      out.pos = before;
      return false;
    }
    out.close(mark);
    return true;
  }

  /**
   * Whether one of the offsets is in [start, end]. The end counts, because an empty last item starts
   * there; nothing of the next container does, for a tag and a length stand before its first byte.
   */
  #anyIn(start: number, end: number): boolean {
    const offsets = this.#offsets;
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle] < start) low = middle + 1;
      else high = middle;
    }
    return low < offsets.length && offsets[low] <= end;
  }
}
