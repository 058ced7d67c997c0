/**
 * What one pass over an export request finds, as flat numbers: nothing is stored while a body is read,
 * so a body that turns out to be malformed has nothing to take back.
 *
 * ```
 *   resources   offset length urlOffset urlLength                     one per Resource<Signal>
 *   scopes      resource offset length urlOffset urlLength            one per Scope<Signal>
 *   metrics     scope name… description… unit… kind temporality …     one per Metric.data
 *   rows        one group of STRIDE numbers per item; layout in scan-<signal>.ts
 * ```
 * Offsets count from the body's first byte. The arrays are reused by the next scan: whoever wants to
 * keep something copies it.
 */
import { REQUEST, RESOURCE_GROUP, SCOPE_GROUP } from '../../../proto/otlp/fields.ts';
import { Cursor, WIRE, WireError } from './cursor.ts';
import { checkResourceDepth, checkScopeDepth } from './scan-depth.ts';

export const RESOURCE_STRIDE = 4;
export const SCOPE_STRIDE = 5;

/** Why an item is refused alone; indexes into REJECT_REASONS. */
export const REJECT = {
  traceIdLength: 0,
  traceIdZero: 1,
  spanIdLength: 2,
  spanIdZero: 3,
  parentIdLength: 4,
  pointKind: 5,
} as const;

/** What a sender is told, by REJECT number. */
export const REJECT_REASONS: readonly string[] = [
  'trace_id is not 16 bytes',
  'trace_id is all zero',
  'span_id is not 8 bytes',
  'span_id is all zero',
  'parent_span_id is neither empty nor 8 bytes',
  'the data of the metric is of a kind that OTLP does not have',
];

const NO_BYTES = new Uint8Array(0);
const RESOURCES = (REQUEST.resources << 3) | WIRE.len;
const RESOURCE = (RESOURCE_GROUP.resource << 3) | WIRE.len;
const SCOPES = (RESOURCE_GROUP.scopes << 3) | WIRE.len;
const RESOURCE_URL = (RESOURCE_GROUP.schemaUrl << 3) | WIRE.len;
const SCOPE = (SCOPE_GROUP.scope << 3) | WIRE.len;
const SCOPE_URL = (SCOPE_GROUP.schemaUrl << 3) | WIRE.len;
/** The tag byte of an item inside Scope<Signal>. */
export const ITEM_TAG = (SCOPE_GROUP.items << 3) | WIRE.len;

export class ScanOutput {
  readonly cursor = new Cursor(NO_BYTES);
  bytes: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);

  resources: Int32Array = new Int32Array(RESOURCE_STRIDE * 16);
  resourceCount = 0;
  scopes: Int32Array = new Int32Array(SCOPE_STRIDE * 16);
  scopeCount = 0;
  metrics: Int32Array = new Int32Array(0);
  metricCount = 0;
  /** Items that are good. */
  rows: Int32Array = new Int32Array(0);
  rowCount = 0;
  /** Two doubles per row, for metrics: value and sample count. */
  values: Float64Array = new Float64Array(0);
  /** Body offsets of refused items, and why, in order. */
  readonly rejectOffsets: number[] = [];
  readonly rejectReasons: number[] = [];
  /** Byte strings that are in pieces in the body; named by offset -1 - index. */
  readonly joined: Uint8Array[] = [];

  /** Forgets the last body. */
  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.cursor.reset(bytes, 0, bytes.length);
    this.resourceCount = 0;
    this.scopeCount = 0;
    this.metricCount = 0;
    this.rowCount = 0;
    if (this.rejectOffsets.length > 0) {
      this.rejectOffsets.length = 0;
      this.rejectReasons.length = 0;
    }
    if (this.joined.length > 0) this.joined.length = 0;
  }

  /** Lets go of the body, and of arrays that one unusually large body has grown. */
  end(): void {
    this.bytes = NO_BYTES;
    this.view = new DataView(NO_BYTES.buffer);
    this.cursor.reset(NO_BYTES, 0, 0);
    if (this.joined.length > 0) this.joined.length = 0;
    if (this.rows.length > MAX_KEPT_NUMBERS) {
      this.rows = new Int32Array(0);
      this.values = new Float64Array(0);
    }
  }

  /** Makes `rows` hold at least `length` numbers. */
  growRows(length: number): Int32Array {
    this.rows = grown(this.rows, length);
    return this.rows;
  }

  reject(offset: number, reason: number): void {
    this.rejectOffsets.push(offset);
    this.rejectReasons.push(reason);
  }

  /** Items in the body, good and refused. */
  get itemCount(): number {
    return this.rowCount + this.rejectOffsets.length;
  }

  /** The byte string at `offset`: a view of the body, or of joined pieces. */
  slice(offset: number, length: number): Uint8Array {
    if (offset < 0) return this.joined[-1 - offset];
    return this.bytes.subarray(offset, offset + length);
  }

  /** Puts two byte strings behind each other and returns the offset that names the result. */
  join(offset: number, length: number, moreOffset: number, moreLength: number): number {
    const whole = new Uint8Array(length + moreLength);
    whole.set(this.slice(offset, length));
    whole.set(this.slice(moreOffset, moreLength), length);
    if (offset < 0) {
      this.joined[-1 - offset] = whole;
      return offset;
    }
    this.joined.push(whole);
    return -this.joined.length;
  }
}

/** 4 MB of row numbers: beyond that a scratch array is not worth keeping. */
const MAX_KEPT_NUMBERS = 1 << 20;

/** `array` itself, or a larger copy that holds `length` numbers. */
export function grown(array: Int32Array, length: number): Int32Array {
  if (length <= array.length) return array;
  const larger = new Int32Array(Math.max(length, array.length * 2, 1024));
  larger.set(array);
  return larger;
}

/**
 * Reads a run of items of one scope. The cursor stands behind the tag of the first one; afterwards it
 * stands behind the last item that follows without another field in between.
 */
export type ScanItems = (out: ScanOutput, cursor: Cursor, scope: number) => void;

/**
 * Scans a whole Export<Signal>ServiceRequest into `out`. Resource and scope may stand behind the items
 * they describe. Throws WireError, with an offset in `bytes`, when the body is malformed.
 */
export function scanRequest(
  out: ScanOutput,
  bytes: Uint8Array,
  what: string,
  items: ScanItems,
): void {
  out.begin(bytes);
  const cursor = out.cursor;
  let where = 'the request';
  try {
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      if (tag !== RESOURCES) {
        cursor.skip(tag);
        continue;
      }
      where = `Resource${what}`;
      const outer = cursor.enter();
      scanResource(out, cursor, items);
      cursor.leave(outer);
    }
  } catch (error) {
    if (!(error instanceof WireError) || where === 'the request') throw error;
    throw new WireError(error.code, `${error.message}, in ${where}`, error.offset);
  }
}

function scanResource(out: ScanOutput, cursor: Cursor, items: ScanItems): void {
  const resource = out.resourceCount++;
  out.resources = grown(out.resources, out.resourceCount * RESOURCE_STRIDE);
  const at = resource * RESOURCE_STRIDE;
  out.resources.fill(0, at, at + RESOURCE_STRIDE);
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === SCOPES) {
      const outer = cursor.enter();
      scanScope(out, cursor, resource, items);
      cursor.leave(outer);
    } else if (tag === RESOURCE) {
      const length = cursor.len();
      checkResourceDepth(cursor.bytes, cursor.pos, cursor.pos + length);
      setMessage(out, out.resources, at, cursor.pos, length);
      cursor.pos += length;
    } else if (tag === RESOURCE_URL) {
      const length = cursor.len();
      out.resources[at + 2] = cursor.pos;
      out.resources[at + 3] = length;
      cursor.pos += length;
    } else {
      cursor.skip(tag);
    }
  }
}

function scanScope(out: ScanOutput, cursor: Cursor, resource: number, items: ScanItems): void {
  const scope = out.scopeCount++;
  out.scopes = grown(out.scopes, out.scopeCount * SCOPE_STRIDE);
  const at = scope * SCOPE_STRIDE;
  out.scopes.fill(0, at, at + SCOPE_STRIDE);
  out.scopes[at] = resource;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === ITEM_TAG) {
      items(out, cursor, scope);
    } else if (tag === SCOPE) {
      const length = cursor.len();
      checkScopeDepth(cursor.bytes, cursor.pos, cursor.pos + length);
      setMessage(out, out.scopes, at + 1, cursor.pos, length);
      cursor.pos += length;
    } else if (tag === SCOPE_URL) {
      const length = cursor.len();
      out.scopes[at + 3] = cursor.pos;
      out.scopes[at + 4] = length;
      cursor.pos += length;
    } else {
      cursor.skip(tag);
    }
  }
}

/** A singular message that occurs again is merged with the first, which is what joining bytes does. */
function setMessage(
  out: ScanOutput,
  target: Int32Array,
  at: number,
  offset: number,
  length: number,
): void {
  if (target[at + 1] === 0) {
    target[at] = offset;
    target[at + 1] = length;
  } else if (length > 0) {
    target[at] = out.join(target[at], target[at + 1], offset, length);
    target[at + 1] += length;
  }
}
