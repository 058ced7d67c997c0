/**
 * Windows of the trace list over a set of traces: newest first seen on top and held at an ordinal, or
 * a snapshot in another order.
 *
 * ```
 *   ordinals   9 8 7 6 5 4 3 2      anchor 6: the list is 6 5 4 3 2 (length 5), 3 are new
 *              ──new── ▲──list──▶
 * ```
 */
import type { TraceOrder } from '../../../proto/live/topics.ts';
import type { StoreRead, TraceTable } from '../store/schema.ts';
import { KeyOrder } from './key-order.ts';
import type { NewestOrder } from './trace-members.ts';
import { countAbove, type TraceSet } from './trace-set.ts';

/** A window of a list: store rows, valid until the next append or eviction. See ListMeta. */
export interface ItemWindow {
  readonly length: number;
  readonly newCount: number;
  readonly newestOrdinal: number;
  readonly first: number;
  readonly rows: readonly number[];
}

/** Where a window begins that lies inside a list. */
export function startOf(first: number, count: number, length: number): number {
  return Math.max(0, Math.min(first, length - count));
}

export type SortedOrder = Exclude<TraceOrder, 'newest'>;

/** The window of a refreshed set, newest first seen on top. */
export function newestWindow(
  set: TraceSet,
  anchor: number | null,
  first: number,
  count: number,
): ItemWindow {
  const list = set.newest();
  const newCount = anchor === null ? 0 : countAbove(list, anchor);
  const length = list.length - newCount;
  const from = Math.max(0, Math.min(first, length - count));
  const rows: number[] = [];
  for (let i = from; i < Math.min(from + count, length); i++) rows.push(list.rowAt(newCount + i));
  const newestOrdinal = length === 0 ? -1 : list.ordinalAt(newCount);
  return { length, newCount, newestOrdinal, first: from, rows };
}

/** What a trace is sorted by, the largest first. */
export function sortKey(traces: TraceTable, order: SortedOrder): (row: number) => number {
  switch (order) {
    case 'slowest':
      return (row) => traces.durationNsOf(row);
    case 'mostSpans':
      return (row) => traces.spanCountOf(row);
    case 'mostErrors':
      return (row) => traces.errorCountOf(row);
  }
}

/** Traces taken in or looked at again in one piece of work. */
const TRACES_PER_STEP = 256;

/**
 * The traces of a set in the order of one moment. Rows stay where they are until they are evicted;
 * what came in or has another key since then is counted.
 */
export class TraceSnapshot {
  /** Whether the set was not whole: the snapshot holds what had been found, and counts nothing. */
  readonly isPartial: boolean;
  readonly #set: TraceSet;
  readonly #traces: TraceTable;
  readonly #keyOf: (row: number) => number;
  readonly #order = new KeyOrder();
  /** What is still to be taken in, from a place on. */
  readonly #held: NewestOrder;
  #next = 0;
  readonly #rows: number[] = [];
  readonly #ordinals: number[] = [];
  /** Index in the snapshot by row. */
  readonly #indexOf = new Map<number, number>();
  readonly #changed = new Set<number>();
  /** Rows to look at, oldest changes first. */
  readonly #unseen: Iterator<number>[] = [];
  #cursor: number;

  /** A snapshot of a refreshed set, which `step` takes. */
  constructor(set: TraceSet, store: StoreRead, order: SortedOrder) {
    this.isPartial = !set.isWhole;
    this.#set = set;
    this.#traces = store.traces;
    this.#keyOf = sortKey(store.traces, order);
    // Only its cursor is wanted: a set begins to note changes at 0.
    this.#cursor = set.changesSince(0).cursor;
    this.#held = set.held();
  }

  /**
   * Does a bounded piece of what the window [first, first + count) of the refreshed set needs; true
   * when `window` can be called, before anything else is ingested.
   */
  step(first: number, count: number): boolean {
    if (this.#next < this.#held.length) {
      this.#takeIn();
      return false;
    }
    if (!this.#takeChanges()) return false;
    const from = startOf(first, count, this.#order.length);
    return this.#order.prepare(from, from + count);
  }

  /** The prepared window; `newestOrdinal` is the caller's business. */
  window(first: number, count: number): ItemWindow {
    const { length } = this.#order;
    const from = startOf(first, count, length);
    const rows = this.#order.take(from, from + count).map((index) => this.#rows[index]);
    const newCount = this.isPartial ? 0 : this.#changed.size;
    return { length, newCount, newestOrdinal: 0, first: from, rows };
  }

  #takeIn(): void {
    const to = Math.min(this.#next + TRACES_PER_STEP, this.#held.length);
    for (; this.#next < to; this.#next++) {
      const row = this.#held.rowAt(this.#next);
      if (row === -1) continue;
      this.#indexOf.set(row, this.#order.add(this.#keyOf(row)));
      this.#rows.push(row);
      this.#ordinals.push(this.#held.ordinalAt(this.#next));
    }
  }

  #takeChanges(): boolean {
    const changes = this.#set.changesSince(this.#cursor);
    if (changes.cursor !== this.#cursor) {
      this.#cursor = changes.cursor;
      this.#unseen.push(changes.overflow ? this.#everyRow() : changes.rows.values());
    }
    for (let i = 0; i < TRACES_PER_STEP; i++) {
      if (this.#unseen.length === 0) return true;
      const { done, value } = this.#unseen[0].next();
      if (done === true) this.#unseen.shift();
      else this.#look(value);
    }
    return false;
  }

  #look(row: number): void {
    const index = this.#indexOf.get(row);
    if (index !== undefined && !this.#isThere(index)) {
      this.#indexOf.delete(row);
      this.#order.remove(index);
    }
    if (this.#isNews(row)) this.#changed.add(row);
    else this.#changed.delete(row);
  }

  *#everyRow(): Generator<number> {
    yield* this.#rows;
    yield* this.#changed;
    const held = this.#set.held();
    for (let i = 0; i < held.length; i++) {
      const row = held.rowAt(i);
      if (row !== -1) yield row;
    }
  }

  /** Whether the trace of an index is in memory; one that matches no more stays where it is. */
  #isThere(index: number): boolean {
    const row = this.#rows[index];
    return this.#traces.isLive(row, this.#ordinals[index]) && this.#traces.spanCountOf(row) > 0;
  }

  #isNews(row: number): boolean {
    if (!this.#set.has(row)) return false;
    const index = this.#indexOf.get(row);
    if (index === undefined || this.#ordinals[index] !== this.#traces.ordinalOf(row)) return true;
    return this.#order.keyOf(index) !== this.#keyOf(row);
  }
}
