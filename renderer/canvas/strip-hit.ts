/** What of a latency strip lies at a place: its plot, its cells, the edges of its brush. CSS px. */
import type { CellPlace, CellRange, StripGrid } from './strip-grid.ts';

/** The part of the strip that cells lie in. */
export interface StripPlot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** An edge of the brush that can be dragged. */
export type BrushEdge = 'left' | 'right' | 'top' | 'bottom';

/** Room for the labels of durations. */
const LEFT_PX = 56;
const RIGHT_PX = 12;
/** Above this height the strip has room for marks on top. */
const TALL_PX = 100;
const EDGE_PX = 5;
/** A drag shorter than this along an axis means the whole axis. */
const LEAST_DRAG_PX = 8;

/** The plot of a strip of a size. */
export function stripPlot(widthPx: number, heightPx: number): StripPlot {
  const isTall = heightPx >= TALL_PX;
  const top = isTall ? 12 : 6;
  const bottom = isTall ? 18 : 16;
  return {
    left: LEFT_PX,
    top,
    width: Math.max(1, widthPx - LEFT_PX - RIGHT_PX),
    height: Math.max(1, heightPx - top - bottom),
  };
}

/** The left edge of a column. */
export function xOfColumn(grid: StripGrid, plot: StripPlot, column: number): number {
  return plot.left + (column / grid.width) * plot.width;
}

/** The lower edge of a row. */
export function yOfRow(grid: StripGrid, plot: StripPlot, row: number): number {
  return plot.top + plot.height - (row / grid.height) * plot.height;
}

/** The cell at a place; null outside of the plot. */
export function cellAtPx(grid: StripGrid, plot: StripPlot, x: number, y: number): CellPlace | null {
  const isInside =
    x >= plot.left && x < plot.left + plot.width && y >= plot.top && y < plot.top + plot.height;
  return isInside ? nearestCell(grid, plot, x, y) : null;
}

/** The cell at a place, or the nearest one when it is outside of the plot. */
export function nearestCell(grid: StripGrid, plot: StripPlot, x: number, y: number): CellPlace {
  const column = Math.floor(((x - plot.left) / plot.width) * grid.width);
  const row = Math.floor(((plot.top + plot.height - y) / plot.height) * grid.height);
  return {
    column: Math.max(0, Math.min(grid.width - 1, column)),
    row: Math.max(0, Math.min(grid.height - 1, row)),
  };
}

/** The edge of a brush at a place, or null. An edge on the border of the strip is open, and none. */
export function brushEdgeAt(
  grid: StripGrid,
  plot: StripPlot,
  range: CellRange,
  x: number,
  y: number,
): BrushEdge | null {
  const left = xOfColumn(grid, plot, range.column0);
  const right = xOfColumn(grid, plot, range.column1);
  const bottom = yOfRow(grid, plot, range.row0);
  const top = yOfRow(grid, plot, range.row1);
  const isBeside = y >= top - EDGE_PX && y <= bottom + EDGE_PX;
  const isAlong = x >= left - EDGE_PX && x <= right + EDGE_PX;
  if (isBeside && Math.abs(x - right) <= EDGE_PX && range.column1 < grid.width) return 'right';
  if (isBeside && Math.abs(x - left) <= EDGE_PX && range.column0 > 0) return 'left';
  if (isAlong && Math.abs(y - top) <= EDGE_PX && range.row1 < grid.height) return 'top';
  if (isAlong && Math.abs(y - bottom) <= EDGE_PX && range.row0 > 0) return 'bottom';
  return null;
}

/** The range that an edge of `range` reaches when it is dragged to a cell; never empty. */
export function movedEdge(range: CellRange, edge: BrushEdge, to: CellPlace): CellRange {
  switch (edge) {
    case 'left':
      return { ...range, column0: Math.min(to.column, Math.ceil(range.column1) - 1) };
    case 'right':
      return { ...range, column1: Math.max(to.column + 1, Math.floor(range.column0) + 1) };
    case 'bottom':
      return { ...range, row0: Math.min(to.row, Math.ceil(range.row1) - 1) };
    case 'top':
      return { ...range, row1: Math.max(to.row + 1, Math.floor(range.row0) + 1) };
  }
}

/** The range between two places of a drag. Along an axis that hardly moved it is the whole axis. */
export function draggedRange(
  grid: StripGrid,
  plot: StripPlot,
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
): CellRange {
  const a = nearestCell(grid, plot, from.x, from.y);
  const b = nearestCell(grid, plot, to.x, to.y);
  const isAllTime = Math.abs(to.x - from.x) < LEAST_DRAG_PX;
  const isAllDurations = Math.abs(to.y - from.y) < LEAST_DRAG_PX;
  return {
    column0: isAllTime ? 0 : Math.min(a.column, b.column),
    column1: isAllTime ? grid.width : Math.max(a.column, b.column) + 1,
    row0: isAllDurations ? 0 : Math.min(a.row, b.row),
    row1: isAllDurations ? grid.height : Math.max(a.row, b.row) + 1,
  };
}

/** The range that holds two cells. */
export function rangeBetween(a: CellPlace, b: CellPlace): CellRange {
  return {
    column0: Math.min(a.column, b.column),
    column1: Math.max(a.column, b.column) + 1,
    row0: Math.min(a.row, b.row),
    row1: Math.max(a.row, b.row) + 1,
  };
}
