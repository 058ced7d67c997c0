/** Looks up the parents of spans, once they and their children have arrived. */
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG } from './schema.ts';
import type { SegmentTable } from './segment-table.ts';
import type { SpanIndex } from './span-index.ts';
import type { OwnSpanSegment } from './span-segment.ts';
import type { Traces } from './trace-table.ts';

const CLIENT = 3;
const SERVER = 2;

/** Spans that were seen lately, by a cheap key. A power of two. */
const RECENT = 32_768;
const RECENT_STRIDE = 4;
/** Rows of longer traces are not worth keeping room for. */
const MAX_KEPT_ROWS = 1 << 16;

export class SpanParents {
  readonly #table: SegmentTable<OwnSpanSegment>;
  readonly #index: SpanIndex;
  readonly #traces: Traces;
  /** Id halves, row and search of each recent span. */
  #recent = new Int32Array(0);
  #search = 0;
  #rows = new Int32Array(64);

  constructor(table: SegmentTable<OwnSpanSegment>, index: SpanIndex, traces: Traces) {
    this.#table = table;
    this.#index = index;
    this.#traces = traces;
  }

  /** See SpanTable.resolveParents. */
  resolve(traceRow: number): void {
    const traces = this.#traces;
    const first = traces.firstSpanOf(traceRow);
    if (!traces.isUnresolved(traceRow)) return;
    if (this.#recent.length === 0) this.#recent = new Int32Array(RECENT * RECENT_STRIDE);
    this.#search = (this.#search + 1) | 0;
    // The newest first: spans are sent when they end, so that most parents follow their children.
    for (let count = this.#collect(first, traces.spanCountOf(traceRow)); count > 0;) {
      count = this.#resolveRun(traceRow, count);
    }
    if (this.#rows.length > MAX_KEPT_ROWS) this.#rows = new Int32Array(64);
    traces.setResolved(traceRow);
  }

  /** Puts the rows of a chain into `#rows`. Returns how many they are. */
  #collect(first: number, spanCount: number): number {
    if (spanCount > this.#rows.length) this.#rows = new Int32Array(spanCount);
    const rows = this.#rows;
    let count = 0;
    for (let row = first; row !== -1;) {
      const segment = row >>> SEGMENT_BITS;
      const { nextInTrace } = this.#table.at(row);
      while (row >>> SEGMENT_BITS === segment) {
        rows[count++] = row;
        row = nextInTrace[row & SLOT_MASK];
      }
    }
    return count;
  }

  /**
   * Resolves the rows before `end` that lie in the last one's segment. Returns where they begin.
   *
   * Hot loop (test/bench/layout.bench.ts). A search in the index of a large trace costs several cache
   * misses; recent spans are in the cache, and most parents are among them.
   */
  #resolveRun(traceRow: number, end: number): number {
    const rows = this.#rows;
    const recent = this.#recent;
    const search = this.#search;
    const segmentIndex = rows[end - 1] >>> SEGMENT_BITS;
    const segment = this.#table.at(rows[end - 1]);
    const { spanIdHi, spanIdLo, parentIdHi, parentLink, flags } = segment;
    let at = end - 1;
    for (; at >= 0 && rows[at] >>> SEGMENT_BITS === segmentIndex; at--) {
      const row = rows[at];
      const slot = row & SLOT_MASK;
      const bits = flags[slot];
      if ((bits & SPAN_FLAG.sharedId) === 0) {
        this.#note(spanIdHi[slot] | 0, spanIdLo[slot] | 0, row);
      }
      if ((bits & SPAN_FLAG.resolved) !== 0) continue;
      const hi = parentIdHi[slot] | 0;
      const lo = parentLink[slot] | 0;
      if ((hi | lo) === 0) continue;
      const place = placeOf(hi, lo);
      let parent = recent[place + 2];
      if (recent[place] !== hi || recent[place + 1] !== lo || recent[place + 3] !== search) {
        parent = this.#parentOf(traceRow, hi, lo, segment, slot);
        if (parent === -1) continue;
        // Of spans that share an id each child may have another one.
        if (!this.#isShared(parent)) this.#note(hi, lo, parent);
      }
      parentLink[slot] = parent;
      flags[slot] = bits | SPAN_FLAG.resolved;
    }
    return at + 1;
  }

  #note(hi: number, lo: number, row: number): void {
    const recent = this.#recent;
    const place = placeOf(hi, lo);
    recent[place] = hi;
    recent[place + 1] = lo;
    recent[place + 2] = row;
    recent[place + 3] = this.#search;
  }

  #isShared(row: number): boolean {
    return (this.#table.at(row).flags[row & SLOT_MASK] & SPAN_FLAG.sharedId) !== 0;
  }

  /**
   * Of two spans with the parent's id, a child's parent is the one of its own resource, else the
   * server: it is the one that other processes cannot see into.
   */
  #parentOf(traceRow: number, hi: number, lo: number, child: OwnSpanSegment, slot: number): number {
    const index = this.#index;
    const row = index.find(traceRow, hi, lo);
    if (row === -1 || !this.#isShared(row)) return row;
    const server = index.find(traceRow, hi, lo, SERVER);
    const client = index.find(traceRow, hi, lo, CLIENT);
    if (server === -1 || client === -1) return row;
    const own = child.resourceOf(slot);
    return this.#resourceOf(client) === own && this.#resourceOf(server) !== own ? client : server;
  }

  #resourceOf(row: number): number {
    return this.#table.at(row).resourceOf(row & SLOT_MASK);
  }
}

function placeOf(hi: number, lo: number): number {
  return ((hi ^ lo ^ (lo >>> 13)) & (RECENT - 1)) * RECENT_STRIDE;
}
