/** Decodes data points of the five metric kinds. */
import {
  BUCKETS,
  EXEMPLAR,
  EXPONENTIAL_HISTOGRAM_DATA_POINT as EXPONENTIAL,
  HISTOGRAM_DATA_POINT as HISTOGRAM,
  NUMBER_DATA_POINT as NUMBER,
  SUMMARY_DATA_POINT as SUMMARY,
  VALUE_AT_QUANTILE,
} from '../../../proto/otlp/fields.ts';
import type {
  DataPoint,
  Exemplar,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  KeyValue,
  NumberDataPoint,
  NumberValue,
  SummaryDataPoint,
} from '../../../proto/otlp/model.ts';
import { METRIC_KIND } from '../../../proto/otlp/signal.ts';
import { type Cursor, WIRE } from './cursor.ts';
import { readAttribute, readFields, readId, readNested } from './decode-values.ts';

const { varint, len, fixed64 } = WIRE;

/** The type of the points of a metric whose data stands in field `kind`. Throws RangeError. */
export function pointType(kind: number): DataPoint['type'] {
  switch (kind) {
    case METRIC_KIND.gauge:
    case METRIC_KIND.sum:
      return 'number';
    case METRIC_KIND.histogram:
      return 'histogram';
    case METRIC_KIND.exponentialHistogram:
      return 'exponentialHistogram';
    case METRIC_KIND.summary:
      return 'summary';
    default:
      throw new RangeError(`Metric.data has no field ${kind}`);
  }
}

/** Reads the data point that the cursor is narrowed to; `kind` is its field in Metric.data. */
export function readDataPoint(kind: number, cursor: Cursor): DataPoint {
  const type = pointType(kind);
  switch (type) {
    case 'number':
      return readNumberPoint(cursor);
    case 'histogram':
      return readHistogramPoint(cursor);
    case 'exponentialHistogram':
      return readExponentialPoint(cursor);
    case 'summary':
      return readSummaryPoint(cursor);
  }
}

/** What every point has, under field numbers that differ by type. */
interface CommonFields {
  readonly attributes: number;
  readonly startTimeUnixNano: number;
  readonly timeUnixNano: number;
  readonly flags: number;
}

class Common {
  readonly attributes: KeyValue[] = [];
  readonly exemplars: Exemplar[] = [];
  startTimeUnixNano = 0n;
  timeUnixNano = 0n;
  flags = 0;
  readonly #fields: CommonFields;
  readonly #exemplarField: number;

  constructor(fields: CommonFields, exemplarField = 0) {
    this.#fields = fields;
    this.#exemplarField = exemplarField;
  }

  /** Reads the field of `tag` when it is a shared one. */
  read(cursor: Cursor, tag: number): boolean {
    const fields = this.#fields;
    if (tag === ((fields.attributes << 3) | len)) readAttribute(cursor, this.attributes);
    else if (tag === ((fields.startTimeUnixNano << 3) | fixed64)) {
      this.startTimeUnixNano = cursor.fixed64Big();
    } else if (tag === ((fields.timeUnixNano << 3) | fixed64)) {
      this.timeUnixNano = cursor.fixed64Big();
    } else if (tag === ((fields.flags << 3) | varint)) this.flags = cursor.varint32();
    else if (tag === ((this.#exemplarField << 3) | len)) {
      this.exemplars.push(readNested(cursor, readExemplar));
    } else return false;
    return true;
  }

  base() {
    const { attributes, startTimeUnixNano, timeUnixNano, flags } = this;
    return { attributes, startTimeUnixNano, timeUnixNano, flags };
  }
}

function readNumberPoint(cursor: Cursor): NumberDataPoint {
  const common = new Common(NUMBER, NUMBER.exemplars);
  let value: NumberValue | undefined;
  readFields(cursor, (tag) => {
    if (tag === ((NUMBER.asDouble << 3) | fixed64)) {
      value = { type: 'double', value: cursor.double() };
    } else if (tag === ((NUMBER.asInt << 3) | fixed64)) {
      value = { type: 'int', value: cursor.sfixed64Big() };
    } else return common.read(cursor, tag);
    return true;
  });
  const point = { type: 'number', ...common.base(), exemplars: common.exemplars } as const;
  return value ? { ...point, value } : point;
}

/** sum, min and max of a distribution: each may be absent. */
interface Extent {
  sum?: number;
  min?: number;
  max?: number;
}

function readHistogramPoint(cursor: Cursor): HistogramDataPoint {
  const common = new Common(HISTOGRAM, HISTOGRAM.exemplars);
  const bucketCounts: bigint[] = [];
  const explicitBounds: number[] = [];
  const extent: Extent = {};
  let count = 0n;
  readFields(cursor, (tag) => {
    if (tag === ((HISTOGRAM.count << 3) | fixed64)) count = cursor.fixed64Big();
    else if (tag === ((HISTOGRAM.sum << 3) | fixed64)) extent.sum = cursor.double();
    else if (tag === ((HISTOGRAM.min << 3) | fixed64)) extent.min = cursor.double();
    else if (tag === ((HISTOGRAM.max << 3) | fixed64)) extent.max = cursor.double();
    else if (tag >>> 3 === HISTOGRAM.bucketCounts) {
      return readRepeated(cursor, tag, fixed64, () => bucketCounts.push(cursor.fixed64Big()));
    } else if (tag >>> 3 === HISTOGRAM.explicitBounds) {
      return readRepeated(cursor, tag, fixed64, () => explicitBounds.push(cursor.double()));
    } else return common.read(cursor, tag);
    return true;
  });
  return {
    type: 'histogram',
    ...common.base(),
    count,
    bucketCounts,
    explicitBounds,
    ...extent,
    exemplars: common.exemplars,
  };
}

function readExponentialPoint(cursor: Cursor): ExponentialHistogramDataPoint {
  const common = new Common(EXPONENTIAL, EXPONENTIAL.exemplars);
  const extent: Extent = {};
  const sides: { positive?: MutableBuckets; negative?: MutableBuckets } = {};
  let count = 0n;
  let scale = 0;
  let zeroCount = 0n;
  let zeroThreshold = 0;
  readFields(cursor, (tag) => {
    if (tag === ((EXPONENTIAL.count << 3) | fixed64)) count = cursor.fixed64Big();
    else if (tag === ((EXPONENTIAL.sum << 3) | fixed64)) extent.sum = cursor.double();
    else if (tag === ((EXPONENTIAL.min << 3) | fixed64)) extent.min = cursor.double();
    else if (tag === ((EXPONENTIAL.max << 3) | fixed64)) extent.max = cursor.double();
    else if (tag === ((EXPONENTIAL.scale << 3) | varint)) scale = cursor.sint32();
    else if (tag === ((EXPONENTIAL.zeroCount << 3) | fixed64)) zeroCount = cursor.fixed64Big();
    else if (tag === ((EXPONENTIAL.zeroThreshold << 3) | fixed64)) {
      zeroThreshold = cursor.double();
    } else if (tag === ((EXPONENTIAL.positive << 3) | len)) {
      sides.positive = readNested(cursor, () => readBuckets(cursor, sides.positive));
    } else if (tag === ((EXPONENTIAL.negative << 3) | len)) {
      sides.negative = readNested(cursor, () => readBuckets(cursor, sides.negative));
    } else return common.read(cursor, tag);
    return true;
  });
  return {
    type: 'exponentialHistogram',
    ...common.base(),
    count,
    scale,
    zeroCount,
    zeroThreshold,
    ...extent,
    ...sides,
    exemplars: common.exemplars,
  };
}

/** Reads Buckets onto an earlier occurrence of the same field. */
function readBuckets(cursor: Cursor, onto: MutableBuckets = newBuckets()): MutableBuckets {
  readFields(cursor, (tag) => {
    if (tag === ((BUCKETS.offset << 3) | varint)) onto.offset = cursor.sint32();
    else if (tag >>> 3 === BUCKETS.bucketCounts) {
      return readRepeated(cursor, tag, varint, () => onto.bucketCounts.push(cursor.uint64Big()));
    } else return false;
    return true;
  });
  return onto;
}

interface MutableBuckets {
  offset: number;
  readonly bucketCounts: bigint[];
}

function newBuckets(): MutableBuckets {
  return { offset: 0, bucketCounts: [] };
}

function readSummaryPoint(cursor: Cursor): SummaryDataPoint {
  const common = new Common(SUMMARY);
  const quantileValues: { quantile: number; value: number }[] = [];
  let count = 0n;
  let sum = 0;
  readFields(cursor, (tag) => {
    if (tag === ((SUMMARY.count << 3) | fixed64)) count = cursor.fixed64Big();
    else if (tag === ((SUMMARY.sum << 3) | fixed64)) sum = cursor.double();
    else if (tag === ((SUMMARY.quantileValues << 3) | len)) {
      quantileValues.push(readNested(cursor, readQuantile));
    } else return common.read(cursor, tag);
    return true;
  });
  return { type: 'summary', ...common.base(), count, sum, quantileValues };
}

function readQuantile(cursor: Cursor): { quantile: number; value: number } {
  let quantile = 0;
  let value = 0;
  readFields(cursor, (tag) => {
    if (tag === ((VALUE_AT_QUANTILE.quantile << 3) | fixed64)) quantile = cursor.double();
    else if (tag === ((VALUE_AT_QUANTILE.value << 3) | fixed64)) value = cursor.double();
    else return false;
    return true;
  });
  return { quantile, value };
}

function readExemplar(cursor: Cursor): Exemplar {
  const filteredAttributes: KeyValue[] = [];
  let timeUnixNano = 0n;
  let value: NumberValue | undefined;
  let traceId = '';
  let spanId = '';
  readFields(cursor, (tag) => {
    if (tag === ((EXEMPLAR.timeUnixNano << 3) | fixed64)) timeUnixNano = cursor.fixed64Big();
    else if (tag === ((EXEMPLAR.asDouble << 3) | fixed64)) {
      value = { type: 'double', value: cursor.double() };
    } else if (tag === ((EXEMPLAR.asInt << 3) | fixed64)) {
      value = { type: 'int', value: cursor.sfixed64Big() };
    } else if (tag === ((EXEMPLAR.spanId << 3) | len)) spanId = readId(cursor);
    else if (tag === ((EXEMPLAR.traceId << 3) | len)) traceId = readId(cursor);
    else if (tag === ((EXEMPLAR.filteredAttributes << 3) | len)) {
      readAttribute(cursor, filteredAttributes);
    } else return false;
    return true;
  });
  const exemplar = { timeUnixNano, traceId, spanId, filteredAttributes };
  return value ? { ...exemplar, value } : exemplar;
}

/**
 * Reads a repeated number, packed or one by one: parsers have to take both. False for a wire type
 * that is neither.
 */
function readRepeated(
  cursor: Cursor,
  tag: number,
  elementType: number,
  readOne: () => void,
): boolean {
  if ((tag & 7) === elementType) readOne();
  else if ((tag & 7) === len) {
    const outer = cursor.enter();
    while (cursor.pos < cursor.end) readOne();
    cursor.leave(outer);
  } else return false;
  return true;
}
