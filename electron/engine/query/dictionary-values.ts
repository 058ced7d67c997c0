/** The values of one attribute, or of the names of events, of spans or log records, with counts. */
import { LOG_RECORD, SPAN_EVENT } from '../../../proto/otlp/fields.ts';
import type { AnyValue, KeyValue } from '../../../proto/otlp/model.ts';
import type { ItemColumns, SpanSegment, StoreRead, Table } from '../store/schema.ts';
import { WIRE } from '../wire/cursor.ts';
import { decodeUtf8 } from '../wire/utf8.ts';
import { base64 } from '../wire/value-text.ts';
import type { Field } from './ast.ts';
import { FieldFinder } from './attribute-walk.ts';
import { Quota, RowReader } from './dictionary.ts';
import { ATTRIBUTE_TAG, decodePair, itemBytes, NESTED_TAG } from './dictionary-census.ts';
import { attributeNames } from './fields.ts';

/** Rows of a group whose bytes are read. */
const VALUE_ROWS = 1_000;
/** Values that are remembered, and the longest one. */
const MAX_VALUES = 2_000;
const MAX_VALUE_LENGTH = 200;

export interface ValueEntry {
  readonly text: string;
  readonly isString: boolean;
  count: number;
}

const EVENT_NAME_TAG = (SPAN_EVENT.name << 3) | WIRE.len;
const LOG_EVENT_NAME_TAG = (LOG_RECORD.eventName << 3) | WIRE.len;

const encoder = new TextEncoder();
const outer = new FieldFinder();
const inner = new FieldFinder();

interface Name {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export class ValueDictionary extends RowReader<ItemColumns> {
  readonly #store: StoreRead;
  readonly #signal: 'spans' | 'logs';
  readonly #field: Field;
  readonly #names: readonly Name[];
  readonly #quota = new Quota(VALUE_ROWS);
  readonly #values = new Map<string, ValueEntry>();
  readonly #seenOwners = new Set<number>();
  #isFull = false;

  constructor(store: StoreRead, signal: 'spans' | 'logs', field: Field) {
    super(signal === 'spans' ? (store.spans as Table<ItemColumns>) : store.logs);
    this.#store = store;
    this.#signal = signal;
    this.#field = field;
    const names = field.type === 'attribute' ? attributeNames(field.key) : [];
    this.#names = names.map((text) => ({ text, bytes: encoder.encode(text) }));
  }

  protected override restart(): void {
    this.#values.clear();
    this.#quota.refill();
    this.#seenOwners.clear();
    this.#isFull = false;
  }

  /** The values that were seen, in no order. */
  values(): Iterable<ValueEntry> {
    return this.#values.values();
  }

  /** Whether the values and counts are of everything in memory. */
  get areValuesExact(): boolean {
    return this.isExact && !this.#isFull && !this.#quota.isUsedUp;
  }

  protected override read(segment: ItemColumns, from: number, to: number): void {
    const names = this.#signal === 'spans' ? (segment as SpanSegment).name : null;
    const trace = this.#signal === 'spans' ? (segment as SpanSegment).trace : null;
    for (let slot = from; slot < to; slot++) {
      if (trace !== null && trace[slot] === -1) continue;
      const resource = segment.resourceOf(slot);
      if (!this.#quota.take(resource, names === null ? segment.scopeOf(slot) : names[slot]))
        continue;
      this.#readItem(segment, slot, resource);
    }
  }

  #readItem(segment: ItemColumns, slot: number, resource: number): void {
    const field = this.#field;
    if (field.type !== 'attribute') {
      this.#readEventNames(itemBytes(this.#store, segment, slot));
      return;
    }
    switch (field.pin) {
      case 'any':
        this.#readOwner(resource, 'resource');
        this.#readBytes(itemBytes(this.#store, segment, slot));
        return;
      case 'span':
      case 'log':
        if (field.pin === (this.#signal === 'spans' ? 'span' : 'log')) {
          this.#readBytes(itemBytes(this.#store, segment, slot));
        }
        return;
      case 'event':
      case 'link':
        if (this.#signal === 'spans') {
          this.#readNested(itemBytes(this.#store, segment, slot), field.pin);
        }
        return;
      case 'resource':
        this.#readOwner(resource, 'resource');
        return;
      case 'scope':
        this.#readOwner(segment.scopeOf(slot), 'scope');
        return;
    }
  }

  #readBytes(bytes: Uint8Array): void {
    const attributes = this.#signal === 'spans' ? ATTRIBUTE_TAG.span : ATTRIBUTE_TAG.log;
    this.#readAttributes(bytes, 0, bytes.length, attributes);
  }

  /** Resources and scopes are few: each is read once. */
  #readOwner(row: number, owner: 'resource' | 'scope'): void {
    if (this.#seenOwners.has(row)) return;
    this.#seenOwners.add(row);
    const table = owner === 'resource' ? this.#store.resources : this.#store.scopes;
    const bytes = table.bytes(row);
    this.#readAttributes(bytes, 0, bytes.length, ATTRIBUTE_TAG[owner]);
  }

  #readNested(bytes: Uint8Array, pin: 'event' | 'link'): void {
    if (pin === 'event' && this.#names.some(({ text }) => text === 'name')) {
      this.#readEventNames(bytes);
    }
    outer.reset(bytes, 0, bytes.length, NESTED_TAG[pin]);
    while (outer.next()) this.#readAttributes(bytes, outer.start, outer.end, ATTRIBUTE_TAG[pin]);
  }

  #readEventNames(bytes: Uint8Array): void {
    if (this.#signal === 'logs') {
      this.#readText(bytes, 0, bytes.length, LOG_EVENT_NAME_TAG);
      return;
    }
    outer.reset(bytes, 0, bytes.length, NESTED_TAG.event);
    while (outer.next()) this.#readText(bytes, outer.start, outer.end, EVENT_NAME_TAG);
  }

  #readText(bytes: Uint8Array, start: number, end: number, tag: number): void {
    inner.reset(bytes, start, end, tag);
    if (inner.next()) this.#add(decodeUtf8(bytes, inner.start, inner.end), true);
  }

  #readAttributes(bytes: Uint8Array, start: number, end: number, tag: number): void {
    inner.reset(bytes, start, end, tag);
    while (inner.next()) {
      for (const name of this.#names) {
        if (!mayHold(bytes, inner.start, inner.end, name.bytes)) continue;
        this.#addPair(decodePair(bytes, inner.start, inner.end), name.text);
        break;
      }
    }
  }

  #addPair({ key, value }: KeyValue, name: string): void {
    if (key === name) this.#addValue(value);
    else if (value?.type === 'kvlist' && name.startsWith(`${key}.`)) {
      for (const pair of value.values) this.#addPair(pair, name.slice(key.length + 1));
    }
  }

  #addValue(value: AnyValue | undefined): void {
    switch (value?.type) {
      case 'string':
        this.#add(value.value, true);
        return;
      case 'bytes':
        this.#add(base64(value.value), true);
        return;
      case 'int':
      case 'double':
      case 'bool':
        this.#add(String(value.value), false);
        return;
      case 'array':
        for (const element of value.values) if (element.type !== 'array') this.#addValue(element);
        return;
      case 'kvlist':
      case 'empty':
      case undefined:
        return;
    }
  }

  #add(text: string, isString: boolean): void {
    if (text === '' || text.length > MAX_VALUE_LENGTH) return;
    const id = `${isString ? 's' : 'n'}${text}`;
    const entry = this.#values.get(id);
    if (entry !== undefined) entry.count++;
    else if (this.#values.size < MAX_VALUES) this.#values.set(id, { text, isString, count: 1 });
    else this.#isFull = true;
  }
}

/** Whether the KeyValue in `bytes` [start, end) can have this key, or hold it below a dot. */
function mayHold(bytes: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  const length = bytes[start + 1];
  // What is not the usual short KeyValue is decoded.
  if (bytes[start] !== 0x0a || length >= 0x80 || start + 2 + length > end) return true;
  if (length > key.length || (length < key.length && key[length] !== DOT)) return false;
  for (let i = 0; i < length; i++) if (bytes[start + 2 + i] !== key[i]) return false;
  return true;
}

const DOT = 0x2e;
