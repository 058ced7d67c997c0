/** Draws a latency strip: heat cells, slow and failed items, the 95th percentile, and its brush. */
import { formatDuration } from '../base/format.ts';
import type { ColourName } from '../base/theme-colours.ts';
import { LATENCY_POINT } from '../../proto/live/topics.ts';
import { clockTicks, durationTicks } from './strip-axis.ts';
import type { Area, DrawContext, PaintStyle } from './draw-context.ts';
import type { CellPlace, CellRange, StripGrid } from './strip-grid.ts';
import type { StripHeat } from './strip-heat.ts';
import { xOfColumn, yOfRow, type StripPlot } from './strip-hit.ts';

/** What is drawn. */
export interface StripPicture {
  readonly grid: StripGrid;
  readonly plot: StripPlot;
  readonly heat: Pick<StripHeat, 'image'>;
  readonly brush: CellRange | null;
  /** The cell pointed at, and the one that has the keyboard. */
  readonly hover: CellPlace | null;
  readonly focus: CellPlace | null;
}

/** Columns without items that the line of the 95th percentile still bridges. */
const BRIDGED_COLUMNS = 6;
/** Width of a character of the axis font, at most. */
const CHARACTER_PX = 6.2;
const RING_PX = 2.2;
const DIAMOND_PX = 4;
const AXIS_FONT_PX = 10.5;

/** Paints the strip over the whole area. */
export function paintStrip(
  context: DrawContext,
  area: Area,
  picture: StripPicture,
  style: PaintStyle,
): void {
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  paintAxes(context, area, picture, style);
  paintHeat(context, area, picture, style);
  paintBrush(context, area, picture, style);
  paintPoints(context, area, picture, style);
  paintPercentile(context, area, picture, style);
  if (picture.hover !== null) outlineCell(context, area, picture, picture.hover, style, 't2');
  if (picture.focus !== null) outlineCell(context, area, picture, picture.focus, style, 'focus');
}

function paintAxes(
  context: DrawContext,
  { dpr }: Area,
  { grid, plot }: StripPicture,
  { theme }: PaintStyle,
): void {
  const line = Math.max(1, Math.round(dpr));
  context.font = `400 ${AXIS_FONT_PX * dpr}px ${theme.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const { ns, label } of durationTicks(grid.minNs, grid.maxNs, plot.height)) {
    const y = yOfRow(grid, plot, grid.rowOf(ns));
    context.fillStyle = theme.token.b1;
    context.fillRect(plot.left * dpr, Math.round(y * dpr), plot.width * dpr, line);
    context.fillStyle = theme.token.t3;
    context.fillText(label, (plot.left - 8) * dpr, Math.round(y * dpr));
  }
  const { columnNs } = grid.meta;
  if (columnNs === 0) return;
  const fromMs = grid.msAt(0);
  const toMs = grid.msAt(grid.width);
  const y = (plot.top + plot.height + 9) * dpr;
  context.fillStyle = theme.token.t3;
  for (const { ms, label } of clockTicks(fromMs, toMs, plot.width)) {
    const x = plot.left + ((ms - fromMs) / (toMs - fromMs)) * plot.width;
    const halfPx = (label.length * CHARACTER_PX) / 2;
    const right = plot.left + plot.width;
    context.textAlign = x - halfPx < plot.left ? 'left' : x + halfPx > right ? 'right' : 'center';
    context.fillText(label, Math.round(x * dpr), y);
  }
}

function paintHeat(
  context: DrawContext,
  area: Area,
  { grid, plot, heat }: StripPicture,
  { theme }: PaintStyle,
): void {
  const image = heat.image(grid, plot, area, theme);
  if (image === undefined) return;
  context.drawImage(image, Math.round(plot.left * area.dpr), Math.round(plot.top * area.dpr));
}

/** One path for all rings and one for all diamonds: hundreds of small paths would cost a frame. */
function paintPoints(
  context: DrawContext,
  { dpr }: Area,
  { grid, plot }: StripPicture,
  { theme }: PaintStyle,
): void {
  const { pointKind, pointNs, pointStartHi, pointStartLo } = grid.columns;
  const path = (kind: number): void => {
    const isRing = kind === LATENCY_POINT.ring;
    const reach = (isRing ? RING_PX : DIAMOND_PX) * dpr;
    context.beginPath();
    for (let point = 0; point < pointKind.length; point++) {
      if (pointKind[point] !== kind) continue;
      const column = grid.columnOf(pointStartHi[point], pointStartLo[point]);
      const x = xOfColumn(grid, plot, column) * dpr;
      const y = Math.max(plot.top, yOfRow(grid, plot, grid.rowOf(pointNs[point]))) * dpr;
      context.moveTo(isRing ? x + reach : x, isRing ? y : y - reach);
      if (isRing) context.arc(x, y, reach, 0, 2 * Math.PI);
      else {
        context.lineTo(x + reach, y);
        context.lineTo(x, y + reach);
        context.lineTo(x - reach, y);
        context.closePath();
      }
    }
  };
  context.lineWidth = 1.2 * dpr;
  path(LATENCY_POINT.ring);
  context.fillStyle = theme.token.s0;
  context.strokeStyle = theme.token.h5;
  context.fill();
  context.stroke();
  path(LATENCY_POINT.diamond);
  context.fillStyle = theme.token['l-error'];
  context.strokeStyle = theme.token.s0;
  context.stroke();
  context.fill();
}

function paintPercentile(
  context: DrawContext,
  { dpr }: Area,
  { grid, plot }: StripPicture,
  { theme }: PaintStyle,
): void {
  const p95Ns = grid.percentiles;
  let last = -1;
  let y = 0;
  context.beginPath();
  for (let column = 0; column < p95Ns.length; column++) {
    if (Number.isNaN(p95Ns[column])) continue;
    const x = xOfColumn(grid, plot, column + 0.5) * dpr;
    y = yOfRow(grid, plot, grid.rowOf(p95Ns[column])) * dpr;
    if (last === -1 || column - last > BRIDGED_COLUMNS) context.moveTo(x, y);
    else context.lineTo(x, y);
    last = column;
  }
  if (last === -1) return;
  context.globalAlpha = 0.75;
  context.strokeStyle = theme.token.t1;
  context.lineWidth = 1.2 * dpr;
  context.stroke();
  context.globalAlpha = 1;
  const label = `p95 ${formatDuration(p95Ns[last])}`;
  const widthPx = label.length * CHARACTER_PX + 6;
  const end = xOfColumn(grid, plot, last + 1);
  const right = Math.max(plot.left + widthPx, Math.min(end, plot.left + plot.width));
  const labelY = Math.max(8 * dpr, y - 11 * dpr);
  context.globalAlpha = 0.85;
  context.fillStyle = theme.token.s0;
  context.fillRect((right - widthPx) * dpr, labelY - 7 * dpr, widthPx * dpr, 14 * dpr);
  context.globalAlpha = 1;
  context.fillStyle = theme.token.t1;
  context.font = `550 ${AXIS_FONT_PX * dpr}px ${theme.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillText(label, (right - 3) * dpr, labelY);
}

function paintBrush(
  context: DrawContext,
  { dpr }: Area,
  { grid, plot, brush }: StripPicture,
  { theme }: PaintStyle,
): void {
  if (brush === null) return;
  const x0 = Math.round(xOfColumn(grid, plot, brush.column0) * dpr);
  const x1 = Math.max(x0 + 1, Math.round(xOfColumn(grid, plot, brush.column1) * dpr));
  const y0 = Math.round(yOfRow(grid, plot, brush.row1) * dpr);
  const y1 = Math.max(y0 + 1, Math.round(yOfRow(grid, plot, brush.row0) * dpr));
  const line = Math.max(1, Math.round(dpr));
  context.fillStyle = theme.token['accent-wash'];
  context.fillRect(x0, y0, x1 - x0, y1 - y0);
  context.fillStyle = theme.token['accent-line'];
  context.fillRect(x0, y0, line, y1 - y0);
  context.fillRect(x1 - line, y0, line, y1 - y0);
  context.fillRect(x0, y0, x1 - x0, line);
  context.fillRect(x0, y1 - line, x1 - x0, line);
  // The handles: short bars in the middle of the edges that can be dragged.
  context.fillStyle = theme.token['accent-solid'];
  const reach = Math.round(7 * dpr);
  const middleX = Math.round((x0 + x1) / 2);
  const middleY = Math.round((y0 + y1) / 2);
  const thick = Math.max(2, Math.round(3 * dpr));
  if (brush.column0 > 0) context.fillRect(x0 - line, middleY - reach, thick, 2 * reach);
  if (brush.column1 < grid.width)
    context.fillRect(x1 - 2 * line, middleY - reach, thick, 2 * reach);
  if (brush.row0 > 0) context.fillRect(middleX - reach, y1 - 2 * line, 2 * reach, thick);
  if (brush.row1 < grid.height) context.fillRect(middleX - reach, y0 - line, 2 * reach, thick);
}

function outlineCell(
  context: DrawContext,
  { dpr }: Area,
  { grid, plot }: StripPicture,
  { column, row }: CellPlace,
  { theme }: PaintStyle,
  colour: ColourName,
): void {
  const x0 = Math.round(xOfColumn(grid, plot, column) * dpr);
  const x1 = Math.round(xOfColumn(grid, plot, column + 1) * dpr);
  const y0 = Math.round(yOfRow(grid, plot, row + 1) * dpr);
  const y1 = Math.round(yOfRow(grid, plot, row) * dpr);
  const width = (colour === 'focus' ? 2 : 1) * dpr;
  context.strokeStyle = theme.token[colour];
  context.lineWidth = width;
  context.strokeRect(x0 - width / 2, y0 - width / 2, x1 - x0 + width, y1 - y0 + width);
}
