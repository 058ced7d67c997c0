/** Reading a journal back: segments oldest first, batch after batch into the engine, in slices. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ITEM_KIND } from '../../../proto/otlp/signal.ts';
import type { RestoredCounts } from '../../../proto/live/topics.ts';
import type { IngestResult } from '../../engine/config.ts';
import type { Operation } from '../host/operations.ts';
import { readRecords, type JournalRecord } from './journal-format.ts';
import { Slices } from './slices.ts';

/** What a restore works with. */
export interface RestoreWork {
  readonly folder: string;
  /** Oldest first. */
  readonly segments: readonly { readonly name: string; readonly bytes: number }[];
  /** Takes one batch; it is not journaled again. */
  take(record: JournalRecord): IngestResult;
  /** A segment is in memory; called before the next one is read. */
  segmentDone(name: string): void;
  /** Its signal tells when to stop: between two segments. */
  readonly operation: Operation;
  /** Ends it at once, for a process that ends. */
  readonly closing: AbortSignal;
}

/**
 * Takes everything back that can be read. What is cut off or damaged is left out and counted; a
 * segment that was removed meanwhile (Clear) is passed over. Rejects with AbortError.
 */
export async function restoreSegments(work: RestoreWork): Promise<RestoredCounts> {
  const { operation } = work;
  const counts = { spans: 0, logRecords: 0, dataPoints: 0, profiles: 0, lostBytes: 0 };
  const slices = new Slices();
  let doneBytes = 0;
  let items = 0;
  for (const { name, bytes } of work.segments) {
    operation.signal.throwIfAborted();
    const segment = await readSegment(join(work.folder, name));
    const records = readRecords(segment, (left) => (counts.lostBytes += left));
    for (const record of records) {
      const result = work.take(record);
      if (result.ok) {
        counts[ITEM_KIND[record.signal]] += result.accepted;
        items += result.accepted;
      } else counts.lostBytes += record.bytes.byteLength;
      await slices.breathe(work.closing);
    }
    doneBytes += bytes;
    work.segmentDone(name);
    operation.progress(doneBytes, items);
  }
  return { ...counts, isPartial: false };
}

/** Empty when it is gone. */
async function readSegment(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return new Uint8Array(0);
    }
    throw error;
  }
}
