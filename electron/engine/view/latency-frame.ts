/** Builds what the latency strip draws from the cells of its blocks. */
import {
  BINS,
  binStart,
  BINS_PER_OCTAVE,
  emptyCell,
  joinCell,
  type Block,
  type Cell,
} from './latency-blocks.ts';

type Counts = Float64Array | Uint32Array;

const MAX_POINTS = 500;

export interface GridCell {
  readonly column: number;
  readonly row: number;
  readonly cell: Cell;
}

export interface GridPoint {
  readonly isError: boolean;
  readonly ns: number;
  readonly key: number;
}

export interface LatencyGrid {
  readonly rows: number;
  readonly minNs: number;
  readonly maxNs: number;
  readonly counted: number;
  readonly outside: number;
  readonly slowNs: number;
  readonly ringsHidden: number;
  readonly diamondsHidden: number;
  readonly cells: readonly GridCell[];
  readonly p95Ns: Float64Array;
  /** Longest first. */
  readonly points: readonly GridPoint[];
}

/**
 * The grid of columns [first, first + columns) in at most `rows` rows of whole bins. O(cells of the
 * blocks).
 */
export function buildGrid(
  blocks: Iterable<Block>,
  first: number,
  columns: number,
  rows: number,
): LatencyGrid {
  const gathered = gather(blocks, first, columns);
  const { cells, minBin, maxBin } = gathered;
  const binsPerRow = Math.max(1, Math.ceil((maxBin - minBin + 1) / rows));
  const rowCount = cells.size === 0 ? 0 : Math.ceil((maxBin - minBin + 1) / binsPerRow);
  const perBin = new Uint32Array(columns * BINS);
  const bins = new Float64Array(BINS);
  const plainBins = new Float64Array(BINS);
  const shown = new Map<number, GridCell>();
  let counted = 0;
  let errors = 0;
  for (const [name, cell] of cells) {
    const bin = name % BINS;
    const column = (name - bin) / BINS;
    const row = Math.floor((bin - minBin) / binsPerRow);
    perBin[name] += cell.count;
    bins[bin] += cell.count;
    plainBins[bin] += cell.count - cell.errors;
    counted += cell.count;
    errors += cell.errors;
    const place = column * rowCount + row;
    const into = shown.get(place) ?? { column, row, cell: emptyCell() };
    joinCell(into.cell, cell);
    shown.set(place, into);
  }
  const p95Ns = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    p95Ns[column] = percentile(perBin.subarray(column * BINS, (column + 1) * BINS), 0.95);
  }
  const slowBin = slowestBins(bins);
  const points = pickPoints([...shown.values()], slowBin === BINS ? Infinity : binStart(slowBin));
  const diamonds = points.filter((point) => point.isError).length;
  let slow = 0;
  for (let bin = slowBin; bin < BINS; bin++) slow += plainBins[bin];
  return {
    rows: rowCount,
    minNs: rowCount === 0 ? 0 : binStart(minBin),
    maxNs: rowCount === 0 ? 0 : binStart(minBin + rowCount * binsPerRow),
    counted,
    outside: gathered.outside,
    slowNs: slowBin === BINS ? 0 : binStart(slowBin),
    ringsHidden: slow - (points.length - diamonds),
    diamondsHidden: errors - diamonds,
    cells: [...shown.values()],
    p95Ns,
    points,
  };
}

/** The cells of the window over all blocks, columns counted from `first`. */
function gather(
  blocks: Iterable<Block>,
  first: number,
  columns: number,
): {
  readonly cells: ReadonlyMap<number, Cell>;
  readonly minBin: number;
  readonly maxBin: number;
  readonly outside: number;
} {
  const cells = new Map<number, Cell>();
  const base = first * BINS;
  const end = columns * BINS;
  let minBin = BINS;
  let maxBin = 0;
  let outside = 0;
  for (const block of blocks) {
    outside += block.outside;
    for (const [name, cell] of block.cells) {
      const place = name - base;
      if (place < 0 || place >= end) {
        outside += cell.count;
        continue;
      }
      const bin = place % BINS;
      if (bin < minBin) minBin = bin;
      if (bin > maxBin) maxBin = bin;
      let into = cells.get(place);
      if (into === undefined) {
        into = emptyCell();
        cells.set(place, into);
      }
      joinCell(into, cell);
    }
  }
  return { cells, minBin, maxBin, outside };
}

/** The middle of the bin in which the nearest-rank percentile lies; NaN when there is nothing. */
function percentile(bins: Counts, share: number): number {
  const bin = percentileBin(bins, share);
  return bin === -1 ? NaN : 2 ** ((bin + 0.5) / BINS_PER_OCTAVE);
}

function percentileBin(bins: Counts, share: number): number {
  let total = 0;
  for (const count of bins) total += count;
  if (total === 0) return -1;
  const rank = Math.ceil(total * share);
  let seen = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    seen += bins[bin];
    if (seen >= rank) return bin;
  }
  return bins.length - 1;
}

/** From which bin on items are slow; BINS when none is. */
function slowestBins(bins: Counts): number {
  const p99 = percentileBin(bins, 0.99);
  if (p99 === -1) return BINS;
  const slow = Math.max(p99, percentileBin(bins, 0.5) + BINS_PER_OCTAVE);
  for (let bin = slow; bin < BINS; bin++) if (bins[bin] > 0) return slow;
  return BINS;
}

function pickPoints(cells: readonly GridCell[], slowNs: number): readonly GridPoint[] {
  const points: GridPoint[] = [];
  for (const { cell } of cells) {
    if (cell.errors > 0) points.push({ isError: true, ns: cell.errorNs, key: cell.errorKey });
    if (cell.plainNs >= slowNs) {
      points.push({ isError: false, ns: cell.plainNs, key: cell.plainKey });
    }
  }
  return points.sort((a, b) => b.ns - a.ns).slice(0, MAX_POINTS);
}
