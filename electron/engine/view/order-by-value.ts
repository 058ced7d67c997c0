/** Stable ordering of many numbers, faster than a comparator sort by an order of magnitude. */

const RADIX_BITS = 11;
const RADIX = 1 << RADIX_BITS;
/** Below this many values insertion wins over counting. */
const SMALL = 48;

/**
 * Indexes of `values` (whole, non-negative, below 2^63) in ascending order of value; equal values
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
    else if (i > 0 && values[i] < values[i - 1]) isSorted = false;
  }
  if (isSorted) return order;
  if (length <= SMALL) {
    insertionSort(order, values);
    return order;
  }
  return countingSort(order, values, max);
}

function insertionSort(order: Int32Array, values: Float64Array): void {
  for (let i = 1; i < order.length; i++) {
    const index = order[i];
    const value = values[index];
    let at = i;
    for (; at > 0 && values[order[at - 1]] > value; at--) order[at] = order[at - 1];
    order[at] = index;
  }
}

function countingSort(order: Int32Array, values: Float64Array, max: number): Int32Array {
  const length = order.length;
  const bits = Math.max(1, Math.ceil(Math.log2(max + 1)));
  const digits = new Uint16Array(length);
  const counts = new Int32Array(RADIX);
  let from: Int32Array = order;
  let to: Int32Array = new Int32Array(length);
  for (let shift = 0; shift < bits; shift += RADIX_BITS) {
    const divisor = 2 ** shift;
    counts.fill(0);
    for (let i = 0; i < length; i++) {
      const digit = shift === 0 ? values[i] % RADIX : Math.floor(values[i] / divisor) % RADIX;
      digits[i] = digit;
      counts[digit]++;
    }
    let sum = 0;
    for (let digit = 0; digit < RADIX; digit++) {
      const count = counts[digit];
      counts[digit] = sum;
      sum += count;
    }
    for (let i = 0; i < length; i++) to[counts[digits[from[i]]]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
}
