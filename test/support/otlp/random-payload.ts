/**
 * Random telemetry over the whole schema: any field of any message may be there, values nest, and
 * numbers and texts come with their extremes. What the schema gains, the generator gains too,
 * because it walks the loaded `.proto` files.
 */
import protobuf from 'protobufjs';
import type { Signal } from '../../../proto/otlp/signal.ts';
import { type Plain, requestType } from './proto-root.ts';
import { type Random } from './random.ts';

export interface PayloadOptions {
  /** Probability of each optional field; 0.7 by default. */
  readonly density?: number;
  /** At most this many elements in a list; 3 by default. */
  readonly maxList?: number;
}

const MAX_NESTING = 12;

/** A random export request in the form `encodeRequest` takes. Ids have their right lengths. */
export function randomRequest(
  signal: Signal,
  random: Random,
  { density = 0.7, maxList = 3 }: PayloadOptions = {},
): Plain {
  return new Generator(random, density, maxList).message(requestType(signal), 0);
}

/** A random message of any type. */
export function randomMessage(type: protobuf.Type, random: Random): Plain {
  return new Generator(random, 0.8, 3).message(type, 6);
}

const TEXTS = [
  '',
  'GET /api/v1/items/{id}',
  'line one\nline two\t"quoted" \\ back',
  'näïve café · 東京 · 🔥🧵',
  '\u0000\u0001\u001f\u007f\u2028\ufeffmark',
  '\ud83d\ude00'.repeat(9),
  'x'.repeat(200),
];
const DOUBLES = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  5e-324,
  1.7976931348623157e308,
  NaN,
  Infinity,
  -Infinity,
  1e21,
];
const INT64S = [0n, 1n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 1727000000123456789n];
const UINT64S = [0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n, 1727000000123456789n];
const INT32S = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];
const UINT32S = [0, 1, 0x101, 2 ** 31, 2 ** 32 - 1];

class Generator {
  readonly #random: Random;
  readonly #density: number;
  readonly #maxList: number;

  constructor(random: Random, density: number, maxList: number) {
    this.#random = random;
    this.#density = density;
    this.#maxList = maxList;
  }

  message(type: protobuf.Type, depth: number): Plain {
    const random = this.#random;
    const result: Plain = {};
    const oneOfs = new Set<protobuf.OneOf>();
    for (const field of type.fieldsArray) {
      field.resolve();
      const group = field.partOf;
      // A proto3 optional field is a one-of of its own.
      if (group && group.fieldsArray.length > 1) {
        if (oneOfs.has(group)) continue;
        oneOfs.add(group);
        const member = random.pick(group.fieldsArray);
        if (random.chance(this.#density)) this.#put(result, member, depth);
      } else if (random.chance(this.#density) || isId(field)) this.#put(result, field, depth);
    }
    return result;
  }

  #put(into: Plain, field: protobuf.Field, depth: number): void {
    field.resolve();
    const isMessage = field.resolvedType instanceof protobuf.Type;
    if (isMessage && depth >= MAX_NESTING) return;
    if (!field.repeated) {
      into[field.name] = this.#value(field, depth);
      return;
    }
    const count = this.#random.below(this.#maxList + 1);
    into[field.name] = Array.from({ length: count }, () => this.#value(field, depth));
  }

  #value(field: protobuf.Field, depth: number): unknown {
    const random = this.#random;
    const resolved = field.resolvedType;
    if (resolved instanceof protobuf.Type) return this.message(resolved, depth + 1);
    if (resolved instanceof protobuf.Enum) return random.pick(Object.values(resolved.values));
    switch (field.type) {
      case 'string':
        return random.pick(TEXTS);
      case 'bytes':
        return this.#bytes(field);
      case 'bool':
        return random.chance(0.5);
      case 'double':
        return random.chance(0.5) ? random.pick(DOUBLES) : random.next() * 1e6;
      case 'int64':
      case 'sfixed64':
        return random.chance(0.6) ? random.pick(INT64S) : BigInt.asIntN(64, random.uint64());
      case 'uint64':
      case 'fixed64':
        return random.chance(0.6) ? random.pick(UINT64S) : random.uint64();
      case 'int32':
      case 'sint32':
        return random.pick(INT32S);
      case 'uint32':
      case 'fixed32':
        return random.pick(UINT32S);
      default:
        throw new Error(`the generator does not know ${field.type}`);
    }
  }

  #bytes(field: protobuf.Field): Uint8Array {
    const random = this.#random;
    if (field.name === 'parentSpanId' && random.chance(0.3)) return new Uint8Array(0);
    if (isId(field)) return random.bytes(field.name.endsWith('panId') ? 8 : 16);
    return random.bytes(random.below(40));
  }
}

/** Whether a bytes field is an id, which OTLP/JSON writes in hex. */
export function isId(field: protobuf.Field): boolean {
  return field.type === 'bytes' && /^(trace|span|parentSpan|profile)Id$/.test(field.name);
}
