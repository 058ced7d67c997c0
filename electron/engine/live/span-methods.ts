/** Answers about one span: what is found in slices, so that ingest goes on. */
import type { Methods } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { runSliced } from '../query/slices.ts';
import { idHalves } from '../view/hex.ts';
import { PeerSearch } from '../view/peers.ts';
import { LinkSearch, RepeatSearch } from '../view/span-relations.ts';
import type { LiveContext } from './context.ts';
import { readCount, readSpanId, readTraceId, type Fields } from './params.ts';

type OnCancel = (stop: () => void) => void;

/** Links that one request can ask for. */
const MAX_LINKED = 500;

/** The row of the trace that `params.traceId` names. Throws LiveFailure notFound. */
export function findTrace(context: LiveContext, params: Fields): { row: number; traceId: string } {
  const traceId = readTraceId(params);
  const row = context.store.traces.find(traceId);
  if (row === -1) {
    throw new LiveFailure({
      code: 'notFound',
      message: `Trace ${traceId} is not in memory: it was not received, or it was evicted.`,
    });
  }
  return { row, traceId };
}

/** The row of the span that `params` names. Throws LiveFailure notFound. */
export function findSpan(context: LiveContext, params: Fields): number {
  const { spans } = context.store;
  const { row: traceRow, traceId } = findTrace(context, params);
  const spanId = readSpanId(params);
  const { hi, lo } = idHalves(spanId);
  const row =
    params.kind === undefined
      ? spans.find(traceRow, hi, lo)
      : spans.find(traceRow, hi, lo, readCount(params, 'kind', 255));
  if (row === -1) {
    throw new LiveFailure({
      code: 'notFound',
      message: `Span ${spanId} of trace ${traceId} is not in memory.`,
    });
  }
  return row;
}

/** Runs a search in slices to its end. */
function finish<T>(
  context: LiveContext,
  search: { step(): boolean; result(): T },
  onCancel: OnCancel,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = runSliced(context.options, () => {
      try {
        if (!search.step()) return false;
        resolve(search.result());
      } catch (error) {
        // A later slice has no caller above it: what breaks ends this answer, not the engine.
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      return true;
    });
    onCancel(stop);
  });
}

/** `span.peers`. Throws LiveFailure notFound. */
export function spanPeers(
  context: LiveContext,
  params: Fields,
  onCancel: OnCancel,
): Promise<Methods['span.peers']['result']> {
  return finish(context, new PeerSearch(context.store, findSpan(context, params)), onCancel);
}

/** `span.repeats`. Throws LiveFailure notFound. */
export function spanRepeats(
  context: LiveContext,
  params: Fields,
  onCancel: OnCancel,
): Promise<Methods['span.repeats']['result']> {
  return finish(context, new RepeatSearch(context.store, findSpan(context, params)), onCancel);
}

/** `span.linked`. */
export function spanLinked(
  context: LiveContext,
  params: Fields,
  onCancel: OnCancel,
): Promise<Methods['span.linked']['result']> {
  const limit = readCount(params, 'limit', MAX_LINKED);
  const search = new LinkSearch(context.store, readTraceId(params), readSpanId(params), limit);
  return finish(context, search, onCancel);
}
