/**
 * Where the bytes of export requests lie: slabs, in one chain per signal, oldest first.
 *
 * ```
 *   chain  [ slab ][ slab ][ open slab: body body body ·····free····· ]
 * ```
 * A slab is the unit of eviction. Evicted slabs of the usual size wait in a pool shared by the
 * signals, because fresh memory doubles the cost of keeping a body (page faults). A body larger than
 * a slab has one of its own.
 */

import type { Pages } from './pages.ts';

export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
  /** Rows in the batch table, in order of arrival. */
  readonly batches: number[];
  /** Ordinal one past its last item, in the table of its signal. */
  endOrdinal: number;
  /** False once it is evicted. */
  live: boolean;
}

/** Evicted slabs that wait for the next body. */
export class SlabPool {
  readonly slabBytes: number;
  readonly #pages: Pages;
  readonly #spare: Uint8Array[] = [];

  constructor(slabBytes: number, pages: Pages) {
    this.slabBytes = slabBytes;
    this.#pages = pages;
  }

  get bytes(): number {
    return this.#spare.length * this.slabBytes;
  }

  get isEmpty(): boolean {
    return this.#spare.length === 0;
  }

  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(this.#pages.take(this.slabBytes));
  }

  give(bytes: Uint8Array): void {
    if (bytes.length === this.slabBytes) this.#spare.push(bytes);
  }

  /** Gives a spare slab back to the system; false when there is none. */
  drop(): boolean {
    if (this.#spare.pop() === undefined) return false;
    this.#pages.release(this.slabBytes);
    return true;
  }
}

export class SlabChain {
  /** Oldest first. */
  readonly slabs: Slab[] = [];
  /** Bytes of all slabs, and of the bodies in them. */
  bytes = 0;
  rawBytes = 0;
  readonly #pool: SlabPool;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** Whether the open slab takes a body of this size. */
  fits(byteLength: number): boolean {
    const last = this.slabs[this.slabs.length - 1];
    return last !== undefined && last.used + byteLength <= last.bytes.length;
  }

  /** Copies a body to the tail of the chain; it stands at [slab.used - byteLength, slab.used). */
  write(chunks: readonly Uint8Array[], byteLength: number, endOrdinal: number): Slab {
    const slab = this.fits(byteLength)
      ? this.slabs[this.slabs.length - 1]
      : this.#open(byteLength, endOrdinal);
    let at = slab.used;
    for (const chunk of chunks) {
      slab.bytes.set(chunk, at);
      at += chunk.length;
    }
    slab.used = at;
    this.rawBytes += byteLength;
    return slab;
  }

  /** Gives back the last `byteLength` bytes written. An empty slab stays open unless it is oversized. */
  unwrite(slab: Slab, byteLength: number): void {
    slab.used -= byteLength;
    this.rawBytes -= byteLength;
    if (slab.used === 0 && slab.bytes.length > this.#pool.slabBytes) this.#close(slab);
  }

  /** Takes the oldest slab away. Its bytes are given to the pool: read them before. */
  removeOldest(): Slab {
    const slab = this.slabs[0];
    this.rawBytes -= slab.used;
    this.#close(slab);
    return slab;
  }

  #open(byteLength: number, endOrdinal: number): Slab {
    const isUsual = byteLength <= this.#pool.slabBytes;
    const bytes = isUsual ? this.#pool.take() : new Uint8Array(byteLength);
    const slab: Slab = { bytes, used: 0, batches: [], endOrdinal, live: true };
    this.slabs.push(slab);
    this.bytes += bytes.length;
    return slab;
  }

  #close(slab: Slab): void {
    slab.live = false;
    this.slabs.splice(this.slabs.indexOf(slab), 1);
    this.bytes -= slab.bytes.length;
    this.#pool.give(slab.bytes);
  }
}
