/** The columns of spans. */
import type { Columns } from './columns.ts';
import { SPAN_FLAG, STATUS_SHIFT, type SpanSegment } from './schema.ts';
import { ItemSegment } from './segment-table.ts';

/** Bytes of one row over all columns. */
export const SPAN_ROW_BYTES = 54;

export class OwnSpanSegment extends ItemSegment implements SpanSegment {
  readonly trace: Int32Array;
  readonly spanIdHi: Uint32Array;
  readonly spanIdLo: Uint32Array;
  readonly parentIdHi: Uint32Array;
  readonly parentLink: Uint32Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  readonly endHi: Uint32Array;
  readonly endLo: Uint32Array;
  readonly name: Int32Array;
  readonly nextInTrace: Int32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly eventCount: Uint8Array;
  readonly linkCount: Uint8Array;

  constructor(columns: Columns) {
    super(columns);
    this.trace = columns.int32();
    this.spanIdHi = columns.uint32();
    this.spanIdLo = columns.uint32();
    this.parentIdHi = columns.uint32();
    this.parentLink = columns.uint32();
    this.startHi = columns.uint32();
    this.startLo = columns.uint32();
    this.endHi = columns.uint32();
    this.endLo = columns.uint32();
    this.name = columns.int32();
    this.nextInTrace = columns.int32();
    this.kind = columns.uint8();
    this.flags = columns.uint8();
    this.eventCount = columns.uint8();
    this.linkCount = columns.uint8();
  }

  statusOf(slot: number): number {
    return this.flags[slot] >>> STATUS_SHIFT;
  }

  isChild(slot: number): boolean {
    return (
      (this.parentIdHi[slot] | this.parentLink[slot]) !== 0 ||
      (this.flags[slot] & SPAN_FLAG.resolved) !== 0
    );
  }

  parentRowOf(slot: number): number {
    return (this.flags[slot] & SPAN_FLAG.resolved) === 0 ? -1 : this.parentLink[slot];
  }

  /** Makes the link the lower half of the parent's id again. */
  unresolveParent(slot: number, idLo: number): void {
    this.parentLink[slot] = idLo;
    this.flags[slot] &= ~SPAN_FLAG.resolved;
  }
}
