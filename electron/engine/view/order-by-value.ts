/** Stable ordering of many numbers, faster than a comparator sort by an order of magnitude. */

const RADIX_BITS = 11;
const RADIX = 1 << RADIX_BITS;
/** Digits of the lower half of a value (32 bits), and of the upper one. */
const LOWER_DIGITS = 3;
const UPPER_DIGITS = 2;

/**
 * Indexes of `values` (whole, non-negative, below 2^53) in ascending order of value; equal values
 * keep their order. O(n) counting passes over the bits that are in use.
 */
export function orderByValue(values: Float64Array): Int32Array {
  const length = values.length;
  const order = new Int32Array(length);
  let isSorted = true;
  let max = 0;
  for (let i = 0; i < length; i++) {
    order[i] = i;
    if (values[i] > max) max = values[i];
    else if (values[i] < max) isSorted = false;
  }
  if (isSorted) return order;
  const half = new Uint32Array(length);
  for (let i = 0; i < length; i++) half[i] = values[i];
  const sorted = countingPasses(order, half, digitsOf(Math.min(max, 0xffffffff), LOWER_DIGITS));
  if (max <= 0xffffffff) return sorted;
  for (let i = 0; i < length; i++) half[i] = values[i] / 4294967296;
  return countingPasses(sorted, half, digitsOf(Math.floor(max / 4294967296), UPPER_DIGITS));
}

/** Digits that a value has; the uppermost of a half has fewer bits than the others. */
function digitsOf(value: number, most: number): number {
  return Math.min(most, Math.ceil((32 - Math.clz32(value)) / RADIX_BITS));
}

/** Orders `from` by the lower `digits` of the keys; one of the two arrays of the passes is returned. */
function countingPasses(order: Int32Array, keys: Uint32Array, digits: number): Int32Array {
  const length = order.length;
  const counts = new Int32Array(RADIX);
  let from = order;
  let to: Int32Array = new Int32Array(length);
  for (let digit = 0; digit < digits; digit++) {
    const shift = digit * RADIX_BITS;
    counts.fill(0);
    for (let i = 0; i < length; i++) counts[(keys[i] >>> shift) & (RADIX - 1)]++;
    let sum = 0;
    for (let value = 0; value < RADIX; value++) {
      const count = counts[value];
      counts[value] = sum;
      sum += count;
    }
    for (let i = 0; i < length; i++) {
      const index = from[i];
      to[counts[(keys[index] >>> shift) & (RADIX - 1)]++] = index;
    }
    [from, to] = [to, from];
  }
  return from;
}
