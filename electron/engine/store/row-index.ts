/**
 * An open-addressing hash index from a key to row numbers, 4 bytes a slot. The index knows hashes and
 * rows alone; whoever owns the rows compares the keys:
 *
 * ```
 *   slot = tag (6 bits of the hash) << 26 | row + 1        0: empty
 *
 *   let row = index.first(hash);
 *   while (row !== -1 && !isKey(row)) row = index.next();
 *   if (row === -1) index.add(hash, newRow);
 * ```
 * Nothing is ever deleted: a slot whose row was freed or given to another key simply compares unequal,
 * and is dropped by the next rebuild. A rebuild may be spread: while it runs, lookups look at the new
 * slots and then at the old ones, and additions go to the new ones.
 */

/** Rows have 26 bits: see MAX_SEGMENTS. */
const ROW_MASK = (1 << 26) - 1;
const PER_CAPACITY = 2 ** -32;
const NO_SLOTS = new Int32Array(0);
/** Rebuilt when this share of the slots was used; a third is in use then. */
const FULL = 0.75;
const ROOM = 3;

export class RowIndex {
  #slots: Int32Array;
  #used = 0;
  #old: Int32Array = NO_SLOTS;
  // Where the search that first() began stands.
  #searched: Int32Array;
  #at = 0;
  #tag = 0;
  #hash = 0;

  constructor(capacity = 1024) {
    this.#slots = new Int32Array(capacity);
    this.#searched = this.#slots;
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#old.byteLength;
  }

  get isRebuilding(): boolean {
    return this.#old.length > 0;
  }

  /** The first row that may have the key with this hash, or -1. */
  first(hash: number): number {
    const slots = this.#slots;
    this.#searched = slots;
    this.#hash = hash;
    this.#tag = hash << 26;
    this.#at = ((hash >>> 0) * PER_CAPACITY * slots.length) | 0;
    return this.next();
  }

  /**
   * Reads the slots where a search for this hash begins, so that they are in the cache when it comes.
   * Calls in a row wait for memory together; searches wait for it one after the other.
   */
  touch(hash: number): number {
    const place = (hash >>> 0) * PER_CAPACITY;
    const old = this.#old;
    const slot = this.#slots[(place * this.#slots.length) | 0];
    return old.length === 0 ? slot : slot ^ old[(place * old.length) | 0];
  }

  /** The next such row, or -1. */
  next(): number {
    const slots = this.#searched;
    const tag = this.#tag;
    let at = this.#at;
    for (;;) {
      const slot = slots[at];
      if (slot === 0) break;
      if (++at === slots.length) at = 0;
      if ((slot & ~ROW_MASK) === tag) {
        this.#at = at;
        return (slot & ROW_MASK) - 1;
      }
    }
    if (this.#old.length > 0 && slots !== this.#old) {
      this.#searched = this.#old;
      this.#at = ((this.#hash >>> 0) * PER_CAPACITY * this.#old.length) | 0;
      return this.next();
    }
    this.#at = at;
    return -1;
  }

  /** Adds a row. `hasRoom` has to hold for it. */
  add(hash: number, row: number): void {
    const slots = this.#slots;
    let at = ((hash >>> 0) * PER_CAPACITY * slots.length) | 0;
    while (slots[at] !== 0) if (++at === slots.length) at = 0;
    slots[at] = (hash << 26) | (row + 1);
    this.#used++;
  }

  /** Whether `count` more rows can be added. */
  hasRoom(count: number): boolean {
    return this.#used + count <= this.#slots.length * FULL;
  }

  /**
   * Begins a rebuild for `live` rows, all of which the caller has to `add` again before it ends it.
   * The old slots are searched until then.
   */
  startRebuild(live: number): void {
    this.#old = this.#slots;
    this.#slots = new Int32Array(Math.max(1024, Math.ceil(live * ROOM)));
    this.#used = 0;
  }

  endRebuild(): void {
    this.#old = NO_SLOTS;
    this.#searched = this.#slots;
  }
}
