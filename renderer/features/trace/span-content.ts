/** What the span panel reads out of a decoded span: exceptions, value texts, parsed JSON strings. */
import type { JsonAttribute, JsonValue, SpanDetail } from '../../../proto/live/methods.ts';

/** The longest text shown without being asked for, in UTF-16 units. */
export const VALUE_LIMIT = 4096;

/** An exception as an event of the name `exception` records it (OpenTelemetry semantic conventions). */
export interface ExceptionContent {
  readonly type: string;
  readonly message: string;
  readonly stackLines: readonly string[];
}

/** The exceptions of a span, in order of their events. */
export function exceptionsOf(span: SpanDetail): ExceptionContent[] {
  return span.events
    .filter((event) => event.name === 'exception')
    .map(({ attributes }) => ({
      type: textAt(attributes, 'exception.type') || 'exception',
      message: textAt(attributes, 'exception.message'),
      stackLines: textAt(attributes, 'exception.stacktrace').split('\n').filter(Boolean),
    }));
}

function textAt(attributes: readonly JsonAttribute[], key: string): string {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value?.type === 'string' ? value.value : '';
}

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

/** Texts that hold a JSON object or array open as a tree. Anything else is null. */
function jsonChildren(text: string): readonly JsonAttribute[] | null {
  const first = text.trimStart()[0];
  if ((first !== '{' && first !== '[') || text.length > 1_000_000) return null;
  try {
    return childrenOf(fromJson(JSON.parse(text)));
  } catch {
    return null; // Text that only looks like JSON is shown as the text it is.
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
