/** Import results in words. */
import type { ImportResult } from '../host/control.ts';

/** A sentence about the result, without its full stop. Reasons may hold text from the file. */
export function describeImport({ imported, skipped }: ImportResult): string {
  const parts = [
    counted(imported.spans, 'span', 'spans'),
    counted(imported.logRecords, 'log record', 'log records'),
    counted(imported.dataPoints, 'data point', 'data points'),
    counted(imported.profiles, 'profile', 'profiles'),
  ].filter((part) => part !== '');
  const read = parts.length === 0 ? 'nothing new was read' : `${parts.join(', ')} read`;
  const [first] = skipped;
  if (first === undefined) return read;
  const more = skipped.length > 1 ? ` (and ${skipped.length - 1} more)` : '';
  return `${read}; skipped ${first.where}: ${first.reason}${more}`;
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
}
