/** Counts the strings of a request that are not UTF-8: readers show them with U+FFFD. */
import type { Signal } from '../../../proto/otlp/signal.ts';
import { Cursor, MAX_DEPTH, WIRE, WireError } from './cursor.ts';
import { type Message } from './message.ts';
import { REQUEST_MESSAGE } from './messages.ts';
import { isUtf8 } from './utf8.ts';

const NO_BYTES = new Uint8Array(0);
const cursor = new Cursor(NO_BYTES);

/**
 * How many string fields of an encoded Export<Signal>ServiceRequest are not UTF-8: names, attribute
 * keys and values at any depth, texts that items share. As much work as all of ingest (about 2 ns a
 * byte): nothing to do for every request of a flood.
 */
export function countInvalidStrings(signal: Signal, bytes: Uint8Array): number {
  cursor.reset(bytes, 0, bytes.length);
  try {
    return countIn(REQUEST_MESSAGE[signal], 0);
  } finally {
    cursor.reset(NO_BYTES, 0, 0);
  }
}

/** Of the message that the cursor stands in. What is malformed inside it counts as far as it is read. */
function countIn(message: Message, depth: number): number {
  let count = 0;
  try {
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      const field = (tag & 7) === WIRE.len ? message.byNumber(tag >>> 3) : undefined;
      if (field === undefined || (field.kind !== 'string' && field.kind !== 'message')) {
        cursor.skip(tag);
        continue;
      }
      const outer = cursor.enter();
      if (field.kind === 'string') {
        if (!isUtf8(cursor.bytes, cursor.pos, cursor.end)) count++;
      } else if (depth < MAX_DEPTH) {
        count += countIn(field.message, depth + 1);
      }
      cursor.leave(outer);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return count;
}
