/** Trace rows in order of first sight. What is removed leaves a hole until the list is read again. */
export class TraceList {
  rows: Int32Array = new Int32Array(1024);
  length = 0;
  #holes = 0;

  get bytes(): number {
    return this.rows.byteLength;
  }

  /** Returns the place of the row. */
  push(row: number): number {
    if (this.length === this.rows.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    this.rows[this.length] = row;
    return this.length++;
  }

  remove(place: number): void {
    this.rows[place] = -1;
    this.#holes++;
  }

  /** Moves rows together and tells the new place of each. */
  closeHoles(moved: (row: number, place: number) => void): void {
    if (this.#holes === 0) return;
    let kept = 0;
    for (let place = 0; place < this.length; place++) {
      const row = this.rows[place];
      if (row === -1) continue;
      this.rows[kept] = row;
      moved(row, kept++);
    }
    this.length = kept;
    this.#holes = 0;
  }
}
