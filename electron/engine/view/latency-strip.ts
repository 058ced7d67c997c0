/** The latency strip of a set of traces or spans: chooses its axis of time and packs its columns. */
import type { LatencyColumns, LatencyMeta, LatencyParams } from '../../../proto/live/topics.ts';
import { LATENCY_POINT } from '../../../proto/live/topics.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { LatencyBlocks, type TimeAxis } from './latency-blocks.ts';
import { buildGrid, type LatencyGrid } from './latency-frame.ts';
import type { LatencySource } from './latency-source.ts';
import { spanIdInto } from './span-rows.ts';
import { at, bitsFor, columnAt, columnStart, MIN_BITS } from './time-columns.ts';

export interface PackedLatency {
  readonly meta: LatencyMeta;
  readonly columns: LatencyColumns;
  /** False while blocks are still to be counted. */
  readonly isComplete: boolean;
}

/** What part of time is shown: columns [first, first + count). */
interface Shown {
  readonly first: number;
  readonly count: number;
  readonly fromNs: string;
  readonly columnNs: number;
}

const NOTHING: Shown = { first: 0, count: 0, fromNs: '', columnNs: 0 };

export class LatencyStrip {
  readonly #store: StoreRead;
  readonly #source: LatencySource;
  readonly #params: LatencyParams;
  readonly #blocks: LatencyBlocks;

  constructor(store: StoreRead, source: LatencySource, params: LatencyParams) {
    this.#store = store;
    this.#source = source;
    this.#params = params;
    this.#blocks = new LatencyBlocks(source, firstAxis(params));
  }

  /** Takes in what changed until `isTimeUp` says so, and packs what is there. */
  build(nowMs: number, isTimeUp: () => boolean): PackedLatency {
    let isComplete = this.#blocks.refresh(isTimeUp);
    const shown = this.#choose(nowMs);
    if (isComplete) isComplete = this.#blocks.refresh(isTimeUp);
    const { rows } = this.#params;
    const grid = buildGrid(this.#blocks.blocks, shown.first, shown.count, rows);
    const searching = this.#source.isSearching || !isComplete;
    const meta: LatencyMeta = {
      fromNs: shown.fromNs,
      columnNs: shown.columnNs,
      columns: shown.count,
      rows: grid.rows,
      minNs: grid.minNs,
      maxNs: grid.maxNs,
      counted: grid.counted,
      outside: grid.outside,
      slowNs: grid.slowNs,
      ringsHidden: grid.ringsHidden,
      diamondsHidden: grid.diamondsHidden,
      searching,
    };
    return { meta, columns: this.#pack(grid), isComplete };
  }

  /** The part of time to show; widens or narrows the columns where the range of memory asks for it. */
  #choose(nowMs: number): Shown {
    const { window, columns } = this.#params;
    if (window !== null && 'fromNs' in window) {
      const columnNs = columnWidth(window, columns);
      return { first: 0, count: columns, fromNs: window.fromNs, columnNs };
    }
    const { low, high } = this.#blocks.range();
    if (low > high) return NOTHING;
    if (window !== null) {
      // A clock that runs ahead does not push everything else out.
      const nowNs = BigInt(Math.ceil(nowMs)) * 1_000_000n;
      const now = columnAt(Number(nowNs >> 32n), Number(nowNs & 0xffffffffn), MIN_BITS);
      const bits = lastBits(window.lastNs, columns);
      const count = Math.max(1, Math.ceil(window.lastNs / 2 ** bits));
      return shownAt(at(Math.max(low, Math.min(high, now)), bits) - count + 1, count, bits);
    }
    const { axis } = this.#blocks;
    const before = axis.type === 'bits' ? axis.bits : MIN_BITS;
    const fitting = bitsFor(low, high, columns);
    // Narrower only when three quarters would stay empty: eviction must not make it flicker.
    const bits = fitting > before || fitting < before - 1 ? fitting : before;
    this.#blocks.setAxis({ type: 'bits', bits });
    const first = at(low, bits);
    return shownAt(first, at(high, bits) - first + 1, bits);
  }

  #pack(grid: LatencyGrid): LatencyColumns {
    const { cells, points } = grid;
    const bySpan = this.#params.by === 'spans';
    const columns = {
      cellColumn: new Uint16Array(cells.length),
      cellRow: new Uint16Array(cells.length),
      cellCount: new Uint32Array(cells.length),
      cellErrors: new Uint32Array(cells.length),
      cellWorstNs: new Float64Array(cells.length),
      cellWorstTraceId: new Uint8Array(cells.length * 16),
      cellWorstSpanId: new Uint8Array(bySpan ? cells.length * 8 : 0),
      p95Ns: grid.p95Ns,
      pointKind: new Uint8Array(points.length),
      pointStartHi: new Uint32Array(points.length),
      pointStartLo: new Uint32Array(points.length),
      pointNs: new Float64Array(points.length),
      pointTraceId: new Uint8Array(points.length * 16),
      pointSpanId: new Uint8Array(bySpan ? points.length * 8 : 0),
    };
    cells.forEach(({ column, row, cell }, i) => {
      const isErrorWorst = cell.errorNs >= cell.plainNs;
      columns.cellColumn[i] = column;
      columns.cellRow[i] = row;
      columns.cellCount[i] = cell.count;
      columns.cellErrors[i] = cell.errors;
      columns.cellWorstNs[i] = isErrorWorst ? cell.errorNs : cell.plainNs;
      const key = isErrorWorst ? cell.errorKey : cell.plainKey;
      this.#identify(key, columns.cellWorstTraceId, columns.cellWorstSpanId, i);
    });
    points.forEach((point, i) => {
      columns.pointKind[i] = point.isError ? LATENCY_POINT.diamond : LATENCY_POINT.ring;
      columns.pointNs[i] = point.ns;
      const start = this.#identify(point.key, columns.pointTraceId, columns.pointSpanId, i);
      columns.pointStartHi[i] = start.hi;
      columns.pointStartLo[i] = start.lo;
    });
    return columns;
  }

  /** Writes the ids of an item and gives its start. */
  #identify(
    key: number,
    traceIds: Uint8Array,
    spanIds: Uint8Array,
    i: number,
  ): { readonly hi: number; readonly lo: number } {
    const { traces, spans } = this.#store;
    if (this.#params.by === 'traces') {
      traces.idInto(key, traceIds, i * 16);
      return { hi: traces.startHiOf(key), lo: traces.startLoOf(key) };
    }
    // Its block waits to be counted anew: the ids stay zero for one frame.
    if (key < spans.begin) return { hi: 0, lo: 0 };
    const row = spans.rowOf(key);
    const segment = spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`span ${key} has no segment`);
    const slot = row & SLOT_MASK;
    traces.idInto(segment.trace[slot], traceIds, i * 16);
    spanIdInto(spanIds, i * 8, segment.spanIdHi[slot], segment.spanIdLo[slot]);
    return { hi: segment.startHi[slot], lo: segment.startLo[slot] };
  }
}

function shownAt(first: number, count: number, bits: number): Shown {
  const from = Math.max(0, first);
  const fromNs = columnStart(from, bits).toString();
  return { first: from, count: count - (from - first), fromNs, columnNs: 2 ** bits };
}

function firstAxis({ window, columns }: LatencyParams): TimeAxis {
  if (window === null) return { type: 'bits', bits: MIN_BITS };
  if ('lastNs' in window) return { type: 'bits', bits: lastBits(window.lastNs, columns) };
  const from = BigInt(window.fromNs);
  return {
    type: 'window',
    fromHi: Number(from >> 32n),
    fromLo: Number(from & 0xffffffffn),
    columnNs: columnWidth(window, columns),
    columns,
  };
}

function columnWidth(
  window: { readonly fromNs: string; readonly toNs: string },
  columns: number,
): number {
  return Math.max(1, Number(BigInt(window.toNs) - BigInt(window.fromNs)) / columns);
}

/** The narrowest width at which so much time fits the columns. */
function lastBits(lastNs: number, columns: number): number {
  return Math.max(MIN_BITS, Math.ceil(Math.log2(Math.max(1, lastNs) / columns)));
}
