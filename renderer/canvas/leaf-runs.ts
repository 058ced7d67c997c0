/** The rows of the waterfall: boxes in order, without what is folded, equal leaves in one row. */
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { TraceLayout } from './layout-model.ts';
import { STEP_SIZE, type Steps } from './steps.ts';

/** From this many equal leaves on a run takes one row. */
const LEAST_RUN = 3;

/** The part of a layout that the rows follow from. */
type Boxes = Pick<TraceLayout, 'columns' | 'received'>;

/**
 * Runs of leaves that follow each other under one parent with one name, service and kind, none of them
 * with an error: at the first box of a run how many it has, 0 elsewhere. O(boxes).
 */
export function* findLeafRuns({ columns, received }: Boxes): Steps<Uint32Array> {
  const runs = new Uint32Array(received);
  for (let first = 0, until = 0; first < received;) {
    until += STEP_SIZE;
    first = findRuns(columns, first, Math.min(received, until), received, runs);
    yield;
  }
  return runs;
}

/** Finds the runs that begin in [first, to). Returns where the last one ends. Hot loop. */
function findRuns(
  { parentBox, descendants, nameStr, serviceStr, kind, flags }: TraceLayout['columns'],
  first: number,
  to: number,
  received: number,
  runs: Uint32Array,
): number {
  const special = BOX_FLAG.error | BOX_FLAG.inferred;
  while (first < to) {
    let end = first + 1;
    if (descendants[first] === 0 && (flags[first] & special) === 0) {
      while (
        end < received &&
        descendants[end] === 0 &&
        parentBox[end] === parentBox[first] &&
        nameStr[end] === nameStr[first] &&
        serviceStr[end] === serviceStr[first] &&
        kind[end] === kind[first] &&
        (flags[end] & special) === 0
      ) {
        end++;
      }
    }
    if (end - first >= LEAST_RUN && parentBox[first] !== -1) runs[first] = end - first;
    first = end;
  }
  return first;
}

/** The first box of the run that a box is in; the box itself when it is in none. O(length of the run). */
export function runStart(runs: Uint32Array, box: number): number {
  for (let first = box; first >= 0; first--) {
    if (runs[first] > box - first) return first;
    if (runs[first] > 0) return box;
  }
  return box;
}

const NONE: ReadonlySet<number> = new Set();

/**
 * All boxes that are not inside of a folded one, in order; of a run of equal leaves only the first, unless
 * that one is in `unrolled`. O(boxes shown).
 */
export function* unfoldedRows(
  { columns, received }: Boxes,
  runs: Uint32Array,
  folded = NONE,
  unrolled = NONE,
): Steps<Uint32Array> {
  const rows = new Uint32Array(received);
  const { descendants } = columns;
  let count = 0;
  let box = 0;
  for (let until = STEP_SIZE; box < received; until += STEP_SIZE) {
    while (box < received && count < until) {
      rows[count++] = box;
      if (descendants[box] > 0) box += folded.has(box) ? descendants[box] + 1 : 1;
      else box += runs[box] > 0 && !unrolled.has(box) ? runs[box] : 1;
    }
    yield;
  }
  return rows.subarray(0, count);
}
