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
/** Fine columns of a block above this number are joined at once: one stray clock makes no more. */
const MAX_BLOCK_COLUMNS = 512;

interface Block {
  /** Positions [from, to) are counted. */
  from: number;
  to: number;
  /** Counts by level, by column of this width. */
  bits: number;
  columns: Map<number, Int32Array>;
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
    if (shifts !== this.#shifts) this.#blocks.clear();
    this.#shifts = shifts;
    const first = Math.floor(begin / BLOCK_SIZE);
    for (const number of this.#blocks.keys()) {
      if (number < first || number * BLOCK_SIZE >= end) this.#blocks.delete(number);
    }
    for (let number = Math.floor((end - 1) / BLOCK_SIZE); number >= first; number--) {
      const from = Math.max(begin, number * BLOCK_SIZE);
      const to = Math.min(end, (number + 1) * BLOCK_SIZE);
      const block = this.#blocks.get(number);
      if (block?.from === from && block.to === to) continue;
      if (isTimeUp()) return false;
      this.#count(number, from, to);
    }
    return true;
  }

  /** The density in at most `columns` columns; null when the list is empty. */
  density(columns: number): Density | null {
    let low = Infinity;
    let high = -Infinity;
    for (const block of this.#blocks.values()) {
      for (const column of block.columns.keys()) {
        low = Math.min(low, column * 2 ** (block.bits - MIN_BITS));
        high = Math.max(high, (column + 1) * 2 ** (block.bits - MIN_BITS) - 1);
      }
    }
    if (low > high || columns === 0) return null;
    let bits = bitsFor(low, high, columns);
    for (const block of this.#blocks.values()) bits = Math.max(bits, block.bits);
    const first = columnAtBits(low, bits);
    const count = columnAtBits(high, bits) - first + 1;
    const counts = new Uint32Array(count * LEVEL_COUNT);
    for (const block of this.#blocks.values()) {
      const scale = 2 ** (bits - block.bits);
      for (const [column, levels] of block.columns) {
        const into = (Math.floor(column / scale) - first) * LEVEL_COUNT;
        for (let level = 0; level < LEVEL_COUNT; level++) counts[into + level] += levels[level];
      }
    }
    const fromNs = columnStart(first, bits).toString();
    return { fromNs, columnNs: 2 ** bits, columns: count, counts };
  }

  /**
   * The most severe level in each of `ticks` equal stretches of the list; LOG_NO_TICK where no row is.
   * In lists above EXACT_TICKS_LENGTH a record may show up to GROUP_SIZE positions off.
   */
  ticks(ticks: number): Uint8Array {
    const { begin, end } = this.#list;
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
    return ranks.map(levelOf);
  }

  #count(number: number, from: number, to: number): void {
    const known = this.#blocks.get(number);
    // Growth upwards goes on where it was; a block that was cut or grew downwards is counted anew.
    const block = known?.from === from && known.to < to ? known : newBlock(from);
    const { logs } = this.#store;
    for (let position = block.to; position < to; position++) {
      const row = logs.rowOf(this.#list.ordinalAt(position));
      const segment = logs.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) continue;
      const slot = row & SLOT_MASK;
      const column = columnAt(segment.timeHi[slot], segment.timeLo[slot], block.bits);
      let levels = block.columns.get(column);
      if (levels === undefined) {
        levels = new Int32Array(LEVEL_COUNT);
        block.columns.set(column, levels);
        if (block.columns.size > MAX_BLOCK_COLUMNS) widen(block, column, levels);
      }
      const level = this.#list.levelAt(position);
      levels[level]++;
      const group = Math.floor((position % BLOCK_SIZE) / GROUP_SIZE);
      block.peaks[group] = Math.max(block.peaks[group], rankOf(level));
    }
    block.to = to;
    this.#blocks.set(number, block);
  }
}

function newBlock(from: number): Block {
  const peaks = new Uint8Array(BLOCK_SIZE / GROUP_SIZE);
  return { from, to: from, bits: MIN_BITS, columns: new Map(), peaks };
}

/** Joins columns in pairs until half as many are left. The array of the newest column stays its own. */
function widen(block: Block, newest: number, own: Int32Array): void {
  let kept = newest;
  while (block.columns.size > MAX_BLOCK_COLUMNS / 2) {
    const joined = new Map<number, Int32Array>();
    kept = Math.floor(kept / 2);
    joined.set(kept, own);
    for (const [column, levels] of block.columns) {
      const wide = Math.floor(column / 2);
      const sum = joined.get(wide);
      if (sum === undefined) joined.set(wide, levels);
      else if (sum !== levels) for (let i = 0; i < sum.length; i++) sum[i] += levels[i];
    }
    block.columns = joined;
    block.bits++;
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
