/** The trace as a table: its operations with their times, and its slowest leaf spans. */
import type { TimeWindow } from '../base/time-scale.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { TraceLayout } from './layout-model.ts';
import { STEP_SIZE, type Steps } from './steps.ts';

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

/** Which operation each box is of. */
export interface OperationIndex {
  /** By box; -1 for inferred boxes: nothing is known of them. */
  readonly groupOf: Int32Array;
  /** One box of each operation. */
  readonly boxes: readonly number[];
}

/** Tells the operations of a layout apart. O(boxes). */
export function* indexOperations(layout: TraceLayout): Steps<OperationIndex> {
  const { columns, received } = layout;
  const { nameStr, serviceStr, flags } = columns;
  const groupOf = new Int32Array(received);
  const boxes: number[] = [];
  const byKey = new Map<number, number>();
  const strings = layout.strings.length + 1;
  for (let from = 0; from < received; from += STEP_SIZE) {
    const to = Math.min(received, from + STEP_SIZE);
    for (let box = from; box < to; box++) {
      if ((flags[box] & BOX_FLAG.inferred) !== 0) {
        groupOf[box] = -1;
        continue;
      }
      const key = (nameStr[box] + 1) * strings + serviceStr[box] + 1;
      let group = byKey.get(key);
      if (group === undefined) {
        byKey.set(key, (group = boxes.length));
        boxes.push(box);
      }
      groupOf[box] = group;
    }
    yield;
  }
  return { groupOf, boxes };
}

/** What is added up of each operation, by its number. */
class Sums {
  readonly count: Uint32Array;
  readonly errors: Uint32Array;
  readonly selfNs: Float64Array;
  readonly totalNs: Float64Array;
  readonly slowestNs: Float64Array;
  readonly slowestBox: Int32Array;

  constructor(groups: number) {
    this.count = new Uint32Array(groups);
    this.errors = new Uint32Array(groups);
    this.selfNs = new Float64Array(groups);
    this.totalNs = new Float64Array(groups);
    this.slowestNs = new Float64Array(groups).fill(-1);
    this.slowestBox = new Int32Array(groups).fill(-1);
  }

  /** Adds the boxes [from, to) that match and lie in the window. Hot loop. */
  add(
    { startNs, endNs, selfNs, flags }: TraceLayout['columns'],
    groupOf: Int32Array,
    window: TimeWindow,
    isMatch: Uint8Array | null,
    from: number,
    to: number,
  ): void {
    for (let box = from; box < to; box++) {
      const group = groupOf[box];
      if (group < 0 || startNs[box] > window.endNs || endNs[box] < window.startNs) continue;
      if (isMatch !== null && isMatch[box] === 0) continue;
      const ns = endNs[box] - startNs[box];
      this.count[group]++;
      this.selfNs[group] += selfNs[box];
      this.totalNs[group] += ns;
      if ((flags[box] & BOX_FLAG.error) !== 0) this.errors[group]++;
      if (ns <= this.slowestNs[group]) continue;
      this.slowestNs[group] = ns;
      this.slowestBox[group] = box;
    }
  }
}

/**
 * The operations of the boxes in a window that match, in no order. O(boxes log boxes); a step is a few
 * thousand boxes, or the sort of one operation's durations.
 */
export function* operationRows(
  layout: TraceLayout,
  { groupOf, boxes }: OperationIndex,
  window: TimeWindow,
  isMatch: Uint8Array | null,
): Steps<OperationRow[]> {
  const { columns } = layout;
  const received = groupOf.length;
  const sums = new Sums(boxes.length);
  for (let from = 0; from < received; from += STEP_SIZE) {
    sums.add(columns, groupOf, window, isMatch, from, Math.min(received, from + STEP_SIZE));
    yield;
  }
  const durations = yield* durationsByGroup(layout, groupOf, sums.count, window, isMatch);
  const rows: OperationRow[] = [];
  for (const [group, box] of boxes.entries()) {
    const own = durations[group];
    if (own.length === 0) continue;
    own.sort();
    rows.push({
      service: layout.service(box),
      name: layout.name(box),
      selfNs: sums.selfNs[group],
      totalNs: sums.totalNs[group],
      count: own.length,
      errors: sums.errors[group],
      p50Ns: quantile(own, 0.5),
      p95Ns: quantile(own, 0.95),
      slowestBox: sums.slowestBox[group],
    });
    yield;
  }
  return rows;
}

function isIn(layout: TraceLayout, box: number, window: TimeWindow): boolean {
  const { startNs, endNs } = layout.columns;
  if (layout.has(box, BOX_FLAG.inferred)) return false;
  return startNs[box] <= window.endNs && endNs[box] >= window.startNs;
}

/** The durations of the boxes in the window by operation, in no order; `count` says how many they are. */
function* durationsByGroup(
  { columns: { startNs, endNs } }: TraceLayout,
  groupOf: Int32Array,
  count: Uint32Array,
  window: TimeWindow,
  isMatch: Uint8Array | null,
): Steps<Float64Array[]> {
  const groups = Array.from(count, (boxes) => new Float64Array(boxes));
  const filled = new Uint32Array(count.length);
  for (let from = 0; from < groupOf.length; from += STEP_SIZE) {
    const to = Math.min(groupOf.length, from + STEP_SIZE);
    for (let box = from; box < to; box++) {
      const group = groupOf[box];
      if (group < 0 || startNs[box] > window.endNs || endNs[box] < window.startNs) continue;
      if (isMatch !== null && isMatch[box] === 0) continue;
      groups[group][filled[group]++] = endNs[box] - startNs[box];
    }
    yield;
  }
  return groups;
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
export function* slowestLeaves(
  layout: TraceLayout,
  window: TimeWindow,
  isMatch: Uint8Array | null,
  most: number,
): Steps<number[]> {
  const { descendants } = layout.columns;
  let best: number[] = [];
  let leastNs = -1;
  const cut = (): void => {
    best.sort((a, b) => layout.durationNs(b) - layout.durationNs(a) || a - b);
    best = best.slice(0, most);
    if (best.length === most) leastNs = layout.durationNs(best[most - 1]);
  };
  for (let box = 0; box < layout.received; box++) {
    if (box % STEP_SIZE === STEP_SIZE - 1) yield;
    if (descendants[box] > 0 || layout.durationNs(box) <= leastNs) continue;
    if (!isIn(layout, box, window) || (isMatch !== null && isMatch[box] === 0)) continue;
    best.push(box);
    if (best.length >= most * 4) cut();
  }
  cut();
  return best;
}
