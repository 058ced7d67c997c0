/**
 * Branded units. A number or string that leaves the function that made it carries its unit in its
 * type or its name; these brands are for the few that are easily mixed up.
 */

declare const unit: unique symbol;
type Brand<T, U extends string> = T & { readonly [unit]: U };

/** Absolute time in ns since the Unix epoch, exact. Used at edges; hot paths use hi/lo columns. */
export type UnixNano = Brand<bigint, 'UnixNano'>;
/** A length of time in ns, exact below 2^53 (104 days). */
export type DurationNs = Brand<number, 'DurationNs'>;
/** 32 lower-case hex characters. */
export type TraceId = Brand<string, 'TraceId'>;
/** 16 lower-case hex characters. */
export type SpanId = Brand<string, 'SpanId'>;
/** A number of bytes. */
export type ByteCount = Brand<number, 'ByteCount'>;

const HEX_32 = /^[0-9a-f]{32}$/;
const HEX_16 = /^[0-9a-f]{16}$/;

/** Parses 32 hex characters of either case; undefined for anything else. */
export function toTraceId(text: string): TraceId | undefined {
  const lower = text.toLowerCase();
  return HEX_32.test(lower) ? (lower as TraceId) : undefined;
}

/** Parses 16 hex characters of either case; undefined for anything else. */
export function toSpanId(text: string): SpanId | undefined {
  const lower = text.toLowerCase();
  return HEX_16.test(lower) ? (lower as SpanId) : undefined;
}

/** Joins two uint32 halves into an exact time in ns since the Unix epoch. */
export function unixNano(hi: number, lo: number): UnixNano {
  return ((BigInt(hi) << 32n) | BigInt(lo >>> 0)) as UnixNano;
}

/** Milliseconds since the Unix epoch of a hi/lo pair; loses what is below about 0.25 µs. */
export function unixMs(hi: number, lo: number): number {
  return (hi * 4294967296 + (lo >>> 0)) / 1e6;
}

/** a - b in ns, each a hi/lo uint32 pair; exact while the difference is below 2^53 ns. */
export function diffNs(aHi: number, aLo: number, bHi: number, bLo: number): number {
  return (aHi - bHi) * 4294967296 + ((aLo >>> 0) - (bLo >>> 0));
}
