/**
 * The index of spans by (trace row, span id). A rebuild is spread over the requests that follow, a few
 * old rows for each new one: at a million spans it would hold everything up for some 30 ms.
 */
import { hashSpanId } from './hash.ts';
import { RowIndex } from './row-index.ts';
import { SEGMENT_BITS, SLOT_MASK } from './schema.ts';
import type { SegmentTable } from './segment-table.ts';
import type { OwnSpanSegment } from './span-segment.ts';

/** Old rows that are indexed again for each new one while a rebuild runs. */
const REBUILD_PACE = 4;
const REBUILD_BLOCK = 256;

export class SpanIndex extends RowIndex {
  /** What reads ahead of time read: of no meaning, but it has to go somewhere. */
  prefetched = 0;
  readonly #table: SegmentTable<OwnSpanSegment>;
  readonly #hashes = new Int32Array(REBUILD_BLOCK);
  // Ordinals that a rebuild still has to add.
  #rebuildAt = 0;
  #rebuildEnd = 0;

  constructor(table: SegmentTable<OwnSpanSegment>) {
    super();
    this.#table = table;
  }

  /** See SpanTable.find. */
  find(traceRow: number, spanIdHi: number, spanIdLo: number, kind?: number): number {
    const segments = this.#table.segments;
    const hi = spanIdHi >>> 0;
    const lo = spanIdLo >>> 0;
    let row = this.first(hashSpanId(traceRow, spanIdHi | 0, spanIdLo | 0));
    for (; row !== -1; row = this.next()) {
      const segment = segments[row >>> SEGMENT_BITS];
      const slot = row & SLOT_MASK;
      if (
        segment !== undefined &&
        segment.spanIdHi[slot] === hi &&
        segment.spanIdLo[slot] === lo &&
        segment.trace[slot] === traceRow &&
        (kind === undefined || segment.kind[slot] === kind)
      ) {
        return row;
      }
    }
    return -1;
  }

  /** Makes room in the index for `count` spans, and carries a running rebuild on. */
  reserve(count: number): void {
    if (this.isRebuilding) this.#rebuild(count * REBUILD_PACE + this.#table.segmentRows / 16);
    if (this.hasRoom(count)) return;
    if (this.isRebuilding) this.#rebuild(Infinity);
    if (this.hasRoom(count)) return;
    this.startRebuild(this.#table.end - this.#table.begin + count);
    this.#rebuildAt = this.#table.begin;
    this.#rebuildEnd = this.#table.end;
    if (this.#table.begin === this.#table.end) this.endRebuild();
  }

  #rebuild(rows: number): void {
    const table = this.#table;
    const hashes = this.#hashes;
    let ordinal = Math.max(this.#rebuildAt, table.begin);
    const end = Math.min(this.#rebuildEnd, ordinal + rows);
    let touched = 0;
    while (ordinal < end) {
      const first = table.rowOf(ordinal);
      const segment = table.at(first);
      const slot = first & SLOT_MASK;
      const count = Math.min(REBUILD_BLOCK, segment.count - slot, end - ordinal);
      // In blocks, so that the slots of many rows are fetched at once: see `#findTraces`.
      for (let i = 0; i < count; i++) {
        const at = slot + i;
        const hash = hashSpanId(
          segment.trace[at],
          segment.spanIdHi[at] | 0,
          segment.spanIdLo[at] | 0,
        );
        hashes[i] = hash;
        touched ^= this.touch(hash);
      }
      for (let i = 0; i < count; i++) {
        if (segment.trace[slot + i] !== -1) this.add(hashes[i], first + i);
      }
      ordinal += count;
    }
    this.prefetched = touched;
    this.#rebuildAt = ordinal;
    if (ordinal >= this.#rebuildEnd) this.endRebuild();
  }
}
