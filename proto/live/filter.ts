/** What narrows lists: a query with services, a brush of the latency strip, and their order. */
import type { Signal } from '../otlp/signal.ts';

/** What narrows every screen at once. `text` is a query (docs/query.md). */
export interface Filter {
  readonly text: string;
  /** Only these services, when not empty. */
  readonly services: readonly string[];
  readonly notServices: readonly string[];
}

export const NO_FILTER: Filter = { text: '', services: [], notServices: [] };

/**
 * A rectangle of the latency strip: what starts in [fromNs, toNs), decimal strings of ns since the
 * Unix epoch, and takes from `minNs` to below `maxNs`.
 */
export interface Brush {
  readonly fromNs: string;
  readonly toNs: string;
  readonly minNs: number;
  readonly maxNs: number;
}

/** `newest`: first seen last on top. The others have equal ones in that order too. */
export type TraceOrder = 'newest' | 'slowest' | 'mostSpans' | 'mostErrors';
export type SpanOrder = Extract<TraceOrder, 'newest' | 'slowest'>;

/** What an export holds: everything, some traces, or what a filter matches and, of traces, a brush. */
export type Selection =
  | { readonly type: 'all'; readonly signals: readonly Signal[] }
  | { readonly type: 'traces'; readonly traceIds: readonly string[] }
  | {
      readonly type: 'filter';
      readonly signal: Signal;
      readonly filter: Filter;
      /** Only traces that lie in it. Says nothing of other signals. */
      readonly brush?: Brush;
    };
