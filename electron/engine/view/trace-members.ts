/** Members of a set of traces: which rows they are at, in their order, and what changed lately. */
import { ChangeRing } from '../store/change-ring.ts';
import type { TraceTable } from '../store/schema.ts';

/** Rows in the order newest first seen on top. A live view, valid until the next `refresh`. */
export interface NewestOrder {
  readonly length: number;
  rowAt(i: number): number;
  ordinalAt(i: number): number;
}

/** See TraceTable.changesSince. */
export interface Changes {
  readonly rows: Int32Array;
  readonly cursor: number;
  readonly overflow: boolean;
}

/** Which rows are in a set, in order, and what changed lately. */
export class TraceMembers {
  readonly #traces: TraceTable;
  /** Ordinal of the member at a row; -1 where there is none. */
  #ordinalOf = new Float64Array(1024).fill(-1);
  readonly #ring = new ChangeRing();
  /** Newest first; brought up to date by `newest`. */
  #rows: number[] = [];
  #ordinals: number[] = [];
  #fresh: number[] = [];
  #hasRemoved = false;
  count = 0;
  entered = 0;

  constructor(traces: TraceTable) {
    this.#traces = traces;
  }

  has(row: number): boolean {
    if (row >= this.#ordinalOf.length || this.#traces.spanCountOf(row) === 0) return false;
    return this.#ordinalOf[row] === this.#traces.ordinalOf(row);
  }

  /** Takes the trace at `row` in, or takes out what was there. */
  set(row: number, isMember: boolean): void {
    const before = row < this.#ordinalOf.length ? this.#ordinalOf[row] : -1;
    const ordinal = isMember ? this.#traces.ordinalOf(row) : -1;
    if (before === -1 && ordinal === -1) return;
    this.#ring.push(row);
    if (before === ordinal) return;
    if (row >= this.#ordinalOf.length) this.#grow(row);
    this.#ordinalOf[row] = ordinal;
    if (before !== -1) {
      this.count--;
      this.#hasRemoved = true;
    }
    if (ordinal === -1) return;
    this.count++;
    this.entered++;
    this.#fresh.push(row);
  }

  changesSince(cursor: number): Changes {
    return this.#ring.since(cursor);
  }

  /** Merges what came in and closes the holes of what left. O(members) after a change. */
  newest(): NewestOrder {
    if (this.#fresh.length > 0 || this.#hasRemoved) this.#merge();
    const rows = this.#rows;
    const ordinals = this.#ordinals;
    return { length: rows.length, rowAt: (i) => rows[i], ordinalAt: (i) => ordinals[i] };
  }

  held(): NewestOrder {
    const { length, rowAt, ordinalAt } = this.newest();
    const isIn = (row: number, ordinal: number): boolean =>
      this.has(row) && this.#ordinalOf[row] === ordinal;
    return { length, rowAt: (i) => (isIn(rowAt(i), ordinalAt(i)) ? rowAt(i) : -1), ordinalAt };
  }

  #merge(): void {
    const ordinalOf = this.#ordinalOf;
    const fresh = [...new Set(this.#fresh)]
      .filter((row) => ordinalOf[row] !== -1)
      .sort((a, b) => ordinalOf[b] - ordinalOf[a]);
    const rows: number[] = [];
    const ordinals: number[] = [];
    const keep = (row: number, ordinal: number): void => {
      rows.push(row);
      ordinals.push(ordinal);
    };
    let next = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      const ordinal = this.#ordinals[i];
      for (; next < fresh.length && ordinalOf[fresh[next]] > ordinal; next++) {
        keep(fresh[next], ordinalOf[fresh[next]]);
      }
      // Taken out and in again between two merges: it is in the old list and in the fresh one.
      if (next < fresh.length && ordinalOf[fresh[next]] === ordinal) next++;
      if (ordinalOf[this.#rows[i]] === ordinal) keep(this.#rows[i], ordinal);
    }
    for (; next < fresh.length; next++) keep(fresh[next], ordinalOf[fresh[next]]);
    this.#rows = rows;
    this.#ordinals = ordinals;
    this.#fresh = [];
    this.#hasRemoved = false;
  }

  #grow(row: number): void {
    const larger = new Float64Array(2 ** Math.ceil(Math.log2(row + 1))).fill(-1);
    larger.set(this.#ordinalOf);
    this.#ordinalOf = larger;
  }
}
