/**
 * The cells of a latency strip, and the arithmetic between cells, times and durations. Columns count
 * from the left, rows from the bottom; the middle of a cell lies at half a number.
 */
import type { Brush, LatencyColumns, LatencyMeta } from '../../proto/live/topics.ts';
import { diffNs } from '../../proto/units.ts';
import { percentileLine } from './strip-percentile.ts';

/** A part of the strip in cells: columns [column0, column1), rows [row0, row1). */
export interface CellRange {
  readonly column0: number;
  readonly column1: number;
  readonly row0: number;
  readonly row1: number;
}

/** The place of one cell. */
export interface CellPlace {
  readonly column: number;
  readonly row: number;
}

/** The ends of a brush that is open: every time, every duration. */
export const OPEN_BRUSH: Brush = {
  fromNs: '0',
  toNs: String(2n ** 64n - 1n),
  minNs: 0,
  maxNs: Number.MAX_SAFE_INTEGER,
};

/** What an empty strip has on its axis of durations, in ns. */
const EMPTY_MIN_NS = 5e5;
const EMPTY_MAX_NS = 2e9;
/** The strip is at least a quarter of the columns asked for wide, and grows in eighths of them. */
const LEAST_QUARTERS = 4;
const GROWTH_PARTS = 8;

/** One frame of the `latency` topic, ready to be drawn and pointed at. */
export class StripGrid {
  readonly meta: LatencyMeta;
  readonly columns: LatencyColumns;
  /** Columns that the strip is wide: those of the frame, and room for the next ones. */
  readonly width: number;
  /** Rows that the strip is high; at least 1. */
  readonly height: number;
  readonly minNs: number;
  readonly maxNs: number;
  /** The most that one cell holds; 0 when all are empty. */
  readonly maxCount: number;
  readonly #cellOf: Int32Array;
  readonly #fromNs: bigint;
  readonly #fromHi: number;
  readonly #fromLo: number;
  #percentiles: Float64Array | undefined;

  /** `asked`: the columns asked for, which the frame's own never exceed. */
  constructor(meta: LatencyMeta, columns: LatencyColumns, asked: number) {
    this.meta = meta;
    this.columns = columns;
    const part = Math.max(1, asked / GROWTH_PARTS);
    const grown = Math.ceil(meta.columns / part) * part;
    this.width = Math.max(1, Math.ceil(Math.max(asked / LEAST_QUARTERS, grown, meta.columns)));
    this.height = Math.max(1, meta.rows);
    const isEmpty = meta.rows === 0;
    this.minNs = isEmpty ? EMPTY_MIN_NS : Math.max(1e-3, meta.minNs);
    this.maxNs = isEmpty ? EMPTY_MAX_NS : meta.maxNs;
    this.#fromNs = BigInt(meta.fromNs === '' ? 0 : meta.fromNs);
    this.#fromHi = Number(this.#fromNs >> 32n);
    this.#fromLo = Number(this.#fromNs & 0xffffffffn);
    this.#cellOf = new Int32Array(this.width * this.height).fill(-1);
    let maxCount = 0;
    for (let cell = 0; cell < columns.cellCount.length; cell++) {
      this.#cellOf[columns.cellColumn[cell] * this.height + columns.cellRow[cell]] = cell;
      if (columns.cellCount[cell] > maxCount) maxCount = columns.cellCount[cell];
    }
    this.maxCount = maxCount;
  }

  get isEmpty(): boolean {
    return this.maxCount === 0;
  }

  /** The line of the 95th percentile: ns by column, NaN where there is nothing. Made once. */
  get percentiles(): Float64Array {
    return (this.#percentiles ??= percentileLine(this));
  }

  /** The number of the cell at a place, -1 when it is empty or outside. */
  cellAt({ column, row }: CellPlace): number {
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return -1;
    return this.#cellOf[column * this.height + row];
  }

  /** The column in which a start time lies, as a fraction. */
  columnOf(hi: number, lo: number): number {
    if (this.meta.columnNs === 0) return 0;
    return diffNs(hi, lo, this.#fromHi, this.#fromLo) / this.meta.columnNs;
  }

  /** The row in which a duration lies, as a fraction. */
  rowOf(ns: number): number {
    const share = Math.log(Math.max(1e-3, ns) / this.minNs) / Math.log(this.maxNs / this.minNs);
    return share * this.height;
  }

  /** The shortest duration of a row. */
  nsAt(row: number): number {
    return this.minNs * (this.maxNs / this.minNs) ** (row / this.height);
  }

  /** When a column begins, in ms since the Unix epoch. */
  msAt(column: number): number {
    return Number(this.#fromNs / 1000n) / 1000 + (column * this.meta.columnNs) / 1e6;
  }

  /** The times and durations of a range of cells. What reaches over a whole side is open there. */
  brushOf({ column0, column1, row0, row1 }: CellRange): Brush {
    const isAllTime = column0 <= 0 && column1 >= this.width;
    const timeAt = (column: number): string =>
      String(this.#fromNs + BigInt(Math.round(column)) * BigInt(Math.round(this.meta.columnNs)));
    return {
      fromNs: isAllTime ? OPEN_BRUSH.fromNs : timeAt(Math.max(0, column0)),
      toNs: isAllTime ? OPEN_BRUSH.toNs : timeAt(column1),
      minNs: row0 <= 0 ? OPEN_BRUSH.minNs : this.nsAt(row0),
      maxNs: row1 >= this.height ? OPEN_BRUSH.maxNs : this.nsAt(row1),
    };
  }

  /** Where a brush lies, in fractions of cells, kept inside of the strip. */
  rangeOf(brush: Brush): CellRange {
    const column = (ns: string): number => {
      if (this.meta.columnNs === 0) return ns === OPEN_BRUSH.fromNs ? 0 : this.width;
      const columns = Number(BigInt(ns) - this.#fromNs) / this.meta.columnNs;
      return Math.max(0, Math.min(this.width, columns));
    };
    const row = (ns: number): number => Math.max(0, Math.min(this.height, this.rowOf(ns)));
    return {
      column0: column(brush.fromNs),
      column1: column(brush.toNs),
      row0: brush.minNs <= 0 ? 0 : row(brush.minNs),
      row1: row(brush.maxNs),
    };
  }
}
