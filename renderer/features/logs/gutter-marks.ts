/** Where marks lie in the gutter beside the list: its rows are in the order of time, about. */
import type { Mark } from '../../../proto/live/topics.ts';
import { columnTotal } from '../../canvas/density-scale.ts';
import type { LogBrush } from '../../session/log-brush.ts';
import type { LogDensityData } from './log-charts.svelte.ts';

/** A mark at a share of the list's height, 0 at its oldest row. */
export interface GutterMark {
  readonly id: string;
  readonly share: number;
  readonly isManual: boolean;
}

/**
 * The marks inside of the list, by the counts of its density, which says as exactly as a column how
 * many rows are before a time. Under a brush the list is the stretch [fromNs, toNs) of the density.
 */
export function gutterMarks(
  marks: readonly Mark[],
  density: LogDensityData | undefined,
  brush: LogBrush | undefined,
): readonly GutterMark[] {
  if (density === undefined || density.columnNs === 0 || marks.length === 0) return [];
  const before = [0];
  for (let column = 0; column < density.columns; column++) {
    before.push((before[column] ?? 0) + columnTotal(density.counts, column));
  }
  /** Rows before a time. */
  const rowsAt = (unixNano: bigint): number => {
    const place = Number(unixNano - density.fromNs) / density.columnNs;
    const column = Math.max(0, Math.min(density.columns, Math.floor(place)));
    const from = before[column] ?? 0;
    const inColumn = (before[column + 1] ?? from) - from;
    return from + inColumn * Math.max(0, Math.min(1, place - column));
  };
  const first = brush === undefined ? 0 : rowsAt(brush.fromNs);
  const last = brush === undefined ? (before.at(-1) ?? 0) : rowsAt(brush.toNs);
  if (last <= first) return [];
  return marks.flatMap(({ id, kind, timeUnixNano }) => {
    const unixNano = BigInt(timeUnixNano);
    if (brush !== undefined && (unixNano < brush.fromNs || unixNano >= brush.toNs)) return [];
    // Before the first row and behind the last one there is nothing that a mark could divide.
    const share = (rowsAt(unixNano) - first) / (last - first);
    return share <= 0 || share >= 1 ? [] : [{ id, share, isManual: kind === 'manual' }];
  });
}
