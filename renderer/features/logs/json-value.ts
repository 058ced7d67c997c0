/** Attribute values as text, and the tone they are shown in. */
import type { JsonValue } from '../../../proto/live/methods.ts';

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
