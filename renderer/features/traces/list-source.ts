/** Where a list of the screen gets its rows: the topics `traces` and `spans` behind one face. */
import type { LiveSubscription, SubscriptionHandlers } from '../../../proto/live/client.ts';
import type {
  Brush,
  Filter,
  ListMeta,
  ListWindow,
  TraceOrder,
} from '../../../proto/live/topics.ts';
import type { LiveError } from '../../../proto/live/protocol.ts';
import type { Session } from '../../session/session.svelte.ts';
import { spanOrder, type ListScope } from './list-params.ts';
import { readSpanRows, type SpanRow } from './span-rows.ts';
import { readTraceRows, type RowWindow, type TraceRow } from './trace-rows.ts';

/** A row of either list. */
export type AnyRow = TraceRow | SpanRow;

/** What a list is asked for, its window aside. */
export interface ListQuestion {
  readonly filter: Filter;
  readonly brush: Brush | null;
  readonly order: TraceOrder;
}

/** A frame: its numbers at once, its rows when they are needed. */
export interface ListFrame {
  readonly meta: ListMeta & { readonly total: number };
  read(): RowWindow<AnyRow>;
}

export interface ListHandlers {
  frame(frame: ListFrame): void;
  ended(error: LiveError): void;
}

/** A list that is subscribed to. */
export interface OpenList {
  update(question: ListQuestion, window: ListWindow): void;
  close(): void;
}

/** Subscribes to a list for as long as the result is open. */
export function openList(
  session: Session,
  scope: ListScope,
  question: ListQuestion,
  window: ListWindow,
  handlers: ListHandlers,
): OpenList {
  return scope === 'traces'
    ? openTraces(session, question, window, handlers)
    : openSpans(session, question, window, handlers);
}

function openTraces(
  session: Session,
  question: ListQuestion,
  window: ListWindow,
  handlers: ListHandlers,
): OpenList {
  const live: SubscriptionHandlers<'traces'> = {
    frame: ({ meta, columns }) => {
      const read = (): RowWindow<AnyRow> =>
        readTraceRows(meta, columns, (name) => session.colours.of(name));
      handlers.frame({ meta, read });
    },
    ended: handlers.ended.bind(handlers),
  };
  const open: LiveSubscription<'traces'> = session.live('traces', { ...question, ...window }, live);
  return {
    update: (next, nextWindow) => {
      open.update({ ...next, ...nextWindow });
    },
    close: () => {
      open.close();
    },
  };
}

function openSpans(
  session: Session,
  question: ListQuestion,
  window: ListWindow,
  handlers: ListHandlers,
): OpenList {
  const params = (asked: ListQuestion, at: ListWindow) => ({
    ...asked,
    ...at,
    order: spanOrder(asked.order),
  });
  const open = session.live('spans', params(question, window), {
    frame: ({ meta, columns }) => {
      handlers.frame({ meta, read: () => readSpanRows(meta, columns) });
    },
    ended: handlers.ended.bind(handlers),
  });
  return {
    update: (next, nextWindow) => {
      open.update(params(next, nextWindow));
    },
    close: () => {
      open.close();
    },
  };
}
