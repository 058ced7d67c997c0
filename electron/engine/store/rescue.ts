/** Takes the items of protected traces out of a slab that is about to be evicted. */
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { Logs } from './log-table.ts';
import { rowsRequest, type RequestParts } from './rows-request.ts';
import { SLOT_MASK } from './schema.ts';
import type { Slab } from './slabs.ts';
import type { Spans } from './span-table.ts';
import type { Traces } from './trace-table.ts';

/** What a row costs beside its bytes, roughly, when protected traces are weighed. */
export const ROW_COST = 128;

/** Items of protected traces as a request of their own, to be put back. */
export interface Rescue {
  readonly signal: Signal;
  readonly request: Uint8Array;
  /** Arrival of the first of them. */
  readonly arrivalMs: number;
  /** Sequence of the newest batch they come from. */
  readonly origin: number;
  /** By trace row. */
  readonly traces: ReadonlyMap<number, RescuedTrace>;
}

/** What of one trace is taken out of a slab. */
interface RescuedTrace {
  /** Whether it had lost items before. */
  readonly wasPartlyEvicted: boolean;
  /** Its spans among the items; 0 for log records. */
  readonly spans: number;
}

export interface RescueParts extends RequestParts {
  readonly traces: Traces;
  readonly spans: Spans;
  readonly logs: Logs;
}

/**
 * The items of protected traces in the oldest slab of a signal; undefined when there are none, or when
 * they weigh more than `room` bytes. The slab itself is left as it is.
 */
export function rescueItems(
  parts: RescueParts,
  signal: Signal,
  slab: Slab,
  room: number,
): Rescue | undefined {
  const { batches, traces } = parts;
  if (traces.protectedCount === 0 || (signal !== 'traces' && signal !== 'logs')) return undefined;
  const table = signal === 'traces' ? parts.spans : parts.logs;
  const rows: number[] = [];
  const touched = new Map<number, RescuedTrace>();
  let weight = 0;
  for (let ordinal = table.begin; ordinal < slab.endOrdinal; ordinal++) {
    const row = table.rowOf(ordinal);
    const segment = table.at(row);
    const slot = row & SLOT_MASK;
    const trace = segment.trace[slot];
    if (trace === -1 || !traces.isProtected(trace)) continue;
    rows.push(row);
    weight += batches.lengthOf(segment.batchOf(slot), segment.offset[slot]) + ROW_COST;
    const { wasPartlyEvicted, spans } = touched.get(trace) ?? {
      wasPartlyEvicted: traces.isPartlyEvicted(trace),
      spans: 0,
    };
    touched.set(trace, { wasPartlyEvicted, spans: spans + (signal === 'traces' ? 1 : 0) });
  }
  if (rows.length === 0 || weight > room) return undefined;
  return {
    signal,
    request: rowsRequest(signal, table, rows, parts),
    arrivalMs: batches.arrivalMs(table.at(rows[0]).batchOf(rows[0] & SLOT_MASK)),
    origin: batches.sequence(slab.batches[slab.batches.length - 1]),
    traces: touched,
  };
}
