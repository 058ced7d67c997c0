/** Results of imports and restores in words. */
import type { RestoredCounts } from '../../../proto/live/topics.ts';
import type { ItemKind } from '../../../proto/otlp/signal.ts';
import type { ImportResult } from '../host/control.ts';

/** A sentence about the result, without its full stop. Reasons may hold text from the file. */
export function describeImport({ imported, skipped }: ImportResult): string {
  const parts = listed(imported);
  const read = parts === '' ? 'nothing new was read' : `${parts} read`;
  const [first] = skipped;
  if (first === undefined) return read;
  const more = skipped.length > 1 ? ` (and ${skipped.length - 1} more)` : '';
  return `${read}; skipped ${first.where}: ${first.reason}${more}`;
}

/** "12 spans, 3 log records restored", with what is missing; without its full stop. */
export function describeRestored(restored: RestoredCounts): string {
  const parts = listed(restored);
  const back = parts === '' ? 'nothing was restored' : `${parts} restored`;
  const cut = restored.lostBytes > 0 ? `; ${restored.lostBytes} bytes were cut off or damaged` : '';
  return `${back}${cut}${restored.isPartial ? '; the journal had failed before the end' : ''}`;
}

function listed(counts: Readonly<Record<ItemKind, number>>): string {
  return [
    counted(counts.spans, 'span', 'spans'),
    counted(counts.logRecords, 'log record', 'log records'),
    counted(counts.dataPoints, 'data point', 'data points'),
    counted(counts.profiles, 'profile', 'profiles'),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
}
