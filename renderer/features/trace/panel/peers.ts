/** Where a span stands among its peers, in places of the strip and in words. */
import type { SpanPeers } from '../../../../proto/live/methods-span.ts';
import { formatPercent } from '../../../base/format.ts';

/** Fewer peers say nothing about a distribution. */
export const MIN_PEERS = 20;

/** The bin that a duration falls into; the ends hold what lies beyond them. */
export function peerBin({ minNs, maxNs, scale, bins }: SpanPeers, durationNs: number): number {
  const place = (ns: number): number => (scale === 'log' ? Math.log(Math.max(1, ns)) : ns);
  const width = place(maxNs) - place(minNs);
  const share = width === 0 ? 0 : (place(durationNs) - place(minNs)) / width;
  return Math.max(0, Math.min(bins.length - 1, Math.floor(share * bins.length)));
}

/** Height of a bin in px; a bin with any peer is seen. */
export function peerHeight({ bins }: SpanPeers, count: number, heightPx: number): number {
  return count === 0 ? 0 : Math.max(2, Math.round((count / Math.max(...bins)) * heightPx));
}

/** `Slower than 93% of them.` */
export function peerWords({ shorter, measured, minNs, maxNs }: SpanPeers): string {
  if (minNs === maxNs) return 'All of them took as long.';
  const self = 1 / Math.max(1, measured);
  if (shorter >= 1 - self) return 'The slowest of them.';
  if (shorter === 0) return 'The fastest of them.';
  return shorter >= 0.5
    ? `Slower than ${formatPercent(shorter)} of them.`
    : `Faster than ${formatPercent(1 - shorter - self)} of them.`;
}
