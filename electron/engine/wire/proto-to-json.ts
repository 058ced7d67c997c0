/**
 * Protobuf bytes into OTLP/JSON: one line, lowerCamelCase, ids in hex, 64-bit integers as strings,
 * bytes in base64, enums as numbers, NaN and infinities as strings.
 *
 * Read back by json-to-proto it is the same telemetry, except what JSON cannot hold: bytes that are
 * not UTF-8 become U+FFFD, NaNs lose their payload bits, and unknown fields are left out. Fields may
 * come in any order on the wire; an object is written in the order of messages.ts.
 */
import type { DataPoint } from '../../../proto/otlp/model.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import { Cursor, MAX_JSON_DEPTH, WIRE, WireError } from './cursor.ts';
import { writeBase64Text, writeDecimal64, writeHexText, writeTextEscaped } from './json-write.ts';
import { type Field, type Message, messageOf } from './message.ts';
import { REQUEST_MESSAGE } from './messages.ts';
import { decodeUtf8 } from './utf8.ts';
import { Writer } from './writer.ts';

/** The message that the bytes hold: an item of a signal, what surrounds it, or what it shares. */
export type JsonShape =
  'span' | 'logRecord' | 'metric' | 'profile' | DataPoint['type'] | 'resource' | 'scope';

const SHAPE_MESSAGE: Readonly<Record<JsonShape, Message>> = {
  span: messageOf('Span'),
  logRecord: messageOf('LogRecord'),
  metric: messageOf('Metric'),
  profile: messageOf('Profile'),
  number: messageOf('NumberDataPoint'),
  histogram: messageOf('HistogramDataPoint'),
  exponentialHistogram: messageOf('ExponentialHistogramDataPoint'),
  summary: messageOf('SummaryDataPoint'),
  resource: messageOf('Resource'),
  scope: messageOf('InstrumentationScope'),
};

/**
 * The OTLP/JSON text, in UTF-8 and without a line end, of an Export<Signal>ServiceRequest (the same
 * as <Signal>Data). The caller owns the bytes. Malformed messages keep the fields before the damage.
 */
export function requestToJson(signal: Signal, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // JSON is two to three times as long as protobuf.
  const out = new Writer(bytes.length * 2 + 16);
  new Printer(out).object(REQUEST_MESSAGE[signal], new Cursor(bytes), 0);
  return out.bytes.subarray(0, out.pos);
}

/** The OTLP/JSON text of one message in `bytes` [start, end), for the raw view. */
export function itemToJson(
  shape: JsonShape,
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): string {
  const out = new Writer((end - start) * 2 + 16);
  new Printer(out).object(SHAPE_MESSAGE[shape], new Cursor(bytes, start, end), 0);
  return decodeUtf8(out.bytes, 0, out.pos);
}

/** Field numbers of OTLP messages stay below this. */
const FIELD_SLOTS = 32;
const NONE = -1;

class Printer {
  readonly #out: Writer;
  /** Where the first and the last value of each field stands: [depth * FIELD_SLOTS + number]. */
  readonly #first = new Int32Array((MAX_JSON_DEPTH + 1) * FIELD_SLOTS);
  readonly #last = new Int32Array((MAX_JSON_DEPTH + 1) * FIELD_SLOTS);

  constructor(out: Writer) {
    this.#out = out;
  }

  /** Writes the message that the cursor is narrowed to and leaves the cursor at its end. */
  object(message: Message, cursor: Cursor, depth: number): void {
    const out = this.#out;
    out.byte(OPEN_OBJECT);
    // What is deeper is written as {}, one level above the end: so it can be read again.
    if (depth < MAX_JSON_DEPTH - 1) {
      const base = depth * FIELD_SLOTS;
      const { end } = cursor;
      this.#locate(message, cursor, base);
      let isFirst = true;
      for (const field of message.fields) {
        if (this.#first[base + field.number] === NONE) continue;
        if (!isFirst) out.byte(COMMA);
        isFirst = false;
        out.byte(QUOTE);
        out.raw(field.nameBytes);
        out.byte(QUOTE);
        out.byte(COLON);
        if (field.repeated) this.#list(field, cursor, depth);
        else this.#single(field, cursor, depth);
      }
      cursor.end = end;
    }
    cursor.pos = cursor.end;
    out.byte(CLOSE_OBJECT);
  }

  /** Finds the fields of the message: one walk over its tags. */
  #locate(message: Message, cursor: Cursor, base: number): void {
    const first = this.#first;
    const last = this.#last;
    first.fill(NONE, base, base + FIELD_SLOTS);
    let member = 0;
    try {
      for (
        let at = cursor.pos, tag = cursor.tag();
        tag !== 0;
        at = cursor.pos, tag = cursor.tag()
      ) {
        const field = message.byNumber(tag >>> 3);
        cursor.skip(tag);
        if (!field || !takes(field, tag & 7)) continue;
        const slot = base + field.number;
        if ((message.oneOf & (1 << field.number)) !== 0) {
          // Of a one-of the last member counts; it wipes out the ones before it.
          if (member !== 0 && member !== field.number) first[base + member] = NONE;
          member = field.number;
        }
        if (first[slot] === NONE) first[slot] = at;
        last[slot] = at;
      }
    } catch (error) {
      // What could be read up to the damage is written.
      if (!(error instanceof WireError)) throw error;
    }
  }

  #single(field: Field, cursor: Cursor, depth: number): void {
    const slot = depth * FIELD_SLOTS + field.number;
    const first = this.#first[slot];
    const last = this.#last[slot];
    if (field.kind === 'message' && first !== last) {
      // Protobuf merges a message that was sent in parts; joined bytes are just that.
      const merged = this.#joined(field, cursor, first, last);
      this.object(field.message, new Cursor(merged), depth + 1);
      return;
    }
    cursor.pos = last;
    cursor.tag();
    this.#value(field, cursor, depth);
  }

  #joined(field: Field, cursor: Cursor, first: number, last: number): Uint8Array {
    const parts = new Writer(256);
    this.#each(field, cursor, first, last, () => {
      const length = cursor.len();
      parts.raw(cursor.bytes, cursor.pos, cursor.pos + length);
      cursor.pos += length;
    });
    return parts.finish();
  }

  /** Calls `read` behind each tag of a field between two places; the tags were walked before. */
  #each(
    field: Field,
    cursor: Cursor,
    first: number,
    last: number,
    read: (wireType: number) => void,
  ): void {
    cursor.pos = first;
    while (cursor.pos <= last) {
      const tag = cursor.tag();
      if (tag >>> 3 === field.number && takes(field, tag & 7)) read(tag & 7);
      else cursor.skip(tag);
    }
  }

  #list(field: Field, cursor: Cursor, depth: number): void {
    const out = this.#out;
    const slot = depth * FIELD_SLOTS + field.number;
    let isFirst = true;
    const element = (): void => {
      if (!isFirst) out.byte(COMMA);
      this.#value(field, cursor, depth);
      isFirst = false; // A value that is cut off throws, and is not there.
    };
    out.byte(OPEN_ARRAY);
    this.#each(field, cursor, this.#first[slot], this.#last[slot], (wireType) => {
      if (field.isPackable && wireType === WIRE.len) this.#packed(cursor, element);
      else element();
    });
    out.byte(CLOSE_ARRAY);
  }

  #packed(cursor: Cursor, element: () => void): void {
    const outer = cursor.enter();
    const { end } = cursor;
    let before = this.#out.pos;
    try {
      while (cursor.pos < end) {
        before = this.#out.pos;
        element();
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // A last value that is cut off is left out with its comma.
      this.#out.pos = before;
    }
    cursor.pos = end;
    cursor.end = outer;
  }

  #value(field: Field, cursor: Cursor, depth: number): void {
    const out = this.#out;
    switch (field.kind) {
      case 'message': {
        const outer = cursor.enter();
        this.object(field.message, cursor, depth + 1);
        cursor.leave(outer);
        return;
      }
      case 'string':
      case 'hex':
      case 'bytes':
        this.#quoted(field, cursor);
        return;
      case 'bool':
        out.ascii(cursor.bool() ? 'true' : 'false');
        return;
      case 'int32':
      case 'enum':
        out.ascii(String(cursor.int32()));
        return;
      case 'uint32':
        out.ascii(String(cursor.varint32()));
        return;
      case 'sint32':
        out.ascii(String(cursor.sint32()));
        return;
      case 'fixed32':
        out.ascii(String(cursor.fixed32()));
        return;
      case 'int64':
        cursor.varint64();
        writeDecimal64(out, cursor.hi, cursor.lo, true);
        return;
      case 'uint64':
        cursor.varint64();
        writeDecimal64(out, cursor.hi, cursor.lo, false);
        return;
      case 'fixed64':
      case 'sfixed64':
        cursor.fixed64();
        writeDecimal64(out, cursor.hi, cursor.lo, field.kind === 'sfixed64');
        return;
      case 'double':
        out.ascii(doubleText(cursor.double()));
        return;
    }
  }

  #quoted(field: Field, cursor: Cursor): void {
    const out = this.#out;
    const length = cursor.len();
    const start = cursor.pos;
    const end = start + length;
    out.byte(QUOTE);
    if (field.kind === 'string') writeTextEscaped(out, cursor.bytes, start, end);
    else if (field.kind === 'hex') writeHexText(out, cursor.bytes, start, end);
    else writeBase64Text(out, cursor.bytes, start, end);
    out.byte(QUOTE);
    cursor.pos = end;
  }
}

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;

/** Whether a value of this wire type belongs to the field; another one is an unknown field. */
function takes(field: Field, wireType: number): boolean {
  return wireType === field.wireType || (field.isPackable && wireType === WIRE.len);
}

/** The shortest text that reads back as the same double; JSON has none for NaN and infinities. */
function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
