/** The rows that changed lately, oldest forgotten first. */

/** Changes that can be told without overflow. */
const RING = 1 << 16;

export class ChangeRing {
  readonly #rows = new Int32Array(RING);
  #count = 0;

  get bytes(): number {
    return this.#rows.byteLength;
  }

  push(row: number): void {
    this.#rows[this.#count++ % RING] = row;
  }

  /** See TraceTable.changesSince. The rows are a copy, oldest first. */
  since(cursor: number): {
    readonly rows: Int32Array;
    readonly cursor: number;
    readonly overflow: boolean;
  } {
    const missed = this.#count - cursor;
    const count = Math.min(missed, RING);
    const rows = new Int32Array(count);
    for (let i = 0; i < count; i++) rows[i] = this.#rows[(this.#count - count + i) % RING];
    return { rows, cursor: this.#count, overflow: missed > RING };
  }
}
