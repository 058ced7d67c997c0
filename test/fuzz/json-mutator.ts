/** Damage to JSON bodies that knows their structure: values, keys and, last, the text itself. */
import type { Random } from '../support/otlp/random.ts';

const HOSTILE_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '\u0000',
  'trace_id',
  'resource_spans',
  'unknownKey',
];

/** Written into the text as they are, because JSON.stringify would never make most of them. */
const HOSTILE_VALUES = [
  'null',
  'true',
  '{}',
  '[]',
  '[[[]]]',
  '""',
  '-0',
  '0.5',
  '1e308',
  '1e999',
  '-1',
  '9007199254740993',
  '18446744073709551615',
  '18446744073709551616',
  '123456789012345678901234567890123456789012345678901234567890',
  '0.' + '0'.repeat(400) + '1',
  '1' + '0'.repeat(400),
  '"18446744073709551616"',
  '"-9223372036854775809"',
  '"NaN"',
  '"-Infinity"',
  '"1e3"',
  '" 5"',
  '"0x10"',
  '"\\ud800"',
  '"\\u0000\\u001b[2J"',
  '"=="',
  '"not hex"',
  '"STATUS_CODE_ERROR"',
  '"00000000000000000000000000000000"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"stringValue":"a","intValue":"1","boolValue":true}',
];
/** Broken pieces of text. */
const JUNK = ['"', '\\', '{', '[', ',', ':', '\ufeff', '\u0000', '//', "'", '\\u12', 'NaN', 'e'];
const MAX_NESTING = 5000;
/** Larger trees have no lists lengthened: copies of copies would be all that a campaign does. */
const MAX_COPIED = 2000;

type Container = Record<string, unknown> | unknown[];

/** Stands in the value tree for text that is put in after the stringifying. */
const MARK = '\u0001raw:';

/** A mutated copy of a JSON export request, as text bytes. */
export function mutateJson(body: Uint8Array, random: Random): Uint8Array {
  const text = new TextDecoder().decode(body);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return mutateText(text, random); // What was damaged before is damaged as text.
  }
  if (typeof parsed !== 'object' || parsed === null) return mutateText(text, random);
  for (let count = 1 + random.below(4); count > 0; count--) {
    mutateValue(parsed as Container, random);
  }
  const written = JSON.stringify(parsed).replaceAll(
    /"\\u0001raw:(\d+)"/g,
    (_, index: string) => HOSTILE_VALUES[Number(index)],
  );
  const moved = random.chance(0.6) ? moveIds(written, random) : written;
  if (random.chance(0.15)) return mutateText(moved, random);
  return new TextEncoder().encode(moved);
}

/** Gives everything that looks like an id other digits, equal ones for equal ones. */
function moveIds(text: string, random: Random): string {
  const digits = '0123456789abcdef';
  const shift = 1 + random.below(15);
  return text.replace(/"(?:[0-9a-f]{16}){1,2}"/gi, (id) =>
    id.replace(/[0-9a-f]/gi, (digit) => digits[(parseInt(digit, 16) + shift) & 15]),
  );
}

function containers(value: unknown, into: Container[] = []): Container[] {
  if (typeof value !== 'object' || value === null) return into;
  into.push(value as Container);
  for (const child of Object.values(value)) containers(child, into);
  return into;
}

function mutateValue(root: Container, random: Random): void {
  const all = containers(root);
  const target = random.pick(all);
  const keys = Object.keys(target);
  if (keys.length === 0) {
    put(target, random.pick(HOSTILE_KEYS), hostile(random), random);
    return;
  }
  const key = random.pick(keys);
  const value = (target as Record<string, unknown>)[key];
  switch (random.below(7)) {
    case 0:
      remove(target, key);
      return;
    case 1:
      remove(target, key);
      put(target, random.pick(HOSTILE_KEYS), value, random);
      return;
    case 2:
      put(target, random.pick(HOSTILE_KEYS), hostile(random), random);
      return;
    case 3:
      put(target, key, nested(value, 1 + random.below(200)), random);
      return;
    case 4:
      if (Array.isArray(target) && all.length < MAX_COPIED) {
        target.push(...Array<unknown>(20).fill(value));
      } else put(target, key, [value, value], random);
      return;
    default:
      put(target, key, hostile(random), random);
  }
}

function hostile(random: Random): string {
  return MARK + String(random.below(HOSTILE_VALUES.length));
}

function nested(value: unknown, depth: number): unknown {
  let inner = value;
  for (let level = 0; level < depth; level++) {
    inner = level % 2 === 0 ? { values: [inner] } : { arrayValue: inner };
  }
  return inner;
}

function put(target: Container, key: string, value: unknown, random: Random): void {
  if (Array.isArray(target)) target[random.below(target.length + 1)] = value;
  // An own key, also where assigning would set the prototype.
  else {
    const own = { value, enumerable: true, writable: true, configurable: true };
    Object.defineProperty(target, key, own);
  }
}

function remove(target: Container, key: string): void {
  if (Array.isArray(target)) target.splice(Number(key), 1);
  else Reflect.deleteProperty(target, key);
}

function mutateText(text: string, random: Random): Uint8Array {
  const at = random.below(text.length + 1);
  const changed = ((): string => {
    switch (random.below(5)) {
      case 0:
        return text.slice(0, at);
      case 1:
        return text.slice(0, at) + random.pick(JUNK) + text.slice(at);
      case 2:
        return text.slice(0, at) + text.slice(at + 1 + random.below(8));
      case 3:
        return text.slice(0, at) + random.pick(['[', '{"a":']).repeat(random.below(MAX_NESTING));
      default:
        return text + random.pick([' ', '\n', '{}', 'x', '\u0000']);
    }
  })();
  const bytes = new TextEncoder().encode(changed);
  // Bytes that are no UTF-8, which only a byte can put in.
  if (bytes.length > 0 && random.chance(0.2)) bytes[random.below(bytes.length)] = 0x80;
  return bytes;
}
