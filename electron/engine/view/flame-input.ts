/** Reads one trace's spans out of the store into the plain columns that the layout works on. */
import { diffNs } from '../../../proto/units.ts';
import {
  SEGMENT_BITS,
  SLOT_MASK,
  SPAN_FLAG,
  type SpanSegment,
  type SpanTable,
  type StoreRead,
} from '../store/schema.ts';

/** Values of `FlameInput.parent` that are not a span: roots, and MISSING - k for missing parent k. */
export const NO_PARENT = -1;
export const MISSING = -2;

/** One entry a span, in order of arrival. Times in ns from the base, never negative. */
export interface FlameInput {
  readonly count: number;
  /** Start and end of each span, side by side. No end is before its start: such a span is a point. */
  readonly times: Float64Array;
  /** Index of the parent, NO_PARENT, or MISSING - k. */
  readonly parent: Int32Array;
  /** Distinct ids of parents that were not received, two halves each. */
  readonly missingHi: Uint32Array;
  readonly missingLo: Uint32Array;
}

/** A trace's spans, and where in the store they are. */
export interface CollectedSpans extends FlameInput {
  /** Row of each span: valid until the store changes. */
  readonly rows: Int32Array;
  /** Spans whose start was not set. */
  readonly unset: readonly number[];
  /** Index of the trace's root span; -1 without one. */
  readonly root: number;
  /** Arrival of the newest span, ms since the Unix epoch; -Infinity without any. */
  readonly lastSpanMs: number;
}

/** Collects the spans of a trace; parents are resolved on the way. O(spans). */
export function collectSpans(store: StoreRead, traceRow: number): CollectedSpans {
  const { spans } = store;
  spans.resolveParents(traceRow);
  const trace = store.traces.get(traceRow);
  const { rows, indexes } = readChain(spans, trace.firstSpan, trace.spanCount);
  const count = rows.length;
  const times = new Float64Array(count * 2);
  const parent = new Int32Array(count);
  const unset: number[] = [];
  const missing = new MissingParents();
  for (let from = 0; from < count;) {
    const segment = spans.segments[rows[from] >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`span row ${rows[from]} has no segment`);
    const to = endOfRun(rows, from);
    readTimes(segment, rows, from, to, trace, times, unset);
    if (readParents(segment, rows, from, to, parent)) {
      nameMissing(segment, rows, from, to, missing, parent);
    }
    from = to;
  }
  indexes.replace(parent);
  return {
    rows,
    times,
    parent,
    unset,
    count,
    lastSpanMs: count === 0 ? -Infinity : arrivalOf(store, rows[count - 1]),
    root: trace.rootSpan === -1 ? -1 : indexes.get(trace.rootSpan),
    missingHi: missing.hi.subarray(0, missing.count),
    missingLo: missing.lo.subarray(0, missing.count),
  };
}

function arrivalOf(store: StoreRead, row: number): number {
  const batch = store.spans.segments[row >>> SEGMENT_BITS]?.batchOf(row & SLOT_MASK);
  return batch === undefined ? -Infinity : store.batches.arrivalMs(batch);
}

// Each loop below reads few columns of one segment and calls nothing that is not inlined: in one
// loop over all columns every span would check every column's type anew (test/bench/layout.bench.ts).

/** Rows of a trace in order of arrival, and their places in it. Hot loop. */
function readChain(
  spans: SpanTable,
  firstSpan: number,
  spanCount: number,
): { readonly rows: Int32Array; readonly indexes: RowIndexes } {
  const rows = new Int32Array(spanCount);
  const indexes = new RowIndexes();
  let count = 0;
  let row = firstSpan;
  while (row !== -1 && count < spanCount) {
    const segmentIndex = row >>> SEGMENT_BITS;
    const segment = spans.segments[segmentIndex];
    if (segment === undefined) throw new Error(`span row ${row} has no segment`);
    const { nextInTrace } = segment;
    const indexAt = indexes.ofSegment(segmentIndex);
    while (row >>> SEGMENT_BITS === segmentIndex && count < spanCount) {
      rows[count] = row;
      indexAt[row & SLOT_MASK] = ++count;
      row = nextInTrace[row & SLOT_MASK];
    }
  }
  return { rows: rows.subarray(0, count), indexes };
}

/** End of the run of rows that lie in one segment. */
export function endOfRun(rows: Int32Array, from: number): number {
  const segment = rows[from] >>> SEGMENT_BITS;
  let to = from + 1;
  while (to < rows.length && rows[to] >>> SEGMENT_BITS === segment) to++;
  return to;
}

/** Hot loop. */
function readTimes(
  segment: SpanSegment,
  rows: Int32Array,
  from: number,
  to: number,
  base: { readonly startHi: number; readonly startLo: number },
  times: Float64Array,
  unset: number[],
): void {
  const { startHi, startLo, endHi, endLo } = segment;
  const { startHi: baseHi, startLo: baseLo } = base;
  for (let i = from; i < to; i++) {
    const slot = rows[i] & SLOT_MASK;
    const end = diffNs(endHi[slot], endLo[slot], baseHi, baseLo);
    let start = diffNs(startHi[slot], startLo[slot], baseHi, baseLo);
    // A start of 0, before the base, was not set: all that is known is the end.
    if (start < 0) {
      start = end > 0 ? end : 0;
      unset.push(i);
    }
    times[2 * i] = start;
    times[2 * i + 1] = end > start ? end : start;
  }
}

/** Sets parents to rows, NO_PARENT or MISSING. Whether there is one of the last. Hot loop. */
function readParents(
  segment: SpanSegment,
  rows: Int32Array,
  from: number,
  to: number,
  parent: Int32Array,
): boolean {
  const { parentIdHi, parentLink, flags } = segment;
  let hasMissing = false;
  for (let i = from; i < to; i++) {
    const slot = rows[i] & SLOT_MASK;
    let above = parentLink[slot] | 0;
    if ((flags[slot] & SPAN_FLAG.resolved) === 0) {
      above = NO_PARENT;
      if ((parentIdHi[slot] | parentLink[slot]) !== 0) {
        above = MISSING;
        hasMissing = true;
      }
    }
    parent[i] = above;
  }
  return hasMissing;
}

/** Tells missing parents apart. */
function nameMissing(
  segment: SpanSegment,
  rows: Int32Array,
  from: number,
  to: number,
  missing: MissingParents,
  parent: Int32Array,
): void {
  for (let i = from; i < to; i++) {
    if (parent[i] !== MISSING) continue;
    const slot = rows[i] & SLOT_MASK;
    parent[i] = MISSING - missing.add(segment.parentIdHi[slot], segment.parentLink[slot]);
  }
}

/** The index of each row of the trace, by segment and slot. 256 KB a segment, of which few are touched. */
class RowIndexes {
  /** Index + 1; 0 where the row is of another trace. */
  readonly #bySegment: (Int32Array | undefined)[] = [];

  ofSegment(segment: number): Int32Array {
    return (this.#bySegment[segment] ??= new Int32Array(SLOT_MASK + 1));
  }

  get(row: number): number {
    const known = this.#bySegment[row >>> SEGMENT_BITS]?.[row & SLOT_MASK];
    if (known === undefined || known === 0) throw new Error(`span row ${row} is of another trace`);
    return known - 1;
  }

  /** Puts indexes in the place of rows; negative numbers stay. */
  replace(column: Int32Array): void {
    const bySegment = this.#bySegment;
    for (let i = 0; i < column.length; i++) {
      const row = column[i];
      if (row < 0) continue;
      const known = bySegment[row >>> SEGMENT_BITS]?.[row & SLOT_MASK] ?? 0;
      if (known === 0) throw new Error(`span row ${row} is of another trace`);
      column[i] = known - 1;
    }
  }
}

/** The distinct ids of missing parents: an open-addressing table that doubles at half full. */
export class MissingParents {
  hi = new Uint32Array(8);
  lo = new Uint32Array(8);
  count = 0;
  #table = new Int32Array(16);

  /** The number of this id, which is given on first sight. */
  add(hi: number, lo: number): number {
    if (this.count === this.hi.length) this.#grow();
    const at = this.#slotOf(hi, lo);
    if (this.#table[at] !== 0) return this.#table[at] - 1;
    this.hi[this.count] = hi;
    this.lo[this.count] = lo;
    this.#table[at] = ++this.count;
    return this.count - 1;
  }

  #slotOf(hi: number, lo: number): number {
    const mask = this.#table.length - 1;
    let at = (Math.imul(hi ^ Math.imul(lo, 0x9e3779b1), 0x85ebca6b) >>> 7) & mask;
    while (this.#table[at] !== 0) {
      const k = this.#table[at] - 1;
      if (this.hi[k] === hi && this.lo[k] === lo) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  #grow(): void {
    const { hi, lo } = this;
    this.hi = new Uint32Array(hi.length * 2);
    this.lo = new Uint32Array(lo.length * 2);
    this.hi.set(hi);
    this.lo.set(lo);
    this.#table = new Int32Array(hi.length * 4);
    for (let k = 0; k < this.count; k++) this.#table[this.#slotOf(hi[k], lo[k])] = k + 1;
  }
}
