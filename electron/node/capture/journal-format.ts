/**
 * The journal's files: how they are named, and how records lie in them. Pure.
 *
 * ```
 *   <started ms>-<number>-<writer>.<signal>        a segment; names sort by age
 *   head:    46 54 4a 32 "FTJ2" | salt u32 | reused u32
 *   record:  salt u32 | length u32 | crc32 u32 | arrival f64 | signal u16 | coding u16 | bytes[length]
 *                                              └─────────── what the crc covers ────────────────────┘
 * ```
 * Numbers are little-endian. `arrival` is ms since the Unix epoch, `bytes` an export request in
 * protobuf, in the gzip that it came in when `coding` is 1. One file holds one signal, so that Clear of a signal is the removal of its files.
 */
import { crc32, gunzipSync } from 'node:zlib';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import { MAX_BODY_BYTES } from '../receiver/limits.ts';

const MAGIC = Uint8Array.of(0x46, 0x54, 0x4a, 0x32);

/** Bytes of a segment before its records. */
export const SEGMENT_HEAD_BYTES = 12;

/** Bytes of a record before its request. */
export const RECORD_HEADER_BYTES = 24;
/** The crc covers the record from here on. */
const CRC_FROM = 12;

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

/**
 * What a segment begins with. `salt` is a number that no segment had before in the same file: records
 * that are left of an earlier one have another. `isReused` says that there may be such.
 */
export function segmentHead(salt: number, isReused: boolean): Uint8Array {
  const head = new Uint8Array(SEGMENT_HEAD_BYTES);
  head.set(MAGIC);
  const view = new DataView(head.buffer);
  view.setUint32(4, salt, true);
  view.setUint32(8, isReused ? 1 : 0, true);
  return head;
}

/** The header of a record in a segment of this salt; valid until the next call. */
export function recordHeader(
  salt: number,
  signal: Signal,
  arrivalMs: number,
  body: RecordBody,
): Uint8Array {
  const { chunks, byteLength, coding } = body;
  headerView.setUint32(0, salt, true);
  headerView.setUint32(4, byteLength, true);
  headerView.setFloat64(12, arrivalMs, true);
  headerView.setUint16(20, SIGNALS.indexOf(signal), true);
  headerView.setUint16(22, CODINGS.indexOf(coding), true);
  let crc = crc32(header.subarray(CRC_FROM));
  // zlib starts anew at a view of nothing.
  for (const chunk of chunks) if (chunk.byteLength > 0) crc = crc32(chunk, crc);
  headerView.setUint32(8, crc, true);
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
 * crc is wrong: behind that nothing can be told apart. `onEnd` gets the number of bytes that are lost
 * with it: in a file that was used before, those of the record alone, or none at the end of the records.
 */
export function* readRecords(
  segment: Uint8Array,
  onEnd: (leftBytes: number) => void,
): Generator<JournalRecord, void, undefined> {
  const { byteLength } = segment;
  if (byteLength < SEGMENT_HEAD_BYTES || !MAGIC.every((byte, index) => segment[index] === byte)) {
    onEnd(byteLength);
    return;
  }
  const view = new DataView(segment.buffer, segment.byteOffset, byteLength);
  const salt = view.getUint32(4, true);
  const isReused = view.getUint32(8, true) !== 0;
  let at = SEGMENT_HEAD_BYTES;
  let lost = 0;
  while (at + RECORD_HEADER_BYTES <= byteLength && view.getUint32(at, true) === salt) {
    const end = at + RECORD_HEADER_BYTES + view.getUint32(at + 4, true);
    lost = Math.min(end, byteLength) - at;
    if (end > byteLength) break;
    if (crc32(segment.subarray(at + CRC_FROM, end)) !== view.getUint32(at + 8, true)) break;
    const signal = SIGNALS[view.getUint16(at + 20, true)];
    const coding = CODINGS[view.getUint16(at + 22, true)];
    if (signal === undefined || coding === undefined) break;
    const arrivalMs = view.getFloat64(at + 12, true);
    const stored = segment.subarray(at + RECORD_HEADER_BYTES, end);
    const bytes = coding === 'gzip' ? inflated(stored) : stored;
    if (bytes === undefined) break;
    yield { signal, arrivalMs, bytes };
    at = end;
    lost = 0;
  }
  onEnd(isReused ? lost : byteLength - at);
}
