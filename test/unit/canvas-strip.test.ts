import { describe, expect, test } from 'vitest';
import { LATENCY_POINT, type LatencyColumns, type LatencyMeta } from '../../proto/live/topics.ts';
import { clockTicks, durationTicks } from '../../renderer/canvas/strip-axis.ts';
import { OPEN_BRUSH, StripGrid } from '../../renderer/canvas/strip-grid.ts';
import { heatPalette, heatStep, writeHeat } from '../../renderer/canvas/strip-heat.ts';
import {
  brushEdgeAt,
  cellAtPx,
  draggedRange,
  movedEdge,
  stripPlot,
  xOfColumn,
  yOfRow,
} from '../../renderer/canvas/strip-hit.ts';
import { paintStrip } from '../../renderer/canvas/strip-painter.ts';
import { firstCell, steppedCell, StripDrag } from '../../renderer/features/traces/strip-pointer.ts';
import {
  cellSentence,
  cellText,
  stripRows,
  stripSentence,
} from '../../renderer/features/traces/strip-text.ts';
import { area, recorder, style } from '../support/canvas/recorder.ts';

const FROM_NS = 1_700_000_000_000_000_000n;
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

interface Cell {
  readonly column: number;
  readonly row: number;
  readonly count: number;
  readonly errors?: number;
}

/** 16 columns of a second, 10 rows from 1 ms to 1024 ms: a row is a doubling. */
function gridOf(cells: readonly Cell[], over: Partial<LatencyMeta> = {}): StripGrid {
  const meta: LatencyMeta = {
    fromNs: String(FROM_NS),
    columnNs: 1e9,
    columns: 16,
    rows: 10,
    minNs: 1e6,
    maxNs: 1.024e9,
    counted: cells.reduce((sum, { count }) => sum + count, 0),
    outside: 0,
    slowNs: 0,
    ringsHidden: 0,
    diamondsHidden: 0,
    searching: false,
    ...over,
  };
  const start = FROM_NS + 500_000_000n;
  const columns: LatencyColumns = {
    cellColumn: Uint16Array.from(cells, ({ column }) => column),
    cellRow: Uint16Array.from(cells, ({ row }) => row),
    cellCount: Uint32Array.from(cells, ({ count }) => count),
    cellErrors: Uint32Array.from(cells, ({ errors = 0 }) => errors),
    cellWorstNs: Float64Array.from(cells, ({ row }) => 1.5e6 * 2 ** row),
    cellWorstTraceId: new Uint8Array(cells.length * 16).fill(0xab),
    cellWorstSpanId: new Uint8Array(0),
    p95Ns: new Float64Array(meta.columns).fill(4e6),
    pointKind: Uint8Array.of(LATENCY_POINT.ring, LATENCY_POINT.diamond),
    pointStartHi: new Uint32Array(2).fill(Number(start >> 32n)),
    pointStartLo: new Uint32Array(2).fill(Number(start & 0xffffffffn)),
    pointNs: Float64Array.of(5e8, 2e6),
    pointTraceId: new Uint8Array(32),
    pointSpanId: new Uint8Array(0),
  };
  return new StripGrid(meta, columns, 16);
}

const grid = gridOf([
  { column: 2, row: 3, count: 8, errors: 1 },
  { column: 15, row: 9, count: 60 },
]);
const plot = stripPlot(56 + 12 + 160, 130);

describe('the cells of the strip', () => {
  test('a cell is found by its place, and only there', () => {
    expect(grid.cellAt({ column: 2, row: 3 })).toBe(0);
    expect(grid.cellAt({ column: 3, row: 2 })).toBe(-1);
    expect(grid.cellAt({ column: 99, row: 0 })).toBe(-1);
  });

  test('the strip grows in eighths of the columns asked for, from a quarter on', () => {
    const widths = [0, 1, 4, 5, 9, 16].map((columns) => gridOf([], { columns }).width);
    expect(widths).toEqual([4, 4, 4, 6, 10, 16]);
  });

  test('a brush over cells has their times and durations, and lies where it was drawn', () => {
    const range = { column0: 2, column1: 5, row0: 1, row1: 4 };
    const brush = grid.brushOf(range);
    expect(brush.fromNs).toBe(String(FROM_NS + 2_000_000_000n));
    expect(brush.toNs).toBe(String(FROM_NS + 5_000_000_000n));
    expect(brush.minNs).toBeCloseTo(2e6, 3);
    expect(brush.maxNs).toBeCloseTo(16e6, 3);
    const back = grid.rangeOf(brush);
    expect(back.column0).toBeCloseTo(2);
    expect(back.column1).toBeCloseTo(5);
    expect(back.row0).toBeCloseTo(1);
    expect(back.row1).toBeCloseTo(4);
  });

  test('a brush over a whole side is open there, so that new items enter', () => {
    expect(grid.brushOf({ column0: 0, column1: 16, row0: 0, row1: 10 })).toEqual(OPEN_BRUSH);
    expect(grid.rangeOf(OPEN_BRUSH)).toEqual({ column0: 0, column1: 16, row0: 0, row1: 10 });
  });
});

describe('pointing at the strip', () => {
  test('every cell is found at its own middle', () => {
    for (const place of [
      { column: 0, row: 0 },
      { column: 2, row: 3 },
      { column: 15, row: 9 },
    ]) {
      const x = xOfColumn(grid, plot, place.column + 0.5);
      const y = yOfRow(grid, plot, place.row + 0.5);
      expect(cellAtPx(grid, plot, x, y)).toEqual(place);
    }
    expect(cellAtPx(grid, plot, 3, 50)).toBeNull();
  });

  test('a drag along one axis takes the whole of the other', () => {
    const from = { x: xOfColumn(grid, plot, 2.5), y: 40 };
    const to = { x: xOfColumn(grid, plot, 6.5), y: 43 };
    expect(draggedRange(grid, plot, from, to)).toEqual({
      column0: 2,
      column1: 7,
      row0: 0,
      row1: 10,
    });
  });

  test('a drag from an edge of the brush moves that edge alone', () => {
    const range = { column0: 4, column1: 8, row0: 2, row1: 6 };
    const x = xOfColumn(grid, plot, 8);
    const y = yOfRow(grid, plot, 4);
    expect(brushEdgeAt(grid, plot, range, x, y)).toBe('right');
    const drag = new StripDrag(grid, plot, { x, y }, range);
    expect(drag.moveTo({ x: xOfColumn(grid, plot, 11.5), y })).toEqual({ ...range, column1: 12 });
    expect(movedEdge(range, 'left', { column: 20, row: 0 }).column0).toBe(7);
  });

  test('a drag that hardly moves is a click', () => {
    const drag = new StripDrag(grid, plot, { x: 100, y: 50 }, null);
    expect(drag.moveTo({ x: 102, y: 51 })).toBeNull();
    expect(drag.hasMoved).toBe(false);
  });

  test('arrow keys move by a cell and stay inside', () => {
    expect(firstCell(grid)).toEqual({ column: 15, row: 9 });
    expect(steppedCell(grid, { column: 15, row: 9 }, 'ArrowRight')).toEqual({ column: 15, row: 9 });
    expect(steppedCell(grid, { column: 15, row: 9 }, 'ArrowDown')).toEqual({ column: 15, row: 8 });
    expect(steppedCell(grid, { column: 3, row: 3 }, 'Home')).toEqual({ column: 0, row: 3 });
    expect(steppedCell(grid, { column: 3, row: 3 }, 'j')).toBeNull();
  });
});

describe('the words of the strip', () => {
  test('a cell says its count, its errors and its longest', () => {
    const sentence = plain(cellSentence(cellText(grid, { column: 2, row: 3 }, 'traces')));
    expect(sentence).toMatch(/^8 traces, 1 error, 8\.00 ms to 16\.0 ms, .* longest 12\.0 ms$/);
    expect(cellText(grid, { column: 0, row: 0 }, 'spans')).toMatchObject({
      count: 'No spans',
      worst: undefined,
    });
  });

  test('the strip says what it shows, and that it shows nothing', () => {
    expect(plain(stripSentence(grid, 'traces'))).toBe(
      'Latency of 68 traces over 16.0 s, from 1.00 ms to 1.02 s',
    );
    expect(stripSentence(undefined, 'spans')).toBe('Latency of spans: nothing to show yet');
  });
});

describe('the axes of the strip', () => {
  test('durations are labelled by decade', () => {
    const labels = durationTicks(5e5, 2e9, 120).map(({ label }) => plain(label));
    expect(labels).toEqual(['1 ms', '10 ms', '100 ms', '1 s']);
  });

  test('labels of a low strip keep their distance', () => {
    expect(durationTicks(1, 1e10, 40).length).toBeLessThanOrEqual(3);
  });

  test('clock times are round and as far apart as their labels need', () => {
    const from = Number(FROM_NS / 1_000_000n);
    const ticks = clockTicks(from, from + 900_000, 1170);
    expect(ticks.length).toBeGreaterThan(4);
    expect(ticks.every(({ ms }) => ms % 60_000 === 0)).toBe(true);
    expect(clockTicks(from, from, 1170)).toEqual([]);
  });
});

describe('painting the strip', () => {
  test('the heat scale begins above nothing and ends at the hottest cell', () => {
    expect([1, 10, 100, 500, 1000].map((count) => heatStep(count, 1000))).toEqual([0, 0, 1, 3, 5]);
  });

  test('the steps of the heat scale are the bytes of their tokens', () => {
    const token = { ...style.theme.token, h1: '#010203', h2: '#010203', h3: '#010203' };
    const hot = { ...token, h4: '#010203', h5: '#010203', h6: '#ff7a33' };
    const bytes = new Uint8Array(heatPalette({ ...style.theme, token: hot }).buffer);
    expect([...bytes.subarray(0, 4), ...bytes.subarray(20)]).toEqual([
      1, 2, 3, 255, 255, 122, 51, 255,
    ]);
  });

  test('cells become pixels of their step, with a gap between columns', () => {
    const palette = Uint32Array.of(11, 12, 13, 14, 15, 16);
    const pixels = new Uint32Array(plot.width * plot.height);
    writeHeat(pixels, plot.width, grid, plot, 1, palette);
    const at = (column: number, row: number): number => {
      const x = Math.floor(xOfColumn(grid, plot, column) - plot.left);
      const y = Math.floor(yOfRow(grid, plot, row) - plot.top);
      return pixels[y * plot.width + x] ?? -1;
    };
    expect(at(2.5, 3.5)).toBe(12);
    expect(at(15.5, 9.5)).toBe(16);
    expect(at(4.5, 3.5)).toBe(0);
    expect(at(2.99, 3.5)).toBe(0);
  });

  test('a column with enough items has its own percentile, others share with their neighbours', () => {
    expect(gridOf([{ column: 3, row: 2, count: 100 }]).percentiles[3]).toBe(4e6);
    // Rank 19 of the 20 items of row 6, which goes from 64 ms to 128 ms.
    const shared = gridOf([{ column: 13, row: 6, count: 20 }]).percentiles;
    expect(shared[13]).toBeCloseTo(64e6 * 2 ** (19 / 20), -2);
    expect(shared[12]).toBe(shared[13]);
    expect(Number.isNaN(shared[0])).toBe(true);
  });

  test('the line is labelled with the last 95th percentile, and a brush has handles', () => {
    const { context, calls } = recorder();
    const brush = { column0: 2, column1: 5, row0: 0, row1: 10 };
    const heat = { image: () => undefined };
    const picture = { grid, plot, heat, brush, hover: null, focus: { column: 2, row: 3 } };
    paintStrip(context, area(228, 130), picture, style);
    const texts = calls.filter(({ op }) => op === 'fillText').map(({ text }) => plain(text));
    expect(texts).toContain('p95 4.00 ms');
    expect(texts).toContain('100 ms');
    // Two edges reach into the strip; those above and below are open.
    expect(calls.filter(({ fill }) => fill === 'accent-solid')).toHaveLength(2);
    expect(
      calls.filter(({ op, stroke }) => op === 'strokeRect' && stroke === 'focus'),
    ).toHaveLength(1);
  });

  test('is a table of the columns that hold something', () => {
    const grid = gridOf([
      { column: 2, row: 1, count: 3 },
      { column: 2, row: 4, count: 1, errors: 1 },
      { column: 9, row: 0, count: 1200 },
    ]);
    expect(stripRows(grid).map(([, ...cells]) => cells.map(plain))).toEqual([
      ['4', '1', '4.00 ms', '24.0 ms'],
      ['1,200', '0', '1.50 ms', '1.50 ms'],
    ]);
  });
});
