/**
 * Folds spans by one field: an intrinsic that stands in the columns, or an attribute that is read from
 * the bytes, the span's own first and then its resource's, as queries read it.
 */
import { INSTRUMENTATION_SCOPE, RESOURCE, SPAN } from '../../../proto/otlp/fields.ts';
import type { Field } from '../query/ast.ts';
import { findAttributes, FOUND } from '../query/attribute-walk.ts';
import { attributeNames, ENUM_WORDS, readField } from '../query/fields.ts';
import { KeySet, KeyTest } from '../query/key-set.ts';
import { exactInt, type ValueTest } from '../query/value-test.ts';
import { lengthBefore } from '../store/batch-table.ts';
import { equalBytes, hashBytes } from '../store/hash.ts';
import type { SpanSegment, StoreRead } from '../store/schema.ts';
import { WIRE } from '../wire/cursor.ts';
import { decodeUtf8 } from '../wire/utf8.ts';
import { attributeText } from '../wire/value-text.ts';
import type { MergeKeys } from './merge-keys.ts';
import { FOLD_KEY } from './merge-tree.ts';

/** Values that are told apart: a field with more has ids in it. */
const MAX_VALUES = 4096;

/** Reads the value of a field of one span and gives its key, or one of FOLD_KEY. */
type ReadKey = (store: StoreRead, segment: SpanSegment, slot: number) => number;

const FOLDABLE = 'service, name, kind, status, scope or an attribute of spans, resources or scopes';

/** Keys by the value of a field. A copy of nothing: it holds what it has read as text. */
export class FieldKeys implements MergeKeys {
  readonly #values: ValueKeys;
  readonly #read: ReadKey;
  readonly #cache: RowKeys;

  private constructor(values: ValueKeys, cache: RowKeys, read: ReadKey) {
    this.#values = values;
    this.#cache = cache;
    this.#read = read;
  }

  /** The keys of a field as queries name it, or what is expected instead. */
  static of(text: string, maxValues = MAX_VALUES): FieldKeys | { readonly message: string } {
    const reading = readField(text, null, { from: 0, to: text.length });
    if (!reading.ok) return { message: reading.message };
    const values = new ValueKeys(maxValues);
    const cache = new RowKeys();
    const read = readerOf(reading.field, values, cache);
    if (read === null) return { message: `Fold by ${FOLDABLE}.` };
    return new FieldKeys(values, cache, read);
  }

  get strings(): readonly string[] {
    return this.#values.strings;
  }

  refresh(): void {
    this.#cache.clear();
  }

  keyOf(store: StoreRead, segment: SpanSegment, slot: number): number {
    return this.#read(store, segment, slot);
  }

  nameOf(key: number): number {
    return key;
  }

  serviceOf(): number {
    return -1;
  }
}

function readerOf(field: Field, values: ValueKeys, cache: RowKeys): ReadKey | null {
  switch (field.type) {
    case 'trace':
      return null;
    case 'intrinsic':
      return intrinsicReader(field.name, values, cache);
    case 'attribute': {
      const { pin } = field;
      if (pin === 'event' || pin === 'link' || pin === 'log') return null;
      return attributeReader(field.key, pin, values, cache);
    }
  }
}

function intrinsicReader(
  name: Extract<Field, { type: 'intrinsic' }>['name'],
  values: ValueKeys,
  cache: RowKeys,
): ReadKey | null {
  switch (name) {
    case 'service':
      return (store, segment, slot) =>
        cache.of(segment.resourceOf(slot), (row) =>
          values.ofText(store.strings.get(store.resources.service(row))),
        );
    case 'name':
      return (store, segment, slot) =>
        cache.of(segment.name[slot], (row) => values.ofText(store.strings.get(row)));
    case 'scope':
      return (store, segment, slot) =>
        cache.of(segment.scopeOf(slot), (row) => {
          const scope = store.scopes.name(row);
          return scope === '' ? FOLD_KEY.noValue : values.ofText(scope);
        });
    case 'kind':
      return (_store, segment, slot) => values.ofText(ENUM_WORDS.kind[segment.kind[slot]]);
    case 'status':
      return (_store, segment, slot) => values.ofText(ENUM_WORDS.status[segment.statusOf(slot)]);
    default:
      return null;
  }
}

const SPAN_TAG = (SPAN.attributes << 3) | WIRE.len;
const RESOURCE_TAG = (RESOURCE.attributes << 3) | WIRE.len;
const SCOPE_TAG = (INSTRUMENTATION_SCOPE.attributes << 3) | WIRE.len;

function attributeReader(
  key: string,
  pin: 'any' | 'span' | 'resource' | 'scope',
  values: ValueKeys,
  cache: RowKeys,
): ReadKey {
  const found = new FoundValue(values);
  const keys = new KeySet(attributeNames(key).map((name) => new KeyTest(name, found)));
  const read = (bytes: Uint8Array, start: number, end: number, tag: number): number => {
    found.key = FOLD_KEY.noValue;
    findAttributes(bytes, start, end, tag, keys, FOUND.holds);
    return found.key;
  };
  const ofResource: ReadKey = (store, segment, slot) =>
    cache.of(segment.resourceOf(slot), (row) => {
      const bytes = store.resources.bytes(row);
      return read(bytes, 0, bytes.length, RESOURCE_TAG);
    });
  const ofScope: ReadKey = (store, segment, slot) =>
    cache.of(segment.scopeOf(slot), (row) => {
      const bytes = store.scopes.bytes(row);
      return read(bytes, 0, bytes.length, SCOPE_TAG);
    });
  const ofSpan: ReadKey = (store, segment, slot) => {
    const bytes = store.batches.slabBytes(segment.batchOf(slot));
    const start = segment.offset[slot];
    return read(bytes, start, start + lengthBefore(bytes, start), SPAN_TAG);
  };
  switch (pin) {
    case 'span':
      return ofSpan;
    case 'resource':
      return ofResource;
    case 'scope':
      return ofScope;
    case 'any':
      return (store, segment, slot) => {
        const own = ofSpan(store, segment, slot);
        return own === FOLD_KEY.noValue ? ofResource(store, segment, slot) : own;
      };
  }
}

/** Keys by row of a table of the store, until it changes. */
class RowKeys {
  /** Key less the lowest of FOLD_KEY, plus one; 0 where it was not looked up. */
  #keys = new Int32Array(256);

  of(row: number, lookUp: (row: number) => number): number {
    const known = row < this.#keys.length ? this.#keys[row] : 0;
    if (known !== 0) return known + LOWEST_KEY - 1;
    const key = lookUp(row);
    if (row >= this.#keys.length) {
      const larger = new Int32Array(Math.max(row + 1, this.#keys.length * 2));
      larger.set(this.#keys);
      this.#keys = larger;
    }
    this.#keys[row] = key - LOWEST_KEY + 1;
    return key;
  }

  clear(): void {
    this.#keys.fill(0);
  }
}

const LOWEST_KEY = Math.min(...Object.values(FOLD_KEY));

/** Numbers values by their text: 200 and "200" are one, as they are in a query. */
class ValueKeys {
  readonly strings: string[] = [];
  readonly #maxValues: number;
  readonly #byText = new Map<string, number>();
  /** The bytes of a text that was read, and its key, by their hash: what is read again is not decoded. */
  readonly #byHash = new Map<number, { readonly bytes: Uint8Array; readonly key: number }>();

  constructor(maxValues: number) {
    this.#maxValues = maxValues;
  }

  ofText(text: string): number {
    let key = this.#byText.get(text);
    if (key === undefined) {
      if (this.strings.length >= this.#maxValues) return FOLD_KEY.other;
      key = this.strings.push(text) - 1;
      this.#byText.set(text, key);
    }
    return key;
  }

  ofBytes(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end - start);
    const known = this.#byHash.get(hash);
    if (
      known?.bytes.length === end - start &&
      equalBytes(known.bytes, 0, bytes, start, end - start)
    ) {
      return known.key;
    }
    const key = this.ofText(decodeUtf8(bytes, start, end));
    if (known === undefined && key !== FOLD_KEY.other) {
      this.#byHash.set(hash, { bytes: bytes.slice(start, end), key });
    }
    return key;
  }
}

/** Takes every value for fitting and keeps the key of the first: that of an array is its first element. */
class FoundValue implements ValueTest {
  key: number = FOLD_KEY.noValue;
  readonly #values: ValueKeys;

  constructor(values: ValueKeys) {
    this.#values = values;
  }

  text(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.key === FOLD_KEY.noValue) this.key = this.#values.ofBytes(bytes, start, end);
    return true;
  }

  int(hi: number, lo: number): boolean {
    return this.#take(String(exactInt(hi, lo)));
  }

  double(value: number): boolean {
    return this.#take(attributeText({ type: 'double', value }));
  }

  bool(value: boolean): boolean {
    return this.#take(String(value));
  }

  #take(text: string): boolean {
    if (this.key === FOLD_KEY.noValue) this.key = this.#values.ofText(text);
    return true;
  }
}
