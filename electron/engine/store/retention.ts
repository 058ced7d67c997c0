/**
 * Keeps the store within its budget.
 *
 * ```
 *   budget ≥ slabs + spare slabs + segments + spare segments + indexes + strings
 * ```
 * What has to go is a whole slab, the oldest by arrival, but not of a signal that holds less than a
 * quarter of the budget while another holds more: a flood of logs evicts logs. A slab that is being
 * written to, or was written to last, stays: the budget is exceeded by at most one body.
 */
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import type { Batches } from './batch-table.ts';
import type { Pages } from './pages.ts';
import type { Slab, SlabChain, SlabPool } from './slabs.ts';

/** A table that keeps spare segments. */
interface SpareTable {
  readonly segmentBytes: number;
  missingSegments(count: number): number;
  isFull(count: number): boolean;
  dropSpare(): boolean;
}

export interface RetentionParts {
  readonly memoryBytes: number;
  readonly chains: Readonly<Record<Signal, SlabChain>>;
  readonly pool: SlabPool;
  readonly pages: Pages;
  readonly batches: Batches;
  readonly tables: readonly SpareTable[];
  /** Bytes that belong to one signal: slabs, live segments, its own indexes. */
  signalBytes(signal: Signal): number;
  usedBytes(): number;
  /** Evicts the oldest slab of a signal. */
  evict(signal: Signal): void;
}

export class Retention {
  readonly #parts: RetentionParts;
  /** The slab that must not go. */
  #writing: Slab | undefined;
  /** True while items of protected traces are put back: nothing is evicted for them. */
  isSuspended = false;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Makes room for the slab that a body of this size needs. */
  makeRoomForBody(chain: SlabChain, byteLength: number): void {
    const { pages, pool, tables } = this.#parts;
    this.#writing = undefined;
    if (this.isSuspended || chain.fits(byteLength)) return;
    const isUsual = byteLength <= pool.slabBytes;
    this.#makeRoom(
      () => (!isUsual ? byteLength : pool.isEmpty ? pool.slabBytes : 0),
      () =>
        pages.dropAhead() || (!isUsual && pool.drop()) || tables.some((table) => table.dropSpare()),
    );
  }

  /** Makes room for the segments that `count` rows need; the slab with their bytes stays. */
  makeRoomForRows(signal: Signal, table: SpareTable, count: number, writing: Slab): void {
    const { chains, pages, pool, tables } = this.#parts;
    this.#writing = writing;
    if (this.isSuspended) return;
    while (table.isFull(count) && chains[signal].slabs[0] !== writing) this.#parts.evict(signal);
    if (table.missingSegments(count) === 0) return;
    this.#makeRoom(
      () => table.missingSegments(count) * table.segmentBytes,
      () =>
        pages.dropAhead() ||
        pool.drop() ||
        tables.some((other) => other !== table && other.dropSpare()),
    );
  }

  /** Evicts until the budget is kept, after everything of a body is in place. */
  enforce(writing: Slab | undefined): void {
    const { pages, memoryBytes, pool, tables } = this.#parts;
    if (this.isSuspended || this.#parts.usedBytes() <= memoryBytes) return;
    this.#writing = writing;
    this.#makeRoom(
      () => 0,
      () => pages.dropAhead() || pool.drop() || tables.some((table) => table.dropSpare()),
      true,
    );
  }

  /**
   * Evicts until what is needed fits. Slabs that were begun during the call stay.
   */
  #makeRoom(need: () => number, dropSpare: () => boolean, always = false): void {
    const { memoryBytes, batches } = this.#parts;
    const before = batches.nextSequence;
    for (;;) {
      const bytes = need();
      if (bytes === 0 && !always) return;
      if (this.#parts.usedBytes() + bytes <= memoryBytes) return;
      if (dropSpare()) continue;
      const signal = this.#victim(before);
      if (signal === undefined) return;
      this.#parts.evict(signal);
    }
  }

  /** The signal whose oldest slab goes next; none when only newer slabs are left. */
  #victim(before: number): Signal | undefined {
    const { batches, chains, memoryBytes } = this.#parts;
    let oldest: Signal | undefined;
    let oldestSequence = Infinity;
    let largest: Signal | undefined;
    let largestBytes = -1;
    for (const signal of SIGNALS) {
      const slab = chains[signal].slabs[0];
      if (slab === undefined || slab === this.#writing) continue;
      const sequence = slab.batches.length === 0 ? 0 : batches.sequence(slab.batches[0]);
      if (sequence >= before) continue;
      const bytes = this.#parts.signalBytes(signal);
      if (bytes > largestBytes) {
        largestBytes = bytes;
        largest = signal;
      }
      if (bytes > memoryBytes / 4 && sequence < oldestSequence) {
        oldestSequence = sequence;
        oldest = signal;
      }
    }
    return oldest ?? largest;
  }
}
