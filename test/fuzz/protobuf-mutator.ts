/**
 * Damage to protobuf bodies that knows their structure: a body is read into a tree with the help of
 * the schema, one to four nodes are changed, and the tree is written out again, lies included.
 */
import protobuf from 'protobufjs';
import type { Signal } from '../../proto/otlp/signal.ts';
import { requestType } from '../support/otlp/proto-root.ts';
import type { Random } from '../support/otlp/random.ts';

/** One field as it stands on the wire. */
interface Field {
  number: number;
  wire: number;
  /** Varint, fixed or length-delimited content; a list is a message of the schema. */
  value: bigint | Uint8Array | Field[];
  /** The type of a message. */
  type?: protobuf.Type;
  /** Added to the length that is written; makes it a lie. */
  lie?: number;
  /** Bytes that the varints of tag and length are longer than need be. */
  pad?: number;
}

const VARINT = 0;
const FIXED64 = 1;
const LEN = 2;
const FIXED32 = 5;

const VARINTS = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n];
const NUMBERS = [0, 1, 2, 3, 15, 16, 100, 18_999, 2 ** 29 - 1];
const LIES = [-1, 1, 127, 4096, 2 ** 30, 2 ** 31 - 1, 2 ** 32 + 5];
const ID_LENGTHS = [0, 1, 7, 8, 9, 15, 16, 17, 40];
const BAD_UTF8 = ['ff', 'c0af', 'eda080', 'f5808080', 'e282', '80', 'f09f94'].map((hex) =>
  Uint8Array.from(Buffer.from(hex, 'hex')),
);
/** The deepest nesting of attribute values that is tried; the scanners stop far above it. */
const MAX_NESTING = 300;
/** Larger trees have single fields doubled only. */
const MAX_COPIED = 2000;
/** Mutated bodies are cut here, so that a campaign spends its time on many and not on long ones. */
const MAX_BYTES = 256 << 10;

/** A mutated copy of an export request. `donor` is another request, of which parts may be taken. */
export function mutateProtobuf(
  signal: Signal,
  body: Uint8Array,
  donor: Uint8Array,
  random: Random,
): Uint8Array {
  const tree = readFields(body, requestType(signal));
  if (tree === undefined) return mutateBytes(body, random);
  for (let count = 1 + random.below(4); count > 0; count--) {
    mutateTree(tree, () => readFields(donor, requestType(signal)) ?? [], random);
  }
  // Ids of its own make it more than a repetition of what was sent before.
  if (random.chance(0.6)) moveIds(tree, 1 + random.below(2 ** 31));
  const out: number[] = [];
  writeFields(tree, out);
  const bytes = Uint8Array.from(out);
  return random.chance(0.1) ? mutateBytes(bytes, random) : bytes;
}

/** Damage that knows nothing: bytes changed, cut out, doubled or put in. */
export function mutateBytes(body: Uint8Array, random: Random): Uint8Array {
  if (body.length === 0) return random.bytes(1 + random.below(20));
  const at = random.below(body.length);
  switch (random.below(5)) {
    case 0:
      return body.slice(0, at);
    case 1:
      return joined(body.subarray(0, at), random.bytes(1 + random.below(9)), body.subarray(at));
    case 2:
      return joined(body.subarray(0, at), body.subarray(at + 1 + random.below(9)));
    case 3:
      return joined(body, body.subarray(at));
    default: {
      const copy = body.slice();
      for (let n = 1 + random.below(4); n > 0; n--)
        copy[random.below(copy.length)] = random.below(256);
      return copy;
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The fields of a well-formed message; undefined for other bytes. */
function readFields(bytes: Uint8Array, type: protobuf.Type | undefined): Field[] | undefined {
  const reader = protobuf.Reader.create(bytes);
  const fields: Field[] = [];
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const field: Field = { number: tag >>> 3, wire: tag & 7, value: 0n };
      switch (field.wire) {
        case VARINT:
          field.value = BigInt(reader.uint64().toString());
          break;
        case FIXED64:
          field.value = bytes.slice(reader.pos, reader.pos + 8);
          reader.skip(8);
          break;
        case FIXED32:
          field.value = bytes.slice(reader.pos, reader.pos + 4);
          reader.skip(4);
          break;
        case LEN:
          readContent(field, reader.bytes(), type);
          break;
        default:
          return undefined;
      }
      fields.push(field);
    }
  } catch {
    return undefined; // Bytes that are no message are mutated as bytes.
  }
  return fields;
}

function readContent(field: Field, content: Uint8Array, type: protobuf.Type | undefined): void {
  field.value = content.slice();
  const known = type?.fieldsById[field.number]?.resolve().resolvedType;
  if (!(known instanceof protobuf.Type)) return;
  const inside = readFields(content, known);
  if (inside === undefined) return;
  field.value = inside;
  field.type = known;
}

/** Every list of fields in the tree with every field's place in it. */
function places(tree: Field[], into: { list: Field[]; at: number }[] = []): typeof into {
  tree.forEach((field, at) => {
    into.push({ list: tree, at });
    if (Array.isArray(field.value)) places(field.value, into);
  });
  return into;
}

/** Changes everything as long as an id by the same key, so that what belonged together still does. */
function moveIds(tree: Field[], key: number): void {
  for (const field of tree) {
    const { value } = field;
    if (Array.isArray(value)) moveIds(value, key);
    else if (value instanceof Uint8Array && field.wire === LEN && isIdLong(value)) {
      field.value = value.map((byte, at) => byte ^ ((key >>> ((at & 3) * 8)) & 0xff));
    }
  }
}

function isIdLong({ length }: Uint8Array): boolean {
  return length === 8 || length === 16;
}

function mutateTree(tree: Field[], donor: () => Field[], random: Random): void {
  const all = places(tree);
  if (all.length === 0) {
    tree.push({ number: random.pick(NUMBERS), wire: LEN, value: random.bytes(4) });
    return;
  }
  const { list, at } = random.pick(all);
  const field = list[at];
  switch (random.below(11)) {
    case 0:
      list.splice(at, 1);
      return;
    case 1:
      list.splice(at, 0, ...Array.from({ length: copies(all.length, random) }, () => field));
      return;
    case 2:
      list.push(...list.splice(0, at));
      return;
    case 3:
      list[at] = { ...field, number: random.pick(NUMBERS) };
      return;
    case 4:
      list[at] = rewired(field, random);
      return;
    case 5:
      list[at] = { ...field, lie: random.pick(LIES) };
      return;
    case 6:
      list[at] = { ...field, pad: random.pick([1, 4, 9, 11]) };
      return;
    case 7:
      list[at] = graft(field, donor(), random);
      return;
    case 8:
      list[at] = nested(field, 1 + random.below(MAX_NESTING));
      return;
    case 9:
      list.splice(at, 0, unknownField(random));
      return;
    default:
      list[at] = { ...field, value: otherValue(field, random) };
  }
}

/** Copies of copies of copies would be all that a campaign does. */
function copies(placeCount: number, random: Random): number {
  return placeCount > MAX_COPIED ? 1 : random.pick([1, 2, 50]);
}

/** The field with another wire type, groups and the two undefined ones among them. */
function rewired(field: Field, random: Random): Field {
  const wire = random.below(8);
  switch (wire) {
    case FIXED64:
      return { number: field.number, wire, value: random.bytes(8) };
    case FIXED32:
      return { number: field.number, wire, value: random.bytes(4) };
    case LEN:
      return { number: field.number, wire, value: random.bytes(random.below(20)) };
    default:
      return { number: field.number, wire, value: random.pick(VARINTS) };
  }
}

/** A message of the same type from elsewhere, or any field of the donor. */
function graft(field: Field, donor: Field[], random: Random): Field {
  const found = places(donor).map(({ list, at }) => list[at]);
  const same = found.filter(({ type }) => type !== undefined && type === field.type);
  if (same.length > 0) return { ...random.pick(same), number: field.number };
  return found.length > 0 ? random.pick(found) : field;
}

/** The field inside itself, as deep as asked: what recursion in a decoder would die of. */
function nested(field: Field, depth: number): Field {
  let inner = field;
  for (let level = 0; level < depth; level++) {
    // Alternately array_value (5) or values (1), which is how AnyValue nests.
    inner = { number: level % 2 === 0 ? 1 : 5, wire: LEN, value: [inner] };
  }
  return { number: field.number, wire: LEN, value: [inner] };
}

function unknownField(random: Random): Field {
  const wire = random.pick([VARINT, FIXED64, LEN, FIXED32]);
  return rewiredTo(1 + random.below(2 ** 20), wire, random);
}

function rewiredTo(number: number, wire: number, random: Random): Field {
  if (wire === VARINT) return { number, wire, value: random.pick(VARINTS) };
  const length = wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : random.below(60);
  return { number, wire, value: random.bytes(length) };
}

function otherValue(field: Field, random: Random): Field['value'] {
  if (typeof field.value === 'bigint') return random.pick(VARINTS);
  if (field.wire !== LEN) return field.value instanceof Uint8Array ? extremes(field, random) : [];
  switch (random.below(4)) {
    case 0:
      return random.pick(BAD_UTF8);
    case 1:
      return random.bytes(random.pick(ID_LENGTHS));
    case 2:
      return new Uint8Array(random.pick([0, 300, 20_000])).fill(0x61);
    default:
      return field.value instanceof Uint8Array ? mutateBytes(field.value, random) : [];
  }
}

/** Fixed-width numbers at their ends: zero, all ones, NaN and infinity of a double. */
function extremes({ value }: Field, random: Random): Uint8Array {
  const bytes = new Uint8Array(value instanceof Uint8Array ? value.length : 8);
  const last = bytes.length - 1;
  switch (random.below(4)) {
    case 0:
      return bytes;
    case 1:
      return bytes.fill(0xff);
    case 2:
      bytes.set([0xf0, 0x7f], Math.max(0, last - 1));
      return bytes;
    default:
      return random.bytes(bytes.length);
  }
}

function writeFields(fields: readonly Field[], out: number[]): void {
  for (const field of fields) {
    if (out.length > MAX_BYTES) return;
    writeVarint((BigInt(field.number) << 3n) | BigInt(field.wire), out, field.pad ?? 0);
    const { value } = field;
    if (typeof value === 'bigint') writeVarint(value, out, field.pad ?? 0);
    else if (field.wire !== LEN) append(out, Array.isArray(value) ? [] : value);
    else {
      const content: number[] = [];
      if (Array.isArray(value)) writeFields(value, content);
      else append(content, value);
      const claimed = Math.max(0, content.length + (field.lie ?? 0));
      writeVarint(BigInt(claimed), out, field.pad ?? 0);
      append(out, content);
    }
  }
}

function append(out: number[], bytes: Uint8Array | readonly number[]): void {
  for (const byte of bytes) out.push(byte);
}

function writeVarint(value: bigint, out: number[], pad: number): void {
  let rest = value;
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(pad > 0 ? Number(rest) | 128 : Number(rest));
  for (let n = pad; n > 0; n--) out.push(n === 1 ? 0 : 128);
}
