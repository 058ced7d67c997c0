/**
 * Field numbers of OTLP 1.11, one table per message, in the words of the schema (lowerCamelCase).
 * Scanners, decoders and codecs read these; a test holds them against the `.proto` files beside.
 */

/** Export<Signal>ServiceRequest and <Signal>Data: the repeated Resource<Signal>, and the dictionary. */
export const REQUEST = { resources: 1, dictionary: 2 } as const;

/** ResourceSpans, ResourceLogs, ResourceMetrics and ResourceProfiles are laid out alike. */
export const RESOURCE_GROUP = { resource: 1, scopes: 2, schemaUrl: 3 } as const;

/** ScopeSpans, ScopeLogs, ScopeMetrics and ScopeProfiles are laid out alike. */
export const SCOPE_GROUP = { scope: 1, items: 2, schemaUrl: 3 } as const;

/** Export<Signal>ServiceResponse. */
export const EXPORT_RESPONSE = { partialSuccess: 1 } as const;
/** Export<Signal>PartialSuccess. */
export const PARTIAL_SUCCESS = { rejected: 1, errorMessage: 2 } as const;

export const RESOURCE = { attributes: 1, droppedAttributesCount: 2, entityRefs: 3 } as const;
export const ENTITY_REF = { schemaUrl: 1, type: 2, idKeys: 3, descriptionKeys: 4 } as const;
export const INSTRUMENTATION_SCOPE = {
  name: 1,
  version: 2,
  attributes: 3,
  droppedAttributesCount: 4,
} as const;
export const KEY_VALUE = { key: 1, value: 2, keyStrindex: 3 } as const;
export const ANY_VALUE = {
  stringValue: 1,
  boolValue: 2,
  intValue: 3,
  doubleValue: 4,
  arrayValue: 5,
  kvlistValue: 6,
  bytesValue: 7,
  stringValueStrindex: 8,
} as const;
/** ArrayValue and KeyValueList. */
export const VALUE_LIST = { values: 1 } as const;

export const SPAN = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTimeUnixNano: 7,
  endTimeUnixNano: 8,
  attributes: 9,
  droppedAttributesCount: 10,
  events: 11,
  droppedEventsCount: 12,
  links: 13,
  droppedLinksCount: 14,
  status: 15,
  flags: 16,
} as const;
export const SPAN_EVENT = {
  timeUnixNano: 1,
  name: 2,
  attributes: 3,
  droppedAttributesCount: 4,
} as const;
export const SPAN_LINK = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  attributes: 4,
  droppedAttributesCount: 5,
  flags: 6,
} as const;
export const SPAN_STATUS = { message: 2, code: 3 } as const;

export const LOG_RECORD = {
  timeUnixNano: 1,
  severityNumber: 2,
  severityText: 3,
  body: 5,
  attributes: 6,
  droppedAttributesCount: 7,
  flags: 8,
  traceId: 9,
  spanId: 10,
  observedTimeUnixNano: 11,
  eventName: 12,
} as const;

export const METRIC = {
  name: 1,
  description: 2,
  unit: 3,
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponentialHistogram: 10,
  summary: 11,
  metadata: 12,
} as const;
/** Gauge, Sum, Histogram, ExponentialHistogram and Summary; `isMonotonic` is in Sum alone. */
export const METRIC_DATA = { dataPoints: 1, aggregationTemporality: 2, isMonotonic: 3 } as const;
export const NUMBER_DATA_POINT = {
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  asDouble: 4,
  exemplars: 5,
  asInt: 6,
  attributes: 7,
  flags: 8,
} as const;
export const HISTOGRAM_DATA_POINT = {
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  count: 4,
  sum: 5,
  bucketCounts: 6,
  explicitBounds: 7,
  exemplars: 8,
  attributes: 9,
  flags: 10,
  min: 11,
  max: 12,
} as const;
export const EXPONENTIAL_HISTOGRAM_DATA_POINT = {
  attributes: 1,
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  count: 4,
  sum: 5,
  scale: 6,
  zeroCount: 7,
  positive: 8,
  negative: 9,
  flags: 10,
  exemplars: 11,
  min: 12,
  max: 13,
  zeroThreshold: 14,
} as const;
/** ExponentialHistogramDataPoint.Buckets. */
export const BUCKETS = { offset: 1, bucketCounts: 2 } as const;
export const SUMMARY_DATA_POINT = {
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  count: 4,
  sum: 5,
  quantileValues: 6,
  attributes: 7,
  flags: 8,
} as const;
/** SummaryDataPoint.ValueAtQuantile. */
export const VALUE_AT_QUANTILE = { quantile: 1, value: 2 } as const;
export const EXEMPLAR = {
  timeUnixNano: 2,
  asDouble: 3,
  spanId: 4,
  traceId: 5,
  asInt: 6,
  filteredAttributes: 7,
} as const;

export const PROFILES_DICTIONARY = {
  mappingTable: 1,
  locationTable: 2,
  functionTable: 3,
  linkTable: 4,
  stringTable: 5,
  attributeTable: 6,
  stackTable: 7,
} as const;
export const PROFILE = {
  sampleType: 1,
  samples: 2,
  timeUnixNano: 3,
  durationNano: 4,
  periodType: 5,
  period: 6,
  profileId: 7,
  droppedAttributesCount: 8,
  originalPayloadFormat: 9,
  originalPayload: 10,
  attributeIndices: 11,
} as const;
export const VALUE_TYPE = { typeStrindex: 1, unitStrindex: 2 } as const;
export const PROFILE_SAMPLE = {
  stackIndex: 1,
  attributeIndices: 2,
  linkIndex: 3,
  values: 4,
  timestampsUnixNano: 5,
} as const;
/** profiles.v1development.Link. */
export const PROFILE_LINK = { traceId: 1, spanId: 2 } as const;
export const PROFILE_MAPPING = {
  memoryStart: 1,
  memoryLimit: 2,
  fileOffset: 3,
  filenameStrindex: 4,
  attributeIndices: 5,
} as const;
export const PROFILE_LOCATION = {
  mappingIndex: 1,
  address: 2,
  lines: 3,
  attributeIndices: 4,
} as const;
export const PROFILE_LINE = { functionIndex: 1, line: 2, column: 3 } as const;
export const PROFILE_FUNCTION = {
  nameStrindex: 1,
  systemNameStrindex: 2,
  filenameStrindex: 3,
  startLine: 4,
} as const;
export const PROFILE_STACK = { locationIndices: 1 } as const;
export const KEY_VALUE_AND_UNIT = { keyStrindex: 1, value: 2, unitStrindex: 3 } as const;

/** google.rpc.Status and its details. */
export const RPC_STATUS = { code: 1, message: 2, details: 3 } as const;
/** google.protobuf.Any. */
export const ANY = { typeUrl: 1, value: 2 } as const;
export const BAD_REQUEST = { fieldViolations: 1 } as const;
export const FIELD_VIOLATION = { field: 1, description: 2 } as const;
export const RETRY_INFO = { retryDelay: 1 } as const;
/** google.protobuf.Duration. */
export const DURATION = { seconds: 1, nanos: 2 } as const;
