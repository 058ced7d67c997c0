/**
 * The index of spans by (trace row, span id): an open-addressing table of its own for every trace.
 *
 * ```
 *   heads   per trace row: place of its table, log2 of its slots << 27 | slots used
 *   chunks  of 64 K slots that tables are cut from; a larger table is a chunk by itself
 *   slot    tag (6 bits of the hash) << 26 | row + 1        0: empty
 * ```
 * What a body adds to a trace lies in a few neighbouring cache lines, where one table over all spans
 * costs a miss for each; and nothing is ever rebuilt as a whole: a full table moves to one of twice the
 * size, a trace without spans gives its table back. A slot whose row was freed or given to another span
 * compares unequal, and goes when its table moves.
 */
import { hashSpanId } from './hash.ts';
import { SEGMENT_BITS, SLOT_MASK } from './schema.ts';
import type { SegmentTable } from './segment-table.ts';
import type { OwnSpanSegment } from './span-segment.ts';
import { SlotArena, SMALLEST_LOG2 } from './slot-arena.ts';

/** Rows have 26 bits, which MAX_MEMORY_BYTES of the store relies on. */
const ROW_MASK = (1 << 26) - 1;
const USED_MASK = (1 << 27) - 1;
const USED_BITS = 27;
const HEAD_BITS = 12;
const HEAD_ROWS = 1 << HEAD_BITS;
const HEAD_MASK = HEAD_ROWS - 1;
const NO_SLOTS = new Int32Array(1);

/** What the index asks about traces. */
interface Chains {
  spanCountOf(row: number): number;
  /** First linked span, which may be superseded. */
  chainStart(row: number): number;
}

export class SpanIndex {
  readonly #table: SegmentTable<OwnSpanSegment>;
  readonly #traces: Chains;
  readonly #arena = new SlotArena();
  readonly #heads: Int32Array[] = [];
  // The table of the trace that was opened last.
  #slots: Int32Array = NO_SLOTS;
  #base = 0;
  #mask = 0;
  #head: Int32Array = NO_SLOTS;
  #headAt = 0;
  // Where the search that first() began stands.
  #at = 0;
  #tag = 0;

  constructor(table: SegmentTable<OwnSpanSegment>, traces: Chains) {
    this.#table = table;
    this.#traces = traces;
  }

  get bytes(): number {
    return this.#arena.bytes + this.#heads.length * HEAD_ROWS * 8;
  }

  /** See SpanTable.find. */
  find(traceRow: number, spanIdHi: number, spanIdLo: number, kind?: number): number {
    if (!this.#open(traceRow)) return -1;
    const segments = this.#table.segments;
    const hi = spanIdHi >>> 0;
    const lo = spanIdLo >>> 0;
    let row = this.first(hashSpanId(spanIdHi | 0, spanIdLo | 0));
    for (; row !== -1; row = this.next()) {
      const segment = segments[row >>> SEGMENT_BITS];
      const slot = row & SLOT_MASK;
      if (
        segment !== undefined &&
        segment.spanIdHi[slot] === hi &&
        segment.spanIdLo[slot] === lo &&
        segment.trace[slot] === traceRow &&
        (kind === undefined || segment.kind[slot] === kind)
      ) {
        return row;
      }
    }
    return -1;
  }

  /** Reads what `openFor` is going to read, so that it is in the cache by then. */
  touch(traceRow: number): number {
    const heads = this.#heads[traceRow >>> HEAD_BITS];
    if (heads === undefined) return 0;
    const at = (traceRow & HEAD_MASK) << 1;
    return heads[at + 1] === 0 ? 0 : this.#arena.touch(heads[at]);
  }

  /** Opens the table of a trace for first, next and add, with room for `count` more spans. */
  openFor(traceRow: number, count: number): void {
    const isThere = this.#open(traceRow);
    const used = this.#head[this.#headAt + 1] & USED_MASK;
    if (isThere && (used + count) * 4 <= (this.#mask + 1) * 3) return;
    this.#move(traceRow, isThere, count);
  }

  /** The first row in the open table that may have a span id with this hash, or -1. */
  first(hash: number): number {
    this.#tag = hash & ~ROW_MASK;
    this.#at = hash & this.#mask;
    return this.next();
  }

  /** The next such row, or -1. */
  next(): number {
    const slots = this.#slots;
    const base = this.#base;
    const mask = this.#mask;
    const tag = this.#tag;
    let at = this.#at;
    for (;;) {
      const slot = slots[base + at];
      if (slot === 0) break;
      at = (at + 1) & mask;
      if ((slot & ~ROW_MASK) === tag) {
        this.#at = at;
        return (slot & ROW_MASK) - 1;
      }
    }
    this.#at = at;
    return -1;
  }

  /** Adds a row to the open table, for which `openFor` made room. */
  add(hash: number, row: number): void {
    const slots = this.#slots;
    const base = this.#base;
    const mask = this.#mask;
    let at = hash & mask;
    while (slots[base + at] !== 0) at = (at + 1) & mask;
    slots[base + at] = (hash & ~ROW_MASK) | (row + 1);
    this.#head[this.#headAt + 1]++;
  }

  /** Gives the table of a trace without spans back. */
  drop(traceRow: number): void {
    if (!this.#open(traceRow)) return;
    this.#arena.free(this.#head[this.#headAt], this.#head[this.#headAt + 1] >>> USED_BITS);
    this.#head[this.#headAt + 1] = 0;
    this.#mask = 0;
    this.#slots = NO_SLOTS;
    this.#base = 0;
    if (this.#arena.isWasteful) this.#compact();
  }

  /** False when the trace has no table. */
  #open(traceRow: number): boolean {
    const heads = this.#heads;
    const chunk = traceRow >>> HEAD_BITS;
    while (heads.length <= chunk) heads.push(new Int32Array(HEAD_ROWS * 2));
    const head = heads[chunk];
    const at = (traceRow & HEAD_MASK) << 1;
    this.#head = head;
    this.#headAt = at;
    const state = head[at + 1];
    if (state === 0) return false;
    this.#openTable(head[at], state >>> USED_BITS);
    return true;
  }

  #openTable(place: number, log2: number): void {
    this.#slots = this.#arena.slotsOf(place);
    this.#base = this.#arena.baseOf(place);
    this.#mask = (1 << log2) - 1;
  }

  /** Moves the open trace to a table that has room for `count` more spans. */
  #move(traceRow: number, isThere: boolean, count: number): void {
    const head = this.#head;
    const at = this.#headAt;
    const oldLog2 = isThere ? head[at + 1] >>> USED_BITS : 0;
    const need = this.#traces.spanCountOf(traceRow) + count;
    let log2 = Math.max(SMALLEST_LOG2, Math.ceil(Math.log2((need * 4) / 3)));
    // Full of slots whose rows are gone: with little room it would be full again at once.
    if (log2 <= oldLog2 && need * 2 > 1 << log2) log2++;
    const place = this.#arena.take(log2);
    if (isThere) this.#arena.free(head[at], oldLog2);
    head[at] = place;
    head[at + 1] = log2 << USED_BITS;
    this.#openTable(place, log2);
    if (!isThere) return;
    // In order of arrival, so that columns are read in order.
    const table = this.#table;
    for (let row = this.#traces.chainStart(traceRow); row !== -1;) {
      const segment = table.at(row);
      const slot = row & SLOT_MASK;
      if (segment.trace[slot] === traceRow) {
        this.add(hashSpanId(segment.spanIdHi[slot] | 0, segment.spanIdLo[slot] | 0), row);
      }
      row = segment.nextInTrace[slot];
    }
  }

  /** Moves all tables together, when most of the arena is tables that nobody has any more. */
  #compact(): void {
    this.#arena.startPacking();
    for (const head of this.#heads) {
      for (let at = 0; at < head.length; at += 2) {
        const state = head[at + 1];
        if (state !== 0) head[at] = this.#arena.repack(head[at], state >>> USED_BITS);
      }
    }
    this.#arena.endPacking();
  }
}
