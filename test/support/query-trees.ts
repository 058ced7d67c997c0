/** Random query trees and texts, and trees without their ranges, for tests of the language. */
import {
  INTRINSICS,
  TRACE_FIELDS,
  type CompareOp,
  type Expression,
  type Field,
  type SpanSet,
  type Structure,
  type Value,
} from '../../electron/engine/query/ast.ts';
import {
  ENUM_WORDS,
  fieldType,
  idDigits,
  operatorsOf,
} from '../../electron/engine/query/fields.ts';
import { readNumber } from '../../electron/engine/query/values.ts';
import { PINS } from '../../proto/query/words.ts';

type Random = () => number;

const AT = { from: 0, to: 0 };

/** The tree without where it was written. */
export function withoutRanges(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutRanges);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(([key]) => key !== 'from' && key !== 'to');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutRanges(value)]));
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

const PIECES = [
  'a',
  'cart',
  'GET /x',
  'é',
  '😀',
  '*',
  '"',
  '\\',
  ':',
  '=',
  ',',
  '(',
  ')',
  '{',
  '}',
  '-',
  '.',
  '7',
  '\n',
  '\u0007',
  '\ud800',
  "'",
  '“',
  'or',
  'not',
  '!',
  '&&',
  '//',
  '|',
  '~',
  '\u200b',
  ' ',
];

/** A text of up to six odd pieces; never empty. */
export function oddText(random: Random): string {
  const count = 1 + Math.floor(random() * 6);
  return Array.from({ length: count }, () => pick(random, PIECES)).join('');
}

function randomField(random: Random): Field {
  const kind = random();
  if (kind < 0.5) return { type: 'intrinsic', name: pick(random, INTRINSICS), ...AT };
  if (kind < 0.6) return { type: 'trace', name: pick(random, TRACE_FIELDS), ...AT };
  const pin = random() < 0.5 ? ('any' as const) : pick(random, PINS);
  const key =
    random() < 0.5 ? pick(random, ['http.route', 'name', 'span.x', 'or', 'has']) : oddText(random);
  return { type: 'attribute', pin, key, ...AT };
}

function textValue(random: Random, op: CompareOp): Value {
  const text = random() < 0.1 ? '' : oddText(random);
  if ((op === '=' || op === '!=') && random() < 0.3) {
    // A glob cannot hold what no unquoted value can.
    const glob = `${text.replace(/[\u0007\ud800\u200b]/g, '')}*`;
    return { text: glob, quoted: false, glob: true, number: null, ...AT };
  }
  if (random() < 0.5)
    return { text: text === '' ? 'x' : text, quoted: true, glob: false, number: null, ...AT };
  const plain = pick(random, [
    'checkout',
    'a=b',
    '/users/{id}',
    'x:y',
    '5',
    '-2.5e3',
    '10KiB',
    '7us',
    'true',
  ]);
  const read = op === '~' ? null : readNumber(plain);
  const number = read?.type === 'number' ? read.reading : null;
  return { text: plain, quoted: false, glob: false, number, ...AT };
}

function plainValue(text: string): Value {
  const read = readNumber(text);
  const number = read.type === 'number' ? read.reading : null;
  return { text, quoted: false, glob: false, number, ...AT };
}

function randomValue(random: Random, field: Field, op: CompareOp): Value {
  const type = fieldType(field);
  switch (type) {
    case 'kind':
    case 'status':
    case 'level':
      return plainValue(pick<string>(random, ENUM_WORDS[type]));
    case 'duration':
      return plainValue(pick(random, ['1ms', '2.5s', '-3h', '100us', '1e3ns', '7µs']));
    case 'count':
      return plainValue(String(Math.floor(random() * 100)));
    case 'moment':
      return plainValue(
        pick(random, ['2026-05-01', '2026-05-01T10:00:00.5+02:00', '1700000000000000000']),
      );
    case 'id':
      return plainValue('0123456789abcdef'.repeat(idDigits(field) / 16));
    case 'text':
    case 'attribute':
      return textValue(random, op);
  }
}

function randomSet(random: Random, depth: number): SpanSet {
  return { type: 'set', item: random() < 0.15 ? null : randomTree(random, depth - 1), ...AT };
}

function randomJunction(random: Random, depth: number, type: 'and' | 'or'): Expression {
  const count = 2 + Math.floor(random() * 3);
  const items = Array.from({ length: count }, () => randomTree(random, depth - 1)).flatMap(
    (item) => (item.type === type ? item.items : [item]),
  );
  return { type, items, ...AT };
}

/** A tree that the parser could have made, of at most `depth` levels. */
export function randomTree(random: Random, depth: number): Expression {
  const kind = depth <= 0 ? random() * 0.5 : random();
  if (kind < 0.1) {
    const isBare = random() < 0.5;
    const value = isBare ? pick(random, ['timeout', 'a.b', 'x-y', 'Not', '5xx']) : oddText(random);
    return { type: 'text', value, quoted: !isBare, ...AT };
  }
  if (kind < 0.15) return { type: 'has', field: randomField(random), ...AT };
  if (kind < 0.5) {
    const field = randomField(random);
    const op = pick(random, operatorsOf(fieldType(field)));
    const count = op === '=' || op === '!=' ? 1 + Math.floor(random() * 3) : 1;
    const values = Array.from({ length: count }, () => randomValue(random, field, op));
    return { type: 'compare', field, op, values, ...AT };
  }
  if (kind < 0.65) return randomJunction(random, depth, 'and');
  if (kind < 0.8) return randomJunction(random, depth, 'or');
  if (kind < 0.87) return { type: 'not', item: randomTree(random, depth - 1), ...AT };
  if (kind < 0.93) return randomSet(random, depth);
  let left: SpanSet | Structure = randomSet(random, depth);
  for (let links = 1 + Math.floor(random() * 2); links > 0; links--) {
    const op = random() < 0.5 ? '>' : '>>';
    left = { type: 'structure', op, left, right: randomSet(random, depth), ...AT };
  }
  return left;
}
