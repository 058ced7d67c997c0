/**
 * The line of the 95th percentile over a latency strip. In a column with few items the percentile is
 * just its longest one, so such a column looks at its neighbours too until there are enough.
 */
import type { StripGrid } from './strip-grid.ts';

/** Items that a percentile rests on, and how far a column looks to both sides for them. */
const ENOUGH_ITEMS = 40;
const MOST_REACH = 12;
const SHARE = 0.95;

/** ns by column; NaN where a column and its neighbours hold nothing. O(columns * rows). */
export function percentileLine(grid: StripGrid): Float64Array {
  const { height } = grid;
  const { p95Ns } = grid.columns;
  const count = p95Ns.length;
  const { cellColumn, cellRow, cellCount } = grid.columns;
  // before[c * height + r]: items of row r in the columns before c.
  const before = new Float64Array((count + 1) * height);
  for (let cell = 0; cell < cellCount.length; cell++) {
    before[(cellColumn[cell] + 1) * height + cellRow[cell]] += cellCount[cell];
  }
  for (let i = height; i < before.length; i++) before[i] += before[i - height];
  const line = new Float64Array(count).fill(NaN);
  for (let column = 0; column < count; column++) {
    for (let reach = 0; reach <= MOST_REACH; reach++) {
      const from = Math.max(0, column - reach) * height;
      const to = Math.min(count, column + reach + 1) * height;
      let total = 0;
      for (let row = 0; row < height; row++) total += before[to + row] - before[from + row];
      if (total < ENOUGH_ITEMS && reach < MOST_REACH) continue;
      if (total > 0) line[column] = reach === 0 ? p95Ns[column] : within(from, to, total);
      break;
    }
  }
  return line;

  /** Inside of its row the percentile lies as far up as its rank among the row's items. */
  function within(from: number, to: number, total: number): number {
    const rank = Math.ceil(total * SHARE);
    let below = 0;
    for (let row = 0; row < height; row++) {
      const here = before[to + row] - before[from + row];
      if (below + here >= rank) return grid.nsAt(row + (rank - below) / here);
      below += here;
    }
    return NaN;
  }
}
