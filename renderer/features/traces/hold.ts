/** When the stream of traces stands still, and what the seam says about it. */
import { formatCount, formatItems } from '../../base/format.ts';

/** What the person is doing with the list. */
export interface ListSigns {
  readonly isPaused: boolean;
  /** The pointer is over a row, or left it less than LEAVE_MS ago. */
  readonly isPointing: boolean;
  readonly hasSelection: boolean;
  readonly hasTextSelected: boolean;
  readonly isScrolled: boolean;
}

export type HoldReason = 'paused' | 'pointing' | 'text' | 'selection' | 'scrolled';

/** How long the list stays held after the pointer has left it. */
export const LEAVE_MS = 800;

/** New rows enter at most four times a second. */
export const BATCH_MS = 250;

/** Why the list is held; null while it follows. */
export function holdReason(signs: ListSigns): HoldReason | null {
  if (signs.isPaused) return 'paused';
  if (signs.isPointing) return 'pointing';
  if (signs.hasTextSelected) return 'text';
  if (signs.hasSelection) return 'selection';
  return signs.isScrolled ? 'scrolled' : null;
}

/** The left side of the seam. */
export function seamText(reason: HoldReason | null): string {
  switch (reason) {
    case null:
      return 'New traces come in here, on top';
    case 'paused':
      return 'Paused. The receiver goes on.';
    case 'pointing':
      return 'Held while you point at a row. Nothing is lost.';
    case 'text':
      return 'Held while text is selected. Nothing is lost.';
    case 'selection':
      return 'Held while a row is selected. Nothing is lost.';
    case 'scrolled':
      return 'Held while you are further down. Nothing is lost.';
  }
}

/** The pill of the seam: "12 new traces". */
export function newText(count: number): string {
  return formatItems(count, 'new trace');
}

/** The count beside the filter: "1,143 of 1,204 traces". */
export function countText(matched: number, total: number): string {
  return matched === total
    ? formatItems(total, 'trace')
    : `${formatCount(matched)} of ${formatItems(total, 'trace')}`;
}
