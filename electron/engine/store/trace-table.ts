/**
 * The trace index: one record per trace (trace-record.ts), found by its id. A trace exists while it
 * has spans or log records; the list holds those that have (had) spans, and its ordinals rise along
 * it: a trace known from log records alone gets a new one with its first span.
 */
import type { TraceTable } from './schema.ts';
import { TraceList } from './trace-list.ts';
import { ChangeRing } from './change-ring.ts';
import { TraceFacts } from './trace-facts.ts';
import { coverTime } from './trace-time.ts';
import {
  CHUNK_BITS,
  CHUNK_MASK,
  STRIDE_BITS,
  STATE,
  HOLDS,
  SPANS,
  ERRORS,
  LOGS,
  FIRST_SPAN,
  LAST_SPAN,
  FIRST_LOG,
  LAST_LOG,
  ROOT,
  ROOTS,
  START_HI,
  END_LO,
  GENERATION,
  STAMP,
  PLACE,
  SERVICES,
  SERVICE_LIMIT,
  ORDINAL,
  ARRIVAL,
  LIVE,
  PINNED,
  PARTLY_EVICTED,
  STALE,
  UNRESOLVED,
  LISTED,
  EVICTED_SHIFT,
  MAX_EVICTED,
} from './trace-record.ts';

const EVICTED_ONE = 1 << EVICTED_SHIFT;

export class Traces extends TraceFacts implements TraceTable {
  count = 0;
  generation = 0;

  readonly #stale = new Set<number>();
  readonly #protected = new Set<number>();
  readonly #list = new TraceList();
  readonly #changes = new ChangeRing();
  #stamp = 0;
  #arrivalMs = 0;

  get bytes(): number {
    return this.recordBytes + this.#list.bytes + this.#changes.bytes;
  }

  /** The part of `bytes` that traces with spans take; the others exist for their log records alone. */
  get bytesOfSpans(): number {
    return this.liveCount === 0 ? 0 : (this.bytes * this.count) / this.liveCount;
  }

  // ---- reading ---------------------------------------------------------------------------------

  /** Removed traces leave holes, which this closes: O(list) after an eviction, O(1) otherwise. */
  inOrder(): { readonly rows: Int32Array; readonly length: number } {
    this.#list.closeHoles((row, place) => {
      this.write(row, PLACE, place);
    });
    return this.#list;
  }

  changesSince(cursor: number): {
    readonly rows: Int32Array;
    readonly cursor: number;
    readonly overflow: boolean;
  } {
    return this.#changes.since(cursor);
  }

  // ---- writing: for the store's own tables -----------------------------------------------------

  /**
   * Begins one change of the store: each trace it touches gets one new generation, and this time of
   * arrival unless it is -1.
   */
  beginChange(arrivalMs: number): void {
    this.#stamp = (this.#stamp + 1) | 0;
    this.#arrivalMs = arrivalMs;
    this.generation++;
  }

  /**
   * Counts a span at the end of the chain and widens the trace to its time. Returns the span before
   * it, -1 for the first.
   */
  linkSpan(
    row: number,
    span: number,
    isRoot: boolean,
    isError: boolean,
    service: number,
    startHi: number,
    startLo: number,
    endHi: number,
    endLo: number,
  ): number {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    this.#touch(chunk, at, row);
    chunk[at + SPANS]++;
    if (isError) chunk[at + ERRORS]++;
    if (isRoot) chunk[at + ROOTS]++;
    const last = chunk[at + LAST_SPAN];
    chunk[at + LAST_SPAN] = span;
    chunk[at + STATE] |= UNRESOLVED;
    if (last === -1) {
      chunk[at + FIRST_SPAN] = span;
      if ((chunk[at + STATE] & LISTED) === 0) this.#enlist(chunk, at, row);
    }
    if (chunk[at + SERVICES] !== service) this.traceServices.add(chunk, at, row, service);
    coverTime(chunk, at, startHi, startLo, endHi, endLo);
    return last;
  }

  /** Widens the trace to a span's time; a start of 0 says nothing. */
  widen(row: number, startHi: number, startLo: number, endHi: number, endLo: number): void {
    coverTime(
      this.chunks[row >>> CHUNK_BITS],
      (row & CHUNK_MASK) << STRIDE_BITS,
      startHi,
      startLo,
      endHi,
      endLo,
    );
  }

  setRoot(row: number, span: number): void {
    this.write(row, ROOT, span);
  }

  /** Counts a log record at the end of the chain. Returns the one before it, -1 for the first. */
  linkLog(row: number, log: number): number {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    this.#touch(chunk, at, row);
    chunk[at + LOGS]++;
    const last = chunk[at + LAST_LOG];
    chunk[at + LAST_LOG] = log;
    if (last === -1) chunk[at + FIRST_LOG] = log;
    return last;
  }

  /** Takes a span out of the counts: evicted, or superseded and then still linked. */
  uncountSpan(row: number, isRoot: boolean, isError: boolean, superseded: boolean): void {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    this.#touch(chunk, at, row);
    chunk[at + SPANS]--;
    if (isError) chunk[at + ERRORS]--;
    if (isRoot) chunk[at + ROOTS]--;
    if (superseded) {
      chunk[at + STATE] |= STALE;
      this.#stale.add(row);
    } else {
      chunk[at + STATE] |= PARTLY_EVICTED;
      if (chunk[at + STATE] >>> EVICTED_SHIFT < MAX_EVICTED) chunk[at + STATE] += EVICTED_ONE;
    }
  }

  /** Forgets what is derived from spans, before a walk over them. Returns the first of the chain. */
  resetShape(row: number): number {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    const first = chunk[at + FIRST_SPAN];
    chunk[at + ROOT] = -1;
    chunk.fill(0, at + START_HI, at + END_LO + 1);
    chunk[at + STATE] = (chunk[at + STATE] & ~STALE) | UNRESOLVED;
    chunk.fill(-1, at + SERVICES, at + SERVICES + SERVICE_LIMIT);
    this.traceServices.forget(row);
    this.#stale.delete(row);
    return first;
  }

  setChain(row: number, first: number, last: number): void {
    this.write(row, FIRST_SPAN, first);
    this.write(row, LAST_SPAN, last);
  }

  addService(row: number, service: number): void {
    this.traceServices.add(
      this.chunks[row >>> CHUNK_BITS],
      (row & CHUNK_MASK) << STRIDE_BITS,
      row,
      service,
    );
  }

  /** Traces whose chains have superseded spans in them. */
  staleTraces(): readonly number[] {
    return [...this.#stale];
  }

  /** Takes the oldest log record out of the chain. */
  popLog(row: number, next: number): void {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    this.#touch(chunk, at, row);
    chunk[at + STATE] |= PARTLY_EVICTED;
    chunk[at + FIRST_LOG] = next;
    if (--chunk[at + LOGS] === 0) {
      chunk[at + FIRST_LOG] = -1;
      chunk[at + LAST_LOG] = -1;
    }
  }

  setResolved(row: number): void {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    chunk[((row & CHUNK_MASK) << STRIDE_BITS) + STATE] &= ~UNRESOLVED;
  }

  setPinned(row: number, on: boolean): void {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    chunk[at + STATE] = on ? chunk[at + STATE] | PINNED : chunk[at + STATE] & ~PINNED;
    this.#touch(chunk, at, row);
    this.#noteProtection(row);
  }

  /** Holds are counted: `by` is 1 or -1. */
  hold(row: number, by: 1 | -1): void {
    this.write(row, HOLDS, Math.max(0, this.read(row, HOLDS) + by));
    this.#noteProtection(row);
  }

  #noteProtection(row: number): void {
    if (this.isProtected(row)) this.#protected.add(row);
    else this.#protected.delete(row);
  }

  /** Traces that are pinned or held. */
  get protectedCount(): number {
    return this.#protected.size;
  }

  /**
   * Takes back what an eviction noted of a protected trace: `spans` of it were moved, not lost. What it
   * had lost before stays noted.
   */
  restore(row: number, spans: number, wasPartlyEvicted: boolean): void {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = ((row & CHUNK_MASK) << STRIDE_BITS) + STATE;
    const moved = Math.min(spans, chunk[at] >>> EVICTED_SHIFT);
    chunk[at] -= moved << EVICTED_SHIFT;
    if (!wasPartlyEvicted) chunk[at] &= ~PARTLY_EVICTED;
  }

  isPartlyEvicted(row: number): boolean {
    return (this.read(row, STATE) & PARTLY_EVICTED) !== 0;
  }

  /** Forgets a trace without spans from the list, and one without any item altogether. */
  removeIfEmpty(row: number): void {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    if ((chunk[at + STATE] & LIVE) === 0 || chunk[at + SPANS] > 0) return;
    if ((chunk[at + STATE] & LISTED) !== 0) {
      this.#list.remove(chunk[at + PLACE]);
      this.count--;
      chunk[at + STATE] &= ~LISTED;
    }
    if (chunk[at + LOGS] > 0) return;
    this.traceServices.forget(row);
    this.#stale.delete(row);
    this.#protected.delete(row);
    this.remove(row);
  }

  // ---- inside ----------------------------------------------------------------------------------

  #enlist(chunk: Int32Array, at: number, row: number): void {
    const doubles = this.doubles[row >>> CHUNK_BITS];
    // Another trace may have been seen between this one's first log record and its first span.
    if (doubles[(at >>> 1) + ORDINAL] !== this.nextOrdinal - 1) {
      doubles[(at >>> 1) + ORDINAL] = this.nextOrdinal++;
    }
    chunk[at + STATE] |= LISTED;
    chunk[at + PLACE] = this.#list.push(row);
    this.count++;
  }

  #touch(chunk: Int32Array, at: number, row: number): void {
    if (chunk[at + STAMP] === this.#stamp) return;
    chunk[at + STAMP] = this.#stamp;
    chunk[at + GENERATION] = (chunk[at + GENERATION] + 1) | 0;
    if (this.#arrivalMs >= 0) {
      this.doubles[row >>> CHUNK_BITS][(at >>> 1) + ARRIVAL] = this.#arrivalMs;
    }
    this.#changes.push(row);
  }
}
