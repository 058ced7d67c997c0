/** The density of log records: stacked columns by level, a value axis and clock times. */
import { formatCount } from '../base/format.ts';
import {
  clockLabel,
  clockTicks,
  countTicks,
  DENSITY_LEVELS,
  highestColumn,
  type DensityData,
} from './density-scale.ts';
import type { Area, DrawContext, PaintStyle } from './draw-context.ts';
import type { ColourName } from '../base/theme-colours.ts';

/** Room around the columns, in CSS px. */
export const DENSITY_MARGIN = { left: 46, right: 12, top: 8, bottom: 17 } as const;

/** What is painted. */
export interface DensityPicture {
  readonly data: DensityData;
  /** Places along the axis: `slotCount`. */
  readonly slots: number;
  /** The column under the pointer or the keyboard's cursor; -1 for none. */
  readonly cursor: number;
}

/** Levels from the bottom of a column up: index in the order of `LogsMeta.levels`, colour, opacity. */
const STACK: readonly (readonly [level: number, token: ColourName, alpha: number])[] = [
  [6, 'l-trace', 0.3],
  [0, 'l-trace', 0.42],
  [1, 'l-debug', 0.42],
  [2, 'l-info', 0.62],
  [3, 'l-warn', 1],
  [4, 'l-error', 1],
  [5, 'l-fatal', 1],
];

/** The column at a place along the canvas in CSS px; the nearest one for places beside the columns. */
export function densityColumnAt(
  px: number,
  widthPx: number,
  slots: number,
  columns: number,
): number {
  const width = Math.max(1, widthPx - DENSITY_MARGIN.left - DENSITY_MARGIN.right);
  const column = Math.floor(((px - DENSITY_MARGIN.left) / width) * slots);
  return Math.max(0, Math.min(columns - 1, column));
}

/** Where a column begins along the canvas, in CSS px. */
export function densityColumnPx(column: number, widthPx: number, slots: number): number {
  const width = Math.max(1, widthPx - DENSITY_MARGIN.left - DENSITY_MARGIN.right);
  return DENSITY_MARGIN.left + (column / slots) * width;
}

/** Paints the whole area. Costs columns × levels rectangles. */
export function paintDensity(
  context: DrawContext,
  area: Area,
  picture: DensityPicture,
  style: PaintStyle,
): void {
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  const { token, font } = style.theme;
  const { dpr } = area;
  const highest = highestColumn(picture.data);
  const bottom = Math.round((area.heightPx - DENSITY_MARGIN.bottom) * dpr);
  const height = bottom - DENSITY_MARGIN.top * dpr;
  const line = Math.max(1, Math.round(dpr));
  const left = DENSITY_MARGIN.left * dpr;
  const right = area.widthDevicePx - DENSITY_MARGIN.right * dpr;
  context.font = `400 ${10.5 * dpr}px ${font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const tick of countTicks(highest)) {
    const y = Math.round(bottom - (tick / highest) * height);
    context.fillStyle = token.b1;
    context.fillRect(left, y, right - left, line);
    context.fillStyle = token.t3;
    context.fillText(formatCount(tick), left - 8 * dpr, y);
  }
  context.fillStyle = token.b2;
  context.fillRect(left, bottom, right - left, line);
  paintColumns(context, area, picture, style, bottom, height / Math.max(1, highest));
  paintClock(context, area, picture, style);
}

function paintColumns(
  context: DrawContext,
  area: Area,
  { data, slots, cursor }: DensityPicture,
  style: PaintStyle,
  bottom: number,
  pxPerRecord: number,
): void {
  const { dpr, widthPx } = area;
  const { counts, columns } = data;
  const slotPx = densityColumnPx(1, widthPx, slots) - densityColumnPx(0, widthPx, slots);
  const gap = slotPx >= 3 ? Math.max(1, Math.round(dpr)) : 0;
  const xOf = (column: number): number => Math.round(densityColumnPx(column, widthPx, slots) * dpr);
  if (cursor >= 0 && cursor < columns) {
    context.fillStyle = style.theme.token.s3;
    context.fillRect(xOf(cursor), 0, Math.max(1, xOf(cursor + 1) - xOf(cursor)), bottom);
  }
  const below = new Float64Array(columns);
  for (const [level, token, alpha] of STACK) {
    context.fillStyle = style.theme.token[token];
    context.globalAlpha = alpha;
    for (let column = 0; column < columns; column++) {
      const count = counts[column * DENSITY_LEVELS + level];
      if (count === 0) continue;
      const from = Math.round(below[column] * pxPerRecord);
      below[column] += count;
      // One error among thousands is still a pixel high.
      const high = Math.max(Math.round(dpr), Math.round(below[column] * pxPerRecord) - from);
      const x = xOf(column);
      context.fillRect(x, bottom - from - high, Math.max(1, xOf(column + 1) - x - gap), high);
    }
  }
  context.globalAlpha = 1;
}

function paintClock(
  context: DrawContext,
  area: Area,
  { data, slots }: DensityPicture,
  style: PaintStyle,
): void {
  const { dpr, widthPx } = area;
  const toMs = data.fromMs + slots * data.columnMs;
  const ticks = clockTicks(data.fromMs, toMs, Math.max(1, Math.floor(widthPx / 150)));
  const stepMs = ticks.length > 1 ? ticks[1] - ticks[0] : data.columnMs;
  context.fillStyle = style.theme.token.t3;
  context.textAlign = 'left';
  const y = Math.round((area.heightPx - 7) * dpr);
  for (const tick of ticks) {
    const label = clockLabel(tick, stepMs);
    const x = densityColumnPx((tick - data.fromMs) / data.columnMs, widthPx, slots);
    // Six px a character is the widest of the axis font.
    if (x + label.length * 6 <= widthPx) context.fillText(label, Math.round(x * dpr), y);
  }
}
