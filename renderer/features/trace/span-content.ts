/** Attribute values for display: as text, as a tree, as plain JSON. */
import type { JsonAttribute, JsonValue } from '../../../proto/live/methods.ts';

/** The longest text shown without being asked for, in UTF-16 units. */
export const VALUE_LIMIT = 4096;

/** How a value is coloured: numbers, booleans, plain text, or structure. */
export type ValueTone = 'number' | 'boolean' | 'text' | 'muted';

export function toneOf(value: JsonValue): ValueTone {
  switch (value.type) {
    case 'int':
    case 'double':
      return 'number';
    case 'bool':
      return 'boolean';
    case 'string':
      return 'text';
    case 'empty':
    case 'array':
    case 'kvlist':
    case 'bytes':
      return 'muted';
  }
}

/** A value in one line. Nested values read like JSON. */
export function valueText(value: JsonValue): string {
  switch (value.type) {
    case 'empty':
      return 'empty';
    case 'string':
    case 'int':
    case 'bytes':
      return value.value;
    case 'bool':
    case 'double':
      return String(value.value);
    case 'array':
      return `[${value.values.map(quoted).join(', ')}]`;
    case 'kvlist':
      return `{${value.values.map((each) => `${each.key}: ${quoted(each.value)}`).join(', ')}}`;
  }
}

function quoted(value: JsonValue): string {
  return value.type === 'string' ? JSON.stringify(value.value) : valueText(value);
}

/** The nested values under a value: of lists by number, of maps by key; null for plain values. */
export function childrenOf(value: JsonValue): readonly JsonAttribute[] | null {
  if (value.type === 'kvlist') return value.values;
  if (value.type === 'array') {
    return value.values.map((each, index) => ({ key: String(index), value: each }));
  }
  return value.type === 'string' ? jsonChildren(value.value) : null;
}

/** The object or array that a text holds as JSON; null for anything else. */
export function parsedJson(text: string): unknown {
  const first = text.trimStart()[0];
  if ((first !== '{' && first !== '[') || text.length > MAX_JSON_TEXT) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null; // Text that only looks like JSON is shown as the text it is.
  }
}

/** Longer texts are not opened as a tree: parsing them would hold up the page. */
const MAX_JSON_TEXT = 1_000_000;

function jsonChildren(text: string): readonly JsonAttribute[] | null {
  const parsed = parsedJson(text);
  return parsed === null ? null : childrenOf(fromJson(parsed));
}

/** A value as plain JSON: maps as objects, 64-bit integers as numbers while they are exact. */
export function jsonOf(value: JsonValue): unknown {
  switch (value.type) {
    case 'empty':
      return null;
    case 'string':
    case 'bool':
    case 'double':
    case 'bytes':
      return value.value;
    case 'int': {
      const number = Number(value.value);
      return Number.isSafeInteger(number) ? number : value.value;
    }
    case 'array':
      return value.values.map(jsonOf);
    case 'kvlist':
      return Object.fromEntries(value.values.map((each) => [each.key, jsonOf(each.value)]));
  }
}

function fromJson(value: unknown): JsonValue {
  if (Array.isArray(value)) return { type: 'array', values: value.map(fromJson) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return {
      type: 'kvlist',
      values: entries.map(([key, each]) => ({ key, value: fromJson(each) })),
    };
  }
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'number') return { type: 'double', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  return { type: 'empty' };
}

/** True when one line may not show all of it. */
export function canExpand(value: JsonValue): boolean {
  if (value.type === 'string') return value.value.length > 28 || value.value.includes('\n');
  return value.type === 'array' || value.type === 'kvlist' || value.type === 'bytes';
}
