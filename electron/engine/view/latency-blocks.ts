/**
 * Durations over time, counted in blocks of items: cells of (column of time, bin of duration) with
 * their counts and their longest items. A block is counted anew when one of its items changed.
 *
 * ```
 *   bin   sixteen an octave: 2 ** (bin / 16) ns and more; 0 also holds durations of 0
 *   cell  column * BINS + bin
 * ```
 */
import { diffNs } from '../../../proto/units.ts';
import type { LatencySource } from './latency-source.ts';
import { columnAt, MIN_BITS } from './time-columns.ts';

export const BINS_PER_OCTAVE = 16;
const BLOCKS_PER_GROUP = 16;
/** Durations reach 2^53 ns. */
export const BINS = 1024;

/** The least duration of a bin in ns. */
export function binStart(bin: number): number {
  return 2 ** (bin / BINS_PER_OCTAVE);
}

function binOf(durationNs: number): number {
  return durationNs < 1
    ? 0
    : Math.min(BINS - 1, Math.floor(Math.log2(durationNs) * BINS_PER_OCTAVE));
}

export interface Cell {
  count: number;
  errors: number;
  /** The longest item without error, and the longest with: duration, -1 for none, and key. */
  plainNs: number;
  plainKey: number;
  errorNs: number;
  errorKey: number;
}

export interface Block {
  cells: Map<number, Cell>;
  /** Items that have no start time, or none in an explicit window. */
  outside: number;
}

/** Least and greatest column at MIN_BITS. */
export interface ColumnRange {
  low: number;
  high: number;
}

/** Where an item's start time falls. */
export type TimeAxis =
  | { readonly type: 'bits'; readonly bits: number }
  | {
      readonly type: 'window';
      readonly fromHi: number;
      readonly fromLo: number;
      readonly columnNs: number;
      readonly columns: number;
    };

export class LatencyBlocks {
  readonly #source: LatencySource;
  readonly #blocks = new Map<number, Block>();
  /** Blocks joined in groups; one whose blocks changed stays as it was until it is joined anew. */
  readonly #groups = new Map<number, Block>();
  readonly #staleGroups = new Set<number>();
  /** Of each block, also of those that wait to be counted by another axis. */
  readonly #ranges = new Map<number, ColumnRange>();
  readonly #stale = new Set<number>();
  #axis: TimeAxis;

  constructor(source: LatencySource, axis: TimeAxis) {
    this.#source = source;
    this.#axis = axis;
  }

  get axis(): TimeAxis {
    return this.#axis;
  }

  /** The counts of all blocks, joined in groups. */
  get blocks(): Iterable<Block> {
    return this.#groups.values();
  }

  /** Least and greatest column of all items; `low` is above `high` when there are none. */
  range(): ColumnRange {
    const all = { low: Infinity, high: -Infinity };
    for (const { low, high } of this.#ranges.values()) {
      all.low = Math.min(all.low, low);
      all.high = Math.max(all.high, high);
    }
    return all;
  }

  /**
   * Takes in what changed, the newest blocks first, until `isTimeUp` says so; false when there is more
   * to do.
   */
  refresh(isTimeUp: () => boolean): boolean {
    const changed = this.#source.refresh();
    if (changed === null) this.#markAll();
    else for (const block of changed) this.#stale.add(block);
    const { from, to } = this.#source.range();
    for (const number of [...this.#stale].sort((a, b) => b - a)) {
      if (number < from || number >= to) {
        this.#blocks.delete(number);
        this.#ranges.delete(number);
      } else if (isTimeUp()) {
        // So that what was counted is seen before all is.
        this.#joinNext();
        return false;
      } else this.#blocks.set(number, this.#count(number));
      this.#staleGroups.add(Math.floor(number / BLOCKS_PER_GROUP));
      this.#stale.delete(number);
    }
    while (this.#joinNext()) {
      if (isTimeUp()) return this.#staleGroups.size === 0;
    }
    return true;
  }

  /** Counts by another axis from now on. Wider columns are joined, anything else is counted anew. */
  setAxis(axis: TimeAxis): void {
    const before = this.#axis;
    this.#axis = axis;
    if (axis.type === 'bits' && before.type === 'bits' && axis.bits >= before.bits) {
      if (axis.bits === before.bits) return;
      const scale = 2 ** (axis.bits - before.bits);
      for (const block of this.#blocks.values()) block.cells = widen(block.cells, scale);
      for (const group of this.#groups.values()) group.cells = widen(group.cells, scale);
    } else {
      this.#blocks.clear();
      this.#groups.clear();
      this.#staleGroups.clear();
      this.#markAll();
    }
  }

  /** Joins one group anew; false when none is stale. */
  #joinNext(): boolean {
    const [group] = this.#staleGroups;
    if (group === undefined) return false;
    this.#staleGroups.delete(group);
    const joined: Block = { cells: new Map(), outside: 0 };
    const first = group * BLOCKS_PER_GROUP;
    let hasBlocks = false;
    for (let number = first; number < first + BLOCKS_PER_GROUP; number++) {
      const block = this.#blocks.get(number);
      if (block === undefined) continue;
      hasBlocks = true;
      joined.outside += block.outside;
      for (const [name, cell] of block.cells) {
        const into = joined.cells.get(name);
        if (into === undefined) joined.cells.set(name, { ...cell });
        else joinCell(into, cell);
      }
    }
    if (hasBlocks) this.#groups.set(group, joined);
    else this.#groups.delete(group);
    return true;
  }

  #markAll(): void {
    const { from, to } = this.#source.range();
    for (const number of this.#ranges.keys()) this.#stale.add(number);
    for (let number = from; number < to; number++) this.#stale.add(number);
  }

  #count(number: number): Block {
    const block: Block = { cells: new Map(), outside: 0 };
    const range: ColumnRange = { low: Infinity, high: -Infinity };
    this.#ranges.set(number, range);
    const axis = this.#axis;
    this.#source.visit(number, (startHi, startLo, durationNs, isError, key) => {
      const column = (startHi | startLo) === 0 ? -1 : columnOf(axis, startHi, startLo);
      if (column === -1) {
        block.outside++;
        return;
      }
      const fine = columnAt(startHi, startLo, MIN_BITS);
      if (fine < range.low) range.low = fine;
      if (fine > range.high) range.high = fine;
      const name = column * BINS + binOf(durationNs);
      let cell = block.cells.get(name);
      if (cell === undefined) {
        cell = emptyCell();
        block.cells.set(name, cell);
      }
      cell.count++;
      if (isError) {
        cell.errors++;
        if (durationNs > cell.errorNs) {
          cell.errorNs = durationNs;
          cell.errorKey = key;
        }
      } else if (durationNs > cell.plainNs) {
        cell.plainNs = durationNs;
        cell.plainKey = key;
      }
    });
    return block;
  }
}

export function emptyCell(): Cell {
  return { count: 0, errors: 0, plainNs: -1, plainKey: -1, errorNs: -1, errorKey: -1 };
}

/** Adds the counts of a cell to another, and keeps the longer items. */
export function joinCell(into: Cell, from: Cell): void {
  into.count += from.count;
  into.errors += from.errors;
  if (from.plainNs > into.plainNs) {
    into.plainNs = from.plainNs;
    into.plainKey = from.plainKey;
  }
  if (from.errorNs > into.errorNs) {
    into.errorNs = from.errorNs;
    into.errorKey = from.errorKey;
  }
}

function columnOf(axis: TimeAxis, startHi: number, startLo: number): number {
  if (axis.type === 'bits') return columnAt(startHi, startLo, axis.bits);
  const ns = diffNs(startHi, startLo, axis.fromHi, axis.fromLo);
  const column = Math.floor(ns / axis.columnNs);
  return column >= 0 && column < axis.columns ? column : -1;
}

function widen(cells: ReadonlyMap<number, Cell>, scale: number): Map<number, Cell> {
  const joined = new Map<number, Cell>();
  for (const [name, cell] of cells) {
    const bin = name % BINS;
    const wide = Math.floor((name - bin) / BINS / scale) * BINS + bin;
    const into = joined.get(wide);
    if (into === undefined) joined.set(wide, cell);
    else joinCell(into, cell);
  }
  return joined;
}
