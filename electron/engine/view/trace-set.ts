/**
 * Sets of traces that several views share: all traces, those that match a filter, those of another
 * set that lie in a brush. Whoever follows a set keeps a cursor and asks which rows changed.
 *
 * ```
 *   store ──changes──▶ MatchingTraces ──changes──▶ BrushedTraces ──changes──▶ latency, facets, list
 * ```
 * A set is up to date after `refresh`, except for traces that its search has not reached.
 */
import type { StoreRead, TraceTable } from '../store/schema.ts';
import type { BrushRange } from '../query/brush.ts';
import { FRAME_SLICE_MS, runSliced } from '../query/slices.ts';
import type { Runtime, TraceTest } from './runtime.ts';
import { TraceMembers, type Changes, type NewestOrder } from './trace-members.ts';

export interface TraceSet {
  readonly count: number;
  /** Traces that ever came in; rises by one with each that matches anew. */
  readonly entered: number;
  /** Whether older traces are still being looked through. */
  readonly isSearching: boolean;
  /** Whether every trace was judged once, though some may have to be again. */
  readonly isWhole: boolean;
  /** Takes in what changed since the last call. */
  refresh(): void;
  /** Whether the trace that is at a row now is in the set. */
  has(row: number): boolean;
  /** Rows that came in, left, or whose trace changed while in the set. */
  changesSince(cursor: number): Changes;
  newest(): NewestOrder;
  /** The order of this moment, for work in slices: a row reads -1 when its trace has left since. */
  held(): NewestOrder;
  close(): void;
}

/** How many of a list have an ordinal above the anchor, by binary search. */
export function countAbove(list: NewestOrder, anchor: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list.ordinalAt(middle) > anchor) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Every trace that has spans: the store's own order, read backwards. */
export class AllTraces implements TraceSet {
  readonly isSearching = false;
  readonly isWhole = true;
  readonly #traces: TraceTable;
  #newestOrdinal = -1;
  entered = 0;

  constructor(store: StoreRead) {
    this.#traces = store.traces;
    this.refresh();
  }

  get count(): number {
    return this.#traces.count;
  }

  refresh(): void {
    const newest = this.newest();
    this.entered += countAbove(newest, this.#newestOrdinal);
    if (newest.length > 0) this.#newestOrdinal = Math.max(this.#newestOrdinal, newest.ordinalAt(0));
  }

  has(row: number): boolean {
    return this.#traces.spanCountOf(row) > 0;
  }

  changesSince(cursor: number): Changes {
    return this.#traces.changesSince(cursor);
  }

  newest(): NewestOrder {
    const traces = this.#traces;
    const { rows, length } = traces.inOrder();
    const rowAt = (i: number): number => rows[length - 1 - i];
    return { length, rowAt, ordinalAt: (i) => traces.ordinalOf(rowAt(i)) };
  }

  held(): NewestOrder {
    const traces = this.#traces;
    const { rows, length } = traces.inOrder();
    const held = rows.slice(0, length);
    const newest = length === 0 ? -1 : traces.ordinalOf(held[length - 1]);
    // A trace that took the row of another is newer than all.
    const rowAt = (i: number): number => {
      const row = held[length - 1 - i];
      return traces.spanCountOf(row) > 0 && traces.ordinalOf(row) <= newest ? row : -1;
    };
    return { length, rowAt, ordinalAt: (i) => traces.ordinalOf(held[length - 1 - i]) };
  }

  close(): void {
    // Nothing is held.
  }
}

/** Spans looked at between two looks at the clock. */
const SPANS_PER_STEP = 128;

/** Traces that match a filter: looked through in slices, and again where they changed. */
export class MatchingTraces implements TraceSet {
  readonly #store: StoreRead;
  readonly #runtime: Runtime;
  readonly #test: TraceTest;
  readonly #onProgress: () => void;
  readonly #members: TraceMembers;
  /** Trace rows to look at: changed ones, then all others from the newest on. */
  #changed: number[] = [];
  #unseen: Int32Array = new Int32Array(0);
  #unseenAt = 0;
  #cursor: number;
  #stop: (() => void) | undefined;
  #isRefreshing = false;
  isWhole = false;

  /** `onProgress` is called when a search came to its end outside `refresh`. */
  constructor(store: StoreRead, runtime: Runtime, test: TraceTest, onProgress: () => void) {
    this.#store = store;
    this.#runtime = runtime;
    this.#test = test;
    this.#onProgress = onProgress;
    this.#members = new TraceMembers(store.traces);
    this.#cursor = store.traces.changesSince(0).cursor;
    this.#lookAtAll();
  }

  get count(): number {
    return this.#members.count;
  }

  get entered(): number {
    return this.#members.entered;
  }

  get isSearching(): boolean {
    return this.#stop !== undefined;
  }

  refresh(): void {
    const { traces } = this.#store;
    const changes = traces.changesSince(this.#cursor);
    this.#cursor = changes.cursor;
    if (changes.overflow) this.#lookAtAll();
    for (const row of new Set(changes.rows)) {
      if (!changes.overflow) this.#changed.push(row);
      // A member that changed is told at once, one that is gone leaves at once: its row may be reused.
      this.#members.set(row, this.#members.has(row));
    }
    this.#isRefreshing = true;
    this.#run();
    this.#isRefreshing = false;
  }

  has(row: number): boolean {
    return this.#members.has(row);
  }

  changesSince(cursor: number): Changes {
    return this.#members.changesSince(cursor);
  }

  newest(): NewestOrder {
    return this.#members.newest();
  }

  held(): NewestOrder {
    return this.#members.held();
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #lookAtAll(): void {
    const { traces } = this.#store;
    const known = this.#members.newest();
    for (let i = 0; i < known.length; i++) {
      const row = known.rowAt(i);
      if (!traces.isLive(row, known.ordinalAt(i)) || traces.spanCountOf(row) === 0) {
        this.#members.set(row, false);
      }
    }
    const { rows, length } = traces.inOrder();
    this.#unseen = rows.slice(0, length).reverse();
    this.#unseenAt = 0;
    this.#changed = [];
  }

  #run(): void {
    if (this.#stop !== undefined) return;
    let isDone = false;
    const stop = runSliced(
      this.#runtime,
      () => {
        isDone = this.#step();
        return isDone;
      },
      FRAME_SLICE_MS,
    );
    if (!isDone) this.#stop = stop;
  }

  /** Looks at a few spans. True when there is nothing left to look at. */
  #step(): boolean {
    const row = this.#changed.at(-1) ?? this.#unseen[this.#unseenAt];
    if (row === undefined) {
      this.#stop = undefined;
      this.isWhole = true;
      this.#unseen = new Int32Array(0);
      this.#unseenAt = 0;
      if (!this.#isRefreshing) this.#onProgress();
      return true;
    }
    if (this.#look(row)) {
      if (this.#changed.length > 0) this.#changed.pop();
      else this.#unseenAt++;
    }
    return false;
  }

  /** True when the trace at `row` has its verdict. */
  #look(row: number): boolean {
    if (this.#store.traces.spanCountOf(row) === 0) {
      this.#test.forget(row);
      this.#members.set(row, false);
      return true;
    }
    const verdict = this.#test.advance(row, SPANS_PER_STEP);
    if (verdict === 'more') return false;
    if ((verdict === 'match') !== this.#members.has(row)) {
      this.#members.set(row, verdict === 'match');
    }
    return true;
  }
}

/** The traces of a set that lie in a brush. The set is shared: closing this leaves it open. */
export class BrushedTraces implements TraceSet {
  readonly #base: TraceSet;
  readonly #traces: TraceTable;
  readonly #brush: BrushRange;
  readonly #members: TraceMembers;
  #cursor = -1;

  constructor(base: TraceSet, store: StoreRead, brush: BrushRange) {
    this.#base = base;
    this.#traces = store.traces;
    this.#brush = brush;
    this.#members = new TraceMembers(store.traces);
  }

  get count(): number {
    return this.#members.count;
  }

  get entered(): number {
    return this.#members.entered;
  }

  get isSearching(): boolean {
    return this.#base.isSearching;
  }

  get isWhole(): boolean {
    return this.#base.isWhole;
  }

  refresh(): void {
    this.#base.refresh();
    const isFirst = this.#cursor === -1;
    const changes = this.#base.changesSince(Math.max(0, this.#cursor));
    this.#cursor = changes.cursor;
    if (isFirst || changes.overflow) this.#lookAtAll();
    else for (const row of changes.rows) this.#look(row);
  }

  has(row: number): boolean {
    return this.#members.has(row);
  }

  changesSince(cursor: number): Changes {
    return this.#members.changesSince(cursor);
  }

  newest(): NewestOrder {
    return this.#members.newest();
  }

  held(): NewestOrder {
    return this.#members.held();
  }

  close(): void {
    // The base has its own owners.
  }

  #lookAtAll(): void {
    const known = this.#members.newest();
    for (let i = 0; i < known.length; i++) this.#look(known.rowAt(i));
    const all = this.#base.newest();
    for (let i = 0; i < all.length; i++) this.#look(all.rowAt(i));
  }

  #look(row: number): void {
    const traces = this.#traces;
    this.#members.set(
      row,
      this.#base.has(row) &&
        this.#brush.has(traces.startHiOf(row), traces.startLoOf(row), traces.durationNsOf(row)),
    );
  }
}
