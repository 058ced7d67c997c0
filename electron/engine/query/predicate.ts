/**
 * A plan bound to a store: predicates that narrow lists of slots of one segment.
 *
 * ```
 *   slots   3 4 5 6 7 8 9      select ─▶   4 7 9 | …      returns 3: the rest is of no meaning
 * ```
 * Whole blocks of rows go through each step before the next one, so that a step is a tight loop over
 * a column. Nothing here may be kept across a change of the store but what `Epoch` guards.
 */
import type { ItemColumns, StoreRead } from '../store/schema.ts';
import { testText } from './value-test.ts';
import type { FieldMatch } from './plan.ts';

export interface Predicate<S extends ItemColumns> {
  /**
   * Moves those of the first `count` slots that hold to the front, in their order. Returns how many.
   */
  select(segment: S, slots: Int32Array, count: number): number;
}

/** Tells whether rows may have been reused since the last look. */
export class Epoch {
  /** Changes when the store did; below 2^27. */
  stamp = 0;
  readonly #store: StoreRead;
  #spans = -1;
  #logs = -1;
  #points = -1;

  constructor(store: StoreRead) {
    this.#store = store;
  }

  /** To be called before rows are looked at. */
  refresh(): void {
    const { spans, logs, points } = this.#store;
    if (
      spans.generation === this.#spans &&
      logs.generation === this.#logs &&
      points.generation === this.#points
    ) {
      return;
    }
    this.#spans = spans.generation;
    this.#logs = logs.generation;
    this.#points = points.generation;
    this.stamp = (this.stamp + 1) & 0x7ffffff;
  }
}

/**
 * Verdicts by row of a table that interns: each distinct string, resource or scope is judged once.
 * Rows are reused, so that after a change of the store a verdict counts only if what the row holds is
 * still the same.
 */
export abstract class RowVerdicts {
  readonly #epoch: Epoch;
  /** stamp << 4 | verdict. */
  #entries = new Int32Array(256).fill(-1);
  readonly #held: unknown[] = [];

  constructor(epoch: Epoch) {
    this.#epoch = epoch;
  }

  /** What tells that a row holds the same as before: compared with ===. */
  protected abstract held(row: number): unknown;
  /** The verdict, 0 to 15. */
  protected abstract judge(row: number): number;

  of(row: number): number {
    const entry = row < this.#entries.length ? this.#entries[row] : -1;
    if (entry >>> 4 === this.#epoch.stamp && entry !== -1) return entry & 15;
    return this.#look(row, entry);
  }

  #look(row: number, entry: number): number {
    if (row >= this.#entries.length) {
      const larger = new Int32Array(Math.max(row + 1, this.#entries.length * 2)).fill(-1);
      larger.set(this.#entries);
      this.#entries = larger;
    }
    const held = this.held(row);
    const verdict = entry !== -1 && this.#held[row] === held ? entry & 15 : this.judge(row);
    this.#held[row] = held;
    this.#entries[row] = (this.#epoch.stamp << 4) | verdict;
    return verdict;
  }
}

/** Whether a text, null when the item has none, fits. */
export function fitsText(match: FieldMatch, text: string | null): boolean {
  if (text === null) return false;
  if (match.test === null) return true;
  return testText(match.test, text) === (match.verdict === 'holds');
}

/** A predicate that looks at one row at a time. */
export abstract class RowPredicate<S extends ItemColumns> implements Predicate<S> {
  protected abstract test(segment: S, slot: number): boolean;

  select(segment: S, slots: Int32Array, count: number): number {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      if (this.test(segment, slot)) slots[kept++] = slot;
    }
    return kept;
  }
}

export class AllOf<S extends ItemColumns> implements Predicate<S> {
  readonly #items: readonly Predicate<S>[];

  constructor(items: readonly Predicate<S>[]) {
    this.#items = items;
  }

  select(segment: S, slots: Int32Array, count: number): number {
    let kept = count;
    for (const item of this.#items) {
      if (kept === 0) break;
      kept = item.select(segment, slots, kept);
    }
    return kept;
  }
}

/** Slots in `all` that are not in `some`, which has the same order; written over `all`. */
function without(all: Int32Array, allCount: number, some: Int32Array, someCount: number): number {
  let kept = 0;
  let next = 0;
  for (let i = 0; i < allCount; i++) {
    if (next < someCount && some[next] === all[i]) next++;
    else all[kept++] = all[i];
  }
  return kept;
}

function copyTo(
  buffer: Int32Array<ArrayBuffer>,
  slots: Int32Array,
  count: number,
): Int32Array<ArrayBuffer> {
  const copy = buffer.length < count ? new Int32Array(Math.max(count, buffer.length * 2)) : buffer;
  for (let i = 0; i < count; i++) copy[i] = slots[i];
  return copy;
}

export class NoneOf<S extends ItemColumns> implements Predicate<S> {
  readonly #item: Predicate<S>;
  #copy = new Int32Array(64);

  constructor(item: Predicate<S>) {
    this.#item = item;
  }

  select(segment: S, slots: Int32Array, count: number): number {
    const copy = (this.#copy = copyTo(this.#copy, slots, count));
    const found = this.#item.select(segment, copy, count);
    return without(slots, count, copy, found);
  }
}

/** Each alternative looks only at what those before it left over. */
export class AnyOf<S extends ItemColumns> implements Predicate<S> {
  readonly #items: readonly Predicate<S>[];
  #rest = new Int32Array(64);
  #copy = new Int32Array(64);

  constructor(items: readonly Predicate<S>[]) {
    this.#items = items;
  }

  select(segment: S, slots: Int32Array, count: number): number {
    const rest = (this.#rest = copyTo(this.#rest, slots, count));
    let left = count;
    for (const item of this.#items) {
      if (left === 0) break;
      const copy = (this.#copy = copyTo(this.#copy, rest, left));
      const found = item.select(segment, copy, left);
      left = without(rest, left, copy, found);
    }
    return without(slots, count, rest, left);
  }
}

export class Everything<S extends ItemColumns> implements Predicate<S> {
  select(_segment: S, _slots: Int32Array, count: number): number {
    return count;
  }
}

export class Nothing<S extends ItemColumns> implements Predicate<S> {
  select(): number {
    return 0;
  }
}
