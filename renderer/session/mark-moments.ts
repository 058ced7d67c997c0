/** Marks as moments on a chart. */
import type { Moment } from '../base/flags.ts';
import type { Mark } from '../../proto/live/topics.ts';

/** A mark at its place on a chart. */
export interface MarkMoment extends Moment {
  readonly unixMs: number;
}

/**
 * The marks whose place lies in [fromPx, toPx]. `pxOf` takes ns since the Unix epoch.
 */
export function markMoments(
  marks: readonly Mark[],
  pxOf: (unixNano: bigint) => number,
  fromPx: number,
  toPx: number,
): readonly MarkMoment[] {
  return marks.flatMap(({ id, label, kind, timeUnixNano }) => {
    const unixNano = BigInt(timeUnixNano);
    const px = pxOf(unixNano);
    if (!(px >= fromPx && px <= toPx)) return [];
    return [
      { id, label, isManual: kind === 'manual', px, unixMs: Number(unixNano / 1000n) / 1000 },
    ];
  });
}
