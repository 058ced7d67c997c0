/** Renumbers store strings for one frame, in order of first use. */
import type { StringTable } from '../store/schema.ts';

export class LocalStrings {
  readonly #strings: StringTable;
  readonly #byRow = new Map<number, number>();
  readonly #byText = new Map<string, number>();
  readonly #all: string[] = [];
  #lastRow = -1;
  #lastLocal = -1;

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** The texts so far. A live view. */
  get all(): readonly string[] {
    return this.#all;
  }

  /** The number of a store string; -1 for row -1. */
  of(row: number): number {
    if (row === this.#lastRow) return this.#lastLocal;
    if (row === -1) return -1;
    let local = this.#byRow.get(row);
    if (local === undefined) {
      local = this.ofText(this.#strings.get(row));
      this.#byRow.set(row, local);
    }
    this.#lastRow = row;
    this.#lastLocal = local;
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
