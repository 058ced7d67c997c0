/** What the records of traces (trace-record.ts) say, brought up to date where a span was replaced. */
import { diffNs } from '../../../proto/units.ts';
import type { TraceRow } from './schema.ts';
import { TraceRecords } from './trace-records.ts';
import { TraceServices } from './trace-services.ts';
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
  FIRST_LOG,
  ROOT,
  ROOTS,
  START_HI,
  START_LO,
  END_HI,
  END_LO,
  GENERATION,
  CREATED,
  ORDINAL,
  ARRIVAL,
  LIVE,
  PINNED,
  PARTLY_EVICTED,
  EVICTED_SHIFT,
  STALE,
  UNRESOLVED,
} from './trace-record.ts';

export class TraceFacts extends TraceRecords {
  /** Refreshes the chain of a trace that has superseded spans; set by the store. */
  refresh: (row: number) => void = () => undefined;
  /** String row of the service of a span; set by the store. */
  serviceOfSpan: (spanRow: number) => number = () => -1;

  protected readonly traceServices = new TraceServices();

  isLive(row: number, ordinal: number): boolean {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    if (chunk === undefined || (chunk[at + STATE] & LIVE) === 0) return false;
    const doubles = this.doubles[row >>> CHUNK_BITS];
    return doubles[(at >>> 1) + ORDINAL] === ordinal || doubles[(at >>> 1) + CREATED] === ordinal;
  }

  get(row: number): TraceRow {
    this.#freshen(row);
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const doubles = this.doubles[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    const startHi = chunk[at + START_HI] >>> 0;
    const startLo = chunk[at + START_LO] >>> 0;
    const state = chunk[at + STATE];
    return {
      ordinal: doubles[(at >>> 1) + ORDINAL],
      traceId: [0, 1, 2, 3].map((i) => hex8(chunk[at + i])).join(''),
      spanCount: chunk[at + SPANS],
      errorCount: chunk[at + ERRORS],
      logCount: chunk[at + LOGS],
      firstSpan: chunk[at + FIRST_SPAN],
      firstLog: chunk[at + FIRST_LOG],
      rootSpan: chunk[at + ROOT],
      rootCount: chunk[at + ROOTS],
      startHi,
      startLo,
      durationNs: Math.max(
        0,
        diffNs(chunk[at + END_HI] >>> 0, chunk[at + END_LO], startHi, startLo),
      ),
      lastArrivalMs: doubles[(at >>> 1) + ARRIVAL],
      partlyEvicted: (state & PARTLY_EVICTED) !== 0,
      evictedCount: state >>> EVICTED_SHIFT,
      pinned: (state & PINNED) !== 0,
      generation: chunk[at + GENERATION],
    };
  }

  spanCountOf(row: number): number {
    return this.read(row, SPANS);
  }

  logCountOf(row: number): number {
    return this.read(row, LOGS);
  }

  firstSpanOf(row: number): number {
    this.#freshen(row);
    return this.read(row, FIRST_SPAN);
  }

  firstLogOf(row: number): number {
    return this.read(row, FIRST_LOG);
  }

  errorCountOf(row: number): number {
    return this.read(row, ERRORS);
  }

  startHiOf(row: number): number {
    this.#freshen(row);
    return this.read(row, START_HI) >>> 0;
  }

  startLoOf(row: number): number {
    this.#freshen(row);
    return this.read(row, START_LO) >>> 0;
  }

  durationNsOf(row: number): number {
    this.#freshen(row);
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    const ns = diffNs(
      chunk[at + END_HI] >>> 0,
      chunk[at + END_LO],
      chunk[at + START_HI] >>> 0,
      chunk[at + START_LO] >>> 0,
    );
    return Math.max(0, ns);
  }

  idInto(row: number, target: Uint8Array, at: number): void {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const words = (row & CHUNK_MASK) << STRIDE_BITS;
    for (let i = 0; i < 16; i++) target[at + i] = chunk[words + (i >> 2)] >>> (24 - 8 * (i & 3));
  }

  rootSpanOf(row: number): number {
    this.#freshen(row);
    return this.read(row, ROOT);
  }

  services(row: number, limit: number): readonly number[] {
    this.#freshen(row);
    const root = this.read(row, ROOT);
    const result = root === -1 ? [] : [this.serviceOfSpan(root)];
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    for (const service of this.traceServices.all(chunk, at, row)) {
      if (!result.includes(service)) result.push(service);
    }
    return result.slice(0, limit);
  }

  /** Whether its spans and log records survive eviction. */
  isProtected(row: number): boolean {
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    return (chunk[at + STATE] & PINNED) !== 0 || chunk[at + HOLDS] > 0;
  }

  rootOf(row: number): number {
    return this.read(row, ROOT);
  }

  /** The first linked span, also when it is superseded. */
  chainStart(row: number): number {
    return this.read(row, FIRST_SPAN);
  }

  isUnresolved(row: number): boolean {
    return (this.read(row, STATE) & UNRESOLVED) !== 0;
  }

  #freshen(row: number): void {
    if ((this.read(row, STATE) & STALE) !== 0) this.refresh(row);
  }
}

function hex8(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
