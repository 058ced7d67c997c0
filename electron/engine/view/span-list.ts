/** Windows of the span list over a set of spans: newest first, or a snapshot of the slowest. */
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';
import { KeyOrder } from './key-order.ts';
import { placeOf, spanDurationNs, type SpanSet } from './span-set.ts';
import type { ItemWindow } from './trace-list.ts';

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

/** The spans of a set by duration, as they were at one moment; evicted and replaced ones leave. */
export class SpanSnapshot {
  readonly #store: StoreRead;
  readonly #set: SpanSet;
  readonly #ordinals: Float64Array;
  readonly #order: KeyOrder;
  readonly #newest: number;
  readonly #oldest: number;
  #begin: number;
  #shifts: number;

  constructor(set: SpanSet, store: StoreRead) {
    this.#store = store;
    this.#set = set;
    this.#begin = store.spans.begin;
    this.#shifts = set.shifts;
    const length = set.end - set.begin;
    this.#ordinals = new Float64Array(length);
    const keys = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const ordinal = set.ordinalAt(set.end - 1 - i);
      this.#ordinals[i] = ordinal;
      keys[i] = spanDurationNs(store, store.spans.rowOf(ordinal));
    }
    this.#order = new KeyOrder(keys);
    this.#newest = length === 0 ? store.spans.end - 1 : this.#ordinals[0];
    this.#oldest = length === 0 ? store.spans.end : this.#ordinals[length - 1];
  }

  /** The window of the refreshed set; `newestOrdinal` is the caller's business. */
  window(first: number, count: number): ItemWindow {
    const { spans } = this.#store;
    if (spans.begin !== this.#begin || this.#set.shifts !== this.#shifts) {
      this.#begin = spans.begin;
      this.#shifts = this.#set.shifts;
      this.#order.keep((index) => this.#isThere(this.#ordinals[index]));
    }
    const { length } = this.#order;
    const from = Math.max(0, Math.min(first, length - count));
    const rows: number[] = [];
    for (let place = from; place < Math.min(from + count, length); place++) {
      rows.push(spans.rowOf(this.#ordinals[this.#order.at(place)]));
    }
    const set = this.#set;
    const newer = set.end - placeOf(set, this.#newest + 1);
    const older = placeOf(set, this.#oldest) - set.begin;
    return { length, newCount: newer + older, newestOrdinal: 0, first: from, rows };
  }

  #isThere(ordinal: number): boolean {
    const { spans } = this.#store;
    if (ordinal < spans.begin) return false;
    const row = spans.rowOf(ordinal);
    const flags = spans.segments[row >>> SEGMENT_BITS]?.flags[row & SLOT_MASK];
    return flags !== undefined && (flags & SPAN_FLAG.superseded) === 0;
  }
}
