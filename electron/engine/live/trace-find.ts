/** `trace.find`: which spans of one trace a query matches. */
import type { Methods } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { NO_FILTER } from '../../../proto/live/topics.ts';
import { runSliced } from '../query/slices.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { spanIdText } from '../view/hex.ts';
import type { LiveContext } from './context.ts';
import { readText, readTraceId, type Fields } from './params.ts';

type Found = Methods['trace.find']['result'];

const MAX_TEXT = 10_000;
/** Ids of more spans would be megabytes of JSON; the count stays true. */
const MAX_IDS = 200_000;

/** Looks through a trace in slices. Rejects with LiveFailure: notFound, evicted, or badParams for the query. */
export function findInTrace(
  context: LiveContext,
  params: Fields,
  onCancel: (stop: () => void) => void,
): Promise<Found> {
  const { store, options } = context;
  const traceId = readTraceId(params);
  const test = context.queries.spanTest({ ...NO_FILTER, text: readText(params, 'text', MAX_TEXT) });
  const traceRow = store.traces.find(traceId);
  if (traceRow === -1) {
    throw new LiveFailure({ code: 'notFound', message: `Trace ${traceId} is not in memory.` });
  }
  const ordinal = store.traces.ordinalOf(traceRow);
  const ids: string[] = [];
  let count = 0;
  let row = store.traces.get(traceRow).firstSpan;
  return new Promise((resolve, reject) => {
    const step = (): boolean => {
      if (!store.traces.isLive(traceRow, ordinal)) {
        const message = `Trace ${traceId} was evicted while it was searched.`;
        reject(new LiveFailure({ code: 'evicted', message }));
        return true;
      }
      for (let left = test?.itemsPerStep ?? 1024; left > 0 && row !== -1; left--) {
        if (test === null || test.matches(row)) {
          count++;
          if (ids.length < MAX_IDS) ids.push(spanIdAt(store, row));
        }
        row = store.spans.segments[row >>> SEGMENT_BITS]?.nextInTrace[row & SLOT_MASK] ?? -1;
      }
      if (row !== -1) return false;
      resolve({ count, spanIds: ids.join('') });
      return true;
    };
    onCancel(runSliced(options, step));
  });
}

function spanIdAt(store: StoreRead, row: number): string {
  const segment = store.spans.segments[row >>> SEGMENT_BITS];
  if (segment === undefined) throw new Error(`span row ${row} has no segment`);
  const slot = row & SLOT_MASK;
  return spanIdText(segment.spanIdHi[slot], segment.spanIdLo[slot]);
}
