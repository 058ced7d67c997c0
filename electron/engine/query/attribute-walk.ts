/**
 * Finds the values of a field in encoded attributes, and tests them where they stand. The usual
 * KeyValue (key, then one value) is read from the bytes; anything else is decoded first.
 */
import { ANY_VALUE, KEY_VALUE } from '../../../proto/otlp/fields.ts';
import type { AnyValue, KeyValue } from '../../../proto/otlp/model.ts';
import { equalBytes } from '../store/hash.ts';
import { Cursor, WIRE } from '../wire/cursor.ts';
import { readKeyValue } from '../wire/decode-values.ts';
import { base64 } from '../wire/value-text.ts';
import { LENGTH, type KeySet, type KeyTest } from './key-set.ts';
import type { ValueTest } from './value-test.ts';

/** Bits of what was found of a field in an item. */
export const FOUND = {
  /** It is there, with a value or an empty one. */
  present: 1,
  /** It has at least one value: an array without elements has none. */
  value: 2,
  /** One of the values passes the test. */
  holds: 4,
} as const;

const PRESENT = FOUND.present;
const VALUE = FOUND.present | FOUND.value;
const HOLDS = FOUND.present | FOUND.value | FOUND.holds;

const encoder = new TextEncoder();

/**
 * Goes through the length-delimited fields of one number in a message: `next` moves to the next,
 * whose payload is [start, end). Ends where the message is malformed.
 */
export class FieldFinder {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  #pos = 0;
  #until = 0;
  #tag = 0;

  /** Starts on [start, end) of `bytes`, looking for `tag` (field << 3 | 2, below 128). */
  reset(bytes: Uint8Array, start: number, end: number, tag: number): void {
    this.bytes = bytes;
    this.#pos = start;
    this.#until = end;
    this.#tag = tag;
  }

  /** Hot loop: what is skipped costs a few ns a field (test/bench/query.bench.ts). */
  next(): boolean {
    const bytes = this.bytes;
    const until = this.#until;
    const wanted = this.#tag;
    let pos = this.#pos;
    while (pos < until) {
      let tag = bytes[pos++];
      if (tag >= 0x80) {
        // Two bytes are fields 16 to 2047; more have no use in OTLP.
        if (pos >= until || bytes[pos] >= 0x80) break;
        tag = (tag & 0x7f) | (bytes[pos++] << 7);
      }
      const wire = tag & 7;
      if (wire === WIRE.len) {
        let length = bytes[pos++];
        if (length >= 0x80) {
          length &= 0x7f;
          let shift = 7;
          let byte = 0x80;
          while (byte >= 0x80 && shift < 35 && pos < until) {
            byte = bytes[pos++];
            length += (byte & 0x7f) * 2 ** shift;
            shift += 7;
          }
        }
        if (length > until - pos) break;
        if (tag === wanted) {
          this.start = pos;
          this.end = pos + length;
          this.#pos = pos + length;
          return true;
        }
        pos += length;
      } else if (wire === WIRE.fixed64) pos += 8;
      else if (wire === WIRE.varint) {
        while (pos < until && bytes[pos] >= 0x80) pos++;
        pos++;
      } else if (wire === WIRE.fixed32) pos += 4;
      else break;
    }
    this.#pos = until;
    return false;
  }
}

const KEY_TAG = (KEY_VALUE.key << 3) | WIRE.len;
const VALUE_TAG = (KEY_VALUE.value << 3) | WIRE.len;
const STRING_TAG = (ANY_VALUE.stringValue << 3) | WIRE.len;
const BYTES_TAG = (ANY_VALUE.bytesValue << 3) | WIRE.len;
const BOOL_TAG = (ANY_VALUE.boolValue << 3) | WIRE.varint;
const INT_TAG = (ANY_VALUE.intValue << 3) | WIRE.varint;
const DOUBLE_TAG = (ANY_VALUE.doubleValue << 3) | WIRE.fixed64;

const finder = new FieldFinder();
const cursor = new Cursor(new Uint8Array(0));

/** The bytes that were read last, mostly the slab that the next item is in too, and a view of them. */
let seenBytes: Uint8Array = new Uint8Array(0);
let seenView: DataView = new DataView(seenBytes.buffer);

function viewOf(bytes: Uint8Array): DataView {
  if (bytes === seenBytes) return seenView;
  seenBytes = bytes;
  seenView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return seenView;
}

/**
 * FOUND bits of the attributes of these names in the message in `bytes` [start, end), whose
 * attributes have `tag`. Ends early once `enough` bits are found. Not reentrant.
 *
 * Hot loop: the fields before and between the attributes and the usual short KeyValue with another
 * key are passed here, a few ns each (test/bench/query.bench.ts): four bytes are read at once, which
 * of an attribute are its tag, its length, the key's tag and the key's length. The rest is left to
 * FieldFinder.
 */
export function findAttributes(
  bytes: Uint8Array,
  start: number,
  end: number,
  tag: number,
  keys: KeySet,
  enough: number,
): number {
  const { tests, lengths, heads } = keys;
  const view = viewOf(bytes);
  const wanted = tag | (KEY_TAG << 16);
  let found = 0;
  let pos = start;
  while (pos + 4 <= end) {
    let word = view.getUint32(pos, true);
    // Attributes of other keys in a row, mostly: a loop of their own, with nothing else to decide.
    while ((word & 0xff80ff) === wanted) {
      const to = pos + 2 + ((word >>> 8) & 0x7f);
      const keyLength = word >>> 24;
      const keyEnd = pos + 4 + keyLength;
      // One value from the key to the end.
      if (keyEnd + 2 > to || to + 4 > end) break;
      const value = view.getUint16(keyEnd, true);
      if ((value & 0xff) !== VALUE_TAG || keyEnd + 2 + (value >>> 8) !== to) break;
      const kind = lengths[keyLength];
      if (
        kind !== LENGTH.none &&
        (kind === LENGTH.any || view.getUint32(pos + 4, true) === heads[keyLength])
      )
        break;
      pos = to;
      word = view.getUint32(pos, true);
    }
    const field = word & 0xff;
    if (field >= 0x80) break;
    const wire = field & 7;
    let length = (word >>> 8) & 0xff;
    if (wire !== WIRE.len) {
      if (wire === WIRE.fixed64) pos += 9;
      else if (wire === WIRE.varint && length < 0x80) pos += 2;
      else break;
      continue;
    }
    let from = pos + 2;
    if (length >= 0x80) {
      const high = (word >>> 16) & 0xff;
      if (high >= 0x80) break;
      from++;
      length = (length & 0x7f) | (high << 7);
    }
    const to = from + length;
    if (to > end) break;
    pos = to;
    if (field !== tag) continue;
    found |= readPair(bytes, view, from, to, tests);
    if ((found & enough) !== 0) return found;
  }
  finder.reset(bytes, pos, end, tag);
  while (finder.next()) {
    found |= readPair(bytes, view, finder.start, finder.end, tests);
    if ((found & enough) !== 0) break;
  }
  return found;
}

/** FOUND bits of one KeyValue. */
function readPair(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  keys: readonly KeyTest[],
): number {
  const keyLength = bytes[start + 1];
  const keyStart = start + 2;
  const keyEnd = keyStart + keyLength;
  if (end - start < 2 || bytes[start] !== KEY_TAG || keyLength >= 0x80 || keyEnd > end) {
    return readDecoded(bytes, start, end, keys);
  }
  let valueStart = end;
  if (keyEnd < end) {
    valueStart = payloadToEnd(bytes, keyEnd, end, VALUE_TAG);
    if (valueStart === -1) return readDecoded(bytes, start, end, keys);
  }
  let found = 0;
  for (let i = 0; i < keys.length; i++) {
    const each = keys[i];
    const { key, dots } = each;
    if (keyLength === key.length) {
      if (!each.isAt(view, keyStart)) continue;
      const bits =
        each.test === null ? PRESENT : readValue(bytes, view, valueStart, end, each.test);
      if (bits === -1) return readDecoded(bytes, start, end, keys);
      found |= bits;
    } else if (
      dots !== null &&
      keyLength < key.length &&
      dots[keyLength] === 1 &&
      equalBytes(key, 0, bytes, keyStart, keyLength)
    ) {
      return readDecoded(bytes, start, end, keys);
    }
  }
  return found;
}

/** Where the payload of `tag` at `pos` starts, when it reaches to `end`; otherwise -1. */
function payloadToEnd(bytes: Uint8Array, pos: number, end: number, tag: number): number {
  if (bytes[pos] !== tag) return -1;
  let at = pos + 1;
  let length = bytes[at++];
  if (length >= 0x80) {
    length = (length & 0x7f) | (bytes[at] << 7);
    if (bytes[at++] >= 0x80) {
      length = (length & 0x3fff) | (bytes[at] << 14);
      if (bytes[at++] >= 0x80) return -1;
    }
  }
  return at + length === end ? at : -1;
}

/** FOUND bits of an AnyValue that holds one plain field; -1 for what has to be decoded. */
function readValue(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  test: ValueTest,
): number {
  if (start === end) return VALUE;
  let holds = false;
  switch (bytes[start]) {
    case STRING_TAG: {
      const text = payloadToEnd(bytes, start, end, STRING_TAG);
      if (text === -1) return -1;
      holds = test.text(bytes, text, end);
      break;
    }
    case BYTES_TAG: {
      const content = payloadToEnd(bytes, start, end, BYTES_TAG);
      if (content === -1) return -1;
      holds = testBytes(test, bytes.subarray(content, end));
      break;
    }
    case DOUBLE_TAG:
      if (start + 9 !== end) return -1;
      holds = test.double(view.getFloat64(start + 1, true));
      break;
    case BOOL_TAG:
    case INT_TAG:
      if (!isVarint(bytes, start + 1, end)) return -1;
      if (bytes[start] === INT_TAG && end - start <= 3) {
        holds = test.int(
          0,
          (bytes[start + 1] & 0x7f) | (end - start === 3 ? bytes[start + 2] << 7 : 0),
        );
        break;
      }
      cursor.reset(bytes, start + 1, end);
      cursor.varint64();
      holds =
        bytes[start] === INT_TAG
          ? test.int(cursor.hi, cursor.lo)
          : test.bool((cursor.hi | cursor.lo) !== 0);
      break;
    default:
      return -1;
  }
  return holds ? HOLDS : VALUE;
}

/** Whether [start, end) is one varint. */
function isVarint(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 10 || start >= end) return false;
  for (let pos = start; pos < end - 1; pos++) if (bytes[pos] < 0x80) return false;
  return bytes[end - 1] < 0x80;
}

/** A bytes value is compared by its base64 text, which is how it is shown. */
function testBytes(test: ValueTest, content: Uint8Array): boolean {
  const text = encoder.encode(base64(content));
  return test.text(text, 0, text.length);
}

function readDecoded(
  bytes: Uint8Array,
  start: number,
  end: number,
  keys: readonly KeyTest[],
): number {
  cursor.reset(bytes, start, end);
  const pair = readKeyValue(cursor);
  let found = 0;
  for (const { name, test } of keys) found |= findIn(pair, name, test);
  return found;
}

/** FOUND bits of the attribute `name` in one decoded KeyValue: itself, or nested below its key. */
function findIn(pair: KeyValue, name: string, test: ValueTest | null): number {
  if (pair.key === name) return testValue(pair.value, test) | PRESENT;
  if (pair.value?.type !== 'kvlist' || !name.startsWith(`${pair.key}.`)) return 0;
  const rest = name.slice(pair.key.length + 1);
  let found = 0;
  for (const inner of pair.value.values) found |= findIn(inner, rest, test);
  return found;
}

/** FOUND bits of one decoded value. */
export function testValue(value: AnyValue | undefined, test: ValueTest | null): number {
  if (test === null) return PRESENT;
  switch (value?.type) {
    case undefined:
    case 'empty':
    case 'kvlist':
      return VALUE;
    case 'string': {
      const text = encoder.encode(value.value);
      return test.text(text, 0, text.length) ? HOLDS : VALUE;
    }
    case 'bool':
      return test.bool(value.value) ? HOLDS : VALUE;
    case 'int': {
      const int = BigInt.asUintN(64, value.value);
      return test.int(Number(int >> 32n), Number(int & 0xffffffffn)) ? HOLDS : VALUE;
    }
    case 'double':
      return test.double(value.value) ? HOLDS : VALUE;
    case 'bytes':
      return testBytes(test, value.value) ? HOLDS : VALUE;
    case 'array':
      return value.values.reduce(
        (found, inner) => found | testValue(inner, test),
        PRESENT as number,
      );
  }
}
