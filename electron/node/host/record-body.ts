/** Requests as the journal takes them. */
import type { RecordBody } from '../capture/journal-format.ts';

/** A request as it is on the wire. */
export function plainBody(chunks: readonly Uint8Array[], byteLength: number): RecordBody {
  return { chunks, byteLength, coding: 'plain', plainBytes: byteLength };
}

/** The chunks as one; copied only when they are several. */
export function joined(chunks: readonly Uint8Array[], byteLength: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined && first.byteLength === byteLength) return first;
  return Buffer.concat(chunks, byteLength);
}
