/** Attribute values as OTLP JSON has them. */
import type { JsonAttribute, JsonValue } from '../../proto/live/methods.ts';

/** A value as an AnyValue in OTLP JSON. */
function otlpValue(value: JsonValue): Readonly<Record<string, unknown>> {
  switch (value.type) {
    case 'empty':
      return {};
    case 'string':
      return { stringValue: value.value };
    case 'bool':
      return { boolValue: value.value };
    case 'int':
      return { intValue: value.value };
    case 'double':
      return { doubleValue: value.value };
    case 'array':
      return { arrayValue: { values: value.values.map(otlpValue) } };
    case 'kvlist':
      return { kvlistValue: { values: otlpAttributes(value.values) } };
    case 'bytes':
      return { bytesValue: value.value };
  }
}

/** Attributes as KeyValues in OTLP JSON. */
export function otlpAttributes(attributes: readonly JsonAttribute[]): readonly object[] {
  return attributes.map(({ key, value }) => ({ key, value: otlpValue(value) }));
}
