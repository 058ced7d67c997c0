import { describe, expect, it } from 'vitest';
import {
  anchoredTopPx,
  contentHeightPx,
  MAX_SCROLL_PX,
  maxTopPx,
  revealRowPx,
  rowAtPx,
  scrollFromTop,
  scrollHeightPx,
  topFromScroll,
  topOfRowPx,
  visibleRows,
  type RowGeometry,
} from '../../renderer/base/virtual-rows.ts';

const rows = (begin: number, end: number, extras: RowGeometry['extras'] = []): RowGeometry => ({
  begin,
  end,
  rowHeightPx: 20,
  extras,
});

describe('rows of a virtual list', () => {
  it('finds the row at every place, and the place of every row', () => {
    const geometry = rows(100, 110, [
      { row: 102, heightPx: 50 },
      { row: 105, heightPx: 7 },
    ]);
    for (let row = 100; row < 110; row++) {
      const top = topOfRowPx(geometry, row);
      expect(rowAtPx(geometry, top)).toBe(row);
      expect(rowAtPx(geometry, top + 19.9)).toBe(row);
      const next = row < 109 ? topOfRowPx(geometry, row + 1) : contentHeightPx(geometry);
      expect(rowAtPx(geometry, next - 0.1)).toBe(row);
    }
  });

  it('gives a place outside the list its nearest row', () => {
    expect(rowAtPx(rows(5, 8), -100)).toBe(5);
    expect(rowAtPx(rows(5, 8), 1e9)).toBe(7);
  });

  it('shows the rows in view with the overscan, and none of an empty list', () => {
    expect(visibleRows(rows(0, 1000), 200, 100, 2)).toEqual({ first: 8, last: 18, topPx: 160 });
    expect(visibleRows(rows(7, 7), 0, 100, 2)).toEqual({ first: 7, last: 7, topPx: 0 });
  });

  it('reaches the first and the last row of a list that is taller than a browser allows', () => {
    const geometry = rows(0, 10_000_000);
    const contentPx = contentHeightPx(geometry);
    expect(scrollHeightPx(contentPx)).toBe(MAX_SCROLL_PX);
    expect(topFromScroll(0, contentPx, 800)).toBe(0);
    expect(topFromScroll(MAX_SCROLL_PX - 800, contentPx, 800)).toBe(maxTopPx(contentPx, 800));
    for (const top of [0, 12_345_678, 199_000_000]) {
      const scroll = scrollFromTop(top, contentPx, 800);
      expect(topFromScroll(scroll, contentPx, 800)).toBeCloseTo(top, 3);
    }
  });

  it('keeps the row at the top in place when rows above it are evicted', () => {
    const before = rows(0, 1000);
    expect(anchoredTopPx(before, rows(40, 1040), 1005)).toBe(205);
  });

  it('keeps the row at the top in place when rows are found above it', () => {
    expect(anchoredTopPx(rows(500, 1000), rows(100, 1000), 7)).toBe(8007);
  });

  it('keeps the row at the top in place when a block above it closes', () => {
    const before = rows(0, 1000, [{ row: 3, heightPx: 140 }]);
    expect(anchoredTopPx(before, rows(0, 1000), 400)).toBe(260);
  });

  it('goes to the first row when the row at the top is gone', () => {
    expect(anchoredTopPx(rows(0, 100), rows(60, 160), 300)).toBe(0);
  });

  it('scrolls only as far as a row needs to be seen', () => {
    const geometry = rows(0, 100);
    expect(revealRowPx(geometry, 10, 100, 200)).toBe(100);
    expect(revealRowPx(geometry, 2, 100, 200)).toBe(40);
    expect(revealRowPx(geometry, 20, 100, 200)).toBe(220);
    expect(revealRowPx(geometry, 99, 0, 200, 'start')).toBe(1800);
  });

  it('scrolls an open row until the block under it is seen, and never past the row itself', () => {
    const small = rows(0, 100, [{ row: 10, heightPx: 60 }]);
    expect(revealRowPx(small, 10, 60, 200, 'whole')).toBe(80);
    expect(revealRowPx(small, 10, 90, 200, 'whole')).toBe(90);
    const large = rows(0, 100, [{ row: 10, heightPx: 500 }]);
    expect(revealRowPx(large, 10, 60, 200, 'whole')).toBe(200);
    expect(revealRowPx(large, 10, 240, 200, 'whole')).toBe(200);
  });
});
