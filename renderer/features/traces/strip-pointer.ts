/** A drag over the latency strip: a new brush, or an edge of the one that is there. CSS px. */
import type { CellPlace, CellRange, StripGrid } from '../../canvas/strip-grid.ts';
import {
  brushEdgeAt,
  draggedRange,
  movedEdge,
  nearestCell,
  type BrushEdge,
  type StripPlot,
} from '../../canvas/strip-hit.ts';

/** A place on the strip. */
export interface StripPoint {
  readonly x: number;
  readonly y: number;
}

/** Below this a drag is a click. */
const CLICK_PX = 4;

export class StripDrag {
  readonly #grid: StripGrid;
  readonly #plot: StripPlot;
  readonly #from: StripPoint;
  readonly #edge: BrushEdge | null;
  readonly #before: CellRange | null;
  #hasMoved = false;

  /** Begins at `from`; `brush` is the one that is there. */
  constructor(grid: StripGrid, plot: StripPlot, from: StripPoint, brush: CellRange | null) {
    this.#grid = grid;
    this.#plot = plot;
    this.#from = from;
    this.#before = brush;
    this.#edge = brush === null ? null : brushEdgeAt(grid, plot, brush, from.x, from.y);
  }

  /** False while it may still be a click. */
  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  /** The brush with the pointer at `to`; that of before while it may still be a click. */
  moveTo(to: StripPoint): CellRange | null {
    const reach = Math.max(Math.abs(to.x - this.#from.x), Math.abs(to.y - this.#from.y));
    if (reach >= CLICK_PX) this.#hasMoved = true;
    if (!this.#hasMoved) return this.#before;
    if (this.#edge === null || this.#before === null) {
      return draggedRange(this.#grid, this.#plot, this.#from, to);
    }
    return movedEdge(this.#before, this.#edge, nearestCell(this.#grid, this.#plot, to.x, to.y));
  }
}

/** The cursor that says what a drag from here would do. */
export function cursorAt(
  grid: StripGrid,
  plot: StripPlot,
  brush: CellRange | null,
  at: StripPoint,
): string {
  const edge = brush === null ? null : brushEdgeAt(grid, plot, brush, at.x, at.y);
  if (edge === 'left' || edge === 'right') return 'ew-resize';
  return edge === null ? 'crosshair' : 'ns-resize';
}

const STEPS: Readonly<Record<string, CellPlace>> = {
  ArrowLeft: { column: -1, row: 0 },
  ArrowRight: { column: 1, row: 0 },
  ArrowUp: { column: 0, row: 1 },
  ArrowDown: { column: 0, row: -1 },
};

/** The cell that a key moves to; null when the key does not move. */
export function steppedCell(grid: StripGrid, from: CellPlace, key: string): CellPlace | null {
  if (key === 'Home') return { ...from, column: 0 };
  if (key === 'End') return { ...from, column: Math.max(0, grid.meta.columns - 1) };
  const step = Object.hasOwn(STEPS, key) ? STEPS[key] : undefined;
  if (step === undefined) return null;
  return {
    column: Math.max(0, Math.min(grid.width - 1, from.column + step.column)),
    row: Math.max(0, Math.min(grid.height - 1, from.row + step.row)),
  };
}

/** Where the keyboard comes in: the longest item of the newest column that has one. */
export function firstCell(grid: StripGrid): CellPlace {
  for (let column = grid.width - 1; column >= 0; column--) {
    for (let row = grid.height - 1; row >= 0; row--) {
      if (grid.cellAt({ column, row }) !== -1) return { column, row };
    }
  }
  return { column: 0, row: 0 };
}
