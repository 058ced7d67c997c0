/** Counting in lane order, so that any range of positions is answered by two look-ups. */

/** Running counts, in lane order, of the boxes whose `flags` have any bit of `mask`. */
export function prefixCount(
  boxOfPosition: Uint32Array,
  flags: Uint8Array,
  mask: number,
): Uint32Array {
  const before = new Uint32Array(boxOfPosition.length + 1);
  for (let p = 0; p < boxOfPosition.length; p++) {
    before[p + 1] = before[p] + ((flags[boxOfPosition[p]] & mask) === 0 ? 0 : 1);
  }
  return before;
}
