/** Which columns a list has at a width, and how high the latency strip is at a height. CSS px. */
import type { ListScope } from './list-params.ts';

/** What fits. */
export interface ListLayout {
  /** Services, the root of a span and the duration bar are left out. */
  readonly isNarrow: boolean;
  /** Shape and span kind, too. */
  readonly isTiny: boolean;
  /** `grid-template-columns` of head and rows. */
  readonly columns: string;
}

const NARROW_BELOW_PX = 1200;
const TINY_BELOW_PX = 900;
const LOW_BELOW_PX = 720;
const HIDDEN_BELOW_PX = 560;
const STRIP_PX = 150;
const LOW_STRIP_PX = 64;

/** The columns of a list in a window of a width. Duration is there in each. */
export function listLayout(windowPx: number, scope: ListScope): ListLayout {
  const isNarrow = windowPx < NARROW_BELOW_PX;
  const isTiny = windowPx < TINY_BELOW_PX;
  const columns = scope === 'traces' ? traceColumns(windowPx) : spanColumns(isNarrow, isTiny);
  return { isNarrow, isTiny, columns };
}

function traceColumns(windowPx: number): string {
  if (windowPx < TINY_BELOW_PX) return '16px 92px minmax(150px, 1fr) 46px 46px 52px 66px';
  if (windowPx < NARROW_BELOW_PX) return '16px 92px minmax(210px, 1fr) 46px 150px 46px 52px 66px';
  const shapePx = windowPx < 1600 ? 196 : windowPx < 2100 ? 280 : 400;
  return `16px 92px minmax(250px, 1.5fr) 46px ${shapePx}px minmax(100px, 0.6fr) 52px 56px minmax(110px, 0.5fr) 66px`;
}

function spanColumns(isNarrow: boolean, isTiny: boolean): string {
  if (isTiny) return '16px 92px minmax(150px, 1fr) 46px 66px 66px';
  if (isNarrow) return '16px 92px minmax(210px, 1fr) 46px 66px 66px 66px';
  return '16px 92px minmax(250px, 1.5fr) 46px 66px minmax(140px, 0.8fr) 66px minmax(110px, 0.5fr) 66px';
}

/** The height of the strip, and whether it has a toggle and is shown before that was pressed. */
export function stripLayout(windowPx: number): {
  readonly heightPx: number;
  readonly hasToggle: boolean;
  readonly isShown: boolean;
} {
  const isLow = windowPx < LOW_BELOW_PX;
  return {
    heightPx: isLow ? LOW_STRIP_PX : STRIP_PX,
    hasToggle: isLow,
    isShown: windowPx >= HIDDEN_BELOW_PX,
  };
}
