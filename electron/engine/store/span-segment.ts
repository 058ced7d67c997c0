/** The columns of spans. */
import { Columns } from './columns.ts';
import type { SpanSegment } from './schema.ts';
import { ItemSegment } from './segment-table.ts';

/** Bytes of one row over all columns. */
export const SPAN_ROW_BYTES = 63;

export class OwnSpanSegment extends ItemSegment implements SpanSegment {
  readonly trace: Int32Array;
  readonly spanIdHi: Uint32Array;
  readonly spanIdLo: Uint32Array;
  readonly parentIdHi: Uint32Array;
  readonly parentIdLo: Uint32Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  readonly endHi: Uint32Array;
  readonly endLo: Uint32Array;
  readonly name: Int32Array;
  readonly nextInTrace: Int32Array;
  readonly parentRow: Int32Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly flags: Uint8Array;
  readonly eventCount: Uint8Array;
  readonly linkCount: Uint8Array;

  constructor(rows: number) {
    const columns = new Columns(rows, SPAN_ROW_BYTES);
    super(columns);
    this.trace = columns.int32();
    this.spanIdHi = columns.uint32();
    this.spanIdLo = columns.uint32();
    this.parentIdHi = columns.uint32();
    this.parentIdLo = columns.uint32();
    this.startHi = columns.uint32();
    this.startLo = columns.uint32();
    this.endHi = columns.uint32();
    this.endLo = columns.uint32();
    this.name = columns.int32();
    this.nextInTrace = columns.int32();
    this.parentRow = columns.int32();
    this.kind = columns.uint8();
    this.status = columns.uint8();
    this.flags = columns.uint8();
    this.eventCount = columns.uint8();
    this.linkCount = columns.uint8();
  }
}

/** Whether the span in this slot has no parent id. */
export function isRootAt(segment: OwnSpanSegment, slot: number): boolean {
  return (segment.parentIdHi[slot] | segment.parentIdLo[slot]) === 0;
}
