/**
 * The order of the trace list: newest first seen on top, filtered, held at an ordinal.
 *
 * ```
 *   ordinals   9 8 7 6 5 4 3 2      anchor 6: the list is 6 5 4 3 2 (length 5), 3 are new
 *              ──new── ▲──list──▶
 * ```
 * Without a filter this is the store's own order, read backwards. With one, a list of matches is
 * kept and changed only where traces changed; looking through traces happens in slices.
 */
import type { Clock, Scheduler } from '../config.ts';
import type { CompiledQuery } from '../query/plan.ts';
import { runSliced } from '../query/slices.ts';
import { TraceMatcher } from '../query/trace-match.ts';
import type { StoreRead } from '../store/schema.ts';

export interface Runtime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** A window of the list: store rows of traces, valid until the next append or eviction. */
export interface TraceWindow {
  readonly matched: number;
  /** Matching traces up to the anchor. */
  readonly length: number;
  readonly newCount: number;
  /** Ordinal of the uppermost trace of the (held) list; -1 when it is empty. */
  readonly newestOrdinal: number;
  readonly first: number;
  readonly rows: readonly number[];
}

export interface TraceList {
  /** Takes in what changed since the last call. */
  refresh(): void;
  window(anchor: number | null, first: number, count: number): TraceWindow;
  /** Whether older traces are still being looked through. */
  readonly isSearching: boolean;
  close(): void;
}

/** Opens the list of a query; `onProgress` is called when a search went on outside `refresh`. */
export function openTraceList(
  store: StoreRead,
  runtime: Runtime,
  query: CompiledQuery,
  onProgress: () => void,
): TraceList {
  if (query.isEmpty) return new AllTraces(store);
  return new MatchingTraces(store, runtime, query, onProgress);
}

interface Newest {
  readonly length: number;
  /** Row and ordinal of the i-th trace from the top. */
  rowAt(i: number): number;
  ordinalAt(i: number): number;
}

function cutWindow(list: Newest, anchor: number | null, first: number, count: number): TraceWindow {
  const newCount = anchor === null ? 0 : countAbove(list, anchor);
  const length = list.length - newCount;
  const from = Math.max(0, Math.min(first, length - count));
  const rows: number[] = [];
  for (let i = from; i < Math.min(from + count, length); i++) rows.push(list.rowAt(newCount + i));
  const newestOrdinal = length === 0 ? -1 : list.ordinalAt(newCount);
  return { matched: list.length, length, newCount, newestOrdinal, first: from, rows };
}

/** How many traces have an ordinal above the anchor, by binary search. */
function countAbove(list: Newest, anchor: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list.ordinalAt(middle) > anchor) low = middle + 1;
    else high = middle;
  }
  return low;
}

class AllTraces implements TraceList {
  readonly #store: StoreRead;
  readonly isSearching = false;

  constructor(store: StoreRead) {
    this.#store = store;
  }

  refresh(): void {
    // The store keeps the order itself.
  }

  window(anchor: number | null, first: number, count: number): TraceWindow {
    const { traces } = this.#store;
    const { rows, length } = traces.inOrder();
    const rowAt = (i: number): number => rows[length - 1 - i];
    const list = { length, rowAt, ordinalAt: (i: number) => traces.ordinalOf(rowAt(i)) };
    return cutWindow(list, anchor, first, count);
  }

  close(): void {
    // Nothing is held.
  }
}

/** Spans looked at between two looks at the clock. */
const SPANS_PER_STEP = 128;

class MatchingTraces implements TraceList {
  readonly #store: StoreRead;
  readonly #runtime: Runtime;
  readonly #matcher: TraceMatcher;
  readonly #onProgress: () => void;
  /** Matches, newest first. */
  #rows: number[] = [];
  #ordinals: number[] = [];
  readonly #members = new Set<number>();
  /** Verdicts that are not merged yet. */
  #fresh: { readonly row: number; readonly ordinal: number }[] = [];
  #hasRemoved = false;
  /** Trace rows to look at: changed ones, then all others from the newest on. */
  #changed: number[] = [];
  #unseen: Int32Array = new Int32Array(0);
  #unseenAt = 0;
  #cursor = 0;
  #spansBegin = 0;
  #stop: (() => void) | undefined;
  #isRefreshing = false;

  constructor(store: StoreRead, runtime: Runtime, query: CompiledQuery, onProgress: () => void) {
    this.#store = store;
    this.#runtime = runtime;
    this.#matcher = new TraceMatcher(store, query);
    this.#onProgress = onProgress;
    this.#cursor = store.traces.changesSince(0).cursor;
    this.#lookAtAll();
  }

  get isSearching(): boolean {
    return this.#stop !== undefined;
  }

  refresh(): void {
    const { traces, spans } = this.#store;
    const changes = traces.changesSince(this.#cursor);
    this.#cursor = changes.cursor;
    if (changes.overflow) this.#lookAtAll();
    else for (const row of new Set(changes.rows)) this.#changed.push(row);
    if (spans.begin !== this.#spansBegin) {
      this.#spansBegin = spans.begin;
      this.#hasRemoved = true;
    }
    this.#isRefreshing = true;
    this.#run();
    this.#isRefreshing = false;
    this.#merge();
  }

  window(anchor: number | null, first: number, count: number): TraceWindow {
    const rows = this.#rows;
    const ordinals = this.#ordinals;
    const list = {
      length: rows.length,
      rowAt: (i: number) => rows[i],
      ordinalAt: (i: number) => ordinals[i],
    };
    return cutWindow(list, anchor, first, count);
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #lookAtAll(): void {
    const { rows, length } = this.#store.traces.inOrder();
    this.#unseen = rows.slice(0, length).reverse();
    this.#unseenAt = 0;
    this.#changed = [];
  }

  #run(): void {
    if (this.#stop !== undefined) return;
    let isDone = false;
    const stop = runSliced(this.#runtime, () => {
      isDone = this.#step();
      return isDone;
    });
    if (!isDone) this.#stop = stop;
  }

  /** Looks at a few spans. True when there is nothing left to look at. */
  #step(): boolean {
    const row = this.#changed.at(-1) ?? this.#unseen[this.#unseenAt];
    if (row === undefined) {
      this.#finish();
      return true;
    }
    if (this.#look(row)) {
      if (this.#changed.length > 0) this.#changed.pop();
      else this.#unseenAt++;
    }
    return false;
  }

  #finish(): void {
    this.#stop = undefined;
    this.#unseen = new Int32Array(0);
    this.#unseenAt = 0;
    this.#merge();
    if (!this.#isRefreshing) this.#onProgress();
  }

  /** True when the trace at `row` has its verdict. */
  #look(row: number): boolean {
    const { traces } = this.#store;
    if (traces.spanCountOf(row) === 0) {
      this.#matcher.forget(row);
      this.#hasRemoved = true;
      return true;
    }
    const verdict = this.#matcher.advance(row, SPANS_PER_STEP);
    if (verdict === 'more') return false;
    const ordinal = traces.ordinalOf(row);
    const isMember = this.#members.has(ordinal);
    if (verdict === 'match' && !isMember) {
      this.#members.add(ordinal);
      this.#fresh.push({ row, ordinal });
    } else if (verdict === 'miss' && isMember) {
      this.#members.delete(ordinal);
      this.#hasRemoved = true;
    }
    return true;
  }

  /** Merges fresh matches into the list and drops those that are gone or match no more. */
  #merge(): void {
    if (this.#fresh.length === 0 && !this.#hasRemoved) return;
    const { traces } = this.#store;
    const fresh = this.#fresh.sort((a, b) => b.ordinal - a.ordinal);
    const rows: number[] = [];
    const ordinals: number[] = [];
    const keep = (row: number, ordinal: number): void => {
      if (!traces.isLive(row, ordinal) || traces.spanCountOf(row) === 0) {
        this.#members.delete(ordinal);
      } else if (this.#members.has(ordinal)) {
        rows.push(row);
        ordinals.push(ordinal);
      }
    };
    let next = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      for (; next < fresh.length && fresh[next].ordinal > this.#ordinals[i]; next++) {
        keep(fresh[next].row, fresh[next].ordinal);
      }
      keep(this.#rows[i], this.#ordinals[i]);
    }
    for (; next < fresh.length; next++) keep(fresh[next].row, fresh[next].ordinal);
    this.#rows = rows;
    this.#ordinals = ordinals;
    this.#fresh = [];
    this.#hasRemoved = false;
  }
}
