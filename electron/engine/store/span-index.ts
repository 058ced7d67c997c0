/**
 * The index of spans by (trace row, span id): an open-addressing table of its own for every trace.
 *
 * ```
 *   heads   per trace row: place of its table, its size class + 1 (0: no table), slots used
 *   chunks  of 64 K slots that tables are cut from; a larger table is a chunk by itself
 *   slot    tag (the lower 6 bits of the hash) << 26 | row + 1        0: empty
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
import { SlotArena, classFor, slotsOfClass } from './slot-arena.ts';

/** Rows have 26 bits: see MAX_SEGMENTS. */
const ROW_MASK = (1 << 26) - 1;
const PER_HASH = 2 ** -32;
const TAG_SHIFT = 26;
const PLACE = 0;
const CLASS = 1;
const USED = 2;
const HEAD_STRIDE = 3;
const HEAD_BITS = 12;
const HEAD_ROWS = 1 << HEAD_BITS;
const HEAD_MASK = HEAD_ROWS - 1;
const NO_SLOTS = new Int32Array(HEAD_STRIDE);

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
  #size = 1;
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
    return this.#arena.bytes + this.#heads.length * HEAD_ROWS * HEAD_STRIDE * 4;
  }

  /** See SpanTable.find. */
  find(traceRow: number, spanIdHi: number, spanIdLo: number, kind?: number): number {
    if (!this.#open(traceRow)) return -1;
    let row = this.first(hashSpanId(spanIdHi | 0, spanIdLo | 0));
    for (; row !== -1; row = this.next()) {
      if (!this.isSpan(row, traceRow, spanIdHi, spanIdLo)) continue;
      if (kind === undefined || this.#table.at(row).kind[row & SLOT_MASK] === kind) return row;
    }
    return -1;
  }

  /** Whether a row that was found by its hash is that span; its row may have been freed since. */
  isSpan(row: number, traceRow: number, spanIdHi: number, spanIdLo: number): boolean {
    const segment = this.#table.segments[row >>> SEGMENT_BITS];
    const slot = row & SLOT_MASK;
    return (
      segment !== undefined &&
      segment.spanIdHi[slot] === spanIdHi >>> 0 &&
      segment.spanIdLo[slot] === spanIdLo >>> 0 &&
      segment.trace[slot] === traceRow
    );
  }

  /** Reads what `openFor` is going to read, so that it is in the cache by then. */
  touch(traceRow: number): number {
    const heads = this.#heads[traceRow >>> HEAD_BITS];
    if (heads === undefined) return 0;
    const at = (traceRow & HEAD_MASK) * HEAD_STRIDE;
    return heads[at + CLASS] === 0 ? 0 : this.#arena.touch(heads[at + PLACE]);
  }

  /** Opens the table of a trace for first, next and add, with room for `count` more spans. */
  openFor(traceRow: number, count: number): void {
    const isThere = this.#open(traceRow);
    const used = this.#head[this.#headAt + USED];
    if (isThere && (used + count) * 4 <= this.#size * 3) return;
    this.#move(traceRow, isThere, count);
  }

  /** The first row in the open table that may have a span id with this hash, or -1. */
  first(hash: number): number {
    this.#tag = hash << TAG_SHIFT;
    this.#at = ((hash >>> 0) * PER_HASH * this.#size) | 0;
    return this.next();
  }

  /** The next such row, or -1. */
  next(): number {
    const slots = this.#slots;
    const base = this.#base;
    const size = this.#size;
    const tag = this.#tag;
    let at = this.#at;
    for (;;) {
      const slot = slots[base + at];
      if (slot === 0) break;
      if (++at === size) at = 0;
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
    const size = this.#size;
    let at = ((hash >>> 0) * PER_HASH * size) | 0;
    while (slots[base + at] !== 0) if (++at === size) at = 0;
    slots[base + at] = (hash << TAG_SHIFT) | (row + 1);
    this.#head[this.#headAt + USED]++;
  }

  /** Gives the table of a trace without spans back. */
  drop(traceRow: number): void {
    if (!this.#open(traceRow)) return;
    this.#arena.free(this.#head[this.#headAt + PLACE], this.#head[this.#headAt + CLASS] - 1);
    this.#head[this.#headAt + CLASS] = 0;
    this.#size = 1;
    this.#slots = NO_SLOTS;
    this.#base = 0;
    if (this.#arena.isWasteful) this.#compact();
  }

  /** False when the trace has no table. */
  #open(traceRow: number): boolean {
    const heads = this.#heads;
    const chunk = traceRow >>> HEAD_BITS;
    while (heads.length <= chunk) heads.push(new Int32Array(HEAD_ROWS * HEAD_STRIDE));
    const head = heads[chunk];
    const at = (traceRow & HEAD_MASK) * HEAD_STRIDE;
    this.#head = head;
    this.#headAt = at;
    if (head[at + CLASS] === 0) return false;
    this.#openTable(head[at + PLACE], head[at + CLASS] - 1);
    return true;
  }

  #openTable(place: number, sizeClass: number): void {
    this.#slots = this.#arena.slotsOf(place);
    this.#base = this.#arena.baseOf(place);
    this.#size = slotsOfClass(sizeClass);
  }

  /** Moves the open trace to a table that has room for `count` more spans. */
  #move(traceRow: number, isThere: boolean, count: number): void {
    const head = this.#head;
    const at = this.#headAt;
    const old = head[at + CLASS] - 1;
    const need = this.#traces.spanCountOf(traceRow) + count;
    let sizeClass = classFor(Math.ceil((need * 4) / 3));
    // Full of slots whose rows are gone: with little room it would be full again at once. And a trace
    // that grows a span at a time would move at every other size.
    if (isThere && need * 2 > slotsOfClass(sizeClass)) sizeClass++;
    const place = this.#arena.take(sizeClass);
    if (isThere) this.#arena.free(head[at + PLACE], old);
    head[at + PLACE] = place;
    head[at + CLASS] = sizeClass + 1;
    head[at + USED] = 0;
    this.#openTable(place, sizeClass);
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
      for (let at = 0; at < head.length; at += HEAD_STRIDE) {
        if (head[at + CLASS] === 0) continue;
        head[at + PLACE] = this.#arena.repack(head[at + PLACE], head[at + CLASS] - 1);
      }
    }
    this.#arena.endPacking();
  }
}
