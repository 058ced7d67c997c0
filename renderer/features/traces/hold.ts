/** When the stream of rows stands still, and what the seam says about it. */
import type { TraceOrder } from '../../../proto/live/topics.ts';
import { formatCount, formatItems } from '../../base/format.ts';
import { ORDERS, type ListScope } from './list-params.ts';

/** What the person is doing with the list. */
export interface ListSigns {
  readonly isPaused: boolean;
  /** The pointer is over a row, or left it less than LEAVE_MS ago. */
  readonly isPointing: boolean;
  readonly hasSelection: boolean;
  readonly hasMarked: boolean;
  readonly hasTextSelected: boolean;
  readonly isScrolled: boolean;
}

export type HoldReason = 'paused' | 'pointing' | 'text' | 'marked' | 'selection' | 'scrolled';

/** How long the list stays held after the pointer has left it. */
export const LEAVE_MS = 800;

/** New rows enter at most four times a second. */
export const BATCH_MS = 250;

/** Counts change at most twice a second. */
export const COUNT_MS = 500;

/** A sorted list that nobody holds is sorted anew this often. */
export const RENEW_MS = 5000;

/** Why the list is held; null while it follows. */
export function holdReason(signs: ListSigns): HoldReason | null {
  if (signs.isPaused) return 'paused';
  if (signs.isPointing) return 'pointing';
  if (signs.hasTextSelected) return 'text';
  if (signs.hasMarked) return 'marked';
  if (signs.hasSelection) return 'selection';
  return signs.isScrolled ? 'scrolled' : null;
}

/** What the seam shows. */
export interface SeamState {
  readonly scope: ListScope;
  readonly order: TraceOrder;
  readonly reason: HoldReason | null;
  readonly newCount: number;
}

/** The left side of the seam. */
export function seamText({ scope, order, reason, newCount }: SeamState): string {
  if (order !== 'newest' && reason !== 'paused') {
    const by = ORDERS.find(({ value }) => value === order)?.by ?? '';
    const waiting = newCount > 0 ? ` N brings in ${formatCount(newCount)} new.` : '';
    return `Sorted by ${by}.${waiting}`;
  }
  switch (reason) {
    case null:
      return scope === 'traces'
        ? 'New traces come in here, on top'
        : 'New spans come in here, on top';
    case 'paused':
      return 'Paused. The receiver goes on.';
    case 'pointing':
      return 'Held while you point at a row. Nothing is lost.';
    case 'text':
      return 'Held while text is selected. Nothing is lost.';
    case 'marked':
      return 'Held while rows are marked. Nothing is lost.';
    case 'selection':
      return 'Held while a row is selected. Nothing is lost.';
    case 'scrolled':
      return 'Held while you are further down. Nothing is lost.';
  }
}

/** The pill of the seam: "12 new traces". */
export function newText(count: number, scope: ListScope): string {
  return formatItems(count, scope === 'traces' ? 'new trace' : 'new span');
}

/** The count beside the chips: "1,143 of 1,204 traces". */
export function countText(matched: number, total: number, scope: ListScope): string {
  const all = formatItems(total, scope === 'traces' ? 'trace' : 'span');
  return matched === total ? all : `${formatCount(matched)} of ${all}`;
}
