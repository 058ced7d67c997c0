/** What the live control and the status bar say about a status, in words and true numbers. */
import { formatBytes, formatCount, formatItems, formatRateNumber } from '../../base/format.ts';
import type { ItemKind } from '../../../proto/otlp/signal.ts';
import type { StatusMeta } from '../../../proto/live/topics.ts';
import type { ConnectionState } from '../../session/session.svelte.ts';

/** The live control: its word, its number, and how it is drawn. */
export interface LiveLabel {
  readonly look: 'live' | 'listening' | 'paused' | 'away';
  readonly word: string;
  readonly detail: string;
}

const RATE_WORDS: readonly (readonly [ItemKind, string])[] = [
  ['spans', 'spans/s'],
  ['logRecords', 'logs/s'],
  ['dataPoints', 'points/s'],
];

/** The rate of the first signal that is flowing, in the order spans, logs, points. */
function busiestRate(status: StatusMeta): string {
  const flowing = RATE_WORDS.find(([kind]) => status.rates[kind] > 0);
  if (flowing === undefined) return 'nothing new';
  return `${formatRateNumber(status.rates[flowing[0]])} ${flowing[1]}`;
}

/** True once anything was received. */
export function hasReceived(status: StatusMeta): boolean {
  return Object.values(status.signals).some((counts) => counts.received > 0);
}

export function liveLabel(
  connection: ConnectionState,
  status: StatusMeta | undefined,
  newSincePause: number | undefined,
): LiveLabel {
  switch (connection) {
    case 'connecting':
      return { look: 'away', word: 'Connecting', detail: '' };
    case 'silent':
      return { look: 'away', word: 'Not answering', detail: '' };
    case 'reconnecting':
      return { look: 'away', word: 'Reconnecting', detail: '' };
    case 'refused':
    case 'closed':
      return { look: 'away', word: 'Not connected', detail: '' };
    case 'open':
      break;
  }
  if (newSincePause !== undefined) {
    return { look: 'paused', word: 'Paused,', detail: `${formatCount(newSincePause)} new` };
  }
  if (status === undefined || !hasReceived(status)) {
    const isUp = status?.receivers.some(({ state }) => state === 'listening') ?? true;
    return isUp
      ? { look: 'listening', word: 'Listening', detail: '' }
      : { look: 'away', word: 'Not listening', detail: '' };
  }
  return { look: 'live', word: 'Live', detail: busiestRate(status) };
}

/** Items that were received but not kept, except those that a person cleared, with the reasons. */
export function droppedItems(status: StatusMeta): { count: number; reasons: string } {
  let evicted = 0;
  let cleared = 0;
  let rejected = 0;
  let duplicates = 0;
  for (const counts of Object.values(status.signals)) {
    evicted += counts.evicted - counts.cleared;
    cleared += counts.cleared;
    rejected += counts.rejected;
    duplicates += counts.duplicates;
  }
  const reasons =
    `${formatCount(evicted)} evicted at the memory limit, oldest first. ` +
    `${formatCount(rejected)} rejected as malformed. ` +
    `${formatCount(duplicates)} exact duplicates and ${formatCount(cleared)} cleared are not counted.`;
  return { count: evicted + rejected, reasons };
}

/** Strings that were not UTF-8 when they came, with what became of them; null when there are none. */
export function invalidStrings(status: StatusMeta): { count: number; meaning: string } | null {
  const { strings, uncheckedBytes } = status.invalidStrings;
  if (strings === 0) return null;
  const unchecked =
    uncheckedBytes === 0 ? '' : ` ${formatBytes(uncheckedBytes)} of a flood were not checked.`;
  return {
    count: strings,
    meaning: `${formatItems(strings, 'string')} came with invalid UTF-8, shown with replacement characters. Nothing was dropped for it.${unchecked}`,
  };
}

/** How full the memory is: its fraction, and the level at which the meter warns. */
export function memoryLevel(status: StatusMeta): {
  fraction: number;
  level: 'ok' | 'high' | 'full';
} {
  const { usedBytes, budgetBytes } = status.memory;
  const fraction = budgetBytes > 0 ? Math.min(1, usedBytes / budgetBytes) : 0;
  return { fraction, level: fraction >= 0.95 ? 'full' : fraction >= 0.8 ? 'high' : 'ok' };
}
