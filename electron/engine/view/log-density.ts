/**
 * The density of a log list over time, by level, and the ticks of its gutter. Kept in blocks of
 * positions: what is appended, searched or evicted changes the blocks at the ends alone.
 */
import { LOG_NO_TICK } from '../../../proto/live/topics.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { LEVEL_COUNT, type LogList } from './log-list.ts';
import { at as columnAtBits, bitsFor, columnAt, columnStart, MIN_BITS } from './time-columns.ts';

const BLOCK_SIZE = 4096;
/** Positions that long lists take together for a tick. */
const GROUP_SIZE = 64;
/** Lists up to this length have exact ticks: a fraction of a ms. */
const EXACT_TICKS_LENGTH = 1 << 15;
/** Columns of a block at most: more than a screen shows of all blocks together. */
const MAX_BLOCK_COLUMNS = 512;

interface Block {
  /** Positions [from, to) are counted. */
  readonly from: number;
  to: number;
  /** Least and greatest column at MIN_BITS; low is above high while nothing is counted. */
  readonly low: number;
  readonly high: number;
  /** Width of its columns, and the first of them. */
  readonly bits: number;
  readonly first: number;
  /** LEVEL_COUNT counts a column. */
  readonly counts: Uint16Array;
  /** The highest rank in each group of positions; 0 where there is none. */
  readonly peaks: Uint8Array;
}

export interface Density {
  /** Decimal string of ns since the Unix epoch. */
  readonly fromNs: string;
  readonly columnNs: number;
  readonly columns: number;
  /** LEVEL_COUNT counts a column. */
  readonly counts: Uint32Array;
}

export class LogDensity {
  readonly #store: StoreRead;
  readonly #list: LogList;
  readonly #blocks = new Map<number, Block>();
  #shifts: number;
  /** What was made of the blocks last, until one of them changes. */
  #density: { readonly columns: number; readonly density: Density | null } | undefined;
  #ticks: { readonly begin: number; readonly end: number; readonly ticks: Uint8Array } | undefined;
  /** Of the records of the block in hand: their columns at MIN_BITS, and their levels. */
  readonly #fine = new Float64Array(BLOCK_SIZE);
  readonly #levels = new Uint8Array(BLOCK_SIZE);

  constructor(store: StoreRead, list: LogList) {
    this.#store = store;
    this.#list = list;
    this.#shifts = list.shifts;
  }

  /**
   * Takes in what changed in the refreshed list, the newest first, until `isTimeUp` says so. False
   * when there is more to do.
   */
  refresh(isTimeUp: () => boolean): boolean {
    const { begin, end, shifts } = this.#list;
    if (shifts !== this.#shifts) {
      this.#blocks.clear();
      this.#forget();
    }
    this.#shifts = shifts;
    const first = Math.floor(begin / BLOCK_SIZE);
    for (const number of this.#blocks.keys()) {
      if (number >= first && number * BLOCK_SIZE < end) continue;
      this.#blocks.delete(number);
      this.#forget();
    }
    for (let number = Math.floor((end - 1) / BLOCK_SIZE); number >= first; number--) {
      const from = Math.max(begin, number * BLOCK_SIZE);
      const to = Math.min(end, (number + 1) * BLOCK_SIZE);
      const block = this.#blocks.get(number);
      if (block?.from === from && block.to === to) continue;
      if (isTimeUp()) return false;
      this.#blocks.set(number, this.#count(block, from, to));
      this.#forget();
    }
    return true;
  }

  /** The density in at most `columns` columns; null when the list is empty. */
  density(columns: number): Density | null {
    if (this.#density?.columns !== columns) {
      this.#density = { columns, density: this.#join(columns) };
    }
    return this.#density.density;
  }

  #join(columns: number): Density | null {
    let low = Infinity;
    let high = -Infinity;
    for (const block of this.#blocks.values()) {
      low = Math.min(low, block.low);
      high = Math.max(high, block.high);
    }
    if (low > high || columns === 0) return null;
    let bits = bitsFor(low, high, columns);
    for (const block of this.#blocks.values()) bits = Math.max(bits, block.bits);
    const first = columnAtBits(low, bits);
    const count = columnAtBits(high, bits) - first + 1;
    const counts = new Uint32Array(count * LEVEL_COUNT);
    for (const block of this.#blocks.values()) addBlock(block, counts, first, bits);
    const fromNs = columnStart(first, bits).toString();
    return { fromNs, columnNs: 2 ** bits, columns: count, counts };
  }

  /**
   * The most severe level in each of `ticks` equal stretches of the list; LOG_NO_TICK where no row is.
   * In lists above EXACT_TICKS_LENGTH a record may show up to GROUP_SIZE positions off.
   */
  ticks(ticks: number): Uint8Array {
    const { begin, end } = this.#list;
    const known = this.#ticks;
    if (known?.ticks.length === ticks && known.begin === begin && known.end === end) {
      return known.ticks;
    }
    const made = this.#rank(ticks, begin, end).map(levelOf);
    this.#ticks = { begin, end, ticks: made };
    return made;
  }

  #rank(ticks: number, begin: number, end: number): Uint8Array {
    const ranks = new Uint8Array(ticks);
    const scale = ticks / (end - begin);
    const note = (position: number, rank: number): void => {
      const tick = Math.min(ticks - 1, Math.max(0, Math.floor((position - begin) * scale)));
      ranks[tick] = Math.max(ranks[tick], rank);
    };
    if (end - begin <= EXACT_TICKS_LENGTH) {
      for (let at = begin; at < end; at++) note(at, rankOf(this.#list.levelAt(at)));
    } else {
      for (const [number, { peaks }] of this.#blocks) {
        const middle = number * BLOCK_SIZE + GROUP_SIZE / 2;
        peaks.forEach((rank, group) => {
          if (rank > 0) note(middle + group * GROUP_SIZE, rank);
        });
      }
    }
    return ranks;
  }

  #forget(): void {
    this.#density = undefined;
    this.#ticks = undefined;
  }

  /** A block grows upwards within its columns; one that was cut or needs others is counted anew. */
  #count(known: Block | undefined, from: number, to: number): Block {
    if (known?.from === from && known.to < to) {
      const range = this.#read(known.to, to);
      if (range.low >= known.low && range.high <= known.high) {
        this.#add(known, to);
        return known;
      }
    }
    const { low, high } = this.#read(from, to);
    const bits = low > high ? MIN_BITS : bitsFor(low, high, MAX_BLOCK_COLUMNS);
    const first = low > high ? 0 : columnAtBits(low, bits);
    const columns = low > high ? 0 : columnAtBits(high, bits) - first + 1;
    const counts = new Uint16Array(columns * LEVEL_COUNT);
    const peaks = new Uint8Array(BLOCK_SIZE / GROUP_SIZE);
    const block = { from, to: from, low, high, bits, first, counts, peaks };
    this.#add(block, to);
    return block;
  }

  /** Reads the records at [from, to) and tells their least and greatest column. Hot loop. */
  #read(from: number, to: number): { readonly low: number; readonly high: number } {
    const { logs } = this.#store;
    const list = this.#list;
    const fine = this.#fine;
    const levels = this.#levels;
    let low = Infinity;
    let high = -Infinity;
    for (let position = from; position < to; position++) {
      const row = logs.rowOf(list.ordinalAt(position));
      const segment = logs.segments[row >>> SEGMENT_BITS];
      const i = position - from;
      levels[i] = segment === undefined ? NO_LEVEL : list.levelAt(position);
      if (segment === undefined) continue;
      const slot = row & SLOT_MASK;
      const column = columnAt(segment.timeHi[slot], segment.timeLo[slot], MIN_BITS);
      fine[i] = column;
      if (column < low) low = column;
      if (column > high) high = column;
    }
    return { low, high };
  }

  /** Adds the records that were read, which end at `to`. */
  #add(block: Block, to: number): void {
    const { counts, first, bits, peaks } = block;
    for (let i = 0; i < to - block.to; i++) {
      const level = this.#levels[i];
      if (level === NO_LEVEL) continue;
      counts[(columnAtBits(this.#fine[i], bits) - first) * LEVEL_COUNT + level]++;
      const group = Math.floor(((block.to + i) & (BLOCK_SIZE - 1)) / GROUP_SIZE);
      peaks[group] = Math.max(peaks[group], rankOf(level));
    }
    block.to = to;
  }
}

/** No place in the order of levels. */
const NO_LEVEL = 255;

/** Adds the counts of a block to columns of a width that is at least its own, from `first` on. */
function addBlock(block: Block, counts: Uint32Array, first: number, bits: number): void {
  const own = block.counts;
  for (let at = 0, column = block.first; at < own.length; at += LEVEL_COUNT, column++) {
    const into = (Math.floor(column / 2 ** (bits - block.bits)) - first) * LEVEL_COUNT;
    for (let level = 0; level < LEVEL_COUNT; level++) counts[into + level] += own[at + level];
  }
}

/** How severe a level is: `unset`, the last of the order, is the least. */
function rankOf(level: number): number {
  return level === LEVEL_COUNT - 1 ? 1 : level + 2;
}

function levelOf(rank: number): number {
  if (rank === 0) return LOG_NO_TICK;
  return rank === 1 ? LEVEL_COUNT - 1 : rank - 2;
}
