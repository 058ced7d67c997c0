/** Looks up the parents of spans, once they and their children have arrived. */
import { SLOT_MASK, SPAN_FLAG } from './schema.ts';
import type { SegmentTable } from './segment-table.ts';
import type { SpanIndex } from './span-index.ts';
import type { OwnSpanSegment } from './span-segment.ts';
import type { Traces } from './trace-table.ts';

const CLIENT = 3;
const SERVER = 2;

/** Parents that were looked up lately, by a cheap key. A power of two. */
const RECENT = 2048;
const RECENT_STRIDE = 4;

export class SpanParents {
  readonly #table: SegmentTable<OwnSpanSegment>;
  readonly #index: SpanIndex;
  readonly #traces: Traces;
  /**
   * Id halves, row and search of each recent parent. Siblings mostly arrive near each other, so that
   * four in five searches, which cost several cache misses in a large trace, end here.
   */
  readonly #recent = new Int32Array(RECENT * RECENT_STRIDE);
  #search = 0;

  constructor(table: SegmentTable<OwnSpanSegment>, index: SpanIndex, traces: Traces) {
    this.#table = table;
    this.#index = index;
    this.#traces = traces;
  }

  /** See SpanTable.resolveParents. Hot loop (test/bench/layout.bench.ts). */
  resolve(traceRow: number): void {
    const traces = this.#traces;
    const first = traces.firstSpanOf(traceRow);
    if (!traces.isUnresolved(traceRow)) return;
    const table = this.#table;
    const recent = this.#recent;
    const search = (this.#search = (this.#search + 1) | 0);
    for (let row = first; row !== -1;) {
      const segment = table.at(row);
      const slot = row & SLOT_MASK;
      row = segment.nextInTrace[slot];
      if ((segment.flags[slot] & SPAN_FLAG.resolved) !== 0) continue;
      const hi = segment.parentIdHi[slot] | 0;
      const lo = segment.parentLink[slot] | 0;
      if ((hi | lo) === 0) continue;
      const at = ((hi ^ lo ^ (lo >>> 11)) & (RECENT - 1)) * RECENT_STRIDE;
      let parent = -1;
      if (recent[at] === hi && recent[at + 1] === lo && recent[at + 3] === search) {
        parent = recent[at + 2];
      } else {
        parent = this.#parentOf(traceRow, hi, lo, segment, slot);
        const isShared = parent !== -1 && this.#isShared(parent);
        recent[at] = hi;
        recent[at + 1] = lo;
        recent[at + 2] = parent;
        // Of spans that share an id each child may have another one.
        recent[at + 3] = isShared ? search - 1 : search;
      }
      if (parent !== -1) segment.resolveParent(slot, parent);
    }
    traces.setResolved(traceRow);
  }

  #isShared(row: number): boolean {
    return (this.#table.at(row).flags[row & SLOT_MASK] & SPAN_FLAG.sharedId) !== 0;
  }

  /**
   * Of two spans with the parent's id, a child's parent is the one of its own resource, else the
   * server: it is the one that other processes cannot see into.
   */
  #parentOf(
    traceRow: number,
    hi: number,
    lo: number,
    child: OwnSpanSegment,
    slot: number,
  ): number {
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
