/**
 * The journal's files: how they are named, and how records lie in them. Pure.
 *
 * ```
 *   <started ms>-<number>-<writer>.<signal>        a segment; names sort by age
 *   46 54 4a 31                                    "FTJ1"
 *   record:  length u32 | crc32 u32 | arrival f64 | signal u16 | coding u16 | bytes[length]
 *                                   └─────── what the crc covers ────────┘
 * ```
 * Numbers are little-endian. `arrival` is ms since the Unix epoch, `bytes` an export request in
 * protobuf, in the gzip that it came in when `coding` is 1. One file holds one signal, so that Clear of a signal is the removal of its files.
 */
import { crc32, gunzipSync } from 'node:zlib';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import { MAX_BODY_BYTES } from '../receiver/limits.ts';

/** What a segment begins with. */
export const SEGMENT_MAGIC = Uint8Array.of(0x46, 0x54, 0x4a, 0x31);

/** Bytes of a record before its request. */
export const RECORD_HEADER_BYTES = 20;
/** The crc covers the record from here on. */
const CRC_FROM = 8;

/** The bytes of a record: a request in protobuf, as it is or in gzip. */
export interface RecordBody {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
  readonly coding: 'plain' | 'gzip';
  /** Bytes of the request when it is not in gzip. */
  readonly plainBytes: number;
}

/** A batch as it comes back. `bytes` is a view of the segment's bytes, or the caller's own. */
export interface JournalRecord {
  readonly signal: Signal;
  readonly arrivalMs: number;
  readonly bytes: Uint8Array;
}

/** A segment as its name tells. */
export interface SegmentName {
  readonly name: string;
  readonly startedMs: number;
  readonly number: number;
  readonly signal: Signal;
}

const NAME = /^(\d{14})-(\d{6})-[0-9a-f]{8}\.([a-z]+)$/;

/** The name of a segment; `writer` is 8 hex digits that no other writer has. */
export function segmentName(
  startedMs: number,
  number: number,
  writer: string,
  signal: Signal,
): SegmentName {
  const ms = String(startedMs).padStart(14, '0');
  const name = `${ms}-${String(number).padStart(6, '0')}-${writer}.${signal}`;
  return { name, startedMs, number, signal };
}

/** Reads a file name; undefined when it is not that of a segment. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = NAME.exec(name);
  const signal = SIGNALS.find((one) => one === match?.[3]);
  if (match === null || signal === undefined) return undefined;
  return { name, startedMs: Number(match[1]), number: Number(match[2]), signal };
}

/** Oldest first. */
export function byAge(a: SegmentName, b: SegmentName): number {
  return a.startedMs - b.startedMs || a.number - b.number || (a.name < b.name ? -1 : 1);
}

/** The header of a record; valid until the next call. */
export function recordHeader(signal: Signal, arrivalMs: number, body: RecordBody): Uint8Array {
  const { chunks, byteLength, coding } = body;
  headerView.setUint32(0, byteLength, true);
  headerView.setFloat64(8, arrivalMs, true);
  headerView.setUint16(16, SIGNALS.indexOf(signal), true);
  headerView.setUint16(18, CODINGS.indexOf(coding), true);
  let crc = crc32(header.subarray(CRC_FROM));
  // zlib starts anew at a view of nothing.
  for (const chunk of chunks) if (chunk.byteLength > 0) crc = crc32(chunk, crc);
  headerView.setUint32(4, crc, true);
  return header;
}

const CODINGS = ['plain', 'gzip'] as const;

const header = new Uint8Array(RECORD_HEADER_BYTES);
const headerView = new DataView(header.buffer);

/** Undefined for what was no gzip when it was written. */
function inflated(stored: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(stored, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    // The crc says that these are the bytes that were accepted, so nothing but another writer does this.
    return undefined;
  }
}

/**
 * Walks the records of a segment's bytes. It ends before the first record that is cut off or whose
 * crc is wrong: behind that nothing can be told apart. `onEnd` gets the number of bytes left over.
 */
export function* readRecords(
  segment: Uint8Array,
  onEnd: (leftBytes: number) => void,
): Generator<JournalRecord, void, undefined> {
  let at = SEGMENT_MAGIC.byteLength;
  if (!SEGMENT_MAGIC.every((byte, index) => segment[index] === byte)) {
    onEnd(segment.byteLength);
    return;
  }
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  while (at + RECORD_HEADER_BYTES <= segment.byteLength) {
    const end = at + RECORD_HEADER_BYTES + view.getUint32(at, true);
    if (end > segment.byteLength) break;
    if (crc32(segment.subarray(at + CRC_FROM, end)) !== view.getUint32(at + 4, true)) break;
    const signal = SIGNALS[view.getUint16(at + 16, true)];
    const coding = CODINGS[view.getUint16(at + 18, true)];
    if (signal === undefined || coding === undefined) break;
    const arrivalMs = view.getFloat64(at + 8, true);
    const stored = segment.subarray(at + RECORD_HEADER_BYTES, end);
    const bytes = coding === 'gzip' ? inflated(stored) : stored;
    if (bytes === undefined) break;
    yield { signal, arrivalMs, bytes };
    at = end;
  }
  onEnd(segment.byteLength - at);
}
