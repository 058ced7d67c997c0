/** Reads one trace's spans out of the store into the plain columns that the layout works on. */
import { BOX_FLAG } from '../../../proto/live/topics.ts';
import { diffNs } from '../../../proto/units.ts';
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';

/** Values of `FlameInput.parent` that are not a span: roots, and MISSING - k for missing parent k. */
export const NO_PARENT = -1;
export const MISSING = -2;

/** One entry a span, in order of arrival. Times in ns from the base, never negative. */
export interface FlameInput {
  readonly count: number;
  readonly startNs: Float64Array;
  /** Never before `startNs`: a span with a bad end is a point. */
  readonly endNs: Float64Array;
  /** Index of the parent, NO_PARENT, or MISSING - k. */
  readonly parent: Int32Array;
  /** Distinct ids of parents that were not received, two halves each. */
  readonly missingHi: Uint32Array;
  readonly missingLo: Uint32Array;
}

/** A trace's spans with what their boxes show. */
export interface CollectedSpans extends FlameInput {
  /**
   * FACTS numbers a span, side by side: the layout reads them in box order, which is no order in
   * memory, so that one cache miss has to bring them all.
   *
   * ```
   *   0 name   1 service (string rows)   2 kind | BOX_FLAG bits << 8   3 events | links << 16
   *   4–5 span id
   * ```
   */
  readonly facts: Int32Array;
  /** Index of the trace's root span; -1 without one. */
  readonly root: number;
}

export const FACTS = 6;

const STATUS_ERROR = 2;

/** BOX_FLAG bits by SPAN_FLAG bits. */
const BOX_FLAGS = Uint8Array.from(
  { length: 256 },
  (_, flags) =>
    ((flags & SPAN_FLAG.badTime) !== 0 ? BOX_FLAG.badTime : 0) |
    ((flags & SPAN_FLAG.sharedId) !== 0 ? BOX_FLAG.sharedId : 0) |
    ((flags & SPAN_FLAG.remoteParent) !== 0 ? BOX_FLAG.remoteParent : 0) |
    ((flags & SPAN_FLAG.hasException) !== 0 ? BOX_FLAG.hasException : 0),
);

/** Collects the spans of a trace; parents are resolved on the way. O(spans). Hot loop. */
export function collectSpans(store: StoreRead, traceRow: number): CollectedSpans {
  const { spans, resources } = store;
  const trace = store.traces.get(traceRow);
  spans.resolveParents(traceRow);
  const { startHi: baseHi, startLo: baseLo, spanCount } = trace;
  const startNs = new Float64Array(spanCount);
  const endNs = new Float64Array(spanCount);
  const parent = new Int32Array(spanCount);
  const facts = new Int32Array(spanCount * FACTS);
  const indexes = new RowIndexes();
  const missing = new MissingParents();
  let lastResource = -1;
  let service = -1;
  let count = 0;
  let row = trace.firstSpan;
  while (row !== -1 && count < spanCount) {
    const segmentIndex = row >>> SEGMENT_BITS;
    const segment = spans.segments[segmentIndex];
    if (segment === undefined) throw new Error(`span row ${row} has no segment`);
    const { startHi, startLo, endHi, endLo, resource, name, kind, status, flags } = segment;
    const { eventCount, linkCount, spanIdHi, spanIdLo, parentIdHi, parentIdLo } = segment;
    const { parentRow, nextInTrace } = segment;
    const indexAt = indexes.ofSegment(segmentIndex);
    while (row >>> SEGMENT_BITS === segmentIndex && count < spanCount) {
      const slot = row & SLOT_MASK;
      const start = diffNs(startHi[slot], startLo[slot], baseHi, baseLo);
      const end = diffNs(endHi[slot], endLo[slot], baseHi, baseLo);
      // A start of 0 was not set: all that is known is the end.
      startNs[count] = start >= 0 ? start : end > 0 ? end : 0;
      endNs[count] = end > startNs[count] ? end : startNs[count];
      if (resource[slot] !== lastResource) {
        lastResource = resource[slot];
        service = resources.service(lastResource);
      }
      let boxFlags = BOX_FLAGS[flags[slot]];
      if (status[slot] === STATUS_ERROR) boxFlags |= BOX_FLAG.error;
      if (start < 0) boxFlags |= BOX_FLAG.badTime;
      let above = parentRow[slot];
      if (above === -1 && (parentIdHi[slot] | parentIdLo[slot]) !== 0) {
        above = MISSING - missing.add(parentIdHi[slot], parentIdLo[slot]);
        boxFlags |= BOX_FLAG.orphan;
      }
      parent[count] = above;
      const at = count * FACTS;
      facts[at] = name[slot];
      facts[at + 1] = service;
      facts[at + 2] = kind[slot] | (boxFlags << 8);
      facts[at + 3] = eventCount[slot] | (linkCount[slot] << 16);
      facts[at + 4] = spanIdHi[slot];
      facts[at + 5] = spanIdLo[slot];
      indexAt[slot] = ++count;
      row = nextInTrace[slot];
    }
  }
  for (let i = 0; i < count; i++) {
    if (parent[i] >= 0) parent[i] = indexes.get(parent[i]);
  }
  return {
    count,
    startNs: startNs.subarray(0, count),
    endNs: endNs.subarray(0, count),
    parent: parent.subarray(0, count),
    facts,
    root: trace.rootSpan === -1 ? -1 : indexes.get(trace.rootSpan),
    missingHi: missing.hi.subarray(0, missing.count),
    missingLo: missing.lo.subarray(0, missing.count),
  };
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
}

/** The distinct ids of missing parents: an open-addressing table that doubles at half full. */
class MissingParents {
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
