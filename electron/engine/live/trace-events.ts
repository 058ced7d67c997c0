/** `trace.events`: when the events of some spans of a trace took place. */
import type { Methods } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { toSpanId } from '../../../proto/units.ts';
import { spanDetail } from '../view/details.ts';
import { idHalves } from '../view/hex.ts';
import type { LiveContext } from './context.ts';
import { readTraceId, type Fields } from './params.ts';

const MAX_SPANS = 200;
const MAX_EVENTS = 1000;

/** Throws LiveFailure `notFound` for a trace that is not in memory. */
export function eventTimes(
  { store }: LiveContext,
  params: Fields,
): Methods['trace.events']['result'] {
  const traceId = readTraceId(params);
  const traceRow = store.traces.find(traceId);
  if (traceRow === -1) {
    throw new LiveFailure({ code: 'notFound', message: `Trace ${traceId} is not in memory.` });
  }
  const spans: Methods['trace.events']['result']['spans'][number][] = [];
  for (const spanId of readSpanIds(params)) {
    const { hi, lo } = idHalves(spanId);
    const row = store.spans.find(traceRow, hi, lo);
    if (row === -1) continue;
    const { events, startTimeUnixNano } = spanDetail(store, row);
    const start = BigInt(startTimeUnixNano);
    const times = events.slice(0, MAX_EVENTS).map(({ timeUnixNano, name }) => ({
      offsetNs: Number(BigInt(timeUnixNano) - start),
      isException: name === 'exception',
    }));
    spans.push({ spanId, events: times });
  }
  return { spans };
}

function readSpanIds({ spanIds }: Fields): readonly string[] {
  const message = `Expected spanIds to be a list of at most ${MAX_SPANS} span ids.`;
  const wrong = new LiveFailure({ code: 'badParams', message });
  if (!Array.isArray(spanIds) || spanIds.length > MAX_SPANS) throw wrong;
  return spanIds.map((entry: unknown) => {
    const spanId = typeof entry === 'string' ? toSpanId(entry) : undefined;
    if (spanId === undefined) throw wrong;
    return spanId;
  });
}
