/** Reads attributes by the current names of the semantic conventions; retired names count too. */
import { currentNameOf, namesOf } from '../../../../proto/semconv/names.ts';
import type { JsonAttribute, JsonValue } from '../../../../proto/live/methods.ts';
import { toneOf, valueText, type ValueTone } from '../span-content.ts';
import { retiredFor } from './retired.ts';

/** One line of a section: what it is called, and its value as text. */
export interface Fact {
  readonly label: string;
  readonly text: string;
  /** A value is coloured by its type, a judgement by what it says. */
  readonly tone: ValueTone | 'ok' | 'warn' | 'error';
  /** The label in full, where it is an abbreviation. */
  readonly title?: string;
}

/** The attributes of one item, by name. Of duplicate keys the last one counts. */
export class Attributes {
  readonly all: readonly JsonAttribute[];
  readonly #byKey: ReadonlyMap<string, JsonValue>;

  constructor(all: readonly JsonAttribute[]) {
    this.all = all;
    this.#byKey = new Map(all.map(({ key, value }) => [key, value]));
  }

  /** The value under the current name, else under a retired one. */
  get(key: string): JsonValue | undefined {
    for (const name of namesOf(key)) {
      const value = this.#byKey.get(name);
      if (value !== undefined && value.type !== 'empty') return value;
    }
    return undefined;
  }

  /** The value under exactly this name. */
  exact(key: string): JsonValue | undefined {
    return this.#byKey.get(key);
  }

  /** The first of several names that has a value, as text; '' for none. */
  text(...keys: readonly string[]): string {
    for (const key of keys) {
      const value = this.get(key);
      if (value !== undefined) return valueText(value);
    }
    return '';
  }

  /** A finite number, also one that was sent as text or as the only one of a list (headers). */
  number(...keys: readonly string[]): number | undefined {
    for (const key of keys) {
      const sent = this.get(key);
      const value = sent?.type === 'array' && sent.values.length === 1 ? sent.values[0] : sent;
      if (value === undefined) continue;
      const number = value.type === 'bool' ? NaN : Number(valueText(value) || NaN);
      if (Number.isFinite(number)) return number;
    }
    return undefined;
  }

  flag(key: string): boolean {
    const value = this.get(key);
    return value?.type === 'bool' && value.value;
  }

  /** Whether any attribute starts with one of these. */
  hasAny(...prefixes: readonly string[]): boolean {
    return this.all.some(({ key }) => prefixes.some((prefix) => key.startsWith(prefix)));
  }

  /** Attributes below a prefix, by the rest of their names. */
  below(prefix: string): JsonAttribute[] {
    return this.all
      .filter(({ key }) => key.startsWith(prefix) && key.length > prefix.length)
      .map(({ key, value }) => ({ key: key.slice(prefix.length), value }));
  }

  /** Lines for those of the keys that have a value, called by `label` or the name without prefix. */
  facts(keys: readonly (string | readonly [key: string, label: string])[]): Fact[] {
    const facts: Fact[] = [];
    for (const each of keys) {
      const [key, label] = typeof each === 'string' ? [each, withoutHead(each)] : each;
      const value = this.get(key);
      if (value !== undefined) facts.push({ label, text: valueText(value), tone: toneOf(value) });
    }
    return facts;
  }
}

function withoutHead(key: string): string {
  return key.slice(key.indexOf('.') + 1);
}

/** One attribute of the list, with what has to be said about its key. */
export interface ListedAttribute {
  readonly attribute: JsonAttribute;
  /** Another attribute has the same key; the last one counts. */
  readonly isDuplicate: boolean;
  /** What took this name's place, in words for the reader; '' for current names. */
  readonly current: string;
}

/**
 * Attributes for listing. In dup mode an SDK sends one value under its current and its retired name:
 * those retired ones are in `repeated`, all others in `listed`. `kind` is the span's; 0 without one.
 */
export function listAttributes(
  all: readonly JsonAttribute[],
  kind = 0,
): {
  readonly listed: readonly ListedAttribute[];
  readonly repeated: readonly ListedAttribute[];
} {
  const counts = new Map<string, number>();
  const texts = new Map<string, string>();
  for (const { key, value } of all) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    texts.set(key, valueText(value));
  }
  const listed: ListedAttribute[] = [];
  const repeated: ListedAttribute[] = [];
  for (const attribute of all) {
    const renamed = currentNameOf(attribute.key);
    const text = valueText(attribute.value);
    const isRepeat = renamed !== null && texts.get(renamed) === text;
    const isDuplicate = (counts.get(attribute.key) ?? 0) > 1;
    const current = renamed ?? retiredFor(attribute.key, kind);
    (isRepeat ? repeated : listed).push({ attribute, isDuplicate, current });
  }
  return { listed, repeated };
}
