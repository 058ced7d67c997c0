/**
 * Walking and searching the tree of a layout. Boxes are in depth-first order, so a box's subtree is
 * the `descendants` boxes after it and its next sibling follows them. -1 stands for no box.
 */
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { TraceLayout } from './layout-model.ts';

export function parentOf(layout: TraceLayout, box: number): number {
  return layout.columns.parentBox[box];
}

/** The first child, when the layout has received it. */
export function firstChildOf(layout: TraceLayout, box: number): number {
  return layout.columns.descendants[box] > 0 && box + 1 < layout.received ? box + 1 : -1;
}

/** The next sibling; roots are siblings of each other. */
export function nextSiblingOf(layout: TraceLayout, box: number): number {
  const next = box + layout.columns.descendants[box] + 1;
  if (next >= layout.received) return -1;
  return layout.columns.parentBox[next] === layout.columns.parentBox[box] ? next : -1;
}

/** The sibling before. O(siblings). */
export function previousSiblingOf(layout: TraceLayout, box: number): number {
  const parent = parentOf(layout, box);
  let sibling = parent < 0 ? 0 : parent + 1;
  let previous = -1;
  while (sibling >= 0 && sibling < box) {
    previous = sibling;
    sibling = nextSiblingOf(layout, sibling);
  }
  return previous;
}

/** The place of a box among its siblings, from 1, and how many they are. O(siblings). */
export function placeAmongSiblings(
  layout: TraceLayout,
  box: number,
): { readonly position: number; readonly size: number } {
  const parent = parentOf(layout, box);
  let position = 1;
  let size = 0;
  for (let s = parent < 0 ? 0 : parent + 1; s >= 0; s = nextSiblingOf(layout, s)) {
    size++;
    if (s === box) position = size;
  }
  return { position, size };
}

/** The boxes from the root down to `box`, both included. */
export function pathTo(layout: TraceLayout, box: number): number[] {
  const path: number[] = [];
  for (let at = box; at >= 0; at = parentOf(layout, at)) path.unshift(at);
  return path;
}

/** The place of a box in `rows` (ascending), or of the folded row that it is inside of. */
export function rowOfBox(rows: Uint32Array, box: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle] <= box) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The next box with an error after (`step` 1) or before (-1) `box`, around the end; -1 when none. */
export function nextError(layout: TraceLayout, box: number, step: 1 | -1): number {
  return nextWhere(layout.received, box, step, (at) => layout.has(at, BOX_FLAG.error));
}

/** The next box for which `test` holds, around the end; `box` itself comes last. */
export function nextWhere(
  count: number,
  box: number,
  step: 1 | -1,
  test: (box: number) => boolean,
): number {
  const from = box < 0 ? (step === 1 ? -1 : count) : box;
  for (let distance = 1; distance <= count; distance++) {
    const at = (((from + step * distance) % count) + count) % count;
    if (test(at)) return at;
  }
  return -1;
}
