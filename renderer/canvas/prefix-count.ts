/** Counting in lane order, so that any range of positions is answered by two look-ups. */
import { STEP_SIZE, type Steps } from './steps.ts';

/** Running counts, in lane order, of the boxes whose `flags` have any bit of `mask`. */
export function* prefixCount(
  boxOfPosition: Uint32Array,
  flags: Uint8Array,
  mask: number,
): Steps<Uint32Array> {
  const count = boxOfPosition.length;
  const before = new Uint32Array(count + 1);
  for (let from = 0; from < count; from += STEP_SIZE) {
    countPart(boxOfPosition, flags, mask, from, Math.min(count, from + STEP_SIZE), before);
    yield;
  }
  return before;
}

function countPart(
  boxOfPosition: Uint32Array,
  flags: Uint8Array,
  mask: number,
  from: number,
  to: number,
  before: Uint32Array,
): void {
  let sum = before[from];
  for (let p = from; p < to; p++) {
    if ((flags[boxOfPosition[p]] & mask) !== 0) sum++;
    before[p + 1] = sum;
  }
}
