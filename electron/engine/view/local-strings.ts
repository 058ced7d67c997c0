/** Renumbers store strings for one frame, in order of first use. */
import type { StringTable } from '../store/schema.ts';

/** Store rows that are looked up in an array: names and services of nearly every capture. */
const TABLE_ROWS = 1 << 16;

export class LocalStrings {
  readonly #strings: StringTable;
  /** Local number + 1 by store row, 0 where none was given; a Map above TABLE_ROWS. */
  #table = new Int32Array(64);
  readonly #beyond = new Map<number, number>();
  readonly #byText = new Map<string, number>();
  readonly #all: string[] = [];

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** The texts so far. A live view. */
  get all(): readonly string[] {
    return this.#all;
  }

  /** The number of a store string; -1 for row -1. */
  of(row: number): number {
    if (row === -1) return -1;
    const known = row < this.#table.length ? this.#table[row] : (this.#beyond.get(row) ?? 0);
    return known === 0 ? this.#add(row) : known - 1;
  }

  /** Puts numbers in the place of store rows, entry by entry, the one column's before the other's. */
  renumber(first: Int32Array, second: Int32Array): void {
    let table = this.#table;
    for (let i = 0; i < first.length; i++) {
      const a = first[i] >= 0 && first[i] < table.length ? table[first[i]] : 0;
      const b = second[i] >= 0 && second[i] < table.length ? table[second[i]] : 0;
      if (a === 0 || b === 0) {
        first[i] = this.of(first[i]);
        second[i] = this.of(second[i]);
        table = this.#table;
      } else {
        first[i] = a - 1;
        second[i] = b - 1;
      }
    }
  }

  #add(row: number): number {
    const local = this.ofText(this.#strings.get(row));
    if (row >= TABLE_ROWS) {
      this.#beyond.set(row, local + 1);
      return local;
    }
    if (row >= this.#table.length) {
      const table = new Int32Array(Math.min(TABLE_ROWS, 2 ** Math.ceil(Math.log2(row + 1))));
      table.set(this.#table);
      this.#table = table;
    }
    this.#table[row] = local + 1;
    return local;
  }

  /** The number of a text that is not in the store's table. */
  ofText(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const local = this.#all.length;
    this.#byText.set(text, local);
    this.#all.push(text);
    return local;
  }
}
