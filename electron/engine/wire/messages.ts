/**
 * Every OTLP message as data, for the JSON codecs: field numbers from proto/otlp/fields, types here
 * in the notation of message.ts.
 */
import {
  ANY_VALUE,
  BUCKETS,
  ENTITY_REF,
  EXEMPLAR,
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  KEY_VALUE_AND_UNIT,
  LOG_RECORD,
  METRIC,
  METRIC_DATA,
  NUMBER_DATA_POINT,
  PROFILE,
  PROFILE_FUNCTION,
  PROFILE_LINE,
  PROFILE_LINK,
  PROFILE_LOCATION,
  PROFILE_MAPPING,
  PROFILE_SAMPLE,
  PROFILE_STACK,
  PROFILES_DICTIONARY,
  REQUEST,
  RESOURCE,
  RESOURCE_GROUP,
  SCOPE_GROUP,
  SPAN,
  SPAN_EVENT,
  SPAN_LINK,
  SPAN_STATUS,
  SUMMARY_DATA_POINT,
  VALUE_AT_QUANTILE,
  VALUE_LIST,
  VALUE_TYPE,
} from '../../../proto/otlp/fields.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import { define, type Message, messageOf } from './message.ts';

/** Names of enum values by enum and number; a hole is a number without a name. */
export const ENUM_NAMES: Readonly<Record<string, readonly string[]>> = {
  SpanKind: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
    (name) => `SPAN_KIND_${name}`,
  ),
  StatusCode: ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'],
  SeverityNumber: [
    'SEVERITY_NUMBER_UNSPECIFIED',
    ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level) =>
      ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${level}${step}`),
    ),
  ],
  AggregationTemporality: ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map(
    (name) => `AGGREGATION_TEMPORALITY_${name}`,
  ),
};

define(
  'AnyValue',
  ANY_VALUE,
  {
    stringValue: '? string',
    boolValue: '? bool',
    intValue: '? int64',
    doubleValue: '? double',
    arrayValue: 'ArrayValue',
    kvlistValue: 'KeyValueList',
    bytesValue: '? bytes',
    stringValueStrindex: '? int32',
  },
  [
    'stringValue',
    'boolValue',
    'intValue',
    'doubleValue',
    'arrayValue',
    'kvlistValue',
    'bytesValue',
    'stringValueStrindex',
  ],
);
define('ArrayValue', VALUE_LIST, { values: '[] AnyValue' });
define('KeyValueList', VALUE_LIST, { values: '[] KeyValue' });
define('KeyValue', KEY_VALUE, { key: 'string', value: 'AnyValue', keyStrindex: 'int32' });
define('EntityRef', ENTITY_REF, {
  schemaUrl: 'string',
  type: 'string',
  idKeys: '[] string',
  descriptionKeys: '[] string',
});
define('Resource', RESOURCE, {
  attributes: '[] KeyValue',
  droppedAttributesCount: 'uint32',
  entityRefs: '[] EntityRef',
});
define('InstrumentationScope', INSTRUMENTATION_SCOPE, {
  name: 'string',
  version: 'string',
  attributes: '[] KeyValue',
  droppedAttributesCount: 'uint32',
});

/** Defines the request, the resource group and the scope group of one signal. */
function defineSignal(word: string, items: string, item: string): void {
  const resources = `Resource${word}`;
  const scopes = `Scope${word}`;
  const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
  const isProfiles = word === 'Profiles';
  define(
    `${word}Request`,
    {
      [lower(resources)]: REQUEST.resources,
      ...(isProfiles ? { dictionary: REQUEST.dictionary } : {}),
    },
    { [lower(resources)]: `[] ${resources}`, dictionary: 'ProfilesDictionary' },
  );
  define(
    resources,
    {
      resource: RESOURCE_GROUP.resource,
      [lower(scopes)]: RESOURCE_GROUP.scopes,
      schemaUrl: RESOURCE_GROUP.schemaUrl,
    },
    { resource: 'Resource', [lower(scopes)]: `[] ${scopes}`, schemaUrl: 'string' },
  );
  define(
    scopes,
    { scope: SCOPE_GROUP.scope, [items]: SCOPE_GROUP.items, schemaUrl: SCOPE_GROUP.schemaUrl },
    { scope: 'InstrumentationScope', [items]: `[] ${item}`, schemaUrl: 'string' },
  );
}
defineSignal('Spans', 'spans', 'Span');
defineSignal('Logs', 'logRecords', 'LogRecord');
defineSignal('Metrics', 'metrics', 'Metric');
defineSignal('Profiles', 'profiles', 'Profile');

/** The request message of a signal; <Signal>Data has the same fields. */
export const REQUEST_MESSAGE: Readonly<Record<Signal, Message>> = {
  traces: messageOf('SpansRequest'),
  logs: messageOf('LogsRequest'),
  metrics: messageOf('MetricsRequest'),
  profiles: messageOf('ProfilesRequest'),
};

define('Span', SPAN, {
  traceId: 'hex',
  spanId: 'hex',
  traceState: 'string',
  parentSpanId: 'hex',
  name: 'string',
  kind: 'enum SpanKind',
  startTimeUnixNano: 'fixed64',
  endTimeUnixNano: 'fixed64',
  attributes: '[] KeyValue',
  droppedAttributesCount: 'uint32',
  events: '[] SpanEvent',
  droppedEventsCount: 'uint32',
  links: '[] SpanLink',
  droppedLinksCount: 'uint32',
  status: 'SpanStatus',
  flags: 'fixed32',
});
define('SpanEvent', SPAN_EVENT, {
  timeUnixNano: 'fixed64',
  name: 'string',
  attributes: '[] KeyValue',
  droppedAttributesCount: 'uint32',
});
define('SpanLink', SPAN_LINK, {
  traceId: 'hex',
  spanId: 'hex',
  traceState: 'string',
  attributes: '[] KeyValue',
  droppedAttributesCount: 'uint32',
  flags: 'fixed32',
});
define('SpanStatus', SPAN_STATUS, { message: 'string', code: 'enum StatusCode' });

define('LogRecord', LOG_RECORD, {
  timeUnixNano: 'fixed64',
  severityNumber: 'enum SeverityNumber',
  severityText: 'string',
  body: 'AnyValue',
  attributes: '[] KeyValue',
  droppedAttributesCount: 'uint32',
  flags: 'fixed32',
  traceId: 'hex',
  spanId: 'hex',
  observedTimeUnixNano: 'fixed64',
  eventName: 'string',
});

define(
  'Metric',
  METRIC,
  {
    name: 'string',
    description: 'string',
    unit: 'string',
    gauge: 'Gauge',
    sum: 'Sum',
    histogram: 'Histogram',
    exponentialHistogram: 'ExponentialHistogram',
    summary: 'Summary',
    metadata: '[] KeyValue',
  },
  ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'],
);
const { dataPoints, aggregationTemporality, isMonotonic } = METRIC_DATA;
const temporality = 'enum AggregationTemporality';
define('Gauge', { dataPoints }, { dataPoints: '[] NumberDataPoint' });
define(
  'Sum',
  { dataPoints, aggregationTemporality, isMonotonic },
  { dataPoints: '[] NumberDataPoint', aggregationTemporality: temporality, isMonotonic: 'bool' },
);
define(
  'Histogram',
  { dataPoints, aggregationTemporality },
  { dataPoints: '[] HistogramDataPoint', aggregationTemporality: temporality },
);
define(
  'ExponentialHistogram',
  { dataPoints, aggregationTemporality },
  { dataPoints: '[] ExponentialHistogramDataPoint', aggregationTemporality: temporality },
);
define('Summary', { dataPoints }, { dataPoints: '[] SummaryDataPoint' });
define(
  'NumberDataPoint',
  NUMBER_DATA_POINT,
  {
    startTimeUnixNano: 'fixed64',
    timeUnixNano: 'fixed64',
    asDouble: '? double',
    exemplars: '[] Exemplar',
    asInt: '? sfixed64',
    attributes: '[] KeyValue',
    flags: 'uint32',
  },
  ['asDouble', 'asInt'],
);
define('HistogramDataPoint', HISTOGRAM_DATA_POINT, {
  startTimeUnixNano: 'fixed64',
  timeUnixNano: 'fixed64',
  count: 'fixed64',
  sum: '? double',
  bucketCounts: '[] fixed64',
  explicitBounds: '[] double',
  exemplars: '[] Exemplar',
  attributes: '[] KeyValue',
  flags: 'uint32',
  min: '? double',
  max: '? double',
});
define('ExponentialHistogramDataPoint', EXPONENTIAL_HISTOGRAM_DATA_POINT, {
  attributes: '[] KeyValue',
  startTimeUnixNano: 'fixed64',
  timeUnixNano: 'fixed64',
  count: 'fixed64',
  sum: '? double',
  scale: 'sint32',
  zeroCount: 'fixed64',
  positive: 'Buckets',
  negative: 'Buckets',
  flags: 'uint32',
  exemplars: '[] Exemplar',
  min: '? double',
  max: '? double',
  zeroThreshold: 'double',
});
define('Buckets', BUCKETS, { offset: 'sint32', bucketCounts: '[] uint64' });
define('SummaryDataPoint', SUMMARY_DATA_POINT, {
  startTimeUnixNano: 'fixed64',
  timeUnixNano: 'fixed64',
  count: 'fixed64',
  sum: 'double',
  quantileValues: '[] ValueAtQuantile',
  attributes: '[] KeyValue',
  flags: 'uint32',
});
define('ValueAtQuantile', VALUE_AT_QUANTILE, { quantile: 'double', value: 'double' });
define(
  'Exemplar',
  EXEMPLAR,
  {
    timeUnixNano: 'fixed64',
    asDouble: '? double',
    spanId: 'hex',
    traceId: 'hex',
    asInt: '? sfixed64',
    filteredAttributes: '[] KeyValue',
  },
  ['asDouble', 'asInt'],
);

define('ProfilesDictionary', PROFILES_DICTIONARY, {
  mappingTable: '[] Mapping',
  locationTable: '[] Location',
  functionTable: '[] Function',
  linkTable: '[] Link',
  stringTable: '[] string',
  attributeTable: '[] KeyValueAndUnit',
  stackTable: '[] Stack',
});
define('Profile', PROFILE, {
  sampleType: 'ValueType',
  samples: '[] Sample',
  timeUnixNano: 'fixed64',
  durationNano: 'uint64',
  periodType: 'ValueType',
  period: 'int64',
  profileId: 'hex',
  droppedAttributesCount: 'uint32',
  originalPayloadFormat: 'string',
  originalPayload: 'bytes',
  attributeIndices: '[] int32',
});
define('ValueType', VALUE_TYPE, { typeStrindex: 'int32', unitStrindex: 'int32' });
define('Sample', PROFILE_SAMPLE, {
  stackIndex: 'int32',
  attributeIndices: '[] int32',
  linkIndex: 'int32',
  values: '[] int64',
  timestampsUnixNano: '[] fixed64',
});
define('Link', PROFILE_LINK, { traceId: 'hex', spanId: 'hex' });
define('Mapping', PROFILE_MAPPING, {
  memoryStart: 'uint64',
  memoryLimit: 'uint64',
  fileOffset: 'uint64',
  filenameStrindex: 'int32',
  attributeIndices: '[] int32',
});
define('Location', PROFILE_LOCATION, {
  mappingIndex: 'int32',
  address: 'uint64',
  lines: '[] Line',
  attributeIndices: '[] int32',
});
define('Line', PROFILE_LINE, { functionIndex: 'int32', line: 'int64', column: 'int64' });
define('Function', PROFILE_FUNCTION, {
  nameStrindex: 'int32',
  systemNameStrindex: 'int32',
  filenameStrindex: 'int32',
  startLine: 'int64',
});
define('Stack', PROFILE_STACK, { locationIndices: '[] int32' });
define('KeyValueAndUnit', KEY_VALUE_AND_UNIT, {
  keyStrindex: 'int32',
  value: 'AnyValue',
  unitStrindex: 'int32',
});
