/** What a cell of the latency strip says, on its card and to screen readers. */
import type { StripGrid, CellPlace } from '../../canvas/strip-grid.ts';
import {
  formatClock,
  formatClockSecond,
  formatCount,
  formatDuration,
  formatItems,
} from '../../base/format.ts';
import { hexOf } from './trace-rows.ts';
import type { ListScope } from './list-params.ts';

/** The longest item of a cell. */
export interface CellWorst {
  readonly traceId: string;
  /** '' when the strip counts traces. */
  readonly spanId: string;
  readonly durationNs: number;
}

/** What a cell holds, in words. */
export interface CellText {
  /** "12 traces, 1 error". */
  readonly count: string;
  /** "14:26:31 to 14:26:36". */
  readonly time: string;
  /** "18.2 ms to 21.7 ms". */
  readonly durations: string;
  readonly worst: CellWorst | undefined;
}

/** The words of the cell at a place. */
export function cellText(grid: StripGrid, place: CellPlace, scope: ListScope): CellText {
  const cell = grid.cellAt(place);
  const noun = scope === 'traces' ? 'trace' : 'span';
  const count = cell === -1 ? 0 : (grid.columns.cellCount[cell] ?? 0);
  const errors = cell === -1 ? 0 : (grid.columns.cellErrors[cell] ?? 0);
  const isFine = grid.meta.columnNs < 1e9;
  const clock = (ms: number): string => (isFine ? formatClock(ms) : formatClockSecond(ms));
  return {
    count:
      count === 0
        ? `No ${noun}s`
        : formatItems(count, noun) + (errors > 0 ? `, ${formatItems(errors, 'error')}` : ''),
    time: `${clock(grid.msAt(place.column))} to ${clock(grid.msAt(place.column + 1))}`,
    durations: `${formatDuration(grid.nsAt(place.row))} to ${formatDuration(grid.nsAt(place.row + 1))}`,
    worst: cell === -1 ? undefined : worstOf(grid, cell),
  };
}

function worstOf({ columns }: StripGrid, cell: number): CellWorst {
  const bySpan = columns.cellWorstSpanId.length > 0;
  return {
    traceId: hexOf(columns.cellWorstTraceId, cell * 16, 16),
    spanId: bySpan ? hexOf(columns.cellWorstSpanId, cell * 8, 8) : '',
    durationNs: columns.cellWorstNs[cell] ?? 0,
  };
}

/** The sentence of a cell for screen readers. */
export function cellSentence({ count, time, durations, worst }: CellText): string {
  const longest = worst === undefined ? '' : `, longest ${formatDuration(worst.durationNs)}`;
  return `${count}, ${durations}, ${time}${longest}`;
}

/** What `stripRows` gives, in its order. */
export const STRIP_HEADERS: readonly string[] = [
  'Time',
  'Count',
  'Errors',
  '95th percentile',
  'Longest',
];

/** The strip as a table: every column that holds something, oldest first. */
export function stripRows(grid: StripGrid): string[][] {
  const { cellColumn, cellCount, cellErrors, cellWorstNs, p95Ns } = grid.columns;
  const isFine = grid.meta.columnNs < 1e9;
  const clock = (ms: number): string => (isFine ? formatClock(ms) : formatClockSecond(ms));
  const counts = new Float64Array(grid.meta.columns);
  const errors = new Float64Array(grid.meta.columns);
  const longest = new Float64Array(grid.meta.columns);
  cellColumn.forEach((column, cell) => {
    counts[column] = (counts[column] ?? 0) + (cellCount[cell] ?? 0);
    errors[column] = (errors[column] ?? 0) + (cellErrors[cell] ?? 0);
    longest[column] = Math.max(longest[column] ?? 0, cellWorstNs[cell] ?? 0);
  });
  const rows: string[][] = [];
  counts.forEach((count, column) => {
    if (count === 0) return;
    const longestNs = longest[column] ?? 0;
    // A percentile is the end of a bin, which may lie beyond everything in it.
    const p95 = Math.min(p95Ns[column] ?? 0, longestNs);
    rows.push([
      `${clock(grid.msAt(column))} to ${clock(grid.msAt(column + 1))}`,
      formatCount(count),
      formatCount(errors[column] ?? 0),
      formatDuration(p95),
      formatDuration(longestNs),
    ]);
  });
  return rows;
}

/** What the strip says as a whole. */
export function stripSentence(grid: StripGrid | undefined, scope: ListScope): string {
  const noun = scope === 'traces' ? 'trace' : 'span';
  if (grid === undefined || grid.isEmpty) return `Latency of ${noun}s: nothing to show yet`;
  const { counted, columnNs, columns, outside } = grid.meta;
  const late = outside > 0 ? `, ${formatItems(outside, noun)} not shown` : '';
  return (
    `Latency of ${formatItems(counted, noun)} over ${formatDuration(columns * columnNs)}, ` +
    `from ${formatDuration(grid.minNs)} to ${formatDuration(grid.maxNs)}${late}`
  );
}
