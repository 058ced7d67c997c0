/** What a restart of the engine did to the telemetry, as the page says it. */
import type { JournalStatus } from '../../proto/live/topics.ts';
import { formatBytes, formatClockSecond, formatItems } from '../base/format.ts';

/** One or two sentences; `journal` is that of the new engine's first status. */
export function describeRestart(atMs: number, { restored, recovery }: JournalStatus): string {
  const start = `The engine restarted at ${formatClockSecond(atMs)}.`;
  if (restored === null) {
    return recovery === null
      ? `${start} What it held before is gone.`
      : `${start} What it held before can be restored.`;
  }
  const items = [
    restored.spans > 0 ? formatItems(restored.spans, 'span') : '',
    restored.logRecords > 0 ? formatItems(restored.logRecords, 'log record') : '',
    restored.dataPoints > 0 ? formatItems(restored.dataPoints, 'data point') : '',
    restored.profiles > 0 ? formatItems(restored.profiles, 'profile') : '',
  ].filter((text) => text !== '');
  const isOne = items.length === 1 && items[0]?.startsWith('1 ') === true;
  const back =
    items.length === 0
      ? 'Nothing could be restored.'
      : `${joined(items)} ${isOne ? 'was' : 'were'} restored.`;
  const cut =
    restored.lostBytes === 0
      ? ''
      : ` ${formatBytes(restored.lostBytes)} of the journal could not be read.`;
  const partial = restored.isPartial ? ' What came after the journal failed is lost.' : '';
  return `${start} ${back}${cut}${partial}`;
}

function joined(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
