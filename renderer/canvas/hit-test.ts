/** What lies under the pointer: binary search in the rectangles that were drawn. */
import type { FlameScene } from './flame-scene.ts';

/**
 * The rectangle of the scene at column `x` (device px) of a lane, or -1. When none is there, the
 * nearest one within `tolerance` device px: a column one pixel wide is hard to point at.
 */
export function hitTest(scene: FlameScene, x: number, lane: number, tolerance: number): number {
  const row = lane - scene.firstLane;
  if (row < 0 || row + 1 >= scene.laneOffset.length) return -1;
  const begin = scene.laneOffset[row];
  const end = scene.laneOffset[row + 1];
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (scene.x1[middle] <= x) low = middle + 1;
    else high = middle;
  }
  if (low < end && scene.x0[low] <= x) return low;
  const rightGap = low < end ? scene.x0[low] - x : Infinity;
  const leftGap = low > begin ? x - scene.x1[low - 1] + 1 : Infinity;
  if (Math.min(rightGap, leftGap) > tolerance) return -1;
  return rightGap <= leftGap ? low : low - 1;
}
