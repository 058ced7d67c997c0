/**
 * Self and attributed time of the spans of one trace: one sweep over the times at which they start and
 * end. merge-tree.ts says what the two are.
 *
 * ```
 *   p ▐──────────────────────────▌       self 4        own share 4
 *   a    ▐──────────────▌                     10                   4 + 6/2
 *   b            ▐──────────▌                  8                   6/2 + 2
 * ```
 * While k spans are leaves of what runs, each gains 1/k of the time. A clock that runs at that speed
 * is read when a span becomes a leaf and when it no longer is: so an instant costs nothing a leaf.
 */
import { NO_PARENT } from './flame-input.ts';
import { KEPT_NODES, type TraceReader } from './merge-read.ts';
import { orderByValue } from './order-by-value.ts';

/** Up to this many are sorted by insertion: spans mostly arrive close to the order of their times. */
const FEW = 64;

/** Used again for every trace. Columns are live until the next `begin`, by node of the reader. */
export class TraceShares {
  selfNs = new Float64Array(64);
  ownNs = new Float64Array(64);
  /** Time in which any span of the trace runs. */
  busyNs = 0;

  readonly #trace: TraceReader;
  #byStart = new Int32Array(64);
  #byEnd = new Int32Array(64);
  #count = 0;
  #nextStart = 0;
  #nextEnd = 0;
  #isRunning = new Uint8Array(64);
  /** Children that run. */
  #running = new Int32Array(64);
  /** Children below which, or as which, something runs. */
  #active = new Int32Array(64);
  /** When the span began to run without a child, on the sweep's clock. */
  #selfSince = new Float64Array(64);
  /** When the span became a leaf, on the clock of leaves. */
  #leafSince = new Float64Array(64);
  #leaves = 0;
  #leafClock = 0;
  #now = 0;

  constructor(trace: TraceReader) {
    this.#trace = trace;
  }

  /** Starts with the trace that was read and orders its starts; `orderEnds` comes next. O(spans). */
  begin(): void {
    const { total, count, start, end } = this.#trace;
    if (total > this.selfNs.length) this.#resize(Math.max(total, this.selfNs.length * 2));
    for (let node = 0; node < total; node++) {
      this.selfNs[node] = 0;
      this.ownNs[node] = 0;
      this.#running[node] = 0;
      this.#active[node] = 0;
    }
    let timed = 0;
    // A span without duration has no time to share.
    for (let i = 0; i < count; i++) if (end[i] > start[i]) this.#byStart[timed++] = i;
    this.#byEnd.set(this.#byStart.subarray(0, timed));
    this.#count = timed;
    sortBy(start, this.#byStart, timed);
    this.#nextStart = 0;
    this.#nextEnd = 0;
    this.#leaves = 0;
    this.#leafClock = 0;
    this.#now = 0;
    this.busyNs = 0;
  }

  orderEnds(): void {
    sortBy(this.#trace.end, this.#byEnd, this.#count);
  }

  /** Goes on for at most `most` starts and ends; whether that was the rest. Hot loop. */
  advance(most: number): boolean {
    const { start, end } = this.#trace;
    const byStart = this.#byStart;
    const byEnd = this.#byEnd;
    const count = this.#count;
    for (let left = most; left > 0; left--) {
      if (this.#nextEnd === count) return true;
      const ending = byEnd[this.#nextEnd];
      const starting = this.#nextStart < count ? byStart[this.#nextStart] : -1;
      // What ends and starts at one instant takes no time from each other, in either order.
      if (starting !== -1 && start[starting] <= end[ending]) {
        this.#nextStart++;
        this.#moveTo(start[starting]);
        this.#startSpan(starting);
      } else {
        this.#nextEnd++;
        this.#moveTo(end[ending]);
        this.#endSpan(ending);
      }
    }
    return this.#nextEnd === count;
  }

  #moveTo(time: number): void {
    if (this.#leaves > 0) {
      const elapsed = time - this.#now;
      this.#leafClock += elapsed / this.#leaves;
      this.busyNs += elapsed;
    }
    this.#now = time;
  }

  #startSpan(span: number): void {
    const { parent } = this.#trace;
    const above = parent[span];
    if (this.#running[span] === 0) this.#selfSince[span] = this.#now;
    if (above !== NO_PARENT && this.#running[above]++ === 0 && this.#isRunning[above] === 1) {
      this.selfNs[above] += this.#now - this.#selfSince[above];
    }
    this.#isRunning[span] = 1;
    if (this.#active[span] > 0) return;
    this.#leaves++;
    this.#leafSince[span] = this.#leafClock;
    // Up to the next span that runs, which is a leaf no longer, or had something below it already.
    for (let node = above; node !== NO_PARENT; node = parent[node]) {
      if (this.#active[node]++ > 0) break;
      if (this.#isRunning[node] === 1) {
        this.#leaves--;
        this.ownNs[node] += this.#leafClock - this.#leafSince[node];
        break;
      }
    }
  }

  #endSpan(span: number): void {
    const { parent } = this.#trace;
    const above = parent[span];
    if (this.#running[span] === 0) this.selfNs[span] += this.#now - this.#selfSince[span];
    if (above !== NO_PARENT && --this.#running[above] === 0 && this.#isRunning[above] === 1) {
      this.#selfSince[above] = this.#now;
    }
    this.#isRunning[span] = 0;
    if (this.#active[span] > 0) return;
    this.#leaves--;
    this.ownNs[span] += this.#leafClock - this.#leafSince[span];
    for (let node = above; node !== NO_PARENT; node = parent[node]) {
      if (--this.#active[node] > 0) break;
      if (this.#isRunning[node] === 1) {
        this.#leaves++;
        this.#leafSince[node] = this.#leafClock;
        break;
      }
    }
  }

  /** Gives back what a large trace took. */
  clear(): void {
    if (this.selfNs.length > KEPT_NODES) this.#resize(64);
  }

  #resize(size: number): void {
    this.selfNs = new Float64Array(size);
    this.ownNs = new Float64Array(size);
    this.#byStart = new Int32Array(size);
    this.#byEnd = new Int32Array(size);
    this.#isRunning = new Uint8Array(size);
    this.#running = new Int32Array(size);
    this.#active = new Int32Array(size);
    this.#selfSince = new Float64Array(size);
    this.#leafSince = new Float64Array(size);
  }
}

/** Sorts the first `count` indexes by what they name in `times`. Hot loop. */
function sortBy(times: Float64Array, indexes: Int32Array, count: number): void {
  if (count > FEW) {
    const given = indexes.slice(0, count);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = times[given[i]];
    const order = orderByValue(values);
    for (let i = 0; i < count; i++) indexes[i] = given[order[i]];
    return;
  }
  for (let i = 1; i < count; i++) {
    const index = indexes[i];
    const time = times[index];
    let at = i;
    for (; at > 0 && times[indexes[at - 1]] > time; at--) indexes[at] = indexes[at - 1];
    indexes[at] = index;
  }
}
