/**
 * How deep the values of an item are nested. Scanners jump over attributes by their length, so only
 * what is long enough to be too deep is walked: each nested array costs at least four bytes (tag and
 * length of AnyValue and of ArrayValue) for two messages, so a value below DEEP_BYTES cannot pass
 * MAX_DEPTH. Long strings are left at their first tag.
 */
import {
  ANY_VALUE,
  EXEMPLAR,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  RESOURCE,
  SPAN_EVENT,
  SPAN_LINK,
} from '../../../proto/otlp/fields.ts';
import { Cursor, MAX_DEPTH, WIRE, WireError } from './cursor.ts';

/** Shorter messages cannot be nested too deeply. */
export const DEEP_BYTES = MAX_DEPTH * 2;

const cursor = new Cursor(new Uint8Array(0));

/** Throws tooDeep when the AnyValue in [start, end) is nested beyond MAX_DEPTH messages. */
export function checkValueDepth(bytes: Uint8Array, start: number, end: number): void {
  if (end - start < DEEP_BYTES) return;
  cursor.reset(bytes, start, end);
  walk(anyValue, 1);
}

/** The same for a KeyValue. */
export function checkAttributeDepth(bytes: Uint8Array, start: number, end: number): void {
  if (end - start < DEEP_BYTES) return;
  cursor.reset(bytes, start, end);
  walk(keyValue, 1);
}

/** The same for the attributes of a Resource. */
export function checkResourceDepth(bytes: Uint8Array, start: number, end: number): void {
  checkHolder(bytes, start, end, RESOURCE.attributes);
}

/** The same for the attributes of an InstrumentationScope. */
export function checkScopeDepth(bytes: Uint8Array, start: number, end: number): void {
  checkHolder(bytes, start, end, INSTRUMENTATION_SCOPE.attributes);
}

/** The same for the attributes of a Span.Event. */
export function checkEventDepth(bytes: Uint8Array, start: number, end: number): void {
  checkHolder(bytes, start, end, SPAN_EVENT.attributes);
}

/** The same for the attributes of a Span.Link. */
export function checkLinkDepth(bytes: Uint8Array, start: number, end: number): void {
  checkHolder(bytes, start, end, SPAN_LINK.attributes);
}

/** The same for the filtered attributes of an Exemplar. */
export function checkExemplarDepth(bytes: Uint8Array, start: number, end: number): void {
  checkHolder(bytes, start, end, EXEMPLAR.filteredAttributes);
}

// Which fields lead to which message, by kind of message.
const keyValue = 0;
const anyValue = 1;
const arrayValue = 2;
const kvlistValue = 3;

function checkHolder(bytes: Uint8Array, start: number, end: number, field: number): void {
  if (end - start < DEEP_BYTES) return;
  const attributes = (field << 3) | WIRE.len;
  cursor.reset(bytes, start, end);
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag !== attributes) {
      cursor.skip(tag);
      continue;
    }
    const outer = cursor.enter();
    if (cursor.end - cursor.pos >= DEEP_BYTES) walk(keyValue, 1);
    cursor.leave(outer);
  }
}

function walk(kind: number, depth: number): void {
  if (depth > MAX_DEPTH) {
    const offset = cursor.pos;
    throw new WireError(
      'tooDeep',
      `a value is nested deeper than ${MAX_DEPTH} messages (at byte ${offset})`,
      offset,
    );
  }
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    const inner = (tag & 7) === WIRE.len ? nestedKind(kind, tag >>> 3) : -1;
    if (inner < 0) {
      cursor.skip(tag);
      continue;
    }
    const outer = cursor.enter();
    walk(inner, depth + 1);
    cursor.leave(outer);
  }
}

function nestedKind(kind: number, field: number): number {
  if (kind === keyValue) return field === KEY_VALUE.value ? anyValue : -1;
  if (kind === anyValue) {
    if (field === ANY_VALUE.arrayValue) return arrayValue;
    return field === ANY_VALUE.kvlistValue ? kvlistValue : -1;
  }
  if (field !== 1) return -1;
  return kind === arrayValue ? anyValue : keyValue;
}
