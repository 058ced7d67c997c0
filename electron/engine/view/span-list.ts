/** Windows of the span list over a set of spans: newest first, or a snapshot of the slowest. */
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';
import { KeyOrder } from './key-order.ts';
import { MatchColumn } from './match-column.ts';
import { placeOf, spanDurationNs, type SpanSet } from './span-set.ts';
import { startOf, type ItemWindow } from './trace-list.ts';

/** The window of a refreshed set, newest first, up to the ordinal `anchor`. */
export function newestSpans(
  store: StoreRead,
  set: SpanSet,
  anchor: number | null,
  first: number,
  count: number,
): ItemWindow {
  const end = anchor === null ? set.end : placeOf(set, anchor + 1);
  const length = end - set.begin;
  const from = Math.max(0, Math.min(first, length - count));
  const rows: number[] = [];
  for (let i = from; i < Math.min(from + count, length); i++) {
    rows.push(store.spans.rowOf(set.ordinalAt(end - 1 - i)));
  }
  const newestOrdinal = length === 0 ? -1 : set.ordinalAt(end - 1);
  return { length, newCount: set.end - end, newestOrdinal, first: from, rows };
}

/** Spans taken in, taken out or looked at again in one piece of work. */
const SPANS_PER_STEP = 1024;

/**
 * The spans of a set by duration, as they were at one moment; evicted and replaced ones leave. While
 * the set is searched it takes in what the search finds, and only what arrives is new.
 */
export class SpanSnapshot {
  readonly #store: StoreRead;
  readonly #set: SpanSet;
  #order = new KeyOrder();
  /** Ordinals by index in the order, falling. */
  #ordinals = new MatchColumn();
  /** The place of the set below which nothing is taken in. */
  #next: number;
  #shifts: number;
  /** Whether the set was not shifted since everything was taken in. */
  #isComplete = false;
  /** Indexes from here on were evicted. */
  #kept = 0;
  /** The next index to look at again after a shift. */
  #checkAt = Infinity;
  #newest: number;
  /** Whether what the set holds was taken in for the window that is prepared. */
  #isTaken = false;

  constructor(set: SpanSet, store: StoreRead) {
    this.#store = store;
    this.#set = set;
    this.#shifts = set.shifts;
    this.#next = set.end;
    this.#newest = this.#newestOfSet();
  }

  /**
   * Does a bounded piece of what the window [first, first + count) of the refreshed set needs; true
   * when `window` can be called.
   */
  step(first: number, count: number): boolean {
    if (this.#set.shifts !== this.#shifts) this.#takeShift();
    if (!this.#isTaken && !this.#takeIn()) return false;
    if (!this.#dropEvicted() || !this.#dropReplaced()) return false;
    const from = startOf(first, count, this.#order.length);
    return this.#order.prepare(from, from + count);
  }

  /** The prepared window; `newestOrdinal` is the caller's business. */
  window(first: number, count: number): ItemWindow {
    this.#isTaken = false;
    const { length } = this.#order;
    const from = startOf(first, count, length);
    const rows = this.#order
      .take(from, from + count)
      .map((index) => this.#store.spans.rowOf(this.#ordinals.ordinalAt(index)));
    const set = this.#set;
    const newCount = set.end - placeOf(set, this.#newest + 1);
    return { length, newCount, newestOrdinal: 0, first: from, rows };
  }

  #newestOfSet(): number {
    const { begin, end } = this.#set;
    return begin < end ? this.#set.ordinalAt(end - 1) : this.#store.spans.end - 1;
  }

  /** What a shift moved is taken in anew; what was all taken in is only looked at again. */
  #takeShift(): void {
    this.#shifts = this.#set.shifts;
    if (this.#isComplete) {
      this.#checkAt = 0;
      return;
    }
    this.#order = new KeyOrder();
    this.#ordinals = new MatchColumn();
    this.#kept = 0;
    this.#next = this.#set.end;
    this.#newest = this.#newestOfSet();
    this.#isTaken = false;
  }

  #takeIn(): boolean {
    if (!this.#isComplete) {
      const { spans } = this.#store;
      const set = this.#set;
      const to = Math.max(set.begin, this.#next - SPANS_PER_STEP);
      for (let place = this.#next - 1; place >= to; place--) {
        const ordinal = set.ordinalAt(place);
        // Evicted since the set was brought up to date, as is all below it.
        if (ordinal < spans.begin) continue;
        this.#ordinals.push(ordinal, 0);
        this.#order.add(spanDurationNs(this.#store, spans.rowOf(ordinal)));
        this.#kept++;
      }
      this.#next = to;
      if (to > set.begin) return false;
      this.#isComplete = !set.isSearching;
    }
    this.#isTaken = true;
    return true;
  }

  /** The oldest have the last indexes. When they are evicted, nothing older is left to take in. */
  #dropEvicted(): boolean {
    const { begin } = this.#store.spans;
    for (let i = 0; i < SPANS_PER_STEP; i++) {
      if (this.#kept === 0 || this.#ordinals.ordinalAt(this.#kept - 1) >= begin) return true;
      this.#order.remove(--this.#kept);
    }
    return false;
  }

  #dropReplaced(): boolean {
    const { spans } = this.#store;
    for (let i = 0; i < SPANS_PER_STEP; i++) {
      if (this.#checkAt >= this.#kept) {
        this.#checkAt = Infinity;
        return true;
      }
      const row = spans.rowOf(this.#ordinals.ordinalAt(this.#checkAt));
      const flags = spans.segments[row >>> SEGMENT_BITS]?.flags[row & SLOT_MASK] ?? 0;
      if ((flags & SPAN_FLAG.superseded) !== 0) this.#order.remove(this.#checkAt);
      this.#checkAt++;
    }
    return false;
  }
}
