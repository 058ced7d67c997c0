/**
 * The record of one trace: 32 numbers in a chunk of 1,024 records, which is never copied or moved.
 *
 * ```
 *   0–3 id   4 state bits, evicted spans   5 holds   6 spans   7 errors   8 logs   9–10 first and last span
 *   11–12 first and last log record   13 root span   14 roots   15–16 start   17–18 end
 *   19 generation   20 touch stamp   21 place in the list   22–25 services
 *   as doubles: 13 ordinal at creation   14 ordinal   15 last arrival
 * ```
 * One record is two cache lines, so that a span costs two misses at most, whatever it changes.
 */

export const CHUNK_BITS = 10;
export const CHUNK_ROWS = 1 << CHUNK_BITS;
export const CHUNK_MASK = CHUNK_ROWS - 1;
export const STRIDE_BITS = 5;
export const RECORD_BYTES = 4 << STRIDE_BITS;

export const STATE = 4;
export const HOLDS = 5;
export const SPANS = 6;
export const ERRORS = 7;
export const LOGS = 8;
export const FIRST_SPAN = 9;
export const LAST_SPAN = 10;
export const FIRST_LOG = 11;
export const LAST_LOG = 12;
export const ROOT = 13;
export const ROOTS = 14;
export const START_HI = 15;
export const START_LO = 16;
export const END_HI = 17;
export const END_LO = 18;
export const GENERATION = 19;
export const STAMP = 20;
export const PLACE = 21;
export const SERVICES = 22;
export const SERVICE_LIMIT = 4;
/** Places of the doubles, in doubles. */
export const CREATED = 13;
export const ORDINAL = 14;
export const ARRIVAL = 15;

export const LIVE = 1;
export const PINNED = 2;
export const PARTLY_EVICTED = 4;
/** A superseded span is still linked: the chain has to be refreshed before anyone walks it. */
export const STALE = 8;
/** A span came since the parents were looked up. */
export const UNRESOLVED = 16;
/** In the list of traces with spans. */
export const LISTED = 32;
/** The bits of the state from this one on count the spans that were evicted, up to 67 million. */
export const EVICTED_SHIFT = 6;
export const MAX_EVICTED = 0xffff_ffff >>> EVICTED_SHIFT;
