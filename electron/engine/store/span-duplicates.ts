/** What becomes of a span whose id its trace knows already. */
import type { ScanOutput } from '../wire/scan-output.ts';
import type { Batches } from './batch-table.ts';
import { SLOT_MASK, SPAN_FLAG } from './schema.ts';
import type { SegmentTable } from './segment-table.ts';
import type { SpanIndex } from './span-index.ts';
import type { OwnSpanSegment } from './span-segment.ts';
import { isBefore } from './trace-time.ts';

const CLIENT = 3;
const SERVER = 2;

/** What to do with a span: keep it, drop it, or keep it beside another that shares its id. */
export const KEEP = 0;
export const DROP = 1;
export const SHARED = 2;

export interface DuplicateParts {
  readonly table: SegmentTable<OwnSpanSegment>;
  readonly index: SpanIndex;
  readonly batches: Batches;
  /** Takes a span that a more complete one replaces out of its trace. */
  supersede(row: number, trace: number): void;
}

export class SpanDuplicates {
  readonly #parts: DuplicateParts;

  constructor(parts: DuplicateParts) {
    this.#parts = parts;
  }

  /**
   * Decides about the span at `at` of a scan, whose id occurs in the trace that is open in the index.
   * A span that it replaces leaves the trace here.
   */
  settle(
    out: ScanOutput,
    at: number,
    trace: number,
    hash: number,
  ): typeof KEEP | typeof DROP | typeof SHARED {
    const { table, index } = this.#parts;
    const kind = out.rows[at + 17] & 0xff;
    const spanHi = out.rows[at + 7];
    const spanLo = out.rows[at + 8];
    const other = kind === CLIENT ? SERVER : kind === SERVER ? CLIENT : -1;
    let shared = -1;
    let same = -1;
    for (let row = index.first(hash); row !== -1; row = index.next()) {
      if (!index.isSpan(row, trace, spanHi, spanLo)) continue;
      if (table.at(row).kind[row & SLOT_MASK] === other) shared = row;
      else if (same === -1 || this.#isRival(row, same, kind)) same = row;
    }
    if (same !== -1) {
      if (!this.#isMoreComplete(out, at, same)) return DROP;
      this.#parts.supersede(same, trace);
    }
    if (shared === -1) return KEEP;
    table.at(shared).flags[shared & SLOT_MASK] |= SPAN_FLAG.sharedId;
    return SHARED;
  }

  /** Of two spans that a third one may replace: the one of its kind, else the one that came first. */
  #isRival(row: number, than: number, kind: number): boolean {
    const { table } = this.#parts;
    const isOfKind = table.at(row).kind[row & SLOT_MASK] === kind;
    if (isOfKind !== (table.at(than).kind[than & SLOT_MASK] === kind)) return isOfKind;
    return table.ordinalOf(row) < table.ordinalOf(than);
  }

  /** The later end wins, then the longer message. Of full ties, the identical one among them, the first. */
  #isMoreComplete(out: ScanOutput, at: number, row: number): boolean {
    const { table, batches } = this.#parts;
    const segment = table.at(row);
    const slot = row & SLOT_MASK;
    const endHi = out.rows[at + 13];
    const endLo = out.rows[at + 14];
    if (isBefore(segment.endHi[slot] | 0, segment.endLo[slot] | 0, endHi, endLo)) return true;
    if (isBefore(endHi, endLo, segment.endHi[slot] | 0, segment.endLo[slot] | 0)) return false;
    return batches.lengthOf(segment.batchOf(slot), segment.offset[slot]) < out.rows[at + 1];
  }
}
