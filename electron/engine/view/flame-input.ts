/** Reads one trace's spans out of the store into the plain columns that the layout works on. */
import { diffNs } from '../../../proto/units.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';

/** Values of `FlameInput.parent` that are not a span: roots, and MISSING - k for missing parent k. */
export const NO_PARENT = -1;
export const MISSING = -2;

/** One entry a span, in order of arrival. Times in ns from the base. */
export interface FlameInput {
  readonly count: number;
  readonly startNs: Float64Array;
  /** Never before `startNs`: a span with a bad end is a point. */
  readonly endNs: Float64Array;
  /** Index of the parent, NO_PARENT, or MISSING - k. */
  readonly parent: Int32Array;
  readonly rows: Int32Array;
  /** Distinct ids of parents that were not received, two halves each. */
  readonly missingHi: Uint32Array;
  readonly missingLo: Uint32Array;
}

/** Collects the spans of a trace. Parents are resolved on the way. O(spans). */
export function collectSpans(store: StoreRead, traceRow: number): FlameInput {
  const { spans } = store;
  const trace = store.traces.get(traceRow);
  spans.resolveParents(traceRow);
  const rows = new Int32Array(trace.spanCount);
  let count = 0;
  for (let row = trace.firstSpan; row !== -1 && count < rows.length; count++) {
    rows[count] = row;
    row = spans.segments[row >>> SEGMENT_BITS]?.nextInTrace[row & SLOT_MASK] ?? -1;
  }
  const startNs = new Float64Array(count);
  const endNs = new Float64Array(count);
  const parent = new Int32Array(count);
  const indexes = new RowIndex(rows, count);
  const missing = new MissingParents();
  const { startHi: baseHi, startLo: baseLo } = trace;
  let segmentIndex = -1;
  let segment = spans.segments[0];
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    if (row >>> SEGMENT_BITS !== segmentIndex) {
      segmentIndex = row >>> SEGMENT_BITS;
      segment = spans.segments[segmentIndex];
    }
    if (segment === undefined) throw new Error(`span row ${row} has no segment`);
    const slot = row & SLOT_MASK;
    const start = diffNs(segment.startHi[slot], segment.startLo[slot], baseHi, baseLo);
    const end = diffNs(segment.endHi[slot], segment.endLo[slot], baseHi, baseLo);
    startNs[i] = start;
    endNs[i] = end > start ? end : start;
    const idHi = segment.parentIdHi[slot];
    const idLo = segment.parentIdLo[slot];
    const parentRow = segment.parentRow[slot];
    const index = parentRow === -1 ? -1 : indexes.find(parentRow);
    if (index !== -1) parent[i] = index;
    else parent[i] = (idHi | idLo) === 0 ? NO_PARENT : MISSING - missing.add(idHi, idLo);
  }
  return {
    count,
    startNs,
    endNs,
    parent,
    rows,
    missingHi: missing.hi.subarray(0, missing.count),
    missingLo: missing.lo.subarray(0, missing.count),
  };
}

/** Above this many spans a table a segment (256 KB each) beats a Map. */
const SMALL_TRACE = 4096;

/** Finds the index of a row. Tables are sparse sets: a wrong entry is told by `rows`. */
class RowIndex {
  readonly #rows: Int32Array;
  readonly #count: number;
  readonly #map: Map<number, number> | undefined;
  readonly #tables: (Int32Array | undefined)[] = [];

  constructor(rows: Int32Array, count: number) {
    this.#rows = rows;
    this.#count = count;
    if (count <= SMALL_TRACE) {
      this.#map = new Map();
      for (let i = 0; i < count; i++) this.#map.set(rows[i], i);
      return;
    }
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const table = (this.#tables[row >>> SEGMENT_BITS] ??= new Int32Array(SLOT_MASK + 1));
      table[row & SLOT_MASK] = i;
    }
  }

  find(row: number): number {
    if (this.#map !== undefined) return this.#map.get(row) ?? -1;
    const index = this.#tables[row >>> SEGMENT_BITS]?.[row & SLOT_MASK] ?? -1;
    return index < this.#count && this.#rows[index] === row ? index : -1;
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
