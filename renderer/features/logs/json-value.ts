/** Attribute values: as text, as a tree, and the tone they are shown in. */
import type { JsonAttribute, JsonValue } from '../../../proto/live/methods.ts';

/** A value in one text: strings as they are, lists and maps as JSON. */
export function valueText(value: JsonValue): string {
  return value.type === 'string' ? value.value : nestedText(value);
}

function nestedText(value: JsonValue): string {
  switch (value.type) {
    case 'empty':
      return 'empty';
    case 'string':
      return JSON.stringify(value.value);
    case 'bool':
    case 'int':
    case 'double':
      return String(value.value);
    case 'array':
      return `[${value.values.map(nestedText).join(', ')}]`;
    case 'kvlist': {
      const pairs = value.values.map(
        (entry) => `${JSON.stringify(entry.key)}: ${nestedText(entry.value)}`,
      );
      return `{${pairs.join(', ')}}`;
    }
    case 'bytes':
      return `base64 ${value.value}`;
  }
}

/** Numbers are blue, booleans ochre, everything else plain. */
export function valueTone(value: JsonValue): 'number' | 'boolean' | 'plain' {
  if (value.type === 'int' || value.type === 'double') return 'number';
  return value.type === 'bool' ? 'boolean' : 'plain';
}

/** The type of a value in OpenTelemetry's words, with the number of what it holds. */
export function typeText(value: JsonValue): string {
  switch (value.type) {
    case 'array':
      return `array of ${value.values.length}`;
    case 'kvlist':
      return `map of ${value.values.length}`;
    case 'empty':
    case 'string':
    case 'bool':
    case 'int':
    case 'double':
    case 'bytes':
      return value.type;
  }
}

/** What a value holds: entries of a map by key, of a list by number; null for plain values. */
export function childrenOf(value: JsonValue): readonly JsonAttribute[] | null {
  if (value.type === 'kvlist') return value.values;
  if (value.type !== 'array') return null;
  return value.values.map((each, index) => ({ key: String(index), value: each }));
}
