/**
 * Memory for many small tables of 4-byte slots. A table has 2^k or 3·2^k slots: powers of two alone would
 * leave a quarter more of them empty. Tables are cut from chunks that never move; one
 * larger than a chunk has a chunk of its own. A table that is given back waits for the next of its size.
 */

const CHUNK_LOG2 = 16;
const CHUNK_SLOTS = 1 << CHUNK_LOG2;
/** A place counts units of the smallest table: chunk index, then offset in the chunk. */
const UNIT_LOG2 = 2;
const PLACE_BITS = CHUNK_LOG2 - UNIT_LOG2;
const PLACE_MASK = (1 << PLACE_BITS) - 1;
const CLASSES = 56;

/** Slots of a table by size class: 4, 8, 12, 16, 24, 32, 48, 64, 96 … */
export function slotsOfClass(sizeClass: number): number {
  if (sizeClass === 0) return 4;
  return (sizeClass & 1) === 1 ? 8 << (sizeClass >>> 1) : 12 << ((sizeClass >>> 1) - 1);
}

/** The smallest size class that has so many slots. */
export function classFor(slots: number): number {
  if (slots <= 4) return 0;
  const log2 = 31 - Math.clz32(((slots + 3) >>> 2) - 1);
  return slots <= 6 << log2 && log2 > 0 ? 2 * log2 : 2 * log2 + 1;
}

const NO_SLOTS = new Int32Array(0);

export class SlotArena {
  #chunks: Int32Array[] = [];
  #freeChunks: number[] = [];
  /** Places of free tables, by size class. */
  #free = emptyLists();
  #openChunk = -1;
  #openAt = CHUNK_SLOTS;
  #slots = 0;
  #freeSlots = 0;
  #old: Int32Array[] = [];

  get bytes(): number {
    return this.#slots * 4;
  }

  /** Whether most of it is free tables. */
  get isWasteful(): boolean {
    return this.#freeSlots > 4 * CHUNK_SLOTS && this.#freeSlots * 2 > this.#slots;
  }

  /** The array in which a table lies, from `baseOf` on. */
  slotsOf(place: number): Int32Array {
    return this.#chunks[place >>> PLACE_BITS];
  }

  baseOf(place: number): number {
    return (place & PLACE_MASK) << UNIT_LOG2;
  }

  /** Reads the first slot of a table. */
  touch(place: number): number {
    return this.#chunks[place >>> PLACE_BITS][(place & PLACE_MASK) << UNIT_LOG2];
  }

  /** An empty table. */
  take(sizeClass: number): number {
    const slots = slotsOfClass(sizeClass);
    if (slots > CHUNK_SLOTS) return this.#addChunk(slots) << PLACE_BITS;
    const place = this.#free[sizeClass].pop();
    if (place !== undefined) {
      const base = this.baseOf(place);
      this.slotsOf(place).fill(0, base, base + slots);
      this.#freeSlots -= slots;
      return place;
    }
    if (this.#openAt + slots > CHUNK_SLOTS) this.#openNext();
    const at = this.#openAt;
    this.#openAt += slots;
    return (this.#openChunk << PLACE_BITS) | (at >>> UNIT_LOG2);
  }

  free(place: number, sizeClass: number): void {
    const slots = slotsOfClass(sizeClass);
    if (slots > CHUNK_SLOTS) {
      const chunk = place >>> PLACE_BITS;
      this.#chunks[chunk] = NO_SLOTS;
      this.#freeChunks.push(chunk);
      this.#slots -= slots;
      return;
    }
    this.#free[sizeClass].push(place);
    this.#freeSlots += slots;
  }

  /** Begins to pack: every table has to be taken along by `repack` before `endPacking`. */
  startPacking(): void {
    this.#old = this.#chunks;
    this.#chunks = [];
    this.#freeChunks = [];
    this.#free = emptyLists();
    this.#openAt = CHUNK_SLOTS;
    this.#slots = 0;
    this.#freeSlots = 0;
  }

  /** Returns the new place of a table. */
  repack(place: number, sizeClass: number): number {
    const base = this.baseOf(place);
    const table = this.#old[place >>> PLACE_BITS].subarray(base, base + slotsOfClass(sizeClass));
    const moved = this.take(sizeClass);
    this.slotsOf(moved).set(table, this.baseOf(moved));
    return moved;
  }

  endPacking(): void {
    this.#old = [];
  }

  /** What is left of the open chunk becomes free tables. */
  #openNext(): void {
    while (this.#openAt < CHUNK_SLOTS) {
      const left = CHUNK_SLOTS - this.#openAt;
      let sizeClass = classFor(left);
      if (slotsOfClass(sizeClass) > left) sizeClass--;
      this.#free[sizeClass].push((this.#openChunk << PLACE_BITS) | (this.#openAt >>> UNIT_LOG2));
      this.#freeSlots += slotsOfClass(sizeClass);
      this.#openAt += slotsOfClass(sizeClass);
    }
    this.#openChunk = this.#addChunk(CHUNK_SLOTS);
    this.#openAt = 0;
  }

  #addChunk(slots: number): number {
    const index = this.#freeChunks.pop() ?? this.#chunks.length;
    this.#chunks[index] = new Int32Array(slots);
    this.#slots += slots;
    return index;
  }
}

function emptyLists(): number[][] {
  return Array.from({ length: CLASSES }, () => []);
}
