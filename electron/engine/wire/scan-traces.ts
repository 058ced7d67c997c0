/**
 * Scans ExportTraceServiceRequest. A span's own fields are read; attributes, events and links are
 * jumped over by length (an event is entered as far as its name).
 */
import { SPAN_EVENT } from '../../../proto/otlp/fields.ts';
import { type Cursor, WIRE, WireError } from './cursor.ts';
import { checkAttributeDepth, checkEventDepth, checkLinkDepth, DEEP_BYTES } from './scan-depth.ts';
import { ITEM_TAG, REJECT, scanRequest, type ScanOutput } from './scan-output.ts';

/**
 * Columns of one span in `ScanOutput.rows`:
 *
 * ```
 *   0 offset  1 length  2 scope  3–6 trace id  7–8 span id  9–10 parent id  11–12 start  13–14 end
 *   15 name offset  16 name length  17 kind | status << 8 | flags << 16  18 events  19 links
 * ```
 * Ids are big-endian words; times are hi, lo. Flags are the bits of SCAN_SPAN_FLAG.
 */
export const SPAN_STRIDE = 20;

/** The same bits as SPAN_FLAG of the store. */
export const SCAN_SPAN_FLAG = { remoteParent: 4, hasException: 8, badTime: 16 } as const;

/** Span.flags: the parent's remoteness is known, and it is remote. */
const REMOTE_BITS = 0x300;
const EVENT_NAME = (SPAN_EVENT.name << 3) | WIRE.len;
const EXCEPTION = [0x65, 0x78, 0x63, 0x65, 0x70, 0x74, 0x69, 0x6f, 0x6e];

/** Scans `bytes` into `out`. Throws WireError. */
export function scanTraces(out: ScanOutput, bytes: Uint8Array): void {
  scanRequest(out, bytes, 'Spans', scanSpans);
}

/**
 * Hot loop: about 100 ns a span (test/bench/scan.bench.ts). Tags below are field << 3 | wire type of
 * opentelemetry.proto.trace.v1.Span; one-byte tags and one- and two-byte lengths are read inline.
 */
function scanSpans(out: ScanOutput, cursor: Cursor, scope: number): void {
  const bytes = out.bytes;
  const view = out.view;
  const scopeEnd = cursor.end;
  let rows = out.rows;
  let at = out.rowCount * SPAN_STRIDE;
  let pos = cursor.pos;
  for (;;) {
    let length = bytes[pos];
    if (length < 0x80) pos++;
    else {
      cursor.pos = pos;
      cursor.end = scopeEnd;
      length = cursor.len();
      pos = cursor.pos;
    }
    const start = pos;
    const end = pos + length;
    if (end > scopeEnd) throw cutOff('Span', start);
    let reject = -1;
    let hasTrace = false;
    let hasSpan = false;
    let trace0 = 0;
    let trace1 = 0;
    let trace2 = 0;
    let trace3 = 0;
    let spanHi = 0;
    let spanLo = 0;
    let parentHi = 0;
    let parentLo = 0;
    let startHi = 0;
    let startLo = 0;
    let endHi = 0;
    let endLo = 0;
    let nameOffset = 0;
    let nameLength = 0;
    let kind = 0;
    let status = 0;
    let flags = 0;
    let events = 0;
    let links = 0;
    while (pos < end) {
      const tag = bytes[pos++];
      switch (tag) {
        case 0x0a: // trace_id
          if (bytes[pos] === 16 && pos + 17 <= end) {
            hasTrace = true;
            trace0 = view.getInt32(pos + 1);
            trace1 = view.getInt32(pos + 5);
            trace2 = view.getInt32(pos + 9);
            trace3 = view.getInt32(pos + 13);
            pos += 17;
          } else {
            pos = skipLength(cursor, pos, end);
            hasTrace = false;
          }
          break;
        case 0x12: // span_id
          if (bytes[pos] === 8 && pos + 9 <= end) {
            hasSpan = true;
            spanHi = view.getInt32(pos + 1);
            spanLo = view.getInt32(pos + 5);
            pos += 9;
          } else {
            pos = skipLength(cursor, pos, end);
            hasSpan = false;
          }
          break;
        case 0x22: // parent_span_id
          if (bytes[pos] === 8 && pos + 9 <= end) {
            parentHi = view.getInt32(pos + 1);
            parentLo = view.getInt32(pos + 5);
            pos += 9;
          } else {
            parentHi = 0;
            parentLo = 0;
            if (bytes[pos] !== 0) reject = REJECT.parentIdLength;
            pos = skipLength(cursor, pos, end);
          }
          break;
        case 0x2a: // name
          nameLength = bytes[pos];
          if (nameLength < 0x80) pos++;
          else {
            cursor.pos = pos;
            cursor.end = end;
            nameLength = cursor.len();
            pos = cursor.pos;
          }
          nameOffset = pos;
          pos += nameLength;
          if (pos > end) throw cutOff('name of Span', nameOffset);
          break;
        case 0x30: // kind
          kind = bytes[pos];
          if (kind < 0x80) pos++;
          else {
            cursor.pos = pos;
            cursor.end = end;
            kind = cursor.int32();
            pos = cursor.pos;
          }
          if (kind < 0 || kind > 5) kind = 0;
          if (pos > end) throw cutOff('kind of Span', pos);
          break;
        case 0x39: // start_time_unix_nano
          if (pos + 8 > end) throw cutOff('start_time_unix_nano of Span', pos);
          startLo = view.getInt32(pos, true);
          startHi = view.getInt32(pos + 4, true);
          pos += 8;
          break;
        case 0x41: // end_time_unix_nano
          if (pos + 8 > end) throw cutOff('end_time_unix_nano of Span', pos);
          endLo = view.getInt32(pos, true);
          endHi = view.getInt32(pos + 4, true);
          pos += 8;
          break;
        case 0x4a: // attributes
        case 0x5a: // events
        case 0x6a: // links
        case 0x7a: {
          // status
          let size = bytes[pos];
          if (size < 0x80) pos++;
          else if (bytes[pos + 1] < 0x80) {
            size = (size & 0x7f) | (bytes[pos + 1] << 7);
            pos += 2;
          } else {
            cursor.pos = pos;
            cursor.end = end;
            size = cursor.len();
            pos = cursor.pos;
          }
          const from = pos;
          pos += size;
          if (pos > end) throw cutOff(`field ${tag >>> 3} of Span`, from);
          if (tag === 0x4a) {
            if (size >= DEEP_BYTES) checkAttributeDepth(bytes, from, pos);
          } else if (tag === 0x5a) {
            events++;
            if (isException(bytes, from, pos)) flags |= SCAN_SPAN_FLAG.hasException;
            if (size >= DEEP_BYTES) checkEventDepth(bytes, from, pos);
          } else if (tag === 0x6a) {
            links++;
            if (size >= DEEP_BYTES) checkLinkDepth(bytes, from, pos);
          } else if (size === 2 && bytes[from] === 0x18 && bytes[from + 1] < 3) {
            status = bytes[from + 1];
          } else if (size > 0) {
            status = statusCode(cursor, from, pos, status);
          }
          break;
        }
        case 0x85: // flags, a two-byte tag
          if (bytes[pos] === 0x01) {
            if (pos + 5 > end) throw cutOff('flags of Span', pos);
            const bits = view.getUint32(pos + 1, true);
            if ((bits & REMOTE_BITS) === REMOTE_BITS) flags |= SCAN_SPAN_FLAG.remoteParent;
            else flags &= ~SCAN_SPAN_FLAG.remoteParent;
            pos += 5;
            break;
          }
          pos = skipField(cursor, pos - 1, end);
          break;
        default:
          pos = skipField(cursor, pos - 1, end);
      }
    }
    if (pos !== end) throw cutOff('Span', start);
    if (!hasTrace) reject = REJECT.traceIdLength;
    else if ((trace0 | trace1 | trace2 | trace3) === 0) reject = REJECT.traceIdZero;
    else if (!hasSpan) reject = REJECT.spanIdLength;
    else if ((spanHi | spanLo) === 0) reject = REJECT.spanIdZero;
    if (reject >= 0) {
      out.reject(start, reject);
    } else {
      if (at + SPAN_STRIDE > rows.length) rows = out.growRows(at + SPAN_STRIDE);
      if ((endHi | endLo) === 0) flags |= SCAN_SPAN_FLAG.badTime;
      else if (endHi >>> 0 < startHi >>> 0 || (endHi === startHi && endLo >>> 0 < startLo >>> 0)) {
        flags |= SCAN_SPAN_FLAG.badTime;
      }
      rows[at] = start;
      rows[at + 1] = length;
      rows[at + 2] = scope;
      rows[at + 3] = trace0;
      rows[at + 4] = trace1;
      rows[at + 5] = trace2;
      rows[at + 6] = trace3;
      rows[at + 7] = spanHi;
      rows[at + 8] = spanLo;
      rows[at + 9] = parentHi;
      rows[at + 10] = parentLo;
      rows[at + 11] = startHi;
      rows[at + 12] = startLo;
      rows[at + 13] = endHi;
      rows[at + 14] = endLo;
      rows[at + 15] = nameOffset;
      rows[at + 16] = nameLength;
      rows[at + 17] = kind | (status << 8) | (flags << 16);
      rows[at + 18] = events;
      rows[at + 19] = links;
      at += SPAN_STRIDE;
      out.rowCount++;
    }
    if (pos >= scopeEnd || bytes[pos] !== ITEM_TAG) break;
    pos++;
  }
  cursor.pos = pos;
  cursor.end = scopeEnd;
}

/** A WireError to throw: what reaches past the end of its message, and where. */
export function cutOff(what: string, offset: number): WireError {
  return new WireError(
    'malformed',
    `${what} reaches past the end of its message (at byte ${offset})`,
    offset,
  );
}

/**
 * Position behind the field whose tag starts at `pos`, inside a message that ends at `end`. Throws
 * malformed for a tag in more bytes than it needs: the loops over items compare single bytes and
 * would pass over a field that every other reader sees.
 */
export function skipField(cursor: Cursor, pos: number, end: number): number {
  cursor.pos = pos;
  cursor.end = end;
  const tag = cursor.tag();
  const size = cursor.pos - pos;
  if (size > 5 || (size > 1 && tag >>> (7 * (size - 1)) === 0)) {
    throw cursor.malformed(`the tag of field ${tag >>> 3} is longer than it needs to be`, pos);
  }
  cursor.skip(tag);
  return cursor.pos;
}

/** Position behind the length-delimited payload whose length starts at `pos`. */
export function skipLength(cursor: Cursor, pos: number, end: number): number {
  cursor.pos = pos;
  cursor.end = end;
  const length = cursor.len();
  return cursor.pos + length;
}

/** Status.code of the message in [pos, end), or `code` when it has none: messages are merged. */
function statusCode(cursor: Cursor, pos: number, end: number, code: number): number {
  cursor.pos = pos;
  cursor.end = end;
  let result = code;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag !== 0x18) {
      cursor.skip(tag);
      continue;
    }
    const value = cursor.int32();
    result = value >= 0 && value <= 2 ? value : 0;
  }
  return result;
}

/** Whether a Span.Event is named `exception`. Exporters write the time (9 bytes) and then the name. */
function isException(bytes: Uint8Array, from: number, end: number): boolean {
  let pos = from;
  if (bytes[pos] === 0x09) pos += 9;
  if (pos + 11 > end || bytes[pos] !== EVENT_NAME) return findException(bytes, from, end);
  if (bytes[pos + 1] !== EXCEPTION.length) return false;
  return matchesException(bytes, pos + 2);
}

function matchesException(bytes: Uint8Array, pos: number): boolean {
  for (let i = 0; i < EXCEPTION.length; i++) if (bytes[pos + i] !== EXCEPTION[i]) return false;
  return true;
}

/** The same for events whose fields come in another order. Broken events have no name. */
function findException(bytes: Uint8Array, from: number, end: number): boolean {
  let pos = from;
  while (pos < end) {
    const tag = bytes[pos++];
    if (tag === 0x09) pos += 8;
    else if ((tag & 7) === WIRE.len && tag < 0x80) {
      let size = 0;
      for (let shift = 0; shift < 28 && pos < end; shift += 7) {
        const byte = bytes[pos++];
        size |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      if (tag === EVENT_NAME) {
        return size === EXCEPTION.length && pos + size <= end && matchesException(bytes, pos);
      }
      pos += size;
    } else if ((tag & 7) === WIRE.varint && tag < 0x80) {
      while (pos < end && bytes[pos++] >= 0x80);
    } else return false;
  }
  return false;
}
