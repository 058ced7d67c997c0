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
import { countAbove, type TraceSet } from './trace-set.ts';

/** A window of a list: store rows, valid until the next append or eviction. See ListMeta. */
export interface ItemWindow {
  readonly length: number;
  readonly newCount: number;
  readonly newestOrdinal: number;
  readonly first: number;
  readonly rows: readonly number[];
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

/**
 * The traces of a set in the order of one moment. Rows stay where they are until they are evicted;
 * what came in or has another key since then is counted.
 */
export class TraceSnapshot {
  readonly #set: TraceSet;
  readonly #traces: TraceTable;
  readonly #keyOf: (row: number) => number;
  readonly #rows: Int32Array;
  readonly #ordinals: Float64Array;
  readonly #keys: Float64Array;
  readonly #order: KeyOrder;
  /** Index in the snapshot by row; -1 where there is none. */
  readonly #indexOf: Int32Array;
  readonly #changed = new Set<number>();
  #cursor: number;

  /** Takes the snapshot of a refreshed set. About 100 ns a trace. */
  constructor(set: TraceSet, store: StoreRead, order: SortedOrder) {
    this.#set = set;
    this.#traces = store.traces;
    this.#keyOf = sortKey(store.traces, order);
    // Only its cursor is wanted: a set begins to note changes at 0.
    this.#cursor = set.changesSince(0).cursor;
    const newest = set.newest();
    this.#rows = new Int32Array(newest.length);
    this.#ordinals = new Float64Array(newest.length);
    this.#keys = new Float64Array(newest.length);
    let highest = -1;
    for (let i = 0; i < newest.length; i++) {
      const row = newest.rowAt(i);
      this.#rows[i] = row;
      this.#ordinals[i] = newest.ordinalAt(i);
      this.#keys[i] = this.#keyOf(row);
      highest = Math.max(highest, row);
    }
    this.#indexOf = new Int32Array(highest + 1).fill(-1);
    this.#rows.forEach((row, i) => {
      this.#indexOf[row] = i;
    });
    this.#order = new KeyOrder(this.#keys);
  }

  /** The window of the refreshed set; `newestOrdinal` is the caller's business. */
  window(first: number, count: number): ItemWindow {
    this.#takeChanges();
    const { length } = this.#order;
    const from = Math.max(0, Math.min(first, length - count));
    const rows: number[] = [];
    for (let place = from; place < Math.min(from + count, length); place++) {
      rows.push(this.#rows[this.#order.at(place)]);
    }
    return { length, newCount: this.#changed.size, newestOrdinal: 0, first: from, rows };
  }

  #takeChanges(): void {
    const changes = this.#set.changesSince(this.#cursor);
    if (changes.cursor === this.#cursor) return;
    this.#cursor = changes.cursor;
    let hasGone = false;
    const rows = changes.overflow ? this.#everyRow() : changes.rows;
    for (const row of rows) {
      const index = this.#indexAt(row);
      if (index !== -1 && !this.#isThere(index)) {
        this.#indexOf[row] = -1;
        hasGone = true;
      }
      if (this.#isNews(row)) this.#changed.add(row);
      else this.#changed.delete(row);
    }
    if (hasGone) this.#order.keep((index) => this.#isThere(index));
  }

  *#everyRow(): Generator<number> {
    yield* this.#rows;
    yield* this.#changed;
    const newest = this.#set.newest();
    for (let i = 0; i < newest.length; i++) yield newest.rowAt(i);
  }

  /** Whether the trace of an index is in memory; one that matches no more stays where it is. */
  #isThere(index: number): boolean {
    const row = this.#rows[index];
    return this.#traces.isLive(row, this.#ordinals[index]) && this.#traces.spanCountOf(row) > 0;
  }

  #isNews(row: number): boolean {
    if (!this.#set.has(row)) return false;
    const index = this.#indexAt(row);
    if (index === -1 || this.#ordinals[index] !== this.#traces.ordinalOf(row)) return true;
    return this.#keys[index] !== this.#keyOf(row);
  }

  #indexAt(row: number): number {
    return row < this.#indexOf.length ? this.#indexOf[row] : -1;
  }
}
