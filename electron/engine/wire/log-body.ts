/** Finds the body of an encoded log record without decoding it. */
import { LOG_RECORD } from '../../../proto/otlp/fields.ts';
import { Cursor, WIRE } from './cursor.ts';

const BODY_TAG = (LOG_RECORD.body << 3) | WIRE.len;
const cursor = new Cursor(new Uint8Array(0));

/**
 * Where the AnyValue of LogRecord.body lies in the bytes of a stored record; the last one counts, as
 * protobuf asks; null when there is none. The bytes were scanned: they are well formed.
 */
export function logBodyRange(
  bytes: Uint8Array,
): { readonly start: number; readonly end: number } | null {
  cursor.reset(bytes, 0, bytes.length);
  let range = null;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === BODY_TAG) {
      const length = cursor.len();
      range = { start: cursor.pos, end: cursor.pos + length };
      cursor.pos += length;
    } else cursor.skip(tag);
  }
  return range;
}
