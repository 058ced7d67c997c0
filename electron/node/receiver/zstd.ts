/**
 * Zstandard, by the platform or in script. The frames are walked by their headers first (RFC 8878, 3.1), so
 * that the limit holds before the decoder allocates what a header asks for.
 */
import { Decompress, decompress } from 'fzstd';
import { Parts, PastLimit, SLICE_BYTES, type Slices } from './slices.ts';

const FRAME_MAGIC = 0xfd2fb528;
/** Frames of anything, which a decoder passes over: 16 magic numbers from here. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const BLOCK_HEADER_BYTES = 3;
const MAX_BLOCK_BYTES = 128 * 1024;
const CHECKSUM_BYTES = 4;

/** The window that RFC 8878 asks every decoder for. Larger ones are for archives. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;

/**
 * The decoder moves its window once a block. Full blocks up to the body limit stay below this; a
 * body of nothing but tiny blocks would keep it busy for hours.
 */
const MAX_MOVED_BYTES = 8 * 1024 ** 3;

/** One frame by its headers. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  /** Output by its header; -1 when it does not say. */
  readonly contentBytes: number;
}

/** Inflates one frame or several in script, for a Node without zstd. Content checksums are passed over, not compared. */
export function* inflateZstd(wire: Uint8Array, maxBytes: number): Slices {
  const parts = new Parts(maxBytes);
  let sliceEnd = SLICE_BYTES;
  for (const frame of walkFrames(wire, maxBytes)) {
    if (frame.contentBytes >= 0) {
      parts.add(decompress(wire.subarray(frame.from, frame.to)));
      continue;
    }
    const stream = new Decompress((part) => parts.add(part));
    for (let at = frame.from; at < frame.to;) {
      const end = Math.min(at + MAX_BLOCK_BYTES, frame.to);
      stream.push(wire.subarray(at, end), end === frame.to);
      at = end;
      if (parts.total >= sliceEnd) {
        sliceEnd = parts.total + SLICE_BYTES;
        yield;
      }
    }
  }
  return parts.join();
}

/** The frames with data. Throws where a header asks for too much, or where the bytes end early. */
export function walkFrames(wire: Uint8Array, maxBytes: number): readonly Frame[] {
  if (wire.length === 0) throw new Error('it is empty');
  const view = new DataView(wire.buffer, wire.byteOffset, wire.byteLength);
  const frames: Frame[] = [];
  let known = 0;
  try {
    for (let at = 0; at < wire.length;) {
      const magic = view.getUint32(at, true);
      if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
        at += 8 + view.getUint32(at + 4, true);
        if (at > wire.length) throw new RangeError();
        continue;
      }
      if (magic !== FRAME_MAGIC) throw new Error('it does not start like a frame');
      const frame = readFrame(view, at);
      frames.push(frame);
      known += Math.max(0, frame.contentBytes);
      if (known > maxBytes) throw new PastLimit();
      at = frame.to;
    }
  } catch (error) {
    // A DataView that is read past its end: the one way that a walk runs out of bytes.
    if (error instanceof RangeError) throw new Error('it is cut off', { cause: error });
    throw error;
  }
  return frames;
}

function readFrame(view: DataView, from: number): Frame {
  const flags = view.getUint8(from + 4);
  const isSingleSegment = (flags & 0x20) !== 0;
  const hasChecksum = (flags & 0x04) !== 0;
  if ((flags & 0x08) !== 0) throw new Error('it sets a reserved bit');
  if ((flags & 0x03) !== 0) throw new Error('it needs a dictionary');
  let at = from + 5;
  let windowBytes = 0;
  if (!isSingleSegment) {
    const descriptor = view.getUint8(at++);
    const base = 2 ** (10 + (descriptor >> 3));
    windowBytes = base + (base / 8) * (descriptor & 7);
    if (windowBytes > MAX_WINDOW_BYTES) throw new Error('its window is larger than 8 MiB');
  }
  const { contentBytes, bytes } = readContentSize(view, at, flags >> 6, isSingleSegment);
  const blocks = walkBlocks(view, at + bytes);
  if (contentBytes > blocks.count * MAX_BLOCK_BYTES) throw new Error('its size cannot be true');
  if (contentBytes === -1 && blocks.count * windowBytes > MAX_MOVED_BYTES) {
    throw new Error('it has too many small blocks');
  }
  const to = blocks.end + (hasChecksum ? CHECKSUM_BYTES : 0);
  if (to > view.byteLength) throw new RangeError();
  // A frame of nothing has no size worth setting aside.
  return { from, to, contentBytes: contentBytes === 0 && !isSingleSegment ? -1 : contentBytes };
}

function readContentSize(
  view: DataView,
  at: number,
  form: number,
  isSingleSegment: boolean,
): { contentBytes: number; bytes: number } {
  switch (form) {
    case 0:
      return isSingleSegment
        ? { contentBytes: view.getUint8(at), bytes: 1 }
        : { contentBytes: -1, bytes: 0 };
    case 1:
      return { contentBytes: view.getUint16(at, true) + 256, bytes: 2 };
    case 2:
      return { contentBytes: view.getUint32(at, true), bytes: 4 };
    default: {
      const high = view.getUint32(at + 4, true);
      return { contentBytes: high * 2 ** 32 + view.getUint32(at, true), bytes: 8 };
    }
  }
}

const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

function walkBlocks(view: DataView, from: number): { end: number; count: number } {
  let at = from;
  for (let count = 1; ; count++) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === BLOCK_RESERVED) throw new Error('it has a block of an unknown kind');
    if (size > MAX_BLOCK_BYTES) throw new Error('it has a block of more than 128 KB');
    at += BLOCK_HEADER_BYTES + (type === BLOCK_RLE ? 1 : size);
    if (at > view.byteLength) throw new RangeError();
    if ((header & 1) !== 0) return { end: at, count };
  }
}
