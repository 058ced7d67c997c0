/** What the spans of a merged flame graph are told apart by. */
import type { SpanSegment, StoreRead } from '../store/schema.ts';
import { FOLD_KEY, type KeyNames } from './merge-tree.ts';

/** Gives spans keys: equal numbers for spans that belong together. */
export interface MergeKeys extends KeyNames {
  /**
   * To be called when the store may have changed: rows that it evicted can name something else. Keys
   * that were given stay as they are.
   */
  refresh(): void;
  /**
   * The key of the span in a slot, 0 or more; FOLD_KEY.other for one that is not told apart, because
   * there are too many. Hot.
   */
  keyOf(store: StoreRead, segment: SpanSegment, slot: number): number;
}

/** Operations, and names, that are told apart: a capture with more has ids in its span names. */
const MAX_KEYS = 1 << 16;

/** In the place of the number of a text that is not told apart. */
const TOO_MANY = -1;

/** Service and name: an operation. */
export class OperationKeys implements MergeKeys {
  readonly strings: string[] = [];
  readonly #byText = new Map<string, number>();
  /** Index in `strings` + 1, or TOO_MANY, by string row of the store; 0 where it was not looked up. */
  #local = new Int32Array(256);
  /** The same, of its service, by resource row. */
  #service = new Int32Array(64);
  /** Service and name of each key, side by side. */
  #parts = new Int32Array(128);
  #count = 0;
  /** Key + 1 by the hash of its parts: open addressing, at most half full. */
  #table = new Int32Array(128);

  /** Whether a row that was not looked up has a text that was not either: the store has each text once. */
  #isRowNew = true;
  readonly #maxKeys: number;

  constructor(maxKeys = MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  /** Starts with no keys. */
  clear(): void {
    this.strings.length = 0;
    this.#byText.clear();
    this.#count = 0;
    this.#table = new Int32Array(128);
    this.#parts = new Int32Array(128);
    this.#local = new Int32Array(256);
    this.#service = new Int32Array(64);
  }

  refresh(): void {
    this.#isRowNew = this.strings.length === 0;
    this.#local.fill(0);
    this.#service.fill(0);
  }

  nameOf(key: number): number {
    return this.#parts[2 * key + 1];
  }

  serviceOf(key: number): number {
    return this.#parts[2 * key];
  }

  keyOf(store: StoreRead, segment: SpanSegment, slot: number): number {
    const resource = segment.resourceOf(slot);
    const nameRow = segment.name[slot];
    let service = resource < this.#service.length ? this.#service[resource] : 0;
    if (service === 0) service = this.#lookUpService(store, resource);
    let name = nameRow < this.#local.length ? this.#local[nameRow] : 0;
    if (name === 0) name = this.#lookUp(store, nameRow);
    if (service === TOO_MANY || name === TOO_MANY) return FOLD_KEY.other;
    const table = this.#table;
    const parts = this.#parts;
    const mask = table.length - 1;
    let at = hashOf(service - 1, name - 1) & mask;
    for (; table[at] !== 0; at = (at + 1) & mask) {
      const key = table[at] - 1;
      if (parts[2 * key] === service - 1 && parts[2 * key + 1] === name - 1) return key;
    }
    return this.#add(service - 1, name - 1, at);
  }

  #lookUpService(store: StoreRead, resource: number): number {
    const local = this.#lookUp(store, store.resources.service(resource));
    this.#service = grown(this.#service, resource + 1);
    this.#service[resource] = local;
    return local;
  }

  #lookUp(store: StoreRead, row: number): number {
    const isFull = this.strings.length >= this.#maxKeys;
    if (isFull && this.#isRowNew) return this.#note(row, TOO_MANY);
    const text = store.strings.get(row);
    let local = this.#byText.get(text);
    if (local === undefined) {
      local = isFull ? TOO_MANY : this.strings.push(text);
      if (local !== TOO_MANY) this.#byText.set(text, local);
    }
    return this.#note(row, local);
  }

  #note(row: number, local: number): number {
    this.#local = grown(this.#local, row + 1);
    this.#local[row] = local;
    return local;
  }

  #add(service: number, name: number, at: number): number {
    if (this.#count === this.#maxKeys) return FOLD_KEY.other;
    const key = this.#count++;
    this.#parts = grown(this.#parts, this.#count * 2);
    this.#parts[2 * key] = service;
    this.#parts[2 * key + 1] = name;
    this.#table[at] = key + 1;
    if (this.#count * 2 > this.#table.length) this.#rebuild();
    return key;
  }

  #rebuild(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let key = 0; key < this.#count; key++) {
      let at = hashOf(this.#parts[2 * key], this.#parts[2 * key + 1]) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = key + 1;
    }
    this.#table = table;
  }
}

function hashOf(service: number, name: number): number {
  const mixed = Math.imul(service ^ Math.imul(name, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** `column` itself, or a copy of at least twice its length that has `length` entries. */
function grown(column: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (length <= column.length) return column;
  const larger = new Int32Array(Math.max(length, column.length * 2));
  larger.set(column);
  return larger;
}
