/** The ordinals of what matches, in the order in which they were found. */

const CHUNK_BITS = 13;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;

interface Chunk {
  readonly ordinals: Float64Array;
  readonly bytes: Uint8Array;
}

/**
 * Ordinals of matches with a byte each that the list gives a meaning (the severity level of a log
 * record), 9 bytes together, in chunks that are freed as the list is cut.
 */
export class MatchColumn {
  readonly #chunks: (Chunk | undefined)[] = [];
  /** Entries [first, end) are in the list. */
  first = 0;
  end = 0;

  get length(): number {
    return this.end - this.first;
  }

  ordinalAt(at: number): number {
    return this.#chunk(at).ordinals[at & CHUNK_MASK];
  }

  byteAt(at: number): number {
    return this.#chunk(at).bytes[at & CHUNK_MASK];
  }

  push(ordinal: number, byte: number): void {
    const number = this.end >>> CHUNK_BITS;
    const chunk = (this.#chunks[number] ??= {
      ordinals: new Float64Array(CHUNK_SIZE),
      bytes: new Uint8Array(CHUNK_SIZE),
    });
    chunk.ordinals[this.end & CHUNK_MASK] = ordinal;
    chunk.bytes[this.end & CHUNK_MASK] = byte;
    this.end++;
  }

  /** Takes the last entry off; returns its byte. */
  pop(): number {
    const last = this.end - 1;
    const byte = this.#chunk(last).bytes[last & CHUNK_MASK];
    this.end = last;
    if ((this.end & CHUNK_MASK) === 0) this.#chunks.length = this.end >>> CHUNK_BITS;
    return byte;
  }

  /** Takes the first entry off; returns its byte. */
  shift(): number {
    const byte = this.#chunk(this.first).bytes[this.first & CHUNK_MASK];
    this.first++;
    if ((this.first & CHUNK_MASK) === 0) this.#chunks[(this.first >>> CHUNK_BITS) - 1] = undefined;
    return byte;
  }

  #chunk(at: number): Chunk {
    const chunk = this.#chunks[at >>> CHUNK_BITS];
    if (chunk === undefined || at < this.first || at >= this.end) {
      throw new RangeError(`${at} is not in [${this.first}, ${this.end})`);
    }
    return chunk;
  }
}
