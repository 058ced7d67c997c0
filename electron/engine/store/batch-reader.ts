/** Reads the kept requests of some signals, oldest first, while the store goes on changing. */
import type { Signal } from '../../../proto/otlp/signal.ts';
import { stripItems } from '../wire/rewrite.ts';
import type { Batches } from './batch-table.ts';
import { SLOT_MASK } from './schema.ts';
import type { Slab, SlabChain } from './slabs.ts';
import type { Spans } from './span-table.ts';

/** A request of the store. `bytes` is a view: copy or use it before the store changes. */
export interface StoredRequest {
  readonly signal: Signal;
  readonly bytes: Uint8Array;
}

export interface BatchReader {
  /** Bytes that were kept when the reader was opened. */
  readonly totalBytes: number;
  /** Items that were there when it was opened and were evicted before they were read. */
  readonly lost: number;
  /** The next request; null at the end. What arrived after the reader was opened is not read. */
  next(): StoredRequest | null;
}

export interface ReaderParts {
  readonly chains: Readonly<Record<Signal, SlabChain>>;
  readonly batches: Batches;
  readonly spans: Spans;
  /** Items kept now. */
  kept(signal: Signal): number;
}

/** Where the reader stands in one signal. */
interface Place {
  readonly signal: Signal;
  readonly chain: SlabChain;
  /** Sequence of the last batch that was looked at. */
  sequence: number;
  slab: Slab | undefined;
  /** Place of the next batch in `slab.batches`. */
  at: number;
  /** Pairs of sequences: what was evicted unread lies between each. */
  readonly gaps: number[];
}

export class ChainReader implements BatchReader {
  readonly totalBytes: number;
  readonly #parts: ReaderParts;
  readonly #places: readonly Place[];
  /** First sequence that is not read. */
  readonly #end: number;
  #expected = 0;
  #delivered = 0;

  constructor(parts: ReaderParts, signals: readonly Signal[]) {
    this.#parts = parts;
    this.#end = parts.batches.nextSequence;
    this.#places = [...new Set(signals)].map((signal) => ({
      signal,
      chain: parts.chains[signal],
      sequence: 0,
      slab: undefined,
      at: 0,
      gaps: [],
    }));
    this.totalBytes = this.#places.reduce((sum, place) => sum + place.chain.rawBytes, 0);
    this.#expected = this.#places.reduce((sum, place) => sum + parts.kept(place.signal), 0);
  }

  /** Counts what is neither read nor still there: O(batches that are still to be read). */
  get lost(): number {
    let left = 0;
    for (const place of this.#places) {
      for (const slab of place.chain.slabs) {
        for (const batch of slab.batches) {
          if (
            this.#parts.batches.sequence(batch) > place.sequence &&
            this.#isWanted(place, batch)
          ) {
            left += this.#keptItems(batch);
          }
        }
      }
    }
    return Math.max(0, this.#expected - this.#delivered - left);
  }

  next(): StoredRequest | null {
    const { batches } = this.#parts;
    let best: Place | undefined;
    let bestBatch = -1;
    for (const place of this.#places) {
      const batch = this.#peek(place);
      if (batch === -1) continue;
      if (bestBatch === -1 || batches.sequence(batch) < batches.sequence(bestBatch)) {
        best = place;
        bestBatch = batch;
      }
    }
    if (best === undefined) return null;
    best.sequence = batches.sequence(bestBatch);
    best.at++;
    this.#delivered += this.#keptItems(bestBatch);
    return { signal: best.signal, bytes: this.#bytes(best.signal, bestBatch) };
  }

  /** The next batch of a signal that is wanted, or -1. */
  #peek(place: Place): number {
    const { batches } = this.#parts;
    const slabs = place.chain.slabs;
    for (;;) {
      let slab = place.slab;
      if (slab === undefined || !slab.live) {
        // The first slab that has something newer than what was read.
        slab = slabs.find(({ batches: held }) => {
          const last = held[held.length - 1];
          return last !== undefined && batches.sequence(last) > place.sequence;
        });
        if (slab === undefined) return -1;
        place.gaps.push(place.sequence, batches.sequence(slab.batches[0]));
        place.slab = slab;
        place.at = 0;
      }
      while (place.at < slab.batches.length) {
        const batch = slab.batches[place.at];
        if (batches.sequence(batch) > place.sequence && this.#isWanted(place, batch)) return batch;
        place.at++;
      }
      const following = slabs[slabs.indexOf(slab) + 1];
      if (following === undefined) return -1;
      place.slab = following;
      place.at = 0;
    }
  }

  /**
   * Of what arrived since the reader was opened, only items of protected traces are wanted that were
   * moved out of batches not read yet. A moved batch may repeat spans that were read.
   */
  #isWanted(place: Place, batch: number): boolean {
    const { batches } = this.#parts;
    if (this.#keptItems(batch) === 0) return false;
    if (batches.sequence(batch) < this.#end) return true;
    const origin = batches.origin(batch);
    if (origin === -1 || origin >= this.#end) return false;
    const { gaps } = place;
    for (let i = 0; i < gaps.length; i += 2) {
      if (origin > gaps[i] && origin < gaps[i + 1]) return true;
    }
    return false;
  }

  #keptItems(batch: number): number {
    const { batches } = this.#parts;
    return batches.items(batch) - batches.superseded(batch);
  }

  /** The batch as it is kept, without spans that newer ones replaced. */
  #bytes(signal: Signal, batch: number): Uint8Array {
    const { batches, spans } = this.#parts;
    const start = batches.start(batch);
    const bytes = batches.requestOf(batch);
    if (batches.superseded(batch) === 0) return bytes;
    const offsets: number[] = [];
    const first = batches.firstOrdinal(batch);
    for (let i = 0; i < batches.items(batch); i++) {
      const row = spans.rowOf(first + i);
      const segment = spans.at(row);
      if (segment.trace[row & SLOT_MASK] === -1)
        offsets.push(segment.offset[row & SLOT_MASK] - start);
    }
    return stripItems(signal, bytes, offsets);
  }
}
