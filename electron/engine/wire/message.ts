/**
 * How OTLP messages are described for the JSON codecs: fields by number and by JSON key. The messages
 * themselves stand in messages.ts.
 *
 * A field is written `type`, `[] type` when it is repeated, `? type` when its presence means
 * something (proto3 optional and one-of members, which are kept even when they hold a zero).
 * `hex` is a bytes field that OTLP/JSON writes in hex: the ids. `enum` is followed by the name of the
 * enum. A capitalised type is a message.
 */
import { WIRE } from './cursor.ts';
import { Pattern } from './json-pattern.ts';

export type FieldKind =
  | 'string'
  | 'bytes'
  | 'hex'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'int64'
  | 'uint64'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | 'enum'
  | 'message';

const KIND_WIRE: Readonly<Record<FieldKind, number>> = {
  string: WIRE.len,
  bytes: WIRE.len,
  hex: WIRE.len,
  message: WIRE.len,
  bool: WIRE.varint,
  int32: WIRE.varint,
  uint32: WIRE.varint,
  sint32: WIRE.varint,
  int64: WIRE.varint,
  uint64: WIRE.varint,
  enum: WIRE.varint,
  fixed32: WIRE.fixed32,
  fixed64: WIRE.fixed64,
  sfixed64: WIRE.fixed64,
  double: WIRE.fixed64,
};

/** One field of a message. */
export class Field {
  readonly name: string;
  readonly number: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  /** Kept even when it holds a zero. */
  readonly hasPresence: boolean;
  /** Wire type of one value. */
  readonly wireType: number;
  /** The name of the message, or of the enum, when `kind` is one of these; '' otherwise. */
  readonly typeName: string;
  /** The name in UTF-8, as JSON writes it. */
  readonly nameBytes: Uint8Array;
  /** `"name":`: how compact JSON starts a member. */
  readonly memberStart: Pattern;
  readonly #find: (name: string) => Message;
  #message: Message | undefined;

  constructor(name: string, number: number, spec: string, find: (name: string) => Message) {
    const type = spec.replace(/^(\[\]|\?) /, '');
    const [head = '', enumName = ''] = type.split(' ');
    const isMessage = /^[A-Z]/.test(head);
    this.name = name;
    this.number = number;
    this.kind = isMessage ? 'message' : (head as FieldKind);
    this.repeated = spec.startsWith('[]');
    this.hasPresence = spec.startsWith('?') || isMessage;
    this.wireType = KIND_WIRE[this.kind];
    this.typeName = isMessage ? head : enumName;
    this.nameBytes = new TextEncoder().encode(name);
    this.memberStart = new Pattern(`"${name}":`);
    this.#find = find;
  }

  /** The message this field holds. Throws RangeError for another kind. */
  get message(): Message {
    return (this.#message ??= this.#find(this.typeName));
  }

  /** Whether values may stand packed in one length-delimited field. */
  get isPackable(): boolean {
    return this.repeated && this.wireType !== WIRE.len;
  }
}

const TABLE_SIZE = 128;

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let pos = start; pos < end; pos++) hash = (Math.imul(hash, 31) + bytes[pos]) | 0;
  return (hash ^ (hash >>> 7)) & (TABLE_SIZE - 1);
}

function isKey(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let at = 0; at < key.length; at++) {
    if (key[at] !== bytes[start + at]) return false;
  }
  return true;
}

/** One message: its fields by number and by JSON key. */
export class Message {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Bits (1 << field number) of the fields of which a message holds one: the last one it carries. */
  readonly oneOf: number;
  readonly #byNumber: (Field | undefined)[] = [];
  // Open addressing over the bytes of the keys: lowerCamelCase and snake_case.
  readonly #keys: (Uint8Array | undefined)[] = new Array(TABLE_SIZE).fill(undefined);
  /** The field that followed each one last time, by number; 0 is the start of the object. */
  readonly #followers: (Field | undefined)[] = new Array(32).fill(undefined);
  readonly #keyFields: (Field | undefined)[] = new Array(TABLE_SIZE).fill(undefined);

  constructor(name: string, fields: readonly Field[], oneOf: number) {
    this.name = name;
    this.fields = fields;
    this.oneOf = oneOf;
    for (const field of fields) {
      this.#byNumber[field.number] = field;
      const snake = field.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      this.#addKey(field.nameBytes, field);
      if (snake !== field.name) this.#addKey(new TextEncoder().encode(snake), field);
    }
  }

  byNumber(number: number): Field | undefined {
    return this.#byNumber[number];
  }

  /**
   * The field that is likely to follow `before` (undefined: to come first) in a JSON object: a sender
   * writes its keys in one order, so it is the one that followed last time.
   */
  likelyAfter(before: Field | undefined): Field | undefined {
    return this.#followers[before === undefined ? 0 : before.number];
  }

  /**
   * The field whose JSON key is in `bytes` [start, end), behind the key of `before`; undefined for a
   * key it does not know.
   */
  byKey(
    bytes: Uint8Array,
    start: number,
    end: number,
    before: Field | undefined,
  ): Field | undefined {
    const field = this.#lookUp(bytes, start, end);
    if (field !== undefined) this.#followers[before === undefined ? 0 : before.number] = field;
    return field;
  }

  #lookUp(bytes: Uint8Array, start: number, end: number): Field | undefined {
    for (let slot = hashOf(bytes, start, end); ; slot = (slot + 1) & (TABLE_SIZE - 1)) {
      const key = this.#keys[slot];
      if (key === undefined) return undefined;
      if (isKey(key, bytes, start, end)) return this.#keyFields[slot];
    }
  }

  #addKey(key: Uint8Array, field: Field): void {
    let slot = hashOf(key, 0, key.length);
    while (this.#keys[slot] !== undefined) slot = (slot + 1) & (TABLE_SIZE - 1);
    this.#keys[slot] = key;
    this.#keyFields[slot] = field;
  }
}

const registry = new Map<string, Message>();

/** The message of a name as messages.ts has it, e.g. `Span`. Throws RangeError. */
export function messageOf(name: string): Message {
  const message = registry.get(name);
  if (!message) throw new RangeError(`there is no message ${name}`);
  return message;
}

/** The names of all messages, for the test that holds them against the schema. */
export function messageNames(): readonly string[] {
  return [...registry.keys()];
}

/**
 * Adds a message: its field numbers, under the same names its field types, and the names of the
 * members of its one-of.
 */
export function define<T extends Readonly<Record<string, number>>>(
  name: string,
  numbers: T,
  types: Readonly<Record<keyof T & string, string>>,
  oneOf: readonly (keyof T & string)[] = [],
): void {
  const fields: Field[] = [];
  for (const key in numbers) {
    fields.push(new Field(key, numbers[key], types[key], messageOf));
  }
  const oneOfBits = oneOf.reduce((bits, key) => bits | (1 << numbers[key]), 0);
  registry.set(name, new Message(name, fields, oneOfBits));
}
