/** What a trace that is not whole any more says of it, in the list and in its own header. */
import { formatItems } from '../base/format.ts';

/** `12 spans evicted`; of a trace that lost log records alone, that. */
export function evictedText(spans: number): string {
  return spans === 0 ? 'log records evicted' : `${formatItems(spans, 'span')} evicted`;
}

/** Why that is so. */
export const EVICTED_HELP = 'What came first made room for newer data, or was cleared.';
