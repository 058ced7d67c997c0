/** The trace as a table: its operations with their times, and its slowest leaf spans. */
import type { TimeWindow } from '../base/time-scale.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { TraceLayout } from './layout-model.ts';

/** All spans of one name in one service that lie, with some part, in the window. Times in ns. */
export interface OperationRow {
  /** '' when unknown. */
  readonly service: string;
  readonly name: string;
  readonly selfNs: number;
  /** Sum of the durations: above the length of the trace where spans overlap. */
  readonly totalNs: number;
  readonly count: number;
  readonly errors: number;
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly slowestBox: number;
}

/** What the rows can be ordered by. */
export type OperationOrder = 'name' | 'selfNs' | 'totalNs' | 'count' | 'errors' | 'p50Ns' | 'p95Ns';

interface Group {
  readonly box: number;
  count: number;
  errors: number;
  selfNs: number;
  totalNs: number;
  slowestBox: number;
  next: number;
}

/**
 * The operations of the boxes in a window that match, in no order. Inferred boxes are none: nothing is
 * known of them. O(boxes log boxes).
 */
export function operationRows(
  layout: TraceLayout,
  window: TimeWindow,
  isMatch: Uint8Array | null,
): OperationRow[] {
  const { columns, received } = layout;
  const { nameStr, serviceStr, selfNs, flags } = columns;
  const groups: Group[] = [];
  const groupOf = new Int32Array(received).fill(-1);
  const byKey = new Map<number, number>();
  const strings = layout.strings.length + 1;
  let kept = 0;
  for (let box = 0; box < received; box++) {
    if (!isIn(layout, box, window) || (isMatch !== null && isMatch[box] === 0)) continue;
    const key = (nameStr[box] + 1) * strings + serviceStr[box] + 1;
    let number = byKey.get(key);
    if (number === undefined) {
      byKey.set(key, (number = groups.length));
      const none = { count: 0, errors: 0, selfNs: 0, totalNs: 0, next: 0 };
      groups.push({ box, slowestBox: box, ...none });
    }
    const group = groups[number];
    groupOf[box] = number;
    group.count++;
    group.selfNs += selfNs[box];
    group.totalNs += layout.durationNs(box);
    if ((flags[box] & BOX_FLAG.error) !== 0) group.errors++;
    if (layout.durationNs(box) > layout.durationNs(group.slowestBox)) group.slowestBox = box;
    kept++;
  }
  const durations = durationsByGroup(layout, groups, groupOf, kept);
  return groups.map((group, number) => {
    const { box, count, errors, totalNs, slowestBox } = group;
    const own = durations[number];
    return {
      service: layout.service(box),
      name: layout.name(box),
      selfNs: group.selfNs,
      totalNs,
      count,
      errors,
      p50Ns: quantile(own, 0.5),
      p95Ns: quantile(own, 0.95),
      slowestBox,
    };
  });
}

function isIn(layout: TraceLayout, box: number, window: TimeWindow): boolean {
  const { startNs, endNs } = layout.columns;
  if (layout.has(box, BOX_FLAG.inferred)) return false;
  return startNs[box] <= window.endNs && endNs[box] >= window.startNs;
}

/** The durations of each group, rising. */
function durationsByGroup(
  layout: TraceLayout,
  groups: readonly Group[],
  groupOf: Int32Array,
  kept: number,
): Float64Array[] {
  const all = new Float64Array(kept);
  let from = 0;
  for (const group of groups) {
    group.next = from;
    from += group.count;
  }
  for (let box = 0; box < groupOf.length; box++) {
    if (groupOf[box] >= 0) all[groups[groupOf[box]].next++] = layout.durationNs(box);
  }
  return groups.map(({ next, count }) => all.subarray(next - count, next).sort());
}

/** The smallest value that at least this share of the sorted values does not exceed. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Orders rows: names upwards, numbers downwards; equal ones by name. */
export function orderOperations(
  rows: readonly OperationRow[],
  order: OperationOrder,
): readonly OperationRow[] {
  const byName = (a: OperationRow, b: OperationRow): number =>
    a.name.localeCompare(b.name) || a.service.localeCompare(b.service);
  return rows.toSorted((a, b) =>
    order === 'name' ? byName(a, b) : b[order] - a[order] || byName(a, b),
  );
}

/** The boxes without children that last longest, at most `most`, the slowest first. O(boxes log most). */
export function slowestLeaves(
  layout: TraceLayout,
  window: TimeWindow,
  isMatch: Uint8Array | null,
  most: number,
): number[] {
  const { descendants } = layout.columns;
  let best: number[] = [];
  let leastNs = -1;
  const cut = (): void => {
    best.sort((a, b) => layout.durationNs(b) - layout.durationNs(a) || a - b);
    best = best.slice(0, most);
    if (best.length === most) leastNs = layout.durationNs(best[most - 1]);
  };
  for (let box = 0; box < layout.received; box++) {
    if (descendants[box] > 0 || layout.durationNs(box) <= leastNs) continue;
    if (!isIn(layout, box, window) || (isMatch !== null && isMatch[box] === 0)) continue;
    best.push(box);
    if (best.length >= most * 4) cut();
  }
  cut();
  return best;
}
