/** What the decoders written in script share: work in slices, and the two ways to fail. */

/** A decoder at work: it yields every few milliseconds and returns the bytes. Throws to refuse. */
export type Slices = Generator<undefined, Uint8Array, undefined>;

/** Output of one slice: 10 ms at the 100 MB/s of the slowest decoder. */
export const SLICE_BYTES = 1024 * 1024;

/** The output does not fit into the limit. */
export class PastLimit extends Error {
  constructor() {
    super('the output is larger than the limit');
    this.name = 'PastLimit';
  }
}

/** Output that comes in parts, under a limit for all of them. */
export class Parts {
  readonly #parts: Uint8Array[] = [];
  readonly #maxBytes: number;
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get total(): number {
    return this.#total;
  }

  /** Bytes that still fit. */
  get left(): number {
    return this.#maxBytes - this.#total;
  }

  /** Keeps a part, which is the caller's no more. Throws PastLimit. */
  add(part: Uint8Array): void {
    this.#total += part.byteLength;
    if (this.#total > this.#maxBytes) throw new PastLimit();
    this.#parts.push(part);
  }

  /** All parts in order: the one itself when there is one. */
  join(): Uint8Array {
    const [only] = this.#parts;
    if (this.#parts.length === 1 && only !== undefined) return only;
    return Buffer.concat(this.#parts, this.#total);
  }
}
