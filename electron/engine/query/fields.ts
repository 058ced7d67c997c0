/** The fields of the query language: how their names read, what they hold, what they are called. */
import { clip } from '../../../proto/query/characters.ts';
import { unfitInField } from '../../../proto/query/quote.ts';
import {
  INTRINSICS,
  isIntrinsic,
  isPin,
  isTraceField,
  keywordOf,
  PRESENCE_WORD,
  TRACE_FIELDS,
} from '../../../proto/query/words.ts';
import { RENAMED } from '../../../proto/semconv/renamed.ts';
import type { CompareOp, Field, TextRange } from './ast.ts';

/** What a field holds, which decides its operators and how its values read. */
export type FieldType =
  'text' | 'id' | 'kind' | 'status' | 'level' | 'duration' | 'count' | 'moment' | 'attribute';

/** The words of each enum in order: `level` from least to most severe. */
export const ENUM_WORDS = {
  kind: ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'],
  status: ['unset', 'ok', 'error'],
  level: ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'],
} as const;

const EQUALITY: readonly CompareOp[] = ['=', '!='];
const ORDER: readonly CompareOp[] = ['<', '<=', '>', '>='];

/** The operators that make sense for a type of field. */
export function operatorsOf(type: FieldType): readonly CompareOp[] {
  switch (type) {
    case 'text':
    case 'attribute':
      return [...EQUALITY, ...ORDER, '~'];
    case 'id':
      return [...EQUALITY, '~'];
    case 'kind':
    case 'status':
      return EQUALITY;
    case 'level':
    case 'duration':
    case 'count':
    case 'moment':
      return [...EQUALITY, ...ORDER];
  }
}

/** What a field holds. */
export function fieldType(field: Field): FieldType {
  switch (field.type) {
    case 'attribute':
      if (field.pin === 'link' && (field.key === 'trace' || field.key === 'span')) return 'id';
      return 'attribute';
    case 'trace':
      return field.name === 'duration' ? 'duration' : 'count';
    case 'intrinsic':
      switch (field.name) {
        case 'name':
        case 'service':
        case 'root':
        case 'scope':
        case 'body':
        case 'event':
          return 'text';
        case 'kind':
        case 'status':
        case 'level':
        case 'duration':
          return field.name;
        case 'start':
          return 'moment';
        case 'trace':
        case 'span':
        case 'parent':
          return 'id';
      }
  }
}

/** Hex digits of a whole id of an `id` field. */
export function idDigits(field: Field): number {
  const name = field.type === 'attribute' ? field.key : field.name;
  return name === 'trace' ? 32 : 16;
}

/** A field as it is written, without quotes where it needs none. */
export function fieldLabel(field: Field): string {
  switch (field.type) {
    case 'intrinsic':
      return field.name;
    case 'trace':
      return `trace.${field.name}`;
    case 'attribute':
      return field.pin === 'any' ? field.key : `${field.pin}.${field.key}`;
  }
}

export type FieldReading =
  { readonly ok: true; readonly field: Field } | { readonly ok: false; readonly message: string };

/** Reads an unquoted field name, or `pin.` with the quoted `key` behind it. */
export function readField(text: string, key: string | null, at: TextRange): FieldReading {
  const { from, to } = at;
  if (key !== null) return pinned(text.slice(0, -1), key, at);
  if (isIntrinsic(text)) return { ok: true, field: { type: 'intrinsic', name: text, from, to } };
  if (keywordOf(text) !== null || text === PRESENCE_WORD) {
    return reading(`"${text}" is a word of the language; write "${text}" in quotes as a field.`);
  }
  if (text.startsWith('!')) return reading(`Write "-" instead of "!" to exclude.`);
  const unfit = unfitInField(text);
  if (unfit !== null) {
    return reading(`Put a field name that has "${unfit}" in quotes.`);
  }
  const dot = text.indexOf('.');
  const head = dot === -1 ? '' : text.slice(0, dot);
  const tail = text.slice(dot + 1);
  if (head === 'trace') {
    if (isTraceField(tail)) return { ok: true, field: { type: 'trace', name: tail, from, to } };
    return reading(
      `trace. has ${TRACE_FIELDS.join(', ')}; put the name of an attribute such as "${clip(text)}" in quotes.`,
    );
  }
  if (isPin(head)) return pinned(head, tail, at);
  return { ok: true, field: { type: 'attribute', pin: 'any', key: text, from, to } };
}

/** A quoted name is always an attribute's whole key. */
export function readQuotedField(key: string, at: TextRange): FieldReading {
  if (key === '') return reading('Write the name of an attribute between the quotes.');
  return { ok: true, field: { type: 'attribute', pin: 'any', key, from: at.from, to: at.to } };
}

function pinned(pin: string, key: string, { from, to }: TextRange): FieldReading {
  if (!isPin(pin) || key === '') {
    return reading(`Write the name of an attribute after "${pin}.".`);
  }
  return { ok: true, field: { type: 'attribute', pin, key, from, to } };
}

function reading(message: string): FieldReading {
  return { ok: false, message };
}

const groups = new Map<string, readonly string[]>(
  RENAMED.flatMap((group) => group.map((name) => [name, group] as const)),
);

/**
 * The names that an attribute key stands for: itself first, then its current name and its retired
 * ones.
 */
export function attributeNames(key: string): readonly string[] {
  const group = groups.get(key);
  if (group === undefined) return [key];
  return group[0] === key ? group : [key, ...group.filter((name) => name !== key)];
}

/** Every intrinsic and trace field as it is written. */
export const FIELD_NAMES: readonly string[] = [
  ...INTRINSICS,
  ...TRACE_FIELDS.map((name) => `trace.${name}`),
];
