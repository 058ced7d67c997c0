/**
 * OTLP/JSON into protobuf bytes, losslessly, so that the store has one form.
 *
 * ```
 *   {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8e…","kind":2, …
 *        │ key bytes → Field          one pass over the UTF-8 bytes: no string, object or number
 *        ▼                            of JavaScript is made of what is copied
 *   tag  length  payload …            Writer: a length is filled in when its message ends
 * ```
 * Reads what the specification asks for and, as other receivers do, more: snake_case keys, enum
 * names, numbers in strings and integers like 1e3. `null` is absent, unknown keys are skipped, of a
 * key that stands twice the last one wins. Zeros of fields without presence are left out, as
 * protobuf writers do, so that equal telemetry gives equal bytes in both encodings.
 */
import type { Signal } from '../../../proto/otlp/signal.ts';
import { MAX_JSON_DEPTH, WireError } from './cursor.ts';
import { writeAttribute } from './json-attribute.ts';
import { writeNumbers } from './json-list.ts';
import {
  double,
  doubleOfText,
  int64,
  readDouble,
  readInt64,
  scanDouble,
  textOf,
} from './json-numbers.ts';
import { copyPlain } from './json-pattern.ts';
import { isNumberStart, JSON_BYTE, JsonScanner } from './json-scanner.ts';
import { scanHex, writeBase64, writeHex, writeUnescaped } from './json-text.ts';
import type { Field, Message } from './message.ts';
import { ENUM_NAMES, REQUEST_MESSAGE } from './messages.ts';
import { Writer } from './writer.ts';

export type JsonToProtoResult =
  | {
      readonly ok: true;
      /** Export<Signal>ServiceRequest bytes; the caller owns them. */
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | {
      readonly ok: false;
      readonly code: 'malformed' | 'tooDeep';
      /** What is wrong and where: "traceId is not hex (at byte 117)". */
      readonly message: string;
      readonly offset: number;
    };

/** Encodes the OTLP/JSON text of an export request (or <Signal>Data) in protobuf. */
export function jsonToProto(signal: Signal, json: Uint8Array): JsonToProtoResult {
  try {
    return { ok: true, bytes: transcoder.run(REQUEST_MESSAGE[signal], json) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { ok: false, code: error.code, message: error.message, offset: error.offset };
  }
}

/** Field numbers of OTLP messages stay below this, so that a set of them fits a number. */
const FIELD_SLOTS = 32;

/** Where the fields of the open objects were written: [depth * FIELD_SLOTS + field number]. */
const starts = new Int32Array((MAX_JSON_DEPTH + 1) * FIELD_SLOTS);
const ends = new Int32Array((MAX_JSON_DEPTH + 1) * FIELD_SLOTS);

/**
 * Room behind what the rest of the input can give: tags, lengths, and numbers, of which the shortest
 * take eight bytes for one.
 */
const SLACK_BYTES = 64;

/** What the output buffer may keep between bodies. */
const MAX_KEPT_BYTES = 4 << 20;

class Transcoder {
  readonly #in = new JsonScanner();
  /** Used again for every body: fresh memory costs more than a copy of what was written. */
  #out = new Writer(1024);
  /** Start and end of output that a later key of the same name replaced, innermost object last. */
  readonly #dead: number[] = [];
  /** Strings with escapes, unescaped, for what is not copied as text. */
  readonly #plain = new Writer(64);
  /** The range of the last plain text, in the input or in #plain. */
  #text: Uint8Array = this.#plain.bytes;
  #from = 0;
  #to = 0;

  run(message: Message, json: Uint8Array): Uint8Array<ArrayBuffer> {
    try {
      this.#in.start(json);
      this.#out.pos = 0;
      this.#dead.length = 0;
      this.#object(message, 0, 'the body');
      if (this.#in.peek() !== -1) {
        throw this.#in.error(`${this.#in.describe()} behind the end of the body`);
      }
      return this.#out.bytes.slice(0, this.#out.pos);
    } finally {
      this.#in.release();
      this.#text = this.#plain.bytes;
      if (this.#out.bytes.length > MAX_KEPT_BYTES) this.#out = new Writer(1024);
    }
  }

  /** Reads an object and writes its fields. */
  #object(message: Message, depth: number, owner: string): void {
    const input = this.#in;
    const out = this.#out;
    const base = depth * FIELD_SLOTS;
    const firstDead = this.#dead.length;
    let seen = 0;
    let before: Field | undefined;
    input.open(JSON_BYTE.object, owner);
    input.checkDepth(depth);
    for (let isFirst = true; ; isFirst = false) {
      let field = message.likelyAfter(before);
      if (field === undefined || !input.skipMember(field.memberStart, isFirst)) {
        if (!input.next(JSON_BYTE.objectEnd, isFirst)) break;
        field = this.#key(message, before);
        if (!field) {
          input.skip(depth + 1);
          continue;
        }
      }
      before = field;
      this.#reserve();
      const start = out.pos;
      if (input.peek() === JSON_BYTE.null) input.word('null');
      else if (field.repeated) this.#list(field, depth);
      else this.#single(field, depth);
      const slot = base + field.number;
      const bit = 1 << field.number;
      if ((seen & bit) !== 0 && ends[slot] > starts[slot]) {
        this.#dead.push(starts[slot], ends[slot]);
      }
      seen |= bit;
      starts[slot] = start;
      ends[slot] = out.pos;
    }
    if (this.#dead.length > firstDead) out.cut(this.#dead.splice(firstDead));
  }

  /** Makes room for the texts that the rest of the input can hold, and for one number. */
  #reserve(): void {
    this.#out.reserve(this.#in.end - this.#in.pos + SLACK_BYTES);
  }

  /** Reads a key and its colon; undefined for a key that the message does not know. */
  #key(message: Message, before: Field | undefined): Field | undefined {
    const input = this.#in;
    input.key();
    if (!input.hasEscapes) return message.byKey(input.bytes, input.from, input.to, before);
    this.#unescape();
    return message.byKey(this.#text, this.#from, this.#to, before);
  }

  #list(field: Field, depth: number): void {
    const input = this.#in;
    const out = this.#out;
    input.open(JSON_BYTE.array, field.name);
    const start = out.pos;
    const mark = field.isPackable ? out.open(field.number) : 0;
    let isFirst = !field.isPackable || !writeNumbers(input, out, field.kind);
    for (; input.next(JSON_BYTE.arrayEnd, isFirst); isFirst = false) {
      this.#reserve();
      if (!field.isPackable) out.tag(field.number, field.wireType);
      if (input.peek() !== JSON_BYTE.null) this.#value(field, depth);
      else this.#nullElement(field);
    }
    if (mark !== 0 && isFirst) out.pos = start;
    else if (mark !== 0) out.close(mark);
  }

  /**
   * A null inside an array keeps its place: JSON.stringify writes NaN so, and an empty AnyValue is
   * OTLP's null. Texts and integers have no such value.
   */
  #nullElement(field: Field): void {
    if (field.kind === 'double') this.#out.double(NaN);
    else if (field.kind === 'message') this.#out.varint32(0);
    else throw this.#in.error(`null stands in ${field.name}`);
    this.#in.word('null');
  }

  #single(field: Field, depth: number): void {
    const out = this.#out;
    const start = out.pos;
    out.tag(field.number, field.wireType);
    const isZero = this.#value(field, depth);
    if (isZero && !field.hasPresence) out.pos = start;
  }

  /** Writes a value without its tag; whether it is the zero of its kind. */
  #value(field: Field, depth: number): boolean {
    const input = this.#in;
    const out = this.#out;
    // The more frequent ones first: they are compared in this order.
    switch (field.kind) {
      case 'message': {
        if (field.typeName === 'KeyValue' && writeAttribute(input, out, depth)) return false;
        const mark = out.openLength();
        this.#object(field.message, depth + 1, field.name);
        out.close(mark);
        return false;
      }
      case 'string':
        return this.#string(field);
      case 'fixed64':
      case 'sfixed64':
        this.#integer(field, field.kind === 'sfixed64');
        out.fixed64(int64.hi, int64.lo);
        return (int64.hi | int64.lo) === 0;
      case 'double':
        return this.#double(field);
      case 'hex': {
        const quote = scanHex(out, input.bytes, input.pos + 1, input.end);
        if (quote >= 0 && input.bytes[input.pos] === JSON_BYTE.string) {
          const isEmpty = quote === input.pos + 1;
          input.pos = quote + 1;
          return isEmpty;
        }
        this.#plainString(field);
        if (!writeHex(out, this.#text, this.#from, this.#to)) throw this.#not(field, 'hex');
        return this.#from === this.#to;
      }
      case 'bytes':
        this.#plainString(field);
        if (!writeBase64(out, this.#text, this.#from, this.#to)) throw this.#not(field, 'base64');
        return this.#from === this.#to;
      case 'bool':
        return this.#bool(field);
      case 'enum':
        return this.#enum(field);
      case 'int64':
        this.#integer(field, true);
        out.varint64(int64.hi, int64.lo);
        return (int64.hi | int64.lo) === 0;
      case 'uint64':
        this.#integer(field, false);
        out.varint64(int64.hi, int64.lo);
        return (int64.hi | int64.lo) === 0;
      case 'uint32':
        this.#uint32(field);
        out.varint32(int64.lo);
        return int64.lo === 0;
      case 'fixed32':
        this.#uint32(field);
        out.fixed32(int64.lo);
        return int64.lo === 0;
      case 'int32':
        this.#int32(field);
        out.varint64(int64.hi, int64.lo);
        return int64.lo === 0;
      case 'sint32': {
        this.#int32(field);
        const value = int64.lo | 0;
        out.varint32(((value << 1) ^ (value >> 31)) >>> 0);
        return value === 0;
      }
    }
  }

  #string(field: Field): boolean {
    const input = this.#in;
    const out = this.#out;
    if (input.peek() !== JSON_BYTE.string) throw this.#needs(field, 'a string');
    const start = input.pos + 1;
    const mark = out.openLength();
    const stop = copyPlain(input.view, start, input.end, out.view, mark);
    if (input.bytes[stop] === JSON_BYTE.string) {
      out.pos += stop - start;
      out.close(mark);
      input.pos = stop + 1;
      return stop === start;
    }
    input.string();
    const bad = writeUnescaped(out, input.bytes, input.from, input.to);
    if (bad >= 0) throw input.error('a string has an escape that JSON does not know', bad);
    out.close(mark);
    return false;
  }

  /** Reads a string whose characters are looked at; its range is in #text, #from and #to. */
  #plainString(field: Field): void {
    const input = this.#in;
    if (input.peek() !== JSON_BYTE.string) throw this.#needs(field, 'a string');
    input.string();
    if (input.hasEscapes) this.#unescape();
    else this.#useToken();
  }

  #useToken(): void {
    this.#text = this.#in.bytes;
    this.#from = this.#in.from;
    this.#to = this.#in.to;
  }

  #unescape(): void {
    const input = this.#in;
    const plain = this.#plain;
    plain.pos = 0;
    const bad = writeUnescaped(plain, input.bytes, input.from, input.to);
    if (bad >= 0) throw input.error('a string has an escape that JSON does not know', bad);
    this.#text = plain.bytes;
    this.#from = 0;
    this.#to = plain.pos;
  }

  /** Reads a number, or a string that should hold one; its range is in #text, #from and #to. */
  #numeral(field: Field): void {
    const input = this.#in;
    const byte = input.peek();
    if (isNumberStart(byte)) {
      input.number();
      this.#useToken();
    } else if (byte === JSON_BYTE.string) this.#plainString(field);
    else throw this.#needs(field, 'a number');
  }

  #integer(field: Field, signed: boolean): void {
    if (this.#in.digits(signed)) return;
    this.#numeral(field);
    if (readInt64(this.#text, this.#from, this.#to, signed)) return;
    throw this.#not(field, signed ? 'an int64' : 'a uint64');
  }

  #uint32(field: Field): void {
    this.#integer(field, false);
    if (int64.hi !== 0) throw this.#not(field, 'a uint32');
  }

  #int32(field: Field): void {
    this.#integer(field, true);
    if (int64.hi !== (int64.lo >= 0x80000000 ? 0xffffffff : 0)) throw this.#not(field, 'an int32');
  }

  #double(field: Field): boolean {
    const input = this.#in;
    const stop = scanDouble(input.bytes, input.pos, input.end);
    if (stop !== -1) {
      input.pos = stop;
      this.#out.double(double.value);
      return Object.is(double.value, 0);
    }
    const fromString = input.peek() === JSON_BYTE.string;
    this.#numeral(field);
    const value = fromString
      ? doubleOfText(textOf(this.#text, this.#from, this.#to))
      : readDouble(this.#text, this.#from, this.#to);
    if (value === undefined) throw this.#not(field, 'a double');
    this.#out.double(value);
    return Object.is(value, 0);
  }

  #bool(field: Field): boolean {
    const input = this.#in;
    let value = input.peek() === JSON_BYTE.true;
    if (value) input.word('true');
    else if (input.peek() === JSON_BYTE.false) input.word('false');
    else if (input.peek() === JSON_BYTE.string) {
      this.#plainString(field);
      const text = textOf(this.#text, this.#from, this.#to);
      if (text !== 'true' && text !== 'false') throw this.#not(field, 'a boolean');
      value = text === 'true';
    } else throw this.#needs(field, 'a boolean');
    this.#out.varint32(value ? 1 : 0);
    return !value;
  }

  #enum(field: Field): boolean {
    if (this.#in.peek() === JSON_BYTE.string) {
      this.#plainString(field);
      const name = textOf(this.#text, this.#from, this.#to);
      const value = ENUM_NAMES[field.typeName].indexOf(name);
      if (value >= 0) {
        this.#out.varint32(value);
        return value === 0;
      }
      // A number in a string, as for every other number.
      if (!readInt64(this.#text, this.#from, this.#to, true)) throw this.#not(field, 'a value');
    } else this.#integer(field, true);
    if (int64.hi !== (int64.lo >= 0x80000000 ? 0xffffffff : 0)) throw this.#not(field, 'a value');
    this.#out.varint64(int64.hi, int64.lo);
    return (int64.hi | int64.lo) === 0;
  }

  #needs(field: Field, what: string): WireError {
    return this.#in.error(`${this.#in.describe()} where ${field.name} needs ${what}`);
  }

  /** The error of a token that was read and is not what its field needs. */
  #not(field: Field, what: string): WireError {
    const article = field.kind === 'enum' ? `${what} of ${field.typeName}` : what;
    return this.#in.error(`${field.name} is not ${article}`, this.#in.from);
  }
}

/** One for all bodies: what was compiled for objects that die is thrown away with them. */
const transcoder = new Transcoder();
