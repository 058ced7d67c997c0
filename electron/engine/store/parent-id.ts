/** The id of a span's parent, whether the parent was looked up or not. */
import { SEGMENT_BITS, SLOT_MASK, type SpanSegment, type SpanTable } from './schema.ts';

/** The lower half; where the parent was looked up, its row stands in the place of that. */
export function parentIdLo({ segments }: SpanTable, segment: SpanSegment, slot: number): number {
  const row = segment.parentRowOf(slot);
  if (row === -1) return segment.parentLink[slot];
  return segments[row >>> SEGMENT_BITS]?.spanIdLo[row & SLOT_MASK] ?? 0;
}
