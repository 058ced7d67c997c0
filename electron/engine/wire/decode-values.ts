/**
 * Decodes what all signals share: texts, ids, attributes, resources and scopes.
 *
 * The read functions work on a cursor that is narrowed to their message and leave it at the end.
 * A nested message that is malformed keeps what was read of it, and the message around it goes on:
 * its length was checked, so the damage cannot spread.
 */
import {
  ANY_VALUE,
  ENTITY_REF,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  RESOURCE,
  VALUE_LIST,
} from '../../../proto/otlp/fields.ts';
import type {
  AnyValue,
  EntityRef,
  InstrumentationScope,
  KeyValue,
  Resource,
} from '../../../proto/otlp/model.ts';
import { type Cursor, MAX_DEPTH, WIRE, WireError } from './cursor.ts';
import { decodeUtf8, isUtf8, toHex } from './utf8.ts';

const { varint, len, fixed64 } = WIRE;

const EMPTY: AnyValue = { type: 'empty' };

/** Reads a length-delimited field as text. */
export function readText(cursor: Cursor): string {
  const length = cursor.len();
  const start = cursor.pos;
  cursor.pos = start + length;
  return decodeUtf8(cursor.bytes, start, cursor.pos);
}

/**
 * Reads an id as lower-case hex of whatever length was sent. An id of zeros is '': OTLP calls it
 * invalid, the same as unset.
 */
export function readId(cursor: Cursor): string {
  const length = cursor.len();
  const start = cursor.pos;
  cursor.pos = start + length;
  const bytes = cursor.bytes;
  for (let pos = start; pos < cursor.pos; pos++) {
    if (bytes[pos] !== 0) return toHex(bytes, start, cursor.pos);
  }
  return '';
}

/**
 * Reads every field of the message under the cursor. `field` gets each tag and returns false for the
 * ones it does not know, which are skipped. What a malformed rest holds is left out.
 */
export function readFields(cursor: Cursor, field: (tag: number) => boolean): void {
  const end = cursor.end;
  try {
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      if (!field(tag)) cursor.skip(tag);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // What threw may have narrowed the cursor further.
    cursor.pos = end;
    cursor.end = end;
  }
}

/** Reads a nested message with `read`, which sees a cursor narrowed to it. */
export function readNested<T>(cursor: Cursor, read: (cursor: Cursor) => T): T {
  const outer = cursor.enter();
  const value = read(cursor);
  cursor.leave(outer);
  return value;
}

/** Reads a KeyValue. The strindex fields belong to profiles' dictionaries and are absent here. */
export function readKeyValue(cursor: Cursor, depth = 0): KeyValue {
  let key = '';
  let value: AnyValue | undefined;
  readFields(cursor, (tag) => {
    if (tag === KEY_VALUE_TAG.key) key = readText(cursor);
    else if (tag === KEY_VALUE_TAG.value) value = readNestedValue(cursor, depth + 1, value);
    else return false;
    return true;
  });
  return value ? { key, value } : { key };
}

const KEY_VALUE_TAG = {
  key: (KEY_VALUE.key << 3) | len,
  value: (KEY_VALUE.value << 3) | len,
} as const;

/** Reads a nested AnyValue; a value more than MAX_DEPTH messages deep is `empty`. */
export function readNestedValue(cursor: Cursor, depth = 0, previous: AnyValue = EMPTY): AnyValue {
  const outer = cursor.enter();
  const value = depth > MAX_DEPTH ? EMPTY : readAnyValue(cursor, depth, previous);
  cursor.leave(outer);
  return value;
}

const VALUE_TAG = {
  string: (ANY_VALUE.stringValue << 3) | len,
  bool: (ANY_VALUE.boolValue << 3) | varint,
  int: (ANY_VALUE.intValue << 3) | varint,
  double: (ANY_VALUE.doubleValue << 3) | fixed64,
  array: (ANY_VALUE.arrayValue << 3) | len,
  kvlist: (ANY_VALUE.kvlistValue << 3) | len,
  bytes: (ANY_VALUE.bytesValue << 3) | len,
} as const;

/**
 * Reads an AnyValue on top of `previous`, an earlier occurrence of the same field: of the one-of the
 * last field wins, and lists of the same type go on, which is how protobuf merges.
 */
function readAnyValue(cursor: Cursor, depth: number, previous: AnyValue): AnyValue {
  let value = previous;
  readFields(cursor, (tag) => {
    switch (tag) {
      case VALUE_TAG.string:
        value = readStringValue(cursor);
        return true;
      case VALUE_TAG.bool:
        value = { type: 'bool', value: cursor.bool() };
        return true;
      case VALUE_TAG.int:
        value = { type: 'int', value: cursor.int64Big() };
        return true;
      case VALUE_TAG.double:
        value = { type: 'double', value: cursor.double() };
        return true;
      case VALUE_TAG.array: {
        // Lists are made here and nowhere else, so that a list sent in parts can go on in place.
        const values = value.type === 'array' ? (value.values as AnyValue[]) : [];
        if (value.type !== 'array') value = { type: 'array', values };
        readList(cursor, values, (at) => readNestedValue(at, depth + 2));
        return true;
      }
      case VALUE_TAG.kvlist: {
        const values = value.type === 'kvlist' ? (value.values as KeyValue[]) : [];
        if (value.type !== 'kvlist') value = { type: 'kvlist', values };
        readList(cursor, values, (at) => readNested(at, (inner) => readKeyValue(inner, depth + 2)));
        return true;
      }
      case VALUE_TAG.bytes:
        value = { type: 'bytes', value: readBytes(cursor) };
        return true;
      default:
        return false;
    }
  });
  return value;
}

function readStringValue(cursor: Cursor): AnyValue {
  const length = cursor.len();
  const start = cursor.pos;
  cursor.pos = start + length;
  const value = decodeUtf8(cursor.bytes, start, cursor.pos);
  const isBroken = value.includes('\ufffd') && !isUtf8(cursor.bytes, start, cursor.pos);
  return isBroken ? { type: 'string', value, invalidUtf8: true } : { type: 'string', value };
}

/** Reads a bytes field; the result is a copy. */
function readBytes(cursor: Cursor): Uint8Array {
  const length = cursor.len();
  const start = cursor.pos;
  cursor.pos = start + length;
  return cursor.bytes.slice(start, cursor.pos);
}

/** Reads the one repeated field of an ArrayValue or a KeyValueList onto the end of `into`. */
function readList<T>(cursor: Cursor, into: T[], readOne: (cursor: Cursor) => T): void {
  readNested(cursor, () => {
    readFields(cursor, (tag) => {
      if (tag !== ((VALUE_LIST.values << 3) | len)) return false;
      into.push(readOne(cursor));
      return true;
    });
  });
}

/** Reads one nested KeyValue onto the end of `into`. */
export function readAttribute(cursor: Cursor, into: KeyValue[]): void {
  into.push(readNested(cursor, readTopKeyValue));
}

function readTopKeyValue(cursor: Cursor): KeyValue {
  return readKeyValue(cursor);
}

const RESOURCE_TAG = {
  attributes: (RESOURCE.attributes << 3) | len,
  dropped: (RESOURCE.droppedAttributesCount << 3) | varint,
  entityRefs: (RESOURCE.entityRefs << 3) | len,
} as const;

/** Reads a Resource; its schema_url stands in the message around it. */
export function readResource(cursor: Cursor, schemaUrl: string): Resource {
  const attributes: KeyValue[] = [];
  const entityRefs: EntityRef[] = [];
  let droppedAttributesCount = 0;
  readFields(cursor, (tag) => {
    if (tag === RESOURCE_TAG.attributes) readAttribute(cursor, attributes);
    else if (tag === RESOURCE_TAG.dropped) droppedAttributesCount = cursor.varint32();
    else if (tag === RESOURCE_TAG.entityRefs) entityRefs.push(readNested(cursor, readEntityRef));
    else return false;
    return true;
  });
  return { attributes, droppedAttributesCount, schemaUrl, entityRefs };
}

function readEntityRef(cursor: Cursor): EntityRef {
  const idKeys: string[] = [];
  const descriptionKeys: string[] = [];
  let schemaUrl = '';
  let type = '';
  readFields(cursor, (tag) => {
    if (tag === ((ENTITY_REF.schemaUrl << 3) | len)) schemaUrl = readText(cursor);
    else if (tag === ((ENTITY_REF.type << 3) | len)) type = readText(cursor);
    else if (tag === ((ENTITY_REF.idKeys << 3) | len)) idKeys.push(readText(cursor));
    else if (tag === ((ENTITY_REF.descriptionKeys << 3) | len)) {
      descriptionKeys.push(readText(cursor));
    } else return false;
    return true;
  });
  return { schemaUrl, type, idKeys, descriptionKeys };
}

const SCOPE_TAG = {
  name: (INSTRUMENTATION_SCOPE.name << 3) | len,
  version: (INSTRUMENTATION_SCOPE.version << 3) | len,
  attributes: (INSTRUMENTATION_SCOPE.attributes << 3) | len,
  dropped: (INSTRUMENTATION_SCOPE.droppedAttributesCount << 3) | varint,
} as const;

/** Reads an InstrumentationScope; its schema_url stands in the message around it. */
export function readScope(cursor: Cursor, schemaUrl: string): InstrumentationScope {
  const attributes: KeyValue[] = [];
  let name = '';
  let version = '';
  let droppedAttributesCount = 0;
  readFields(cursor, (tag) => {
    if (tag === SCOPE_TAG.name) name = readText(cursor);
    else if (tag === SCOPE_TAG.version) version = readText(cursor);
    else if (tag === SCOPE_TAG.attributes) readAttribute(cursor, attributes);
    else if (tag === SCOPE_TAG.dropped) droppedAttributesCount = cursor.varint32();
    else return false;
    return true;
  });
  return { name, version, attributes, droppedAttributesCount, schemaUrl };
}
