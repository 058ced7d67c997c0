/** The items that completion offers, and their order. */
import type { CompletionItem, FieldValues } from '../../../proto/query/completion.ts';
import { writeField, writeValue } from '../../../proto/query/edit.ts';
import {
  KEYWORDS,
  PRESENCE_WORD,
  TRACE_FIELDS,
  type Intrinsic,
} from '../../../proto/query/words.ts';
import type { CompareOp, Field, QueryTarget } from './ast.ts';
import type { KeyEntry } from './dictionary-census.ts';
import type { ValueEntry } from './dictionary-values.ts';
import { ENUM_WORDS, fieldType, operatorsOf, readField, type FieldType } from './fields.ts';
import { findUnit, UNITS } from './values.ts';

/** The intrinsics that items of a target have. */
const INTRINSICS_OF: Readonly<Record<'spans' | 'logs' | 'metrics', readonly Intrinsic[]>> = {
  spans: [
    'service',
    'name',
    'status',
    'duration',
    'kind',
    'root',
    'start',
    'trace',
    'span',
    'parent',
    'scope',
    'event',
  ],
  logs: ['service', 'level', 'body', 'event', 'start', 'trace', 'span', 'root', 'scope'],
  metrics: ['name', 'service', 'scope'],
};

const TYPE_DETAIL: Readonly<Record<FieldType, string>> = {
  text: 'text',
  id: 'id in hex',
  kind: 'span kind',
  status: 'span status',
  level: 'severity',
  duration: 'duration',
  count: 'count',
  moment: 'date or time',
  attribute: 'attribute',
};

const OPERATOR_DETAIL: Readonly<Record<string, string>> = {
  ':': 'equals, * is a wildcard',
  '!=': 'differs',
  '<': 'less than',
  '<=': 'at most',
  '>': 'greater than',
  '>=': 'at least',
  '~': 'matches a regular expression',
};

/** Fields of a target: intrinsics, fields of the trace, and attribute keys that were received. */
export function fieldItems(
  keys: readonly KeyEntry[],
  target: QueryTarget,
  isPresence: boolean,
): CompletionItem[] {
  const names: readonly string[] = [
    ...INTRINSICS_OF[target === 'traces' ? 'spans' : target],
    ...(target === 'metrics' ? [] : TRACE_FIELDS.map((name) => `trace.${name}`)),
  ];
  const known = names.map((name): CompletionItem => {
    const type = typeOf(name);
    const insert = isPresence ? name : name + usualOperator(type);
    return { label: name, insert, kind: 'field', detail: TYPE_DETAIL[type], count: null };
  });
  const sign = isPresence ? '' : ':';
  return [...known, ...keys.map((entry) => keyItem(entry, keys, sign))];
}

function typeOf(name: string): FieldType {
  const read = readField(name, null, { from: 0, to: 0 });
  return read.ok ? fieldType(read.field) : 'attribute';
}

/** The operator that is most often wanted behind a field of this type. */
function usualOperator(type: FieldType): string {
  if (type === 'duration' || type === 'count') return '>';
  return type === 'moment' ? '>=' : ':';
}

/** Keys of items and resources need no pin, unless both have them; others are found only with it. */
function keyItem(entry: KeyEntry, all: readonly KeyEntry[], sign: string): CompletionItem {
  const { pin, key, types, count } = entry;
  const isOwn = pin === 'span' || pin === 'log';
  const isHidden = pin === 'resource' && all.some((other) => other.key === key && isItemKey(other));
  const isPlain = isOwn || (pin === 'resource' && !isHidden);
  const name = writeField({ type: 'attribute', pin: isPlain ? 'any' : pin, key });
  const where = isOwn ? '' : `${pin}, `;
  const detail = `${where}${[...types].sort().join(' or ')}`;
  const item = { label: name, insert: name + sign, kind: 'field', detail, count } as const;
  return entry.values.size === 0 ? item : { ...item, values: valuesOf(entry) };
}

/** Examples that one field is offered with. */
const MAX_EXAMPLES = 3;

/** What is told of the values of a key: how many differ, and the most frequent. */
function valuesOf({ values, hasMore }: KeyEntry): FieldValues {
  const examples = [...values]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_EXAMPLES)
    .map(([text]) => text);
  return { distinct: values.size, hasMore, examples };
}

function isItemKey({ pin }: KeyEntry): boolean {
  return pin === 'span' || pin === 'log';
}

/** Operators behind a whole field, written with it; none when an operator follows already. */
export function operatorItems(
  word: string,
  rest: string,
  fields: readonly CompletionItem[],
): CompletionItem[] {
  if (/^\s*[:=!<>~]/.test(rest) || !fields.some(({ label }) => label === word)) return [];
  return operatorsOf(typeOf(word)).map((op): CompletionItem => {
    const label = op === '=' ? ':' : op;
    return { ...operator(label, OPERATOR_DETAIL[label] ?? ''), insert: word + label };
  });
}

function operator(label: string, detail: string): CompletionItem {
  return { label, insert: label, kind: 'operator', detail, count: null };
}

/** What can follow a set of spans. */
export function structureItems(): CompletionItem[] {
  const arrow = (label: string, detail: string): CompletionItem => ({
    ...operator(label, detail),
    insert: ` ${label} { `,
  });
  return [arrow('>', 'has a child that matches'), arrow('>>', 'has a descendant that matches')];
}

/** `and` and `or` need a clause before them; `not` and `has:` begin one. */
export function keywordItems(isContinued: boolean): CompletionItem[] {
  const detail = { and: 'both hold', or: 'one of them holds', not: 'does not hold' } as const;
  const words = KEYWORDS.filter((word) => isContinued || word === 'not').map(
    (word): CompletionItem => ({
      label: word,
      insert: `${word} `,
      kind: 'keyword',
      detail: detail[word],
      count: null,
    }),
  );
  const has = `${PRESENCE_WORD}:`;
  const presence = {
    label: has,
    insert: has,
    detail: 'the field is present',
    count: null,
  } as const;
  return [...words, { ...presence, kind: 'keyword' }];
}

/** Units behind a number, where the field or the operator makes one likely. */
export function unitItems(field: Field, op: CompareOp, prefix: string): CompletionItem[] {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))([a-zA-Zµμ]*)$/.exec(prefix);
  const type = fieldType(field);
  const isOrder = op !== '=' && op !== '!=' && op !== '~';
  if (match === null || (type !== 'duration' && (type !== 'attribute' || !isOrder))) return [];
  const [, number = '', written = ''] = match;
  const isWhole = findUnit(written) !== undefined;
  return UNITS.filter(
    ({ name, kind }) =>
      name !== 'µs' &&
      (type === 'attribute' || kind === 'duration') &&
      name.toLowerCase().startsWith(written.toLowerCase()) &&
      !(isWhole && name.length === written.length),
  ).map(({ name, kind }) => ({
    label: number + name,
    insert: number + name,
    kind: 'unit',
    detail: kind === 'duration' ? 'duration' : 'size',
    count: null,
  }));
}

/** Every word of an enum, with its count where it occurs. */
export function enumItems(
  type: 'kind' | 'status' | 'level',
  seen: readonly { readonly text: string; readonly count: number }[],
): CompletionItem[] {
  const counts = new Map(seen.map(({ text, count }) => [text, count]));
  return ENUM_WORDS[type].map((word) => ({
    label: word,
    insert: word,
    kind: 'value',
    detail: TYPE_DETAIL[type],
    count: counts.get(word) ?? 0,
  }));
}

/** A value that was received. */
export function valueItem({ text, isString, count }: ValueEntry): CompletionItem {
  const insert = writeValue(text, isString);
  return { label: text, insert, kind: 'value', detail: isString ? 'text' : '', count };
}

/** The items that have the prefix, before those that have it inside; each by count. */
export function rank(
  items: readonly CompletionItem[],
  prefix: string,
  limit: number,
): CompletionItem[] {
  const wanted = prefix.toLowerCase();
  const found: { item: CompletionItem; place: number; count: number; at: number }[] = [];
  items.forEach((item, at) => {
    const place = item.label.toLowerCase().indexOf(wanted);
    // Words of the language have no count and stand before what was received.
    const count = item.count ?? Infinity;
    if (place !== -1) found.push({ item, place: Math.min(place, 1), count, at });
  });
  found.sort((a, b) => a.place - b.place || order(b.count, a.count) || a.at - b.at);
  return found.slice(0, limit).map(({ item }) => item);
}

function order(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
