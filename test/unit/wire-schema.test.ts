import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import * as fields from '../../proto/otlp/fields.ts';
import { GRPC_SERVICE, SIGNALS } from '../../proto/otlp/signal.ts';
import { ENUM_NAMES, REQUEST_MESSAGE } from '../../electron/engine/wire/messages.ts';
import { type Field, messageNames, messageOf } from '../../electron/engine/wire/message.ts';
import { protoRoot, protoType, requestType } from '../support/otlp/proto-root.ts';

const COMMON = 'opentelemetry.proto.common.v1';
const TRACE = 'opentelemetry.proto.trace.v1';
const METRICS = 'opentelemetry.proto.metrics.v1';
const PROFILES = 'opentelemetry.proto.profiles.v1development';

/** The schema's name of each message of the codecs. */
const FULL_NAME: Readonly<Record<string, string>> = {
  AnyValue: `${COMMON}.AnyValue`,
  ArrayValue: `${COMMON}.ArrayValue`,
  KeyValueList: `${COMMON}.KeyValueList`,
  KeyValue: `${COMMON}.KeyValue`,
  EntityRef: `${COMMON}.EntityRef`,
  InstrumentationScope: `${COMMON}.InstrumentationScope`,
  Resource: 'opentelemetry.proto.resource.v1.Resource',
  SpansRequest: 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
  LogsRequest: 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest',
  MetricsRequest: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
  ProfilesRequest:
    'opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest',
  ResourceSpans: `${TRACE}.ResourceSpans`,
  ScopeSpans: `${TRACE}.ScopeSpans`,
  Span: `${TRACE}.Span`,
  SpanEvent: `${TRACE}.Span.Event`,
  SpanLink: `${TRACE}.Span.Link`,
  SpanStatus: `${TRACE}.Status`,
  ResourceLogs: 'opentelemetry.proto.logs.v1.ResourceLogs',
  ScopeLogs: 'opentelemetry.proto.logs.v1.ScopeLogs',
  LogRecord: 'opentelemetry.proto.logs.v1.LogRecord',
  Buckets: `${METRICS}.ExponentialHistogramDataPoint.Buckets`,
  ValueAtQuantile: `${METRICS}.SummaryDataPoint.ValueAtQuantile`,
  ...Object.fromEntries(
    'ResourceMetrics ScopeMetrics Metric Gauge Sum Histogram ExponentialHistogram Summary NumberDataPoint HistogramDataPoint ExponentialHistogramDataPoint SummaryDataPoint Exemplar'
      .split(' ')
      .map((name) => [name, `${METRICS}.${name}`]),
  ),
  ...Object.fromEntries(
    'ResourceProfiles ScopeProfiles ProfilesDictionary Profile ValueType Sample Link Mapping Location Line Function Stack KeyValueAndUnit'
      .split(' ')
      .map((name) => [name, `${PROFILES}.${name}`]),
  ),
};

/** A field of the codecs in the words of the schema. */
function schemaTypeOf(field: Field): string {
  if (field.kind === 'message') return FULL_NAME[field.typeName];
  if (field.kind === 'hex') return 'bytes';
  return field.kind === 'enum' ? field.typeName : field.kind;
}

function typeOf(field: protobuf.Field): string {
  const resolved = field.resolve().resolvedType;
  if (resolved instanceof protobuf.Type) return resolved.fullName.slice(1);
  return resolved instanceof protobuf.Enum ? resolved.name : field.type;
}

describe('the field tables', () => {
  it('are the schema', () => {
    for (const name of messageNames()) {
      const type = protoType(FULL_NAME[name]);
      const ours = messageOf(name).fields.map((field) => [
        field.name,
        field.number,
        schemaTypeOf(field),
        field.repeated,
      ]);
      const theirs = type.fieldsArray.map((field) => [
        field.name,
        field.id,
        typeOf(field),
        field.repeated,
      ]);
      const byNumber = (a: unknown[], b: unknown[]) => Number(a[1]) - Number(b[1]);
      expect([name, ...ours.sort(byNumber)]).toEqual([name, ...theirs.sort(byNumber)]);
    }
  });

  it('know which fields have presence', () => {
    for (const name of messageNames()) {
      const type = protoType(FULL_NAME[name]);
      for (const field of messageOf(name).fields) {
        const theirs = type.fields[field.name];
        const isMessage = theirs.resolve().resolvedType instanceof protobuf.Type;
        expect([name, field.name, field.hasPresence]).toEqual([
          name,
          field.name,
          isMessage || theirs.partOf !== null,
        ]);
      }
    }
  });

  it('know the one-ofs', () => {
    for (const name of messageNames()) {
      const groups = protoType(FULL_NAME[name]).oneofsArray.filter(
        (group) => group.fieldsArray.length > 1,
      );
      const bits = groups.flatMap((group) => group.fieldsArray).map((field) => 1 << field.id);
      expect([name, messageOf(name).oneOf]).toEqual([name, bits.reduce((a, b) => a | b, 0)]);
    }
  });

  it('write ids, and no other bytes, in hex', () => {
    for (const name of messageNames()) {
      for (const field of messageOf(name).fields) {
        if (protoType(FULL_NAME[name]).fields[field.name].type !== 'bytes') continue;
        expect([name, field.name, field.kind]).toEqual([
          name,
          field.name,
          /Id$/.test(field.name) ? 'hex' : 'bytes',
        ]);
      }
    }
  });

  it('cover every message that a request can hold', () => {
    const seen = new Set<string>();
    const visit = (type: protobuf.Type): void => {
      if (seen.has(type.fullName)) return;
      seen.add(type.fullName);
      for (const field of type.fieldsArray) {
        const { resolvedType } = field.resolve();
        if (resolvedType instanceof protobuf.Type) visit(resolvedType);
      }
    };
    for (const signal of SIGNALS) visit(requestType(signal));
    const ours = messageNames().map((name) => `.${FULL_NAME[name]}`);
    expect(ours.sort()).toEqual([...seen].sort());
  });

  it('name enum values as the schema does', () => {
    const enums: Readonly<Record<string, string>> = {
      SpanKind: `${TRACE}.Span.SpanKind`,
      StatusCode: `${TRACE}.Status.StatusCode`,
      SeverityNumber: 'opentelemetry.proto.logs.v1.SeverityNumber',
      AggregationTemporality: `${METRICS}.AggregationTemporality`,
    };
    for (const [name, fullName] of Object.entries(enums)) {
      const { values } = protoRoot().lookupEnum(fullName);
      expect(Object.fromEntries(ENUM_NAMES[name].map((key, value) => [key, value]))).toEqual(
        values,
      );
    }
  });

  it('fit the slots of the JSON codecs', () => {
    for (const name of messageNames()) {
      for (const field of messageOf(name).fields) expect(field.number).toBeLessThan(31);
    }
  });

  it('of the answers are the schema', () => {
    const tables: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
      ['google.rpc.Status', fields.RPC_STATUS],
      ['google.protobuf.Any', fields.ANY],
      ['google.rpc.BadRequest', fields.BAD_REQUEST],
      ['google.rpc.BadRequest.FieldViolation', fields.FIELD_VIOLATION],
      ['google.rpc.RetryInfo', fields.RETRY_INFO],
      ['google.protobuf.Duration', fields.DURATION],
    ];
    for (const [fullName, table] of tables) {
      const theirs = protoType(fullName).fieldsArray.map((field) => [field.name, field.id]);
      expect([fullName, table]).toEqual([fullName, Object.fromEntries(theirs)]);
    }
  });
});

describe('the schema', () => {
  it('has the four export services', () => {
    for (const signal of SIGNALS) {
      const service = protoRoot().lookupService(GRPC_SERVICE[signal]);
      expect(Object.keys(service.methods)).toEqual(['Export']);
      const method = service.methods['Export'];
      method.resolve();
      expect(method.resolvedRequestType).toBe(requestType(signal));
    }
  });

  it('lays the data files out like the requests', () => {
    for (const [signal, data] of [
      ['traces', `${TRACE}.TracesData`],
      ['logs', 'opentelemetry.proto.logs.v1.LogsData'],
      ['metrics', `${METRICS}.MetricsData`],
      ['profiles', `${PROFILES}.ProfilesData`],
    ] as const) {
      const shape = (type: protobuf.Type) =>
        type.fieldsArray.map((field) => [field.name, field.id, typeOf(field)]);
      expect(shape(protoType(data))).toEqual(shape(requestType(signal)));
      expect(REQUEST_MESSAGE[signal].fields).toHaveLength(protoType(data).fieldsArray.length);
    }
  });
});
