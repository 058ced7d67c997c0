/**
 * Attributes, which are most of what SDKs send, in the one form in which they send them:
 *
 * ```
 *   {"key":"http.route","value":{"stringValue":"/cart"}}        compact, key before value
 *   0a len key…  12 len  0a len text…                           KeyValue, its AnyValue, its one-of
 * ```
 * Everything else (white space, other keys, escapes, arrays, nested lists) is left to the general path
 * of json-to-proto, which gives the same bytes for these too.
 */
import { ANY_VALUE, KEY_VALUE } from '../../../proto/otlp/fields.ts';
import { MAX_JSON_DEPTH, WIRE } from './cursor.ts';
import { double, int64, scanDouble } from './json-numbers.ts';
import { copyPlain, Pattern } from './json-pattern.ts';
import { JSON_BYTE, type JsonScanner } from './json-scanner.ts';
import type { Writer } from './writer.ts';

const KEY_START = new Pattern('{"key":"');
const VALUE_START = new Pattern('","value":{"');
const STRING_START = new Pattern('stringValue":"');
const INT_START = new Pattern('intValue":');
const BOOL_TRUE = new Pattern('boolValue":true');
const BOOL_FALSE = new Pattern('boolValue":false');
const DOUBLE_START = new Pattern('doubleValue":');

const QUOTE = JSON_BYTE.string;

const TAG = {
  key: (KEY_VALUE.key << 3) | WIRE.len,
  value: (KEY_VALUE.value << 3) | WIRE.len,
  string: (ANY_VALUE.stringValue << 3) | WIRE.len,
  bool: (ANY_VALUE.boolValue << 3) | WIRE.varint,
  int: (ANY_VALUE.intValue << 3) | WIRE.varint,
  double: (ANY_VALUE.doubleValue << 3) | WIRE.fixed64,
} as const;

/**
 * Writes the KeyValue at the cursor with its length, when it has the usual form. False, with neither
 * side moved, when it has not. `out` has room for the rest of the input and 64 bytes. Hot loop.
 */
export function writeAttribute(input: JsonScanner, out: Writer, depth: number): boolean {
  const { view, bytes, end } = input;
  const start = input.pos;
  if (depth + 2 >= MAX_JSON_DEPTH || !KEY_START.matches(view, start, end)) return false;
  const target = out.bytes;
  const keyFrom = start + KEY_START.length;
  // Three bytes in front: the length of the attribute, the tag and length of its key.
  const first = out.pos;
  const keyAt = first + 3;
  const keyTo = copyPlain(view, keyFrom, end, out.view, keyAt);
  const keyLength = keyTo - keyFrom;
  if (keyLength === 0 || keyLength > 127 || !VALUE_START.matches(view, keyTo, end)) return false;
  target[first + 1] = TAG.key;
  target[first + 2] = keyLength;
  // Two in front: the tag and length of its value.
  const valueAt = keyAt + keyLength + 2;
  target[valueAt - 2] = TAG.value;
  out.pos = valueAt;
  const pos = writeValue(input, keyTo + VALUE_START.length, out);
  if (pos === -1 || bytes[pos] !== JSON_BYTE.objectEnd || bytes[pos + 1] !== JSON_BYTE.objectEnd) {
    out.pos = first;
    return false;
  }
  input.pos = pos + 2;
  out.close(valueAt);
  out.close(first + 1);
  return true;
}

/** Writes the one-of whose key stands at `pos`, and returns the place behind it; -1 for other forms. */
function writeValue(input: JsonScanner, pos: number, out: Writer): number {
  const { view, end } = input;
  if (STRING_START.matches(view, pos, end)) {
    out.bytes[out.pos] = TAG.string;
    const from = pos + STRING_START.length;
    const mark = out.pos + 2;
    const to = copyPlain(view, from, end, out.view, mark);
    if (input.bytes[to] !== QUOTE) return -1;
    out.pos = mark + to - from;
    out.close(mark);
    return to + 1;
  }
  if (INT_START.matches(view, pos, end)) return writeInt(input, pos + INT_START.length, out);
  if (BOOL_TRUE.matches(view, pos, end)) {
    out.byte(TAG.bool);
    out.byte(1);
    return pos + BOOL_TRUE.length;
  }
  if (BOOL_FALSE.matches(view, pos, end)) {
    out.byte(TAG.bool);
    out.byte(0);
    return pos + BOOL_FALSE.length;
  }
  if (DOUBLE_START.matches(view, pos, end))
    return writeDouble(input, pos + DOUBLE_START.length, out);
  return -1;
}

function writeInt(input: JsonScanner, pos: number, out: Writer): number {
  const start = input.pos;
  input.pos = pos;
  const isInt = input.digits(true);
  const stop = input.pos;
  // The cursor moves when the whole attribute is known to be good.
  input.pos = start;
  if (!isInt) return -1;
  out.byte(TAG.int);
  out.varint64(int64.hi, int64.lo);
  return stop;
}

function writeDouble(input: JsonScanner, pos: number, out: Writer): number {
  const stop = scanDouble(input.bytes, pos, input.end);
  if (stop === -1) return -1;
  out.byte(TAG.double);
  out.double(double.value);
  return stop;
}
