/**
 * What the span, log record and point tables share: segments of columns, opened at the right and
 * freed at the left. Freed segments are kept for the next open, because touching fresh memory costs
 * more than filling it.
 */
import type { ScanOutput } from '../wire/scan-output.ts';
import { Columns } from './columns.ts';
import type { Pages } from './pages.ts';
import { SEGMENT_BITS, SLOT_MASK, type ItemColumns, type Table } from './schema.ts';

/** A segment as its own table sees it. */
export interface OwnSegment extends ItemColumns {
  baseOrdinal: number;
  first: number;
  count: number;
  /** Whether its memory was never written to: pages that no row has reached take none. */
  isFresh: boolean;
  readonly runs: ItemRuns;
}

/** The columns of ItemColumns. */
export abstract class ItemSegment implements OwnSegment {
  baseOrdinal = 0;
  first = 0;
  count = 0;
  isFresh = true;
  readonly offset: Uint32Array;
  readonly run: Uint16Array;
  readonly runs = new ItemRuns();

  constructor(columns: Columns) {
    this.offset = columns.uint32();
    this.run = columns.uint16();
  }

  batchOf(slot: number): number {
    return this.runs.batch[this.run[slot]];
  }

  resourceOf(slot: number): number {
    return this.runs.resource[this.run[slot]];
  }

  scopeOf(slot: number): number {
    return this.runs.scope[this.run[slot]];
  }
}

const FIRST_RUNS = 256;
const RUN_BYTES = 12;

/** What runs of items in a row have in common: a column each would cost 12 bytes an item. */
export class ItemRuns {
  batch = new Int32Array(FIRST_RUNS);
  resource = new Int32Array(FIRST_RUNS);
  scope = new Int32Array(FIRST_RUNS);
  #count = 0;

  get bytes(): number {
    return this.batch.length * RUN_BYTES;
  }

  /** Begins a run and returns its number. There are never more runs than rows. */
  open(batch: number, resource: number, scope: number): number {
    const run = this.#count++;
    if (run === this.batch.length) {
      this.batch = twice(this.batch);
      this.resource = twice(this.resource);
      this.scope = twice(this.scope);
    }
    this.batch[run] = batch;
    this.resource[run] = resource;
    this.scope[run] = scope;
    return run;
  }

  clear(): void {
    this.#count = 0;
    if (this.batch.length === FIRST_RUNS) return;
    this.batch = new Int32Array(FIRST_RUNS);
    this.resource = new Int32Array(FIRST_RUNS);
    this.scope = new Int32Array(FIRST_RUNS);
  }
}

function twice(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}

/** So that rows have 26 bits, which is what the indexes have room for. */
export const MAX_SEGMENTS = 1023;

/** A fresh segment counts against the budget by so many parts, as they are begun. */
const FRESH_PARTS = 4;

type ScannedRows = Pick<ScanOutput, 'rows' | 'rowCount'>;

export abstract class SegmentTable<S extends OwnSegment> implements Table<S> {
  readonly segments: (S | undefined)[] = [];
  readonly order: number[] = [];
  begin = 0;
  end = 0;
  generation = 0;

  /** Rows of a segment: a power of two, fewer than SEGMENT_ROWS under a small memory budget. */
  readonly segmentRows: number;
  readonly segmentBytes: number;
  readonly #pages: Pages;
  readonly #rowBytes: number;
  readonly #freeIndexes: number[] = [];
  readonly #spare: S[] = [];
  /** Of the live segments. */
  #runBytes = 0;

  constructor(segmentRows: number, rowBytes: number, pages: Pages) {
    this.segmentRows = segmentRows;
    this.segmentBytes = segmentRows * rowBytes;
    this.#rowBytes = rowBytes;
    this.#pages = pages;
  }

  protected abstract create(columns: Columns): S;

  rowOf(ordinal: number): number {
    const order = this.order;
    const base = this.segments[order[0]]?.baseOrdinal ?? 0;
    const place = Math.floor((ordinal - base) / this.segmentRows);
    return (order[place] << SEGMENT_BITS) | (ordinal - base - place * this.segmentRows);
  }

  ordinalOf(row: number): number {
    return this.at(row).baseOrdinal + (row & SLOT_MASK);
  }

  /** The segment of a live row. */
  at(row: number): S {
    return this.segments[row >>> SEGMENT_BITS] as S;
  }

  /** Bytes of live and of spare segments. */
  get bytes(): number {
    return this.liveBytes + this.#spare.length * this.segmentBytes;
  }

  get liveBytes(): number {
    return this.order.length * this.segmentBytes - this.#unwrittenBytes() + this.#runBytes;
  }

  /** Of the segment that is written to: the parts of its columns that were never touched. */
  #unwrittenBytes(): number {
    const last = this.last();
    if (last === undefined || !last.isFresh) return 0;
    const parts = Math.floor(((this.segmentRows - last.count) * FRESH_PARTS) / this.segmentRows);
    return (parts * this.segmentBytes) / FRESH_PARTS;
  }

  /** Segments that `count` more rows need and that are not there yet. */
  missingSegments(count: number): number {
    const last = this.last();
    const free = last === undefined ? 0 : this.segmentRows - last.count;
    return Math.max(0, Math.ceil((count - free) / this.segmentRows) - this.#spare.length);
  }

  /** Whether `count` more rows would need more segments than there may be. */
  isFull(count: number): boolean {
    const free = this.segmentRows - (this.last()?.count ?? this.segmentRows);
    return this.order.length + Math.ceil((count - free) / this.segmentRows) > MAX_SEGMENTS;
  }

  /** Gives a spare segment back; false when there is none. */
  dropSpare(): boolean {
    if (this.#spare.pop() === undefined) return false;
    this.#pages.release(this.segmentBytes);
    return true;
  }

  /**
   * Moves the offsets of rows from `ordinal` on to where a body has them that was written anew without
   * its dropped items. A scan of it has `stride` numbers an item, the offset first.
   */
  relocate(scanned: ScannedRows, stride: number, ordinal: number, base: number): void {
    for (let i = 0; i < scanned.rowCount; i++) {
      const row = this.rowOf(ordinal + i);
      this.at(row).offset[row & SLOT_MASK] = base + scanned.rows[i * stride];
    }
  }

  protected last(): S | undefined {
    return this.order.length === 0
      ? undefined
      : this.at(this.order[this.order.length - 1] << SEGMENT_BITS);
  }

  /** Index of the segment that takes the next row; opens one when the last is full. */
  protected openSegment(): number {
    const last = this.last();
    if (last !== undefined && last.count < this.segmentRows)
      return this.order[this.order.length - 1];
    const segment =
      this.#spare.pop() ?? this.create(new Columns(this.segmentRows, this.#rowBytes, this.#pages));
    segment.baseOrdinal = this.end;
    segment.first = 0;
    segment.count = 0;
    this.#runBytes += segment.runs.bytes;
    const index = this.#freeIndexes.pop() ?? this.segments.length;
    this.segments[index] = segment;
    this.order.push(index);
    return index;
  }

  /** Begins a run of items of one batch, resource and scope in the segment that is written to. */
  protected openRun(segment: S, batch: number, resource: number, scope: number): number {
    const { runs } = segment;
    const before = runs.bytes;
    const run = runs.open(batch, resource, scope);
    this.#runBytes += runs.bytes - before;
    return run;
  }

  /** Forgets the rows before `until`; their columns are readable until this is called. */
  protected freeUntil(until: number): void {
    this.begin = until;
    while (this.order.length > 0) {
      const index = this.order[0];
      const segment = this.at(index << SEGMENT_BITS);
      segment.first = Math.min(segment.count, until - segment.baseOrdinal);
      if (segment.first < this.segmentRows) break;
      this.order.shift();
      this.segments[index] = undefined;
      this.#freeIndexes.push(index);
      this.#runBytes -= segment.runs.bytes;
      segment.runs.clear();
      segment.isFresh = false;
      this.#spare.push(segment);
    }
    this.generation++;
  }
}

/** Rows of a segment so that one costs about a 32nd of the budget. */
export function segmentRowsFor(memoryBytes: number, rowBytes: number): number {
  let rows = SLOT_MASK + 1;
  while (rows > 1024 && rows * rowBytes > memoryBytes / 32) rows >>>= 1;
  return rows;
}
