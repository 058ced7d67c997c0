/**
 * The columns of one segment, cut out of one buffer. Each begins 192 bytes further into its page than
 * the one before: columns that all began at a page's start would fall into the same few cache sets, and
 * writing one row would throw its own other columns out of the cache.
 */
import type { Pages } from './pages.ts';

const STAGGER_BYTES = 192;
const MAX_COLUMNS = 32;

export class Columns {
  readonly #rows: number;
  readonly #buffer: SharedArrayBuffer;
  #at = 0;

  /** Room for `rows` rows of `rowBytes` bytes over all columns. */
  constructor(rows: number, rowBytes: number, pages: Pages) {
    this.#rows = rows;
    this.#buffer = pages.take(rows * rowBytes + MAX_COLUMNS * STAGGER_BYTES);
  }

  int32(): Int32Array {
    return new Int32Array(this.#buffer, this.#take(4), this.#rows);
  }

  uint32(): Uint32Array {
    return new Uint32Array(this.#buffer, this.#take(4), this.#rows);
  }

  float64(): Float64Array {
    return new Float64Array(this.#buffer, this.#take(8), this.#rows);
  }

  uint16(): Uint16Array {
    return new Uint16Array(this.#buffer, this.#take(2), this.#rows);
  }

  uint8(): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(1), this.#rows);
  }

  #take(bytesPerRow: number): number {
    const at = this.#at;
    this.#at += this.#rows * bytesPerRow + STAGGER_BYTES;
    return at;
  }
}
