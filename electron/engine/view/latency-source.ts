/**
 * What the latency strip counts, in blocks by ordinal, so that a change touches one block: the traces
 * of a set, or the spans of one.
 */
import { STATUS_CODE } from '../../../proto/otlp/signal.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { placeOf, spanDurationNs, type SpanSet } from './span-set.ts';
import { countAbove, type TraceSet } from './trace-set.ts';

/** Takes one item. `key` is its row in the trace table, or its ordinal in the span table. */
export type ItemVisitor = (
  startHi: number,
  startLo: number,
  durationNs: number,
  isError: boolean,
  key: number,
) => void;

export interface LatencySource {
  readonly isSearching: boolean;
  /** Takes in what changed. Blocks that changed, or disappeared, since the last call; null: all. */
  refresh(): ReadonlySet<number> | null;
  /** Numbers of the blocks that have items: [from, to). */
  range(): { readonly from: number; readonly to: number };
  visit(block: number, visitor: ItemVisitor): void;
}

const TRACES_PER_BLOCK = 1024;
const SPANS_PER_BLOCK = 8192;
const ERROR = STATUS_CODE.indexOf('error');

export class TraceLatencies implements LatencySource {
  readonly #set: TraceSet;
  readonly #store: StoreRead;
  /** Ordinal of the trace that was last counted at a row; -1 for none. */
  #ordinalOf = new Float64Array(1024).fill(-1);
  #cursor = -1;

  constructor(set: TraceSet, store: StoreRead) {
    this.#set = set;
    this.#store = store;
  }

  get isSearching(): boolean {
    return this.#set.isSearching;
  }

  refresh(): ReadonlySet<number> | null {
    this.#set.refresh();
    const isFirst = this.#cursor === -1;
    const { rows, cursor, overflow } = this.#set.changesSince(Math.max(0, this.#cursor));
    this.#cursor = cursor;
    if (isFirst || overflow) {
      this.#noteAll();
      return null;
    }
    const changed = new Set<number>();
    for (const row of rows) {
      const before = row < this.#ordinalOf.length ? this.#ordinalOf[row] : -1;
      if (before !== -1) changed.add(Math.floor(before / TRACES_PER_BLOCK));
      const ordinal = this.#set.has(row) ? this.#store.traces.ordinalOf(row) : -1;
      if (ordinal !== -1) changed.add(Math.floor(ordinal / TRACES_PER_BLOCK));
      if (before !== ordinal) this.#note(row, ordinal);
    }
    return changed;
  }

  range(): { readonly from: number; readonly to: number } {
    const list = this.#set.newest();
    if (list.length === 0) return { from: 0, to: 0 };
    return {
      from: Math.floor(list.ordinalAt(list.length - 1) / TRACES_PER_BLOCK),
      to: Math.floor(list.ordinalAt(0) / TRACES_PER_BLOCK) + 1,
    };
  }

  visit(block: number, visitor: ItemVisitor): void {
    const { traces } = this.#store;
    const list = this.#set.newest();
    const lowest = block * TRACES_PER_BLOCK;
    let at = countAbove(list, lowest + TRACES_PER_BLOCK - 1);
    for (; at < list.length && list.ordinalAt(at) >= lowest; at++) {
      const row = list.rowAt(at);
      visitor(
        traces.startHiOf(row),
        traces.startLoOf(row),
        traces.durationNsOf(row),
        traces.errorCountOf(row) > 0,
        row,
      );
    }
  }

  #noteAll(): void {
    this.#ordinalOf.fill(-1);
    const list = this.#set.newest();
    for (let i = 0; i < list.length; i++) this.#note(list.rowAt(i), list.ordinalAt(i));
  }

  #note(row: number, ordinal: number): void {
    if (row >= this.#ordinalOf.length) {
      const larger = new Float64Array(2 ** Math.ceil(Math.log2(row + 1))).fill(-1);
      larger.set(this.#ordinalOf);
      this.#ordinalOf = larger;
    }
    this.#ordinalOf[row] = ordinal;
  }
}

export class SpanLatencies implements LatencySource {
  readonly #set: SpanSet;
  readonly #store: StoreRead;
  /** Places [from, to) of a block when it was last told. */
  readonly #told = new Map<number, string>();

  constructor(set: SpanSet, store: StoreRead) {
    this.#set = set;
    this.#store = store;
  }

  get isSearching(): boolean {
    return this.#set.isSearching;
  }

  refresh(): ReadonlySet<number> {
    this.#set.refresh();
    const changed = new Set<number>();
    const { from, to } = this.range();
    for (const block of this.#told.keys()) {
      if (block >= from && block < to) continue;
      this.#told.delete(block);
      changed.add(block);
    }
    for (let block = from; block < to; block++) {
      const places = [
        this.#firstPlace(block),
        this.#firstPlace(block + 1),
        this.#set.shifts,
      ].join();
      if (this.#told.get(block) === places) continue;
      this.#told.set(block, places);
      changed.add(block);
    }
    return changed;
  }

  range(): { readonly from: number; readonly to: number } {
    const { begin, end } = this.#set;
    if (begin === end) return { from: 0, to: 0 };
    return {
      from: Math.floor(this.#set.ordinalAt(begin) / SPANS_PER_BLOCK),
      to: Math.floor(this.#set.ordinalAt(end - 1) / SPANS_PER_BLOCK) + 1,
    };
  }

  visit(block: number, visitor: ItemVisitor): void {
    const { spans } = this.#store;
    const to = this.#firstPlace(block + 1);
    for (let place = this.#firstPlace(block); place < to; place++) {
      const ordinal = this.#set.ordinalAt(place);
      const row = spans.rowOf(ordinal);
      const segment = spans.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) continue;
      const slot = row & SLOT_MASK;
      visitor(
        segment.startHi[slot],
        segment.startLo[slot],
        spanDurationNs(this.#store, row),
        segment.statusOf(slot) === ERROR,
        ordinal,
      );
    }
  }

  #firstPlace(block: number): number {
    return placeOf(this.#set, block * SPANS_PER_BLOCK);
  }
}
