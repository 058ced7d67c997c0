/** Which rows the tail asks the engine for. Pure, so that the rules of following can be tested. */

/** Rows [first, first + count); a null `first` follows the newest `count`. */
export interface WantedRows {
  readonly first: number | null;
  readonly count: number;
}

/** The least asked for at once, so that small movements need no new window. */
const LEAST_COUNT = 120;

/** Exactly these rows, for a place that is passed through. */
export function exactRows(first: number, count: number, begin: number): WantedRows {
  return { first: Math.max(begin, first), count };
}

/**
 * The window to ask for when the list shows `count` rows from `first` on. While following it is the
 * newest rows; otherwise the visible ones with as many again on both sides. The current window stays
 * while the visible rows keep half a page of distance from its edges.
 */
export function wantedRows(
  isFollowing: boolean,
  first: number,
  count: number,
  begin: number,
  end: number,
  current: WantedRows,
): WantedRows {
  const padded = Math.max(LEAST_COUNT, count * 3);
  if (isFollowing) {
    return current.first === null && current.count >= count + 8
      ? current
      : { first: null, count: padded };
  }
  const margin = Math.floor(count / 2);
  if (current.first !== null) {
    const coversStart = current.first <= Math.max(begin, first - margin);
    const coversEnd = current.first + current.count >= Math.min(end, first + count + margin);
    if (coversStart && coversEnd) return current;
  }
  return { first: Math.max(begin, first - Math.floor((padded - count) / 2)), count: padded };
}
