/** What the Traces screen's place in the URL says: scope, order, brush, marked rows. */
import type { SpanOrder, TraceOrder } from '../../../proto/live/topics.ts';

/** What the list is made of. */
export type ListScope = 'traces' | 'spans';

/** The most rows that can be marked: their ids have to fit into the address of a download. */
export const MAX_MARKED = 400;

/** The orders of each scope, with what the menu calls them and the words of the seam. */
export const ORDERS: readonly {
  readonly value: TraceOrder;
  readonly label: string;
  readonly by: string;
}[] = [
  { value: 'newest', label: 'Newest first', by: 'arrival' },
  { value: 'slowest', label: 'Slowest first', by: 'duration' },
  { value: 'mostSpans', label: 'Most spans first', by: 'number of spans' },
  { value: 'mostErrors', label: 'Most errors first', by: 'number of errors' },
];

/** The scope that a parameter names; anything unknown is `traces`. */
export function scopeOf(param: string): ListScope {
  return param === 'spans' ? 'spans' : 'traces';
}

/** The order that a parameter names, as far as the scope has it; else `newest`. */
export function orderOf(param: string, scope: 'traces'): TraceOrder;
export function orderOf(param: string, scope: ListScope): TraceOrder;
export function orderOf(param: string, scope: ListScope): TraceOrder {
  const known = ORDERS.find(({ value }) => value === param)?.value ?? 'newest';
  return scope === 'spans' ? spanOrder(known) : known;
}

/** The order of spans that comes nearest to one of traces. */
export function spanOrder(order: TraceOrder): SpanOrder {
  return order === 'slowest' ? 'slowest' : 'newest';
}

/** The trace ids of the marked rows, in the order they were marked. */
export function parseMarked(param: string): readonly string[] {
  if (param === '') return [];
  const ids = param.split(',').filter((id) => /^[0-9a-f]{32}$/.test(id));
  return [...new Set(ids)].slice(0, MAX_MARKED);
}
