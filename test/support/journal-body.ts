/** Bodies for the journal's writer. */
import type { RecordBody } from '../../electron/node/capture/journal-format.ts';

/** The body whose request is these chunks. */
export function plain(chunks: readonly Uint8Array[]): RecordBody {
  const byteLength = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  return { chunks, byteLength, coding: 'plain', plainBytes: byteLength };
}
