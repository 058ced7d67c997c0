/**
 * Visits the texts of one encoded item without decoding it, for full-text search: names, status
 * messages, severity texts, log bodies, string attribute values at any depth, also of events, links
 * and exemplars. Keys, ids, numbers and bytes are not texts.
 */
import {
  ANY_VALUE,
  EXEMPLAR,
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  LOG_RECORD,
  NUMBER_DATA_POINT,
  RESOURCE,
  SPAN,
  SPAN_EVENT,
  SPAN_LINK,
  SPAN_STATUS,
  SUMMARY_DATA_POINT,
} from '../../../proto/otlp/fields.ts';
import type { DataPoint } from '../../../proto/otlp/model.ts';
import { Cursor, MAX_DEPTH, WIRE, WireError } from './cursor.ts';

/** The message that the bytes hold: an item of a signal, or what it shares. */
export type TextShape = 'span' | 'logRecord' | DataPoint['type'] | 'resource' | 'scope';

export interface TextVisitor {
  /** One text: UTF-8 (not verified) in `bytes` [start, end). True ends the walk. */
  text(bytes: Uint8Array, start: number, end: number): boolean;
}

// What to do with a length-delimited field, by field number; from NESTED on a plan to descend into.
const SKIP = 0;
const TEXT = 1;
const ATTRIBUTE = 2;
const VALUE = 3;
const VALUES = 4;
const ATTRIBUTES = 5;
const NESTED = 8;
const MAX_FIELD = 16;

function plan(actions: Readonly<Record<number, number>>): Uint8Array {
  const table = new Uint8Array(MAX_FIELD + 1);
  for (const [field, action] of Object.entries(actions)) table[Number(field)] = action;
  return table;
}

const NESTED_PLANS: readonly Uint8Array[] = [
  plan({ [SPAN_EVENT.name]: TEXT, [SPAN_EVENT.attributes]: ATTRIBUTE }),
  plan({ [SPAN_LINK.traceState]: TEXT, [SPAN_LINK.attributes]: ATTRIBUTE }),
  plan({ [SPAN_STATUS.message]: TEXT }),
  plan({ [EXEMPLAR.filteredAttributes]: ATTRIBUTE }),
];
const EVENT = NESTED;
const LINK = NESTED + 1;
const STATUS = NESTED + 2;
const EXEMPLARS = NESTED + 3;

const KEY_VALUE_PLAN = plan({ [KEY_VALUE.value]: VALUE });
const ANY_VALUE_PLAN = plan({
  [ANY_VALUE.stringValue]: TEXT,
  [ANY_VALUE.arrayValue]: VALUES,
  [ANY_VALUE.kvlistValue]: ATTRIBUTES,
});
const ARRAY_PLAN = plan({ 1: VALUE });
const KVLIST_PLAN = plan({ 1: ATTRIBUTE });

const PLANS: Readonly<Record<TextShape, Uint8Array>> = {
  span: plan({
    [SPAN.traceState]: TEXT,
    [SPAN.name]: TEXT,
    [SPAN.attributes]: ATTRIBUTE,
    [SPAN.events]: EVENT,
    [SPAN.links]: LINK,
    [SPAN.status]: STATUS,
  }),
  logRecord: plan({
    [LOG_RECORD.severityText]: TEXT,
    [LOG_RECORD.body]: VALUE,
    [LOG_RECORD.attributes]: ATTRIBUTE,
    [LOG_RECORD.eventName]: TEXT,
  }),
  number: plan({
    [NUMBER_DATA_POINT.attributes]: ATTRIBUTE,
    [NUMBER_DATA_POINT.exemplars]: EXEMPLARS,
  }),
  histogram: plan({
    [HISTOGRAM_DATA_POINT.attributes]: ATTRIBUTE,
    [HISTOGRAM_DATA_POINT.exemplars]: EXEMPLARS,
  }),
  exponentialHistogram: plan({
    [EXPONENTIAL_HISTOGRAM_DATA_POINT.attributes]: ATTRIBUTE,
    [EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars]: EXEMPLARS,
  }),
  summary: plan({ [SUMMARY_DATA_POINT.attributes]: ATTRIBUTE }),
  resource: plan({ [RESOURCE.attributes]: ATTRIBUTE }),
  scope: plan({
    [INSTRUMENTATION_SCOPE.name]: TEXT,
    [INSTRUMENTATION_SCOPE.version]: TEXT,
    [INSTRUMENTATION_SCOPE.attributes]: ATTRIBUTE,
  }),
};

const NO_BYTES = new Uint8Array(0);
const cursor = new Cursor(NO_BYTES);

/**
 * Calls `visitor` for each text of the message in `bytes` [start, end), in wire order, allocating
 * nothing. True when the visitor ended the walk. Malformed bytes end it too, after the texts before
 * them: the scanner has already said what is wrong with them. Not reentrant: a visitor must not walk.
 */
export function walkStrings(
  shape: TextShape,
  bytes: Uint8Array,
  start: number,
  end: number,
  visitor: TextVisitor,
): boolean {
  cursor.reset(bytes, start, end);
  try {
    return walk(PLANS[shape], 0, visitor);
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  } finally {
    cursor.reset(NO_BYTES, 0, 0);
  }
}

function walk(actions: Uint8Array, depth: number, visitor: TextVisitor): boolean {
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    const field = tag >>> 3;
    const action = field <= MAX_FIELD && (tag & 7) === WIRE.len ? actions[field] : SKIP;
    if (action === SKIP || (action !== TEXT && depth >= MAX_DEPTH)) {
      cursor.skip(tag);
      continue;
    }
    const outer = cursor.enter();
    const text = action === ATTRIBUTE ? shortText(cursor.bytes, cursor.pos, cursor.end) : OTHER;
    if (action === TEXT) {
      if (visitor.text(cursor.bytes, cursor.pos, cursor.end)) return true;
    } else if (text >= 0) {
      if (visitor.text(cursor.bytes, text, cursor.end)) return true;
    } else if (text === OTHER && walk(planOf(action), depth + 1, visitor)) return true;
    cursor.leave(outer);
  }
  return false;
}

const OTHER = -1;
const NO_TEXT = -2;

/**
 * The common KeyValue, read at once: a key, then a value that holds one field, everything shorter
 * than 128 bytes. Where its text starts (it ends with the message); NO_TEXT for a bool, integer or
 * double; OTHER for what has to be walked.
 */
function shortText(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 6 || length >= 0x80 || bytes[start] !== KEY_TAG) return OTHER;
  const value = start + 2 + bytes[start + 1];
  if (value + 4 > end || bytes[value] !== VALUE_TAG || value + 2 + bytes[value + 1] !== end) {
    return OTHER;
  }
  switch (bytes[value + 2]) {
    case STRING_TAG:
      return value + 4 + bytes[value + 3] === end ? value + 4 : OTHER;
    case BOOL_TAG:
    case INT_TAG:
      return onlyVarint(bytes, value + 3, end) ? NO_TEXT : OTHER;
    case DOUBLE_TAG:
      return value + 11 === end ? NO_TEXT : OTHER;
    default:
      return OTHER;
  }
}

/** Whether [start, end) is one varint. */
function onlyVarint(bytes: Uint8Array, start: number, end: number): boolean {
  let pos = start;
  while (pos < end - 1 && bytes[pos] >= 0x80) pos++;
  return pos === end - 1 && bytes[pos] < 0x80;
}

const KEY_TAG = (KEY_VALUE.key << 3) | WIRE.len;
const VALUE_TAG = (KEY_VALUE.value << 3) | WIRE.len;
const STRING_TAG = (ANY_VALUE.stringValue << 3) | WIRE.len;
const BOOL_TAG = (ANY_VALUE.boolValue << 3) | WIRE.varint;
const INT_TAG = (ANY_VALUE.intValue << 3) | WIRE.varint;
const DOUBLE_TAG = (ANY_VALUE.doubleValue << 3) | WIRE.fixed64;

function planOf(action: number): Uint8Array {
  if (action === ATTRIBUTE) return KEY_VALUE_PLAN;
  if (action === VALUE) return ANY_VALUE_PLAN;
  if (action === VALUES) return ARRAY_PLAN;
  if (action === ATTRIBUTES) return KVLIST_PLAN;
  return NESTED_PLANS[action - NESTED];
}
