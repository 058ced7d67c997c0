/** The attempt that followed a failed span: the same operation again, in the same place of the tree. */
import { BOX_FLAG } from '../../../../proto/live/topics.ts';
import type { TraceLayout } from '../../../canvas/layout-model.ts';

export interface NextAttempt {
  readonly box: number;
  /** From the end of the failed one to the start of this. */
  readonly afterNs: number;
  readonly hasFailed: boolean;
  /** Its place among the attempts, the first is 1. */
  readonly number: number;
}

/** Levels above a span in which its retry may branch off: caller, client span, retry loop. */
const LEVELS = 3;

/** null when the span did not fail or was not tried again. O(boxes). */
export function nextAttempt(layout: TraceLayout, box: number): NextAttempt | null {
  if (!layout.has(box, BOX_FLAG.error)) return null;
  const { startNs, endNs } = layout.columns;
  const place = placeOf(layout, box);
  const others: number[] = [];
  for (let other = 0; other < layout.received; other++) {
    if (other !== box && isSame(layout, other, box) && sharesPlace(layout, other, place))
      others.push(other);
  }
  const end = endNs[box] ?? 0;
  const later = others.filter((other) => (startNs[other] ?? 0) >= end);
  later.sort((a, b) => (startNs[a] ?? 0) - (startNs[b] ?? 0));
  const [next] = later;
  if (next === undefined) return null;
  return {
    box: next,
    afterNs: (startNs[next] ?? 0) - end,
    hasFailed: layout.has(next, BOX_FLAG.error),
    number: others.length - later.length + 2,
  };
}

function isSame(layout: TraceLayout, a: number, b: number): boolean {
  const { nameStr, serviceStr, kind, depth } = layout.columns;
  return (
    nameStr[a] === nameStr[b] &&
    serviceStr[a] === serviceStr[b] &&
    kind[a] === kind[b] &&
    depth[a] === depth[b]
  );
}

function placeOf(layout: TraceLayout, box: number): number[] {
  const path: number[] = [];
  for (let at = layout.columns.parentBox[box] ?? -1; at >= 0 && path.length < LEVELS;) {
    path.push(at);
    at = layout.columns.parentBox[at] ?? -1;
  }
  return path;
}

/** Whether the spans above two boxes have equal names until they are one. */
function sharesPlace(layout: TraceLayout, other: number, place: readonly number[]): boolean {
  const path = placeOf(layout, other);
  for (let level = 0; level < Math.min(path.length, place.length); level++) {
    const [a, b] = [path[level] ?? -1, place[level] ?? -1];
    if (a === b) return true;
    if (!isSame(layout, a, b)) return false;
  }
  return false;
}
