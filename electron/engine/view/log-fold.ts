/**
 * A log list in which repeats are one row: neighbours in the list with equal body, service and
 * severity, each within a second of the one before. Their row shows the first of them.
 *
 * ```
 *   base      a a a b a a          positions of records
 *   folded    a×3   b a×2          starts 0 3 4; a run ends where the next begins
 * ```
 * Like the list below it, it grows both ways: what arrives is looked at first, older records from the
 * newest down, in slices. A run is not followed across the place where the list was opened empty.
 */
import { diffNs } from '../../../proto/units.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { logBodyRange } from '../wire/log-body.ts';
import type { LogList } from './log-list.ts';
import { MatchColumn } from './match-column.ts';
import type { Runtime } from './runtime.ts';
import { SlicedSearch } from './sliced-search.ts';

const REPEAT_NS = 1e9;
/** Records looked at between two looks at the clock. */
const RECORDS_PER_STEP = 64;

export class FoldedLogs implements LogList {
  readonly #store: StoreRead;
  readonly #base: LogList;
  readonly #search: SlicedSearch;
  readonly #onProgress: () => void;
  /** First base position of each run: of those before the origin, newest first, and of the others. */
  #older = new MatchColumn();
  #newer = new MatchColumn();
  #origin = 0;
  /** Base positions in [lookedFrom, lookedTo) have their run. */
  #lookedFrom = 0;
  #lookedTo = 0;
  #baseShifts = -1;
  shifts = 0;

  constructor(store: StoreRead, base: LogList, runtime: Runtime, onProgress: () => void) {
    this.#store = store;
    this.#base = base;
    this.#search = new SlicedSearch(runtime, () => this.#step());
    this.#onProgress = onProgress;
    this.refresh();
  }

  get begin(): number {
    return this.#older.length > 0
      ? this.#origin - this.#older.length
      : this.#origin + this.#newer.first;
  }

  get end(): number {
    return this.#origin + this.#newer.end;
  }

  get levels(): readonly number[] {
    return this.#base.levels;
  }

  get isSearching(): boolean {
    return this.#search.isRunning || this.#base.isSearching;
  }

  /** The list of records below, for what counts records. */
  get records(): LogList {
    return this.#base;
  }

  ordinalAt(position: number): number {
    return this.#base.ordinalAt(this.#startOf(position));
  }

  levelAt(position: number): number {
    return this.#base.levelAt(this.#startOf(position));
  }

  repeatsAt(position: number): number {
    const next = position + 1 < this.end ? this.#startOf(position + 1) : this.#lookedTo;
    return next - this.#startOf(position);
  }

  refresh(): void {
    const base = this.#base;
    base.refresh();
    if (base.shifts !== this.#baseShifts) this.#startOver();
    this.#dropEvicted();
    this.#search.run();
  }

  close(): void {
    this.#search.close();
    this.#base.close();
  }

  #startOver(): void {
    const base = this.#base;
    this.#baseShifts = base.shifts;
    this.#older = new MatchColumn();
    this.#newer = new MatchColumn();
    this.#origin = this.#lookedFrom = this.#lookedTo = base.end;
    this.shifts++;
  }

  /** First base position of the row: of its run as far as it is in memory. */
  #startOf(position: number): number {
    const start =
      position < this.#origin
        ? this.#older.ordinalAt(this.#origin - 1 - position)
        : this.#newer.ordinalAt(position - this.#origin);
    return Math.max(start, this.#base.begin);
  }

  #step(): boolean {
    const base = this.#base;
    if (base.shifts !== this.#baseShifts) this.#startOver();
    this.#dropEvicted();
    if (this.#lookedTo < base.end) {
      const to = Math.min(this.#lookedTo + RECORDS_PER_STEP, base.end);
      for (; this.#lookedTo < to; this.#lookedTo++) this.#lookAbove(this.#lookedTo);
      return false;
    }
    if (this.#lookedFrom > base.begin) {
      const to = Math.max(this.#lookedFrom - RECORDS_PER_STEP, base.begin);
      while (this.#lookedFrom > to) this.#lookBelow(--this.#lookedFrom);
      return false;
    }
    if (this.#search.end()) this.#onProgress();
    return true;
  }

  /** A record at the upper end: of the last run, or the first of another. */
  #lookAbove(position: number): void {
    const hasRun = position > this.#lookedFrom && position > this.#base.begin;
    if (!hasRun || !this.#isRepeat(position - 1, position)) this.#newer.push(position, 0);
  }

  /** A record at the lower end: the run above begins with it, or it is one of its own. */
  #lookBelow(position: number): void {
    const older = this.#older;
    if (older.length > 0 && this.#isRepeat(position, position + 1)) older.pop();
    older.push(position, 0);
  }

  #dropEvicted(): void {
    const { begin } = this.#base;
    this.#lookedFrom = Math.max(this.#lookedFrom, Math.min(begin, this.#lookedTo));
    this.#lookedTo = Math.max(this.#lookedTo, begin);
    while (this.#isFirstGone(begin)) {
      if (this.#older.length > 0) this.#older.pop();
      else this.#newer.shift();
    }
  }

  /** Whether all records of the first row are evicted. */
  #isFirstGone(begin: number): boolean {
    const first = this.begin;
    if (first >= this.end) return false;
    const next = first + 1;
    if (next >= this.end) return this.#lookedTo <= begin;
    const start =
      next < this.#origin
        ? this.#older.ordinalAt(this.#origin - 1 - next)
        : this.#newer.ordinalAt(next - this.#origin);
    return start <= begin;
  }

  #isRepeat(before: number, after: number): boolean {
    const { logs, resources } = this.#store;
    const a = logs.rowOf(this.#base.ordinalAt(before));
    const b = logs.rowOf(this.#base.ordinalAt(after));
    const one = logs.segments[a >>> SEGMENT_BITS];
    const other = logs.segments[b >>> SEGMENT_BITS];
    if (one === undefined || other === undefined) return false;
    const i = a & SLOT_MASK;
    const j = b & SLOT_MASK;
    if (one.severity[i] !== other.severity[j]) return false;
    const gapNs = diffNs(other.timeHi[j], other.timeLo[j], one.timeHi[i], one.timeLo[i]);
    if (Math.abs(gapNs) > REPEAT_NS) return false;
    if (resources.service(one.resourceOf(i)) !== resources.service(other.resourceOf(j))) {
      return false;
    }
    return this.#bodyOf(a, 0) && this.#bodyOf(b, 1) && areEqual(this.#bodies[0], this.#bodies[1]);
  }

  readonly #bodies: [Uint8Array, Uint8Array] = [NO_BYTES, NO_BYTES];

  /** Reads the encoded body of a row; false when it has none. */
  #bodyOf(row: number, into: 0 | 1): boolean {
    const { logs, batches } = this.#store;
    const segment = logs.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) return false;
    const slot = row & SLOT_MASK;
    const bytes = batches.bytesOf(segment.batchOf(slot), segment.offset[slot]);
    const range = logBodyRange(bytes);
    if (range === null) return false;
    this.#bodies[into] = bytes.subarray(range.start, range.end);
    return true;
  }
}

const NO_BYTES = new Uint8Array(0);

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
