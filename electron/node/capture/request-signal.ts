/**
 * Which signal the bytes of an export request are of. The length-delimited file format does not say,
 * and the requests of all signals share their upper levels (resource groups, scope groups, items), so
 * the items decide by their structure:
 *
 * - an item rules out every signal in whose message one of its fields has another wire type;
 * - it speaks for a signal by what only that signal's items hold: a span by ids of 16 and 8 bytes, a
 *   log record by a fixed64 time in field 1, a metric by a data message that reads as one, a profile
 *   by what follows its time.
 *
 * The signal that no item rules out and most items speak for wins. A tie is no answer: guessing would
 * store one signal's items as another's.
 */
import type { Signal } from '../../../proto/otlp/signal.ts';
import {
  LOG_RECORD,
  METRIC,
  METRIC_DATA,
  NUMBER_DATA_POINT,
  REQUEST,
  RESOURCE_GROUP,
  SCOPE_GROUP,
  SPAN,
} from '../../../proto/otlp/fields.ts';
import { Cursor, WIRE, WireError } from '../../engine/wire/cursor.ts';

/** Items looked at; the first few nearly always decide. */
const MAX_ITEMS = 64;

export type Classified =
  | { readonly type: 'signal'; readonly signal: Signal }
  /** A request without a single item: nothing to import. */
  | { readonly type: 'empty' }
  | { readonly type: 'unknown'; readonly reason: string };

interface Candidate {
  readonly signal: Signal;
  /** Wire type by field number of the item message. */
  readonly wireTypes: ReadonlyMap<number, number>;
  /** How much this field, whose wire type fits, speaks for the signal. */
  weigh(field: number, bytes: Uint8Array, start: number, end: number): number;
}

const { varint, fixed64, len, fixed32 } = WIRE;
const METRIC_DATA_FIELDS: ReadonlySet<number> = new Set([
  METRIC.gauge,
  METRIC.sum,
  METRIC.histogram,
  METRIC.exponentialHistogram,
  METRIC.summary,
]);

/** time_unix_nano has the same number in data points of every kind. */
const POINT_TIME_TAG = (NUMBER_DATA_POINT.timeUnixNano << 3) | fixed64;

const CANDIDATES: readonly Candidate[] = [
  {
    signal: 'traces',
    wireTypes: new Map<number, number>([
      [SPAN.traceId, len],
      [SPAN.spanId, len],
      [SPAN.traceState, len],
      [SPAN.parentSpanId, len],
      [SPAN.name, len],
      [SPAN.kind, varint],
      [SPAN.startTimeUnixNano, fixed64],
      [SPAN.endTimeUnixNano, fixed64],
      [SPAN.attributes, len],
      [SPAN.droppedAttributesCount, varint],
      [SPAN.events, len],
      [SPAN.droppedEventsCount, varint],
      [SPAN.links, len],
      [SPAN.droppedLinksCount, varint],
      [SPAN.status, len],
      [SPAN.flags, fixed32],
    ]),
    weigh: (field, _bytes, start, end) => {
      if (field === SPAN.traceId) return end - start === 16 ? 2 : 0;
      if (field === SPAN.spanId) return end - start === 8 ? 2 : 0;
      return field === SPAN.startTimeUnixNano || field === SPAN.endTimeUnixNano ? 2 : 0;
    },
  },
  {
    signal: 'logs',
    wireTypes: new Map<number, number>([
      [LOG_RECORD.timeUnixNano, fixed64],
      [LOG_RECORD.severityNumber, varint],
      [LOG_RECORD.severityText, len],
      [LOG_RECORD.body, len],
      [LOG_RECORD.attributes, len],
      [LOG_RECORD.droppedAttributesCount, varint],
      [LOG_RECORD.flags, fixed32],
      [LOG_RECORD.traceId, len],
      [LOG_RECORD.spanId, len],
      [LOG_RECORD.observedTimeUnixNano, fixed64],
      [LOG_RECORD.eventName, len],
    ]),
    weigh: (field, bytes, start, end) => {
      switch (field) {
        case LOG_RECORD.timeUnixNano:
        case LOG_RECORD.observedTimeUnixNano:
          return 3;
        case LOG_RECORD.severityNumber:
          return 2;
        case LOG_RECORD.traceId:
          return end - start === 16 ? 2 : 0;
        case LOG_RECORD.spanId:
          return end - start === 8 ? 2 : 0;
        case LOG_RECORD.body:
        case LOG_RECORD.attributes:
          return readsAsMessage(bytes, start, end) ? 1 : 0;
        default:
          return 0;
      }
    },
  },
  {
    signal: 'metrics',
    wireTypes: new Map<number, number>([
      [METRIC.name, len],
      [METRIC.description, len],
      [METRIC.unit, len],
      [METRIC.gauge, len],
      [METRIC.sum, len],
      [METRIC.histogram, len],
      [METRIC.exponentialHistogram, len],
      [METRIC.summary, len],
      [METRIC.metadata, len],
    ]),
    weigh: (field, bytes, start, end) =>
      METRIC_DATA_FIELDS.has(field) ? weighMetricData(field, bytes, start, end) : 0,
  },
  {
    signal: 'profiles',
    // Profile of profiles v1development: sample_type, samples, time, duration, period_type, period,
    // profile_id, dropped_attributes_count, original_payload_format, original_payload,
    // attribute_indices.
    wireTypes: new Map<number, number>([
      [1, len],
      [2, len],
      [3, fixed64],
      [4, varint],
      [5, len],
      [6, varint],
      [7, len],
      [8, varint],
      [9, len],
      [10, len],
      [11, len],
    ]),
    weigh: (field, _bytes, start, end) => {
      if (field === 3) return 3;
      if (field === 4 || field === 6) return 2;
      return field === 7 && end - start === 16 ? 2 : 0;
    },
  },
];

/** Never throws; bytes that are no request at all are `unknown`. */
export function classifyRequest(bytes: Uint8Array): Classified {
  const votes = new Map<Signal, number>(CANDIDATES.map(({ signal }) => [signal, 0]));
  let items = 0;
  let hasDictionary = false;
  try {
    const cursor = new Cursor(bytes);
    forEachField(cursor, (field) => {
      if (field === REQUEST.dictionary) hasDictionary = true;
      if (field !== REQUEST.resources) return;
      forEachField(cursor, (groupField) => {
        if (groupField !== RESOURCE_GROUP.scopes) return;
        forEachField(cursor, (scopeField) => {
          if (scopeField !== SCOPE_GROUP.items || items >= MAX_ITEMS) return;
          items++;
          vote(votes, bytes, cursor.pos, cursor.end);
        });
      });
    });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { type: 'unknown', reason: `This is not an export request: ${error.message}.` };
  }
  // Of the requests, only that of profiles has a second field.
  if (hasDictionary) return { type: 'signal', signal: 'profiles' };
  if (items === 0) return { type: 'empty' };
  return decide(votes);
}

function decide(votes: ReadonlyMap<Signal, number>): Classified {
  const best = [...votes].sort((a, b) => b[1] - a[1]);
  const [first, second] = best;
  if (first === undefined) {
    return {
      type: 'unknown',
      reason: 'Its items are neither spans nor log records, metrics or profiles.',
    };
  }
  if (first[1] === 0 || first[1] === second?.[1]) {
    return {
      type: 'unknown',
      reason: 'Its items hold too little to tell which signal they are of.',
    };
  }
  return { type: 'signal', signal: first[0] };
}

/** Takes signals off `votes` that the item at [start, end) rules out, and weighs it for the rest. */
function vote(votes: Map<Signal, number>, bytes: Uint8Array, start: number, end: number): void {
  for (const candidate of CANDIDATES) {
    const before = votes.get(candidate.signal);
    if (before === undefined) continue;
    const weight = weighItem(candidate, bytes, start, end);
    if (weight < 0) votes.delete(candidate.signal);
    else votes.set(candidate.signal, before + weight);
  }
}

/** -1 when the item cannot be one of the candidate's signal. Fields nobody knows count for nothing. */
function weighItem(candidate: Candidate, bytes: Uint8Array, start: number, end: number): number {
  const cursor = new Cursor(bytes, start, end);
  let weight = 0;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    const field = tag >>> 3;
    const wireType = tag & 7;
    const expected = candidate.wireTypes.get(field);
    if (expected !== undefined && expected !== wireType) return -1;
    if (wireType === len) {
      const length = cursor.len();
      if (expected !== undefined) {
        weight += candidate.weigh(field, bytes, cursor.pos, cursor.pos + length);
      }
      cursor.pos += length;
    } else {
      cursor.skip(tag);
      if (expected !== undefined) weight += candidate.weigh(field, bytes, 0, 0);
    }
  }
  return weight;
}

/** Calls `visit` for every length-delimited field, with the cursor narrowed to its payload. */
function forEachField(cursor: Cursor, visit: (field: number) => void): void {
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if ((tag & 7) !== len) {
      cursor.skip(tag);
      continue;
    }
    const outer = cursor.enter();
    visit(tag >>> 3);
    cursor.leave(outer);
  }
}

/** Whether a range reads as fields from its first byte to its last, one at least. */
function readsAsMessage(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  try {
    const cursor = new Cursor(bytes, start, end);
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) cursor.skip(tag);
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** What the data messages hold beside their points: temporality, and whether a sum only grows. */
const SCALARS: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [METRIC.sum, new Set<number>([METRIC_DATA.aggregationTemporality, METRIC_DATA.isMonotonic])],
  [METRIC.histogram, new Set<number>([METRIC_DATA.aggregationTemporality])],
  [METRIC.exponentialHistogram, new Set<number>([METRIC_DATA.aggregationTemporality])],
]);

/**
 * How much a range reads as the Gauge, Sum, Histogram, ExponentialHistogram or Summary that this field
 * of a metric holds: 0 not at all, 1 by its shape, 2 with a point that has a number or a start, 6 with
 * one that has a time (more than a name of 16 characters and a description of 8, which look like a
 * span's ids).
 */
function weighMetricData(field: number, bytes: Uint8Array, start: number, end: number): number {
  const cursor = new Cursor(bytes, start, end);
  let weight = 0;
  try {
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      if (tag >>> 3 !== METRIC_DATA.dataPoints) {
        const isScalar = (tag & 7) === varint && SCALARS.get(field)?.has(tag >>> 3) === true;
        if (!isScalar) return 0;
        cursor.skip(tag);
        weight = Math.max(weight, 1);
        continue;
      }
      if ((tag & 7) !== len) return 0;
      const outer = cursor.enter();
      for (let inner = cursor.tag(); inner !== 0; inner = cursor.tag()) {
        if (inner === POINT_TIME_TAG) weight = 6;
        else weight = Math.max(weight, (inner & 7) === fixed64 ? 2 : 1);
        cursor.skip(inner);
      }
      cursor.leave(outer);
    }
    return weight;
  } catch (error) {
    if (error instanceof WireError) return 0;
    throw error;
  }
}
