/**
 * Scans ExportMetricsServiceRequest down to data points. Each Metric.data that occurs makes one entry
 * of `ScanOutput.metrics`; a point's attributes are one byte range, the series key of the store.
 */
import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  METRIC,
  METRIC_DATA,
  NUMBER_DATA_POINT,
  SUMMARY_DATA_POINT,
} from '../../../proto/otlp/fields.ts';
import { type Cursor, doubleOf, WIRE } from './cursor.ts';
import { RETIRED_METRIC_KINDS } from './rewrite.ts';
import { checkAttributeDepth, checkExemplarDepth, DEEP_BYTES } from './scan-depth.ts';
import { grown, ITEM_TAG, REJECT, scanRequest, type ScanOutput } from './scan-output.ts';
import { cutOff, skipField } from './scan-traces.ts';

/**
 * Columns of one entry in `ScanOutput.metrics`:
 *
 * ```
 *   0 scope  1–2 name  3–4 description  5–6 unit (offset, length)  7 kind  8 temporality  9 monotonic
 * ```
 * `kind` is the field number of Metric.data.
 */
export const METRIC_STRIDE = 10;

/**
 * Columns of one data point in `ScanOutput.rows`; its value and sample count are in `values`.
 *
 * ```
 *   0 offset  1 length  2 metric  3–4 start  5–6 time  7 flags  8–9 attributes (offset, length)
 * ```
 * The attributes are the KeyValue fields with their tags; an offset below 0 names joined pieces. Flags
 * are the bits of SCAN_POINT_FLAG.
 */
export const POINT_STRIDE = 10;

/** The same bits as POINT_FLAG of the store. */
export const SCAN_POINT_FLAG = { noRecordedValue: 1, isInt: 2 } as const;

/** Field numbers of one kind of data point, as whole tags; 0 where the kind has no such field. */
interface PointTags {
  readonly attributes: number;
  readonly start: number;
  readonly time: number;
  readonly asDouble: number;
  readonly asInt: number;
  readonly count: number;
  readonly sum: number;
  readonly flags: number;
  readonly exemplars: number;
}

const fixed64 = (field: number): number => (field << 3) | WIRE.fixed64;
const len = (field: number): number => (field << 3) | WIRE.len;
const varint = (field: number): number => field << 3;

const NUMBER: PointTags = {
  attributes: len(NUMBER_DATA_POINT.attributes),
  start: fixed64(NUMBER_DATA_POINT.startTimeUnixNano),
  time: fixed64(NUMBER_DATA_POINT.timeUnixNano),
  asDouble: fixed64(NUMBER_DATA_POINT.asDouble),
  asInt: fixed64(NUMBER_DATA_POINT.asInt),
  count: 0,
  sum: 0,
  flags: varint(NUMBER_DATA_POINT.flags),
  exemplars: len(NUMBER_DATA_POINT.exemplars),
};
const HISTOGRAM: PointTags = {
  attributes: len(HISTOGRAM_DATA_POINT.attributes),
  start: fixed64(HISTOGRAM_DATA_POINT.startTimeUnixNano),
  time: fixed64(HISTOGRAM_DATA_POINT.timeUnixNano),
  asDouble: 0,
  asInt: 0,
  count: fixed64(HISTOGRAM_DATA_POINT.count),
  sum: fixed64(HISTOGRAM_DATA_POINT.sum),
  flags: varint(HISTOGRAM_DATA_POINT.flags),
  exemplars: len(HISTOGRAM_DATA_POINT.exemplars),
};
const EXPONENTIAL: PointTags = {
  attributes: len(EXPONENTIAL_HISTOGRAM_DATA_POINT.attributes),
  start: fixed64(EXPONENTIAL_HISTOGRAM_DATA_POINT.startTimeUnixNano),
  time: fixed64(EXPONENTIAL_HISTOGRAM_DATA_POINT.timeUnixNano),
  asDouble: 0,
  asInt: 0,
  count: fixed64(EXPONENTIAL_HISTOGRAM_DATA_POINT.count),
  sum: fixed64(EXPONENTIAL_HISTOGRAM_DATA_POINT.sum),
  flags: varint(EXPONENTIAL_HISTOGRAM_DATA_POINT.flags),
  exemplars: len(EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars),
};
const SUMMARY: PointTags = {
  attributes: len(SUMMARY_DATA_POINT.attributes),
  start: fixed64(SUMMARY_DATA_POINT.startTimeUnixNano),
  time: fixed64(SUMMARY_DATA_POINT.timeUnixNano),
  asDouble: 0,
  asInt: 0,
  count: fixed64(SUMMARY_DATA_POINT.count),
  sum: fixed64(SUMMARY_DATA_POINT.sum),
  flags: varint(SUMMARY_DATA_POINT.flags),
  exemplars: 0,
};

const TAGS_BY_KIND: readonly (PointTags | undefined)[] = Array.from({ length: 12 }, (_, kind) => {
  if (kind === METRIC.gauge || kind === METRIC.sum) return NUMBER;
  if (kind === METRIC.histogram) return HISTOGRAM;
  if (kind === METRIC.exponentialHistogram) return EXPONENTIAL;
  return kind === METRIC.summary ? SUMMARY : undefined;
});

const NAME = len(METRIC.name);
const DESCRIPTION = len(METRIC.description);
const UNIT = len(METRIC.unit);
const DATA_POINTS = len(METRIC_DATA.dataPoints);
const TEMPORALITY = varint(METRIC_DATA.aggregationTemporality);
const MONOTONIC = varint(METRIC_DATA.isMonotonic);

/** Scans `bytes` into `out`. Throws WireError. */
export function scanMetrics(out: ScanOutput, bytes: Uint8Array): void {
  scanRequest(out, bytes, 'Metrics', scanMetricRun);
}

function scanMetricRun(out: ScanOutput, cursor: Cursor, scope: number): void {
  const bytes = out.bytes;
  for (;;) {
    const outer = cursor.enter();
    scanMetric(out, cursor, scope);
    cursor.leave(outer);
    if (cursor.pos >= outer || bytes[cursor.pos] !== ITEM_TAG) return;
    cursor.pos++;
  }
}

/** One Metric. Its name may stand behind its points, so its entries are completed at the end. */
function scanMetric(out: ScanOutput, cursor: Cursor, scope: number): void {
  const first = out.metricCount;
  let nameAt = 0;
  let nameLength = 0;
  let descriptionAt = 0;
  let descriptionLength = 0;
  let unitAt = 0;
  let unitLength = 0;
  let dataKind = 0;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === NAME) {
      nameLength = cursor.len();
      nameAt = cursor.pos;
      cursor.pos += nameLength;
    } else if (tag === DESCRIPTION) {
      descriptionLength = cursor.len();
      descriptionAt = cursor.pos;
      cursor.pos += descriptionLength;
    } else if (tag === UNIT) {
      unitLength = cursor.len();
      unitAt = cursor.pos;
      cursor.pos += unitLength;
    } else if ((tag & 7) === WIRE.len && tag >>> 3 <= METRIC.summary) {
      const kind = tag >>> 3;
      const tags = TAGS_BY_KIND[kind];
      // Of a one-of the last member counts: points of two would be kept and one kind be exported.
      if (tags && dataKind !== 0 && dataKind !== kind) {
        throw cursor.malformed('a Metric has data of two kinds', cursor.pos);
      }
      if (tags) dataKind = kind;
      const outer = cursor.enter();
      if (tags) scanData(out, cursor, kind, tags);
      else if (RETIRED_METRIC_KINDS.includes(kind)) rejectPoints(out, cursor);
      cursor.leave(outer);
    } else {
      cursor.skip(tag);
    }
  }
  const metrics = out.metrics;
  for (let at = first * METRIC_STRIDE; at < out.metricCount * METRIC_STRIDE; at += METRIC_STRIDE) {
    metrics[at] = scope;
    metrics[at + 1] = nameAt;
    metrics[at + 2] = nameLength;
    metrics[at + 3] = descriptionAt;
    metrics[at + 4] = descriptionLength;
    metrics[at + 5] = unitAt;
    metrics[at + 6] = unitLength;
  }
}

function scanData(out: ScanOutput, cursor: Cursor, kind: number, tags: PointTags): void {
  const metric = out.metricCount++;
  out.metrics = grown(out.metrics, out.metricCount * METRIC_STRIDE);
  let temporality = 0;
  let monotonic = 0;
  const hasTemporality = kind !== METRIC.gauge && kind !== METRIC.summary;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === DATA_POINTS) {
      const outer = cursor.enter();
      scanPoint(out, cursor, metric, tags);
      cursor.leave(outer);
    } else if (tag === TEMPORALITY && hasTemporality) {
      temporality = cursor.int32();
    } else if (tag === MONOTONIC && kind === METRIC.sum) {
      monotonic = cursor.bool() ? 1 : 0;
    } else {
      cursor.skip(tag);
    }
  }
  const at = metric * METRIC_STRIDE;
  out.metrics[at + 7] = kind;
  out.metrics[at + 8] = temporality >= 0 && temporality <= 2 ? temporality : 0;
  out.metrics[at + 9] = monotonic;
}

function rejectPoints(out: ScanOutput, cursor: Cursor): void {
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === DATA_POINTS) {
      const length = cursor.len();
      out.reject(cursor.pos, REJECT.pointKind);
      cursor.pos += length;
    } else {
      cursor.skip(tag);
    }
  }
}

/** Hot loop over the fields of one data point; the cursor stands at its first byte. */
function scanPoint(out: ScanOutput, cursor: Cursor, metric: number, tags: PointTags): void {
  const bytes = out.bytes;
  const view = out.view;
  const start = cursor.pos;
  const end = cursor.end;
  const attributesTag = tags.attributes;
  const startTag = tags.start;
  const timeTag = tags.time;
  let pos = start;
  let startHi = 0;
  let startLo = 0;
  let timeHi = 0;
  let timeLo = 0;
  let flags = 0;
  let value = NaN;
  let count = NaN;
  let attributesAt = 0;
  let attributesLength = 0;
  while (pos < end) {
    const fieldAt = pos;
    const tag = bytes[pos++];
    if ((tag & 7) === WIRE.fixed64 && tag < 0x80) {
      if (pos + 8 > end) throw cutOff(`field ${tag >>> 3} of a data point`, pos);
      const lo = view.getInt32(pos, true);
      const hi = view.getInt32(pos + 4, true);
      if (tag === startTag) {
        startHi = hi;
        startLo = lo;
      } else if (tag === timeTag) {
        timeHi = hi;
        timeLo = lo;
      } else if (tag === tags.asDouble || tag === tags.sum) {
        value = doubleOf(hi, lo);
        flags &= ~SCAN_POINT_FLAG.isInt;
      } else if (tag === tags.asInt) {
        value = hi * 4294967296 + (lo >>> 0);
        flags |= SCAN_POINT_FLAG.isInt;
      } else if (tag === tags.count) {
        count = (hi >>> 0) * 4294967296 + (lo >>> 0);
      }
      pos += 8;
    } else if (tag === attributesTag) {
      let size = bytes[pos];
      if (size < 0x80) pos++;
      else {
        cursor.pos = pos;
        cursor.end = end;
        size = cursor.len();
        pos = cursor.pos;
      }
      const from = pos;
      pos += size;
      if (pos > end) throw cutOff('attributes of a data point', from);
      if (size >= DEEP_BYTES) checkAttributeDepth(bytes, from, pos);
      if (attributesLength === 0) {
        attributesAt = fieldAt;
      } else if (attributesAt < 0 || attributesAt + attributesLength !== fieldAt) {
        attributesAt = out.join(attributesAt, attributesLength, fieldAt, pos - fieldAt);
      }
      attributesLength += pos - fieldAt;
    } else if (tag === tags.flags && tag !== 0) {
      cursor.pos = pos;
      cursor.end = end;
      const bits = cursor.varint32();
      pos = cursor.pos;
      flags = (flags & ~SCAN_POINT_FLAG.noRecordedValue) | (bits & 1);
    } else if (tag === tags.exemplars && tag !== 0) {
      cursor.pos = pos;
      cursor.end = end;
      const size = cursor.len();
      const from = cursor.pos;
      pos = from + size;
      if (size >= DEEP_BYTES) checkExemplarDepth(bytes, from, pos);
    } else {
      pos = skipField(cursor, fieldAt, end);
    }
  }
  cursor.pos = end;
  cursor.end = end;
  const row = out.rowCount++;
  const at = row * POINT_STRIDE;
  const rows = at + POINT_STRIDE > out.rows.length ? out.growRows(at + POINT_STRIDE) : out.rows;
  if (row * 2 + 2 > out.values.length) growValues(out, row * 2 + 2);
  rows[at] = start;
  rows[at + 1] = end - start;
  rows[at + 2] = metric;
  rows[at + 3] = startHi;
  rows[at + 4] = startLo;
  rows[at + 5] = timeHi;
  rows[at + 6] = timeLo;
  rows[at + 7] = flags;
  rows[at + 8] = attributesAt;
  rows[at + 9] = attributesLength;
  out.values[row * 2] = value;
  out.values[row * 2 + 1] = count;
}

function growValues(out: ScanOutput, length: number): void {
  const larger = new Float64Array(Math.max(length, out.values.length * 2, 1024));
  larger.set(out.values);
  out.values = larger;
}
