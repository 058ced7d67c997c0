/** Spans and log records by the megabyte, for tests of what a store keeps. */
import type { Store } from '../../electron/engine/store/store.ts';
import { spansBody, takeGood, type LogSpec, type SpanSpec } from './store-bodies.ts';

export const MIB = 1 << 20;

/** A body of about `kilobytes` with 32 spans in one trace. */
export function manySpans(trace: number, kilobytes = 32): SpanSpec[] {
  return Array.from({ length: 32 }, (_, i) => ({
    trace,
    id: i + 1,
    parent: i === 31 ? 0 : 32,
    name: `op ${trace % 700}`,
    service: `svc ${trace % 5}`,
    padding: (kilobytes * 1024) / 32,
  }));
}

/** A body of about `kilobytes` with 32 log records of one trace. */
export function manyLogs(trace: number, kilobytes = 32): LogSpec[] {
  return Array.from({ length: 32 }, () => ({ trace, padding: (kilobytes * 1024) / 32 }));
}

/** Fills a store with spans of traces from `from` on; the number after the last one. */
export function flood(store: Store, from: number, megabytes: number): number {
  let trace = from;
  for (let sent = 0; sent < megabytes * MIB; trace++) {
    const body = spansBody(manySpans(trace));
    takeGood(store, 'traces', body);
    sent += body.length;
  }
  return trace;
}
