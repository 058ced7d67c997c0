/** Export requests as they are kept: where each lies, when it arrived, which rows it has. */
import type { Slab } from './slabs.ts';
import type { BatchTable } from './schema.ts';

/** Bytes of bookkeeping for one batch. */
const BATCH_BYTES = 64;

export class Batches implements BatchTable {
  /** Number of the next batch in order of arrival over all signals. */
  nextSequence = 1;
  readonly #slab: (Slab | undefined)[] = [];
  #start = new Uint32Array(1024);
  #length = new Uint32Array(1024);
  #items = new Uint32Array(1024);
  #superseded = new Uint32Array(1024);
  #arrival = new Float64Array(1024);
  #sequence = new Float64Array(1024);
  #origin = new Float64Array(1024);
  #firstOrdinal = new Float64Array(1024);
  readonly #free: number[] = [];

  get bytes(): number {
    return this.#arrival.length * BATCH_BYTES;
  }

  bytesOf(batch: number, offset: number, length: number): Uint8Array {
    return this.slabOf(batch).bytes.subarray(offset, offset + length);
  }

  slabBytes(batch: number): Uint8Array {
    return this.slabOf(batch).bytes;
  }

  arrivalMs(batch: number): number {
    return this.#arrival[batch];
  }

  slabOf(batch: number): Slab {
    return this.#slab[batch] as Slab;
  }

  /** Where the body starts in its slab. */
  start(batch: number): number {
    return this.#start[batch];
  }

  length(batch: number): number {
    return this.#length[batch];
  }

  /** Items with a row, or profiles; superseded spans are among them. */
  items(batch: number): number {
    return this.#items[batch];
  }

  superseded(batch: number): number {
    return this.#superseded[batch];
  }

  noteSuperseded(batch: number): void {
    this.#superseded[batch]++;
  }

  sequence(batch: number): number {
    return this.#sequence[batch];
  }

  /** For a batch of pinned items that were moved: the newest batch they come from. Otherwise -1. */
  origin(batch: number): number {
    return this.#origin[batch];
  }

  firstOrdinal(batch: number): number {
    return this.#firstOrdinal[batch];
  }

  /** Adds a batch that ends where its slab is used up to. */
  add(slab: Slab, length: number, arrivalMs: number, firstOrdinal: number, origin: number): number {
    const batch = this.#free.pop() ?? this.#slab.length;
    if (batch === this.#start.length) this.#grow();
    this.#slab[batch] = slab;
    this.#start[batch] = slab.used - length;
    this.#length[batch] = length;
    this.#items[batch] = 0;
    this.#superseded[batch] = 0;
    this.#arrival[batch] = arrivalMs;
    this.#sequence[batch] = this.nextSequence++;
    this.#origin[batch] = origin;
    this.#firstOrdinal[batch] = firstOrdinal;
    slab.batches.push(batch);
    return batch;
  }

  /** Completes a batch when its rows are there and its bytes are final. */
  settle(batch: number, length: number, items: number): void {
    this.#length[batch] = length;
    this.#items[batch] = items;
  }

  remove(batch: number): void {
    this.#slab[batch] = undefined;
    this.#free.push(batch);
  }

  #grow(): void {
    const words = (column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(column.length * 2);
      larger.set(column);
      return larger;
    };
    const doubles = (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(column.length * 2);
      larger.set(column);
      return larger;
    };
    this.#start = words(this.#start);
    this.#length = words(this.#length);
    this.#items = words(this.#items);
    this.#superseded = words(this.#superseded);
    this.#arrival = doubles(this.#arrival);
    this.#sequence = doubles(this.#sequence);
    this.#origin = doubles(this.#origin);
    this.#firstOrdinal = doubles(this.#firstOrdinal);
  }
}
