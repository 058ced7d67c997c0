/**
 * What was received, for completion: read lazily from the rows that are in memory, newest first, a
 * few at a time, and kept up to date by reading what came since.
 *
 * ```
 *   begin          low ◄─── read later ─── [low, high) ─── read next ───► end
 * ```
 * Columns are read of every row. Bytes are read of a bounded number of rows a group (a service and a
 * span name, or a service, scope and severity), so that rare groups are not missed.
 */
import { SEGMENT_BITS, SLOT_MASK, type ItemColumns, type Table } from '../store/schema.ts';

/** Rows that one step reads: well below a millisecond even when the bytes of all are read. */
const STEP_ROWS = 256;
/** New rows above this are not caught up with: reading starts over from the newest. */
const MAX_NEW_ROWS = 200_000;

/** Reads the rows of one table in steps. */
export abstract class RowReader<S extends ItemColumns> {
  readonly #table: Table<S>;
  #low = -1;
  #high = -1;

  constructor(table: Table<S>) {
    this.#table = table;
  }

  /** Forgets what was read. */
  protected abstract restart(): void;
  /** Reads rows of a segment whose slots are in [from, to). */
  protected abstract read(segment: S, from: number, to: number): void;

  /** Whether every row in memory was read, and none that is gone. */
  get isExact(): boolean {
    const { begin, end } = this.#table;
    return this.#high === end && this.#low === begin;
  }

  /** Reads some more rows; true when there are none left. */
  step(): boolean {
    const { begin, end } = this.#table;
    // What was read of rows that are gone is forgotten once it is a quarter of everything.
    const isStale = begin > this.#low + (this.#high - this.#low) / 4;
    if (this.#high === -1 || isStale || end - this.#high > MAX_NEW_ROWS) {
      this.#low = end;
      this.#high = end;
      this.restart();
    }
    if (this.#high < end) this.#high = this.#readFrom(this.#high, end);
    else if (this.#low > begin) {
      const from = Math.max(begin, this.#low - STEP_ROWS);
      for (let at = from; at < this.#low;) at = this.#readFrom(at, this.#low);
      this.#low = from;
    }
    return this.#high === end && this.#low <= begin;
  }

  /** Reads rows from an ordinal on, of one segment; returns the first ordinal that is not read. */
  #readFrom(ordinal: number, until: number): number {
    const row = this.#table.rowOf(ordinal);
    const segment = this.#table.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) return until;
    const slot = row & SLOT_MASK;
    const to = Math.min(segment.count, slot + Math.min(STEP_ROWS, until - ordinal));
    if (to <= slot) return until;
    this.read(segment, slot, to);
    return ordinal + to - slot;
  }
}

const QUOTA_GROUPS = 4096;

/** Lets a bounded number of rows of each group through. Groups that hash alike share theirs. */
export class Quota {
  readonly #left = new Uint16Array(QUOTA_GROUPS);
  readonly #rows: number;
  /** A row was turned down. */
  isUsedUp = false;

  constructor(rowsPerGroup: number) {
    this.#rows = rowsPerGroup;
    this.refill();
  }

  refill(): void {
    this.#left.fill(this.#rows);
    this.isUsedUp = false;
  }

  /** Whether a row of this group may be read. */
  take(a: number, b: number): boolean {
    const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
    const group = (mixed ^ (mixed >>> 15)) & (QUOTA_GROUPS - 1);
    if (this.#left[group] === 0) {
      this.isUsedUp = true;
      return false;
    }
    this.#left[group]--;
    return true;
  }
}

/** Counts by row of another table, as large as the largest row. */
export class RowCounts {
  #counts = new Uint32Array(256);

  add(row: number): void {
    if (row >= this.#counts.length) {
      const larger = new Uint32Array(Math.max(row + 1, this.#counts.length * 2));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[row]++;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  /** The rows that were counted, the most frequent first, at most `limit`. */
  top(limit: number): { readonly row: number; readonly count: number }[] {
    const found: { row: number; count: number }[] = [];
    this.#counts.forEach((count, row) => {
      if (count > 0) found.push({ row, count });
    });
    return found.sort((a, b) => b.count - a.count).slice(0, limit);
  }
}
