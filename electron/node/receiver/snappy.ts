/**
 * Snappy, block and framed. Both say how large they become before their data, so that the limit is
 * checked before anything is allocated; a block that becomes another size is refused.
 *
 * ```
 *   block    varint size │ elements: literal bytes, or a copy of bytes already written
 *   framed   ff "sNaPpY" │ chunks: type, 3-byte length, 4-byte checksum, block or plain bytes
 * ```
 * Source: format_description.txt and framing_format.txt of the snappy project.
 */
import { crc32c } from './crc32c.ts';
import { PastLimit, SLICE_BYTES, type Slices } from './slices.ts';

/** The first chunk of every framed stream. */
const STREAM_START = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59);

const CHUNK_COMPRESSED = 0x00;
const CHUNK_PLAIN = 0x01;
const CHUNK_STREAM_START = 0xff;
/** Chunks from here up to the stream start may be skipped, those below may not. */
const FIRST_SKIPPABLE = 0x80;
const CHUNK_HEADER_BYTES = 4;
const CHECKSUM_BYTES = 4;
const MAX_CHUNK_OUTPUT = 65536;

/** A copy of 64 bytes takes three: no block becomes larger than this many times itself. */
const MAX_RATIO = 22;

/** One block on its way. */
interface Block {
  readonly wire: Uint8Array;
  readonly end: number;
  readonly out: Uint8Array;
  readonly outStart: number;
  readonly outEnd: number;
  at: number;
  outAt: number;
}

/** Inflates a block, or a framed stream when the bytes start like one. */
export function* inflateSnappy(wire: Uint8Array, maxBytes: number): Slices {
  if (startsFramed(wire, 0)) return yield* inflateSnappyFramed(wire, maxBytes);
  const { size, at } = readSize(wire, 0, wire.length);
  if (size > maxBytes) throw new PastLimit();
  if (size > wire.length * MAX_RATIO) throw new Error('its size cannot be true');
  const out = Buffer.allocUnsafe(size);
  const block: Block = { wire, end: wire.length, out, outStart: 0, outEnd: size, at, outAt: 0 };
  while (!runBlock(block, block.outAt + SLICE_BYTES)) yield;
  return out;
}

/** Inflates a framed stream and holds every chunk against its checksum. */
export function* inflateSnappyFramed(wire: Uint8Array, maxBytes: number): Slices {
  const total = measureFramed(wire, maxBytes);
  const out = Buffer.allocUnsafe(total);
  let outAt = 0;
  let sliceEnd = SLICE_BYTES;
  for (let at = 0; at < wire.length;) {
    const type = byteAt(wire, at);
    const data = at + CHUNK_HEADER_BYTES;
    const end = data + lengthAt(wire, at);
    at = end;
    if (type !== CHUNK_COMPRESSED && type !== CHUNK_PLAIN) continue;
    const outEnd = outAt + chunkOutput(wire, type, data, end);
    const from = data + CHECKSUM_BYTES;
    if (type === CHUNK_PLAIN) {
      out.set(wire.subarray(from, end), outAt);
    } else {
      const start = readSize(wire, from, end).at;
      runBlock({ wire, end, out, outStart: outAt, outEnd, at: start, outAt }, Infinity);
    }
    if (maskChecksum(crc32c(out.subarray(outAt, outEnd))) !== uint32At(wire, data)) {
      throw new Error('a checksum does not match');
    }
    outAt = outEnd;
    if (outAt >= sliceEnd) {
      sliceEnd = outAt + SLICE_BYTES;
      yield;
    }
  }
  return out;
}

/** The output of a framed stream by the sizes that its chunks declare; throws where it is broken. */
function measureFramed(wire: Uint8Array, maxBytes: number): number {
  if (!startsFramed(wire, 0)) throw new Error('it does not start like a stream');
  let total = 0;
  for (let at = 0; at < wire.length;) {
    const type = byteAt(wire, at);
    const data = at + CHUNK_HEADER_BYTES;
    const end = data + lengthAt(wire, at);
    if (data > wire.length || end > wire.length) throw new Error('a chunk is cut off');
    if (type === CHUNK_COMPRESSED || type === CHUNK_PLAIN) {
      total += chunkOutput(wire, type, data, end);
    } else if (type === CHUNK_STREAM_START) {
      if (!startsFramed(wire, at)) throw new Error('it starts again, and not like a stream');
    } else if (type < FIRST_SKIPPABLE) {
      throw new Error(`it has a chunk of an unknown kind, ${type}`);
    }
    if (total > maxBytes) throw new PastLimit();
    at = end;
  }
  return total;
}

function chunkOutput(wire: Uint8Array, type: number, data: number, end: number): number {
  const from = data + CHECKSUM_BYTES;
  if (from > end) throw new Error('a chunk is cut off');
  const size = type === CHUNK_PLAIN ? end - from : readSize(wire, from, end).size;
  if (size > MAX_CHUNK_OUTPUT) throw new Error('a chunk is larger than 64 KB');
  return size;
}

/**
 * Runs a block until `stop` bytes are out; true once it is done. Hot loop: no allocation. Throws
 * where an element reaches past the wire, past the output, or before its start.
 */
function runBlock(block: Block, stop: number): boolean {
  const { wire, end, out, outStart, outEnd } = block;
  let { at, outAt } = block;
  while (at < end && outAt < stop) {
    const tag = byteAt(wire, at++);
    let length = (tag >>> 2) + 1;
    let offset = 0;
    switch (tag & 3) {
      case 0: {
        if (length > 60) {
          const extra = length - 60;
          if (at + extra > end) throw new Error('it is cut off');
          length = 1;
          for (let byte = 0; byte < extra; byte++) length += byteAt(wire, at + byte) * 256 ** byte;
          at += extra;
        }
        if (at + length > end) throw new Error('it is cut off');
        if (outAt + length > outEnd) throw new Error('it becomes larger than it says');
        out.set(wire.subarray(at, at + length), outAt);
        at += length;
        outAt += length;
        continue;
      }
      case 1:
        length = ((tag >>> 2) & 7) + 4;
        offset = ((tag >>> 5) << 8) | byteAt(wire, at);
        at += 1;
        break;
      case 2:
        offset = byteAt(wire, at) | (byteAt(wire, at + 1) << 8);
        at += 2;
        break;
      default:
        offset = uint32At(wire, at);
        at += 4;
    }
    if (at > end) throw new Error('it is cut off');
    if (offset === 0 || offset > outAt - outStart) throw new Error('it copies what is not there');
    if (outAt + length > outEnd) throw new Error('it becomes larger than it says');
    if (offset >= length) {
      out.copyWithin(outAt, outAt - offset, outAt - offset + length);
      outAt += length;
    } else {
      // The copy reads what it writes: a short pattern repeated.
      for (const until = outAt + length; outAt < until; outAt++) {
        out[outAt] = byteAt(out, outAt - offset);
      }
    }
  }
  block.at = at;
  block.outAt = outAt;
  if (at < end) return false;
  if (outAt !== outEnd) throw new Error('it becomes smaller than it says');
  return true;
}

/** The size that a block declares, below 2^32, and where its elements start. */
function readSize(wire: Uint8Array, from: number, end: number): { size: number; at: number } {
  let size = 0;
  for (let at = from, scale = 1; at < end && at < from + 5; at++, scale *= 128) {
    const byte = byteAt(wire, at);
    size += (byte & 127) * scale;
    if (byte < 128) {
      if (size > 0xffffffff) break;
      return { size, at: at + 1 };
    }
  }
  throw new Error('it does not start with a size');
}

function startsFramed(wire: Uint8Array, at: number): boolean {
  return STREAM_START.every((byte, index) => wire[at + index] === byte);
}

/** Checksums are stored rotated and shifted, so that data that holds its own does not match. */
function maskChecksum(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A byte; 0 past the end, where the caller's check of the position refuses. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function lengthAt(wire: Uint8Array, at: number): number {
  return byteAt(wire, at + 1) | (byteAt(wire, at + 2) << 8) | (byteAt(wire, at + 3) << 16);
}

function uint32At(wire: Uint8Array, at: number): number {
  return (lengthAt(wire, at) * 256 + byteAt(wire, at)) >>> 0;
}
