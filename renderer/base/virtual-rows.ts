/**
 * The arithmetic of a list with very many rows of one height. Rows are numbered [begin, end); some of
 * them are followed by a block of extra height (an expanded record).
 *
 * ```
 *   begin ┌─────────┐ y = 0                 content height = rows × rowHeight + extras
 *         │         │
 *   first ├─────────┤ y = topOf(first)      scroll height  = min(content height, MAX_SCROLL_PX)
 *         │ visible │
 *         ├─────────┤
 *     end └─────────┘
 * ```
 * A browser clamps the height of an element at 33,554,428 px. Above MAX_SCROLL_PX the scroll position
 * is scaled: the thumb still spans the whole list, and small movements go row by row.
 */

/** The tallest spacer used, below the clamp of the browser. */
export const MAX_SCROLL_PX = 33_000_000;

/** A block of `heightPx` under the row. */
export interface RowExtra {
  readonly row: number;
  readonly heightPx: number;
}

/** What the list is made of. `extras` are sorted by row and lie inside [begin, end). */
export interface RowGeometry {
  readonly begin: number;
  readonly end: number;
  readonly rowHeightPx: number;
  readonly extras: readonly RowExtra[];
}

/** Rows to render, [first, last), and where the first one lies from the top of the content. */
export interface RowWindow {
  readonly first: number;
  readonly last: number;
  readonly topPx: number;
}

/** The height of all rows and extras. */
export function contentHeightPx(geometry: RowGeometry): number {
  let height = (geometry.end - geometry.begin) * geometry.rowHeightPx;
  for (const extra of geometry.extras) height += extra.heightPx;
  return height;
}

/** The height of the spacer that scrolls. */
export function scrollHeightPx(contentPx: number): number {
  return Math.min(contentPx, MAX_SCROLL_PX);
}

/** The top of a row from the top of the content. */
export function topOfRowPx(geometry: RowGeometry, row: number): number {
  let top = (row - geometry.begin) * geometry.rowHeightPx;
  for (const extra of geometry.extras) if (extra.row < row) top += extra.heightPx;
  return top;
}

/** The row at a place of the content; the block under a row belongs to the row. */
export function rowAtPx(geometry: RowGeometry, yPx: number): number {
  let shiftPx = 0;
  for (const extra of geometry.extras) {
    const belowRow = (extra.row + 1 - geometry.begin) * geometry.rowHeightPx + shiftPx;
    if (yPx < belowRow) break;
    if (yPx < belowRow + extra.heightPx) return extra.row;
    shiftPx += extra.heightPx;
  }
  const row = geometry.begin + Math.floor((yPx - shiftPx) / geometry.rowHeightPx);
  return Math.max(geometry.begin, Math.min(row, Math.max(geometry.begin, geometry.end - 1)));
}

/** The rows that a viewport at `topPx` shows, with `overscan` rows more on both sides. */
export function visibleRows(
  geometry: RowGeometry,
  topPx: number,
  viewportPx: number,
  overscan: number,
): RowWindow {
  if (geometry.end <= geometry.begin) {
    return { first: geometry.begin, last: geometry.begin, topPx: 0 };
  }
  const first = Math.max(geometry.begin, rowAtPx(geometry, Math.max(0, topPx)) - overscan);
  const last = Math.min(geometry.end, rowAtPx(geometry, topPx + viewportPx) + 1 + overscan);
  return { first, last, topPx: topOfRowPx(geometry, first) };
}

/** The furthest that the content can be scrolled. */
export function maxTopPx(contentPx: number, viewportPx: number): number {
  return Math.max(0, contentPx - viewportPx);
}

/** The place in the content that a scroll position of the spacer stands for. */
export function topFromScroll(scrollPx: number, contentPx: number, viewportPx: number): number {
  const spacerPx = scrollHeightPx(contentPx);
  if (spacerPx === contentPx) return scrollPx;
  const range = spacerPx - viewportPx;
  return range <= 0 ? 0 : (scrollPx / range) * maxTopPx(contentPx, viewportPx);
}

/** The scroll position of the spacer that stands for a place in the content. */
export function scrollFromTop(topPx: number, contentPx: number, viewportPx: number): number {
  const spacerPx = scrollHeightPx(contentPx);
  if (spacerPx === contentPx) return topPx;
  const max = maxTopPx(contentPx, viewportPx);
  return max === 0 ? 0 : (topPx / max) * (spacerPx - viewportPx);
}

/**
 * Where `revealRowPx` puts a row: in view with the shortest way, with the block under it as far as both
 * fit, at the top, or in the middle.
 */
export type RevealPlace = 'nearest' | 'whole' | 'start' | 'center';

/** Where to scroll so that a row is inside the viewport; `topPx` itself when it already is. */
export function revealRowPx(
  geometry: RowGeometry,
  row: number,
  topPx: number,
  viewportPx: number,
  place: RevealPlace = 'nearest',
): number {
  const rowTop = topOfRowPx(geometry, row);
  const max = maxTopPx(contentHeightPx(geometry), viewportPx);
  const clamp = (value: number): number => Math.max(0, Math.min(value, max));
  if (place === 'start') return clamp(rowTop);
  if (place === 'center') return clamp(rowTop - (viewportPx - geometry.rowHeightPx) / 2);
  if (rowTop < topPx) return clamp(rowTop);
  const bottom = rowTop + geometry.rowHeightPx + (place === 'whole' ? extraOf(geometry, row) : 0);
  return bottom > topPx + viewportPx ? clamp(Math.min(rowTop, bottom - viewportPx)) : topPx;
}

function extraOf({ extras }: RowGeometry, row: number): number {
  return extras.find((extra) => extra.row === row)?.heightPx ?? 0;
}

/**
 * Where a list that changed has to be scrolled so that the row at its top stays where it is. A top row
 * that is gone (evicted) makes the first row the top.
 */
export function anchoredTopPx(before: RowGeometry, now: RowGeometry, topPx: number): number {
  if (before.end <= before.begin) return topPx;
  const anchor = rowAtPx(before, topPx);
  if (anchor < now.begin) return 0;
  const heightPx = now.rowHeightPx + extraOf(now, anchor);
  const withinPx = Math.min(topPx - topOfRowPx(before, anchor), heightPx);
  return topOfRowPx(now, anchor) + withinPx;
}
