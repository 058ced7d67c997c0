/**
 * The rectangles of a merged flame graph: row 0 is all traces, roots are in row 1. The node that the
 * view is zoomed to takes the whole width, and so do those above it.
 */
import { ALL_TRACES, type MergedFlame, type MergeMeasure } from './merge-model.ts';

/** The height of a box, and the distance from one row to the next, in CSS px. */
export const MERGE_BOX_PX = 24;
export const MERGE_PITCH_PX = 26;
export const MERGE_TOP_PX = 8;

/** One rectangle, in device px of the area's width. */
export interface MergeRect {
  readonly node: number;
  readonly row: number;
  readonly x0: number;
  readonly x1: number;
}

/** The row of a node. */
export function rowOf(flame: MergedFlame, node: number): number {
  return node === ALL_TRACES ? 0 : flame.columns.depth[node] + 1;
}

/** The height of all rows. */
export function mergeHeightPx(flame: MergedFlame | undefined): number {
  return 2 * MERGE_TOP_PX + ((flame?.maxDepth ?? -1) + 2) * MERGE_PITCH_PX;
}

/** Rectangles by row, from left to right. */
export type MergeScene = readonly (readonly MergeRect[])[];

/** At most one rectangle a device pixel and parent; below less than half a pixel nothing is drawn. O(nodes). */
export function buildMergeScene(
  flame: MergedFlame,
  measure: MergeMeasure,
  zoom: number,
  widthDevicePx: number,
): MergeScene {
  const rows: MergeRect[][] = Array.from({ length: flame.maxDepth + 2 }, () => []);
  for (const node of [ALL_TRACES, ...flame.path(zoom)]) {
    rows[rowOf(flame, node)].push({ node, row: rowOf(flame, node), x0: 0, x1: widthDevicePx });
  }
  const whole = flame.width(measure, zoom);
  if (whole <= 0) return rows;
  const scale = widthDevicePx / whole;
  const waiting = [{ node: zoom, x: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    let x = next.x;
    let drawnTo = -1;
    for (const child of flame.children(next.node)) {
      const width = flame.width(measure, child) * scale;
      const row = rowOf(flame, child);
      const x0 = Math.min(Math.round(x), widthDevicePx - 1);
      // Siblings that share a pixel are one sliver: the first, which is the largest.
      if (width > 0 && x0 >= drawnTo) {
        drawnTo = Math.max(x0 + 1, Math.round(x + width));
        rows[row].push({ node: child, row, x0, x1: drawnTo });
        if (width >= 0.5) waiting.push({ node: child, x });
      }
      x += width;
    }
  }
  for (const row of rows) row.sort((a, b) => a.x0 - b.x0);
  return rows;
}

/** The rectangle at a place of the drawing area, in device px and CSS px from the first row's top. */
export function hitMerge(scene: MergeScene, xDevicePx: number, yPx: number): MergeRect | undefined {
  const y = yPx - MERGE_TOP_PX;
  if (y < 0 || y % MERGE_PITCH_PX >= MERGE_BOX_PX) return undefined;
  const row = scene[Math.floor(y / MERGE_PITCH_PX)] ?? [];
  return row.find(({ x0, x1 }) => xDevicePx >= x0 && xDevicePx < x1);
}
