/**
 * Sets of spans that several views share: those that match a filter, and those of another set that
 * lie in a brush. A span is named by its ordinal in the span table.
 *
 * ```
 *   place    0 …… older.length          newer.end
 *            ◀─ older matches ─┼─ newer matches ─▶      ordinals rise along the places
 * ```
 * A set starts in the middle and grows both ways: spans that arrive are looked at first, older ones
 * are searched from the newest down, in slices.
 */
import { diffNs } from '../../../proto/units.ts';
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';
import type { BrushRange } from '../query/brush.ts';
import { MatchColumn } from './match-column.ts';
import type { Runtime, RowTest } from './runtime.ts';
import { SlicedSearch } from './sliced-search.ts';

/** Ordinals of spans, rising. A live view. */
export interface SpanOrdinals {
  /** Places [begin, end). They may be negative, and move by `shifts`. */
  readonly begin: number;
  readonly end: number;
  ordinalAt(place: number): number;
}

export interface SpanSet extends SpanOrdinals {
  readonly isSearching: boolean;
  /** Rises when places or members changed in another way than by growing and by eviction. */
  readonly shifts: number;
  refresh(): void;
  close(): void;
}

/** The first place whose ordinal is at least `ordinal`. */
export function placeOf(list: SpanOrdinals, ordinal: number): number {
  let low = list.begin;
  let high = list.end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (list.ordinalAt(middle) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** end - start of a span in ns, never negative. */
export function spanDurationNs(store: StoreRead, row: number): number {
  const segment = store.spans.segments[row >>> SEGMENT_BITS];
  if (segment === undefined) return 0;
  const slot = row & SLOT_MASK;
  const { startHi, startLo, endHi, endLo } = segment;
  return Math.max(0, diffNs(endHi[slot], endLo[slot], startHi[slot], startLo[slot]));
}

/** Spans taken in between two looks at the clock when all match. */
const SPANS_PER_STEP = 1024;

export class MatchingSpans implements SpanSet {
  readonly #store: StoreRead;
  readonly #search: SlicedSearch;
  readonly #test: RowTest | null;
  readonly #onProgress: () => void;
  #older = new MatchColumn();
  #newer = new MatchColumn();
  /** Still to look at: ordinals below searchNext, downwards, and those from nextNew on, upwards. */
  #searchNext: number;
  #nextNew: number;
  #superseded: number;
  shifts = 0;

  /** `test` null: every span. `onProgress` is called when a search ended outside `refresh`. */
  constructor(store: StoreRead, runtime: Runtime, test: RowTest | null, onProgress: () => void) {
    this.#store = store;
    this.#search = new SlicedSearch(runtime, () => this.#step());
    this.#test = test;
    this.#onProgress = onProgress;
    this.#searchNext = this.#nextNew = store.spans.end;
    this.#superseded = store.spans.supersededCount;
  }

  get begin(): number {
    return this.#older.length > 0 ? -this.#older.end : this.#newer.first;
  }

  get end(): number {
    return this.#newer.end;
  }

  get isSearching(): boolean {
    return this.#search.isRunning;
  }

  ordinalAt(place: number): number {
    return place < 0 ? this.#older.ordinalAt(-1 - place) : this.#newer.ordinalAt(place);
  }

  refresh(): void {
    this.#dropEvicted();
    this.#dropSuperseded();
    this.#search.run();
  }

  close(): void {
    this.#search.close();
  }

  #step(): boolean {
    const { spans } = this.#store;
    if (this.#nextNew < spans.end) {
      const from = Math.max(this.#nextNew, spans.begin);
      const to = Math.min(from + this.#perStep, spans.end);
      this.#scan(from, to, (ordinal) => {
        this.#newer.push(ordinal, 0);
      });
      this.#nextNew = to;
      return false;
    }
    if (this.#searchNext > spans.begin) {
      const to = Math.max(this.#searchNext - this.#perStep, spans.begin);
      const found: number[] = [];
      this.#scan(to, this.#searchNext, (ordinal) => found.push(ordinal));
      for (let i = found.length - 1; i >= 0; i--) this.#older.push(found[i], 0);
      this.#searchNext = to;
      return false;
    }
    if (this.#search.end()) this.#onProgress();
    return true;
  }

  get #perStep(): number {
    return this.#test?.itemsPerStep ?? SPANS_PER_STEP;
  }

  #scan(from: number, to: number, found: (ordinal: number) => void): void {
    if (this.#test !== null) this.#test.scan(from, to, found);
    else {
      const { spans } = this.#store;
      for (let ordinal = Math.max(from, spans.begin); ordinal < to; ordinal++) {
        if (!this.#isSuperseded(spans.rowOf(ordinal))) found(ordinal);
      }
    }
  }

  #isSuperseded(row: number): boolean {
    const segment = this.#store.spans.segments[row >>> SEGMENT_BITS];
    return segment === undefined || (segment.flags[row & SLOT_MASK] & SPAN_FLAG.superseded) !== 0;
  }

  #dropEvicted(): void {
    const { begin } = this.#store.spans;
    const older = this.#older;
    while (older.length > 0 && older.ordinalAt(older.end - 1) < begin) older.pop();
    if (older.length > 0) return;
    const newer = this.#newer;
    while (newer.length > 0 && newer.ordinalAt(newer.first) < begin) newer.shift();
  }

  /** Spans that fuller ones replaced leave the set. Rare: SDKs send a span once. O(members). */
  #dropSuperseded(): void {
    const { spans } = this.#store;
    if (spans.supersededCount === this.#superseded) return;
    const hasMore = spans.supersededCount > this.#superseded;
    this.#superseded = spans.supersededCount;
    if (!hasMore) return; // Their rows were evicted.
    const keep = (from: MatchColumn): MatchColumn => {
      const kept = new MatchColumn();
      for (let at = from.first; at < from.end; at++) {
        const ordinal = from.ordinalAt(at);
        if (!this.#isSuperseded(spans.rowOf(ordinal))) kept.push(ordinal, 0);
      }
      return kept;
    };
    this.#older = keep(this.#older);
    this.#newer = keep(this.#newer);
    this.shifts++;
  }
}

/** Spans asked about a brush between two looks at the clock. */
const BRUSHED_PER_STEP = 2048;

/** The spans of a shared set that lie in a brush; closing this leaves the set open. */
export class BrushedSpans implements SpanSet {
  readonly #base: SpanSet;
  readonly #store: StoreRead;
  readonly #search: SlicedSearch;
  readonly #brush: BrushRange;
  readonly #onProgress: () => void;
  #kept = new MatchColumn();
  #older = new MatchColumn();
  /** Places of the base that were looked at: [lookedFrom, lookedTo). */
  #lookedFrom = 0;
  #lookedTo = 0;
  #baseShifts = -1;
  shifts = 0;

  /** `onProgress` is called when all of a base that is searched was looked at outside `refresh`. */
  constructor(
    base: SpanSet,
    store: StoreRead,
    runtime: Runtime,
    brush: BrushRange,
    onProgress: () => void,
  ) {
    this.#base = base;
    this.#store = store;
    this.#search = new SlicedSearch(runtime, () => this.#step());
    this.#brush = brush;
    this.#onProgress = onProgress;
  }

  get begin(): number {
    return this.#older.length > 0 ? -this.#older.end : this.#kept.first;
  }

  get end(): number {
    return this.#kept.end;
  }

  get isSearching(): boolean {
    return this.#search.isRunning || this.#base.isSearching;
  }

  ordinalAt(place: number): number {
    return place < 0 ? this.#older.ordinalAt(-1 - place) : this.#kept.ordinalAt(place);
  }

  refresh(): void {
    this.#base.refresh();
    this.#takeShifts();
    this.#dropEvicted();
    this.#search.run();
  }

  /** The base has its own owners. */
  close(): void {
    this.#search.close();
  }

  /** Looks at what arrived, then at older spans, the newest first. The base may have moved on. */
  #step(): boolean {
    const base = this.#base;
    this.#takeShifts();
    const from = Math.max(this.#lookedTo, base.begin);
    if (from < base.end) {
      const to = Math.min(from + BRUSHED_PER_STEP, base.end);
      for (let at = from; at < to; at++) this.#look(base.ordinalAt(at), this.#kept);
      this.#lookedTo = to;
      return false;
    }
    const until = Math.min(this.#lookedFrom, base.end);
    if (until > base.begin) {
      const down = Math.max(until - BRUSHED_PER_STEP, base.begin);
      for (let at = until - 1; at >= down; at--) this.#look(base.ordinalAt(at), this.#older);
      this.#lookedFrom = down;
      return false;
    }
    if (this.#search.end() && !base.isSearching) this.#onProgress();
    return true;
  }

  #takeShifts(): void {
    const base = this.#base;
    if (this.#baseShifts === base.shifts) return;
    this.#baseShifts = base.shifts;
    this.#older = new MatchColumn();
    this.#kept = new MatchColumn();
    this.#lookedFrom = this.#lookedTo = base.end;
    this.shifts++;
  }

  #look(ordinal: number, into: MatchColumn): void {
    const row = this.#store.spans.rowOf(ordinal);
    const segment = this.#store.spans.segments[row >>> SEGMENT_BITS];
    // Evicted since the base was brought up to date.
    if (segment === undefined || ordinal < this.#store.spans.begin) return;
    const slot = row & SLOT_MASK;
    const durationNs = spanDurationNs(this.#store, row);
    if (this.#brush.has(segment.startHi[slot], segment.startLo[slot], durationNs)) {
      into.push(ordinal, 0);
    }
  }

  #dropEvicted(): void {
    const { begin } = this.#store.spans;
    const older = this.#older;
    while (older.length > 0 && older.ordinalAt(older.end - 1) < begin) older.pop();
    if (older.length > 0) return;
    const kept = this.#kept;
    while (kept.length > 0 && kept.ordinalAt(kept.first) < begin) kept.shift();
  }
}
