/** Names, enums, scopes and attribute keys of spans or log records, with counts. */
import {
  INSTRUMENTATION_SCOPE,
  LOG_RECORD,
  RESOURCE,
  SPAN,
  SPAN_EVENT,
  SPAN_LINK,
} from '../../../proto/otlp/fields.ts';
import type { AnyValue, KeyValue } from '../../../proto/otlp/model.ts';
import { severityLevel } from '../../../proto/otlp/signal.ts';
import type { AttributePin } from '../../../proto/query/words.ts';
import {
  STATUS_SHIFT,
  type ItemColumns,
  type LogSegment,
  type SpanSegment,
  type StoreRead,
} from '../store/schema.ts';
import { Cursor, WIRE } from '../wire/cursor.ts';
import { readKeyValue } from '../wire/decode-values.ts';
import { FieldFinder } from './attribute-walk.ts';
import { Quota, RowCounts, RowReader } from './dictionary.ts';
import { ENUM_WORDS } from './fields.ts';

/** Rows of a group whose attributes are read. */
const KEY_ROWS = 128;
/** Keys that are remembered of each place, and the longest one. */
const MAX_KEYS = 2_000;
const MAX_KEY_LENGTH = 200;
/** Levels of nested kvlists whose dotted keys are offered. */
const MAX_NESTING = 3;

/** Distinct values of a key that are told apart, and the longest one, in UTF-16 units. */
const MAX_KEY_VALUES = 100;
const MAX_KEY_VALUE_LENGTH = 100;

/** An attribute key that was received: how often, with values of which types. */
export interface KeyEntry {
  readonly pin: AttributePin;
  readonly key: string;
  readonly types: Set<AnyValue['type']>;
  count: number;
  /** How often each short plain value was seen, of the first MAX_KEY_VALUES. */
  readonly values: Map<string, number>;
  /** There were values that `values` does not hold. */
  hasMore: boolean;
}

const tag = (field: number): number => (field << 3) | WIRE.len;

/** The tags of attributes by where they stand. */
export const ATTRIBUTE_TAG = {
  span: tag(SPAN.attributes),
  log: tag(LOG_RECORD.attributes),
  event: tag(SPAN_EVENT.attributes),
  link: tag(SPAN_LINK.attributes),
  resource: tag(RESOURCE.attributes),
  scope: tag(INSTRUMENTATION_SCOPE.attributes),
} as const;
/** The tags of a span's events and links. */
export const NESTED_TAG = { event: tag(SPAN.events), link: tag(SPAN.links) } as const;

const outer = new FieldFinder();
const inner = new FieldFinder();
const cursor = new Cursor(new Uint8Array(0));

/** Decodes the KeyValue in `bytes` [start, end). */
export function decodePair(bytes: Uint8Array, start: number, end: number): KeyValue {
  cursor.reset(bytes, start, end);
  return readKeyValue(cursor);
}

/** The bytes of the item in a slot: a live view. */
export function itemBytes(store: StoreRead, segment: ItemColumns, slot: number): Uint8Array {
  return store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot]);
}

class KeyCounts {
  readonly #entries = new Map<string, KeyEntry>();
  readonly #pin: AttributePin;
  isFull = false;

  constructor(pin: AttributePin) {
    this.#pin = pin;
  }

  clear(): void {
    this.#entries.clear();
    this.isFull = false;
  }

  values(): Iterable<KeyEntry> {
    return this.#entries.values();
  }

  /** Counts the attributes of the message in `bytes` [start, end). */
  read(bytes: Uint8Array, start: number, end: number): void {
    inner.reset(bytes, start, end, ATTRIBUTE_TAG[this.#pin]);
    while (inner.next()) this.#add('', decodePair(bytes, inner.start, inner.end), 0);
  }

  #add(prefix: string, { key, value }: KeyValue, depth: number): void {
    const name = prefix + key;
    if (name === '' || name.length > MAX_KEY_LENGTH) return;
    if (value?.type !== 'kvlist') this.#count(name, value);
    if (value?.type !== 'kvlist' || depth >= MAX_NESTING) return;
    for (const pair of value.values) this.#add(`${name}.`, pair, depth + 1);
  }

  #count(key: string, value: AnyValue | undefined): void {
    const type = value?.type ?? 'empty';
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_KEYS) {
        this.isFull = true;
        return;
      }
      const types = new Set<AnyValue['type']>();
      entry = { pin: this.#pin, key, types, count: 0, values: new Map(), hasMore: false };
      this.#entries.set(key, entry);
    }
    entry.count++;
    entry.types.add(type);
    countValue(entry, value);
  }
}

function countValue(entry: KeyEntry, value: AnyValue | undefined): void {
  switch (value?.type) {
    case 'string':
    case 'bool':
    case 'int':
    case 'double': {
      const text = String(value.value);
      const seen = entry.values.get(text);
      const isNew = seen === undefined;
      if (isNew && (entry.values.size >= MAX_KEY_VALUES || text.length > MAX_KEY_VALUE_LENGTH)) {
        entry.hasMore = true;
      } else entry.values.set(text, (seen ?? 0) + 1);
      return;
    }
    case 'array':
      for (const element of value.values) if (element.type !== 'array') countValue(entry, element);
      return;
    case 'bytes':
    case 'kvlist':
    case 'empty':
    case undefined:
      return;
  }
}

/** What both signals have: resources, scopes and the attributes of the items. */
abstract class Census<S extends ItemColumns> extends RowReader<S> {
  protected readonly store: StoreRead;
  protected readonly quota = new Quota(KEY_ROWS);
  protected readonly items: KeyCounts;
  readonly #resources = new KeyCounts('resource');
  readonly #scopes = new KeyCounts('scope');
  readonly #seenResources = new Set<number>();
  readonly #scopeRows = new RowCounts();
  #lastResource = -1;

  constructor(
    store: StoreRead,
    table: ConstructorParameters<typeof RowReader<S>>[0],
    pin: 'span' | 'log',
  ) {
    super(table);
    this.store = store;
    this.items = new KeyCounts(pin);
  }

  protected override restart(): void {
    this.quota.refill();
    this.items.clear();
    this.#resources.clear();
    this.#scopes.clear();
    this.#seenResources.clear();
    this.#scopeRows.clear();
    this.#lastResource = -1;
  }

  /** Attribute keys that were seen, in no order. */
  keys(): KeyEntry[] {
    return [...this.items.values(), ...this.#resources.values(), ...this.#scopes.values()];
  }

  /** Whether counts of columns and keys are of everything in memory. */
  get areKeysExact(): boolean {
    return this.isExact && !this.quota.isUsedUp && !this.items.isFull;
  }

  /** Scope names by count. */
  scopes(limit: number): { readonly text: string; readonly count: number }[] {
    const names = new Map<string, number>();
    for (const { row, count } of this.#scopeRows.top(limit)) {
      const name = this.store.scopes.name(row);
      if (name !== '') names.set(name, (names.get(name) ?? 0) + count);
    }
    return [...names].map(([text, count]) => ({ text, count }));
  }

  /** Rows of the resources that were seen. */
  resources(): Iterable<number> {
    return this.#seenResources;
  }

  protected owners(segment: S, slot: number): void {
    const scope = segment.scopeOf(slot);
    this.#scopeRows.add(scope);
    const resource = segment.resourceOf(slot);
    if (resource === this.#lastResource) return;
    this.#lastResource = resource;
    if (this.#seenResources.has(resource)) return;
    this.#seenResources.add(resource);
    const bytes = this.store.resources.bytes(resource);
    this.#resources.read(bytes, 0, bytes.length);
    const scopeBytes = this.store.scopes.bytes(scope);
    this.#scopes.read(scopeBytes, 0, scopeBytes.length);
  }
}

export class SpanCensus extends Census<SpanSegment> {
  readonly #names = new RowCounts();
  readonly #roots = new RowCounts();
  readonly #kinds = new RowCounts();
  readonly #statuses = new RowCounts();
  readonly #events = new KeyCounts('event');
  readonly #links = new KeyCounts('link');

  constructor(store: StoreRead) {
    super(store, store.spans, 'span');
  }

  protected override restart(): void {
    super.restart();
    for (const counts of [this.#names, this.#roots, this.#kinds, this.#statuses]) counts.clear();
    this.#events.clear();
    this.#links.clear();
  }

  override keys(): KeyEntry[] {
    return [...super.keys(), ...this.#events.values(), ...this.#links.values()];
  }

  names(of: 'name' | 'root', limit: number): { readonly text: string; readonly count: number }[] {
    const counts = of === 'name' ? this.#names : this.#roots;
    return counts
      .top(limit)
      .map(({ row, count }) => ({ text: this.store.strings.get(row), count }));
  }

  /** Words of an enum that occur, by count. */
  words(of: 'kind' | 'status'): { readonly text: string; readonly count: number }[] {
    const counts = of === 'kind' ? this.#kinds : this.#statuses;
    return counts.top(8).map(({ row, count }) => ({ text: ENUM_WORDS[of][row] ?? '', count }));
  }

  /** Hot loop: about 10 ns a span whose bytes are not read (test/bench/complete.bench.ts). */
  protected override read(segment: SpanSegment, from: number, to: number): void {
    const { trace, name, kind, flags, eventCount, linkCount } = segment;
    for (let slot = from; slot < to; slot++) {
      // A span that a more complete one replaced is in no trace.
      if (trace[slot] === -1) continue;
      const nameStr = name[slot];
      this.#names.add(nameStr);
      if (!segment.isChild(slot)) this.#roots.add(nameStr);
      this.#kinds.add(kind[slot]);
      this.#statuses.add(flags[slot] >>> STATUS_SHIFT);
      this.owners(segment, slot);
      if (!this.quota.take(segment.resourceOf(slot), nameStr)) continue;
      const bytes = itemBytes(this.store, segment, slot);
      this.items.read(bytes, 0, bytes.length);
      if (eventCount[slot] > 0) this.#nested(bytes, NESTED_TAG.event, this.#events);
      if (linkCount[slot] > 0) this.#nested(bytes, NESTED_TAG.link, this.#links);
    }
  }

  #nested(bytes: Uint8Array, nestedTag: number, counts: KeyCounts): void {
    outer.reset(bytes, 0, bytes.length, nestedTag);
    while (outer.next()) counts.read(bytes, outer.start, outer.end);
  }
}

export class LogCensus extends Census<LogSegment> {
  readonly #levels = new Map<string, number>();

  constructor(store: StoreRead) {
    super(store, store.logs, 'log');
  }

  protected override restart(): void {
    super.restart();
    this.#levels.clear();
  }

  levels(): { readonly text: string; readonly count: number }[] {
    return [...this.#levels].map(([text, count]) => ({ text, count }));
  }

  protected override read(segment: LogSegment, from: number, to: number): void {
    const { severity } = segment;
    for (let slot = from; slot < to; slot++) {
      const level = severityLevel(severity[slot]);
      this.#levels.set(level, (this.#levels.get(level) ?? 0) + 1);
      this.owners(segment, slot);
      const group = (segment.scopeOf(slot) << 8) | severity[slot];
      if (!this.quota.take(segment.resourceOf(slot), group)) continue;
      const bytes = itemBytes(this.store, segment, slot);
      this.items.read(bytes, 0, bytes.length);
    }
  }
}
