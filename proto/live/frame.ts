/**
 * The binary frame of the live protocol: one JSON head and any number of packed columns.
 *
 * ```
 * byte  0      4      8      12     16              16+head      (aligned to 8)
 *       | magic | sub  | seq  | head bytes | head JSON (UTF-8) | pad | column | pad | column ...
 * ```
 * All integers are little-endian uint32. `magic` is "FLT" + PROTOCOL_VERSION. `head` is
 * `{kind, meta, columns: [[name, type, length], ...]}`; columns follow in that order, each starting at a
 * multiple of 8 from the frame's start. Decoded columns are views of the frame's buffer, not copies,
 * whenever the frame itself starts at a multiple of 8.
 */
import { PROTOCOL_VERSION } from './protocol.ts';

export type Column =
  Uint8Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

export type Columns = Readonly<Record<string, Column>>;

/** `snapshot` replaces what the client holds for the subscription, `delta` changes it. */
export type FrameKind = 'snapshot' | 'delta';

export interface Frame {
  /** The subscription's id, chosen by the client. */
  readonly sub: number;
  /** Counts the frames of this subscription from 0; a gap in it makes the client ask for a resync. */
  readonly seq: number;
  readonly kind: FrameKind;
  /** The topic's own head (see topics.ts). */
  readonly meta: unknown;
  readonly columns: Columns;
}

/** Why bytes are not a frame. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

type ColumnType = 'u8' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64';

interface ColumnClass {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Column;
}

const CLASS_OF: Readonly<Record<ColumnType, ColumnClass>> = {
  u8: Uint8Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
};

const HEAD_OFFSET = 16;
const MAGIC = 0x544c46 | (PROTOCOL_VERSION << 24);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function typeOf(column: Column): ColumnType {
  if (column instanceof Uint8Array) return 'u8';
  if (column instanceof Uint16Array) return 'u16';
  if (column instanceof Int32Array) return 'i32';
  if (column instanceof Uint32Array) return 'u32';
  if (column instanceof Float32Array) return 'f32';
  return 'f64';
}

const align8 = (offset: number): number => (offset + 7) & ~7;

/** Packs a frame into fresh bytes (offset 0 of their own buffer, so they may be transferred). */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const names = Object.keys(frame.columns);
  const described: [string, ColumnType, number][] = [];
  for (const name of names) {
    const column = frame.columns[name] as Column;
    described.push([name, typeOf(column), column.length]);
  }
  const head = encoder.encode(
    JSON.stringify({ kind: frame.kind, meta: frame.meta ?? null, columns: described }),
  );
  let total = align8(HEAD_OFFSET + head.byteLength);
  for (const name of names) total = align8(total + (frame.columns[name] as Column).byteLength);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, frame.sub, true);
  view.setUint32(8, frame.seq, true);
  view.setUint32(12, head.byteLength, true);
  bytes.set(head, HEAD_OFFSET);
  let offset = align8(HEAD_OFFSET + head.byteLength);
  for (const name of names) {
    const column = frame.columns[name] as Column;
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), offset);
    offset = align8(offset + column.byteLength);
  }
  return bytes;
}

/** Reads a frame. Throws FrameError with the reason when the bytes are not one. */
export function decodeFrame(input: Uint8Array): Frame {
  if (input.byteLength < HEAD_OFFSET) throw new FrameError('shorter than a frame head');
  const aligned = input.byteOffset % 8 === 0 && input.buffer instanceof ArrayBuffer;
  // Not `slice`: that of a Node Buffer is a view of the same bytes.
  const bytes = aligned ? (input as Uint8Array<ArrayBuffer>) : new Uint8Array(input);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) throw new FrameError(`unknown frame magic ${magic.toString(16)}`);
  const headBytes = view.getUint32(12, true);
  if (HEAD_OFFSET + headBytes > bytes.byteLength) throw new FrameError('head reaches past the end');
  const head = readHead(bytes.subarray(HEAD_OFFSET, HEAD_OFFSET + headBytes));
  const columns: Record<string, Column> = Object.create(null) as Record<string, Column>;
  let offset = align8(HEAD_OFFSET + headBytes);
  for (const [name, type, length] of head.columns) {
    const columnClass = CLASS_OF[type];
    const byteLength = length * columnClass.BYTES_PER_ELEMENT;
    if (offset + byteLength > bytes.byteLength) throw new FrameError(`column ${name} is cut off`);
    columns[name] = new columnClass(bytes.buffer, bytes.byteOffset + offset, length);
    offset = align8(offset + byteLength);
  }
  return {
    sub: view.getUint32(4, true),
    seq: view.getUint32(8, true),
    kind: head.kind,
    meta: head.meta,
    columns,
  };
}

interface Head {
  readonly kind: FrameKind;
  readonly meta: unknown;
  readonly columns: readonly (readonly [string, ColumnType, number])[];
}

function readHead(bytes: Uint8Array): Head {
  let head: unknown;
  try {
    head = JSON.parse(decoder.decode(bytes));
  } catch {
    throw new FrameError('head is not JSON');
  }
  if (!isHead(head)) throw new FrameError('head has the wrong shape');
  return head;
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, columns } = value as { kind?: unknown; columns?: unknown };
  if (kind !== 'snapshot' && kind !== 'delta') return false;
  return Array.isArray(columns) && columns.every(isColumnDescription);
}

function isColumnDescription(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [name, type, length] = value as [unknown, unknown, unknown];
  if (typeof name !== 'string' || typeof type !== 'string') return false;
  if (!Object.hasOwn(CLASS_OF, type)) return false;
  return typeof length === 'number' && Number.isInteger(length) && length >= 0;
}
