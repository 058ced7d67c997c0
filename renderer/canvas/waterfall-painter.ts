/** The bars of a waterfall: one row a box, the duration always to the right of its bar. */
import { formatDuration, MISSING } from '../base/format.ts';
import { TimeScale, type TimeWindow } from '../base/time-scale.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { CriticalIndex } from './critical-index.ts';
import { underlineBoxes } from './critical-painter.ts';
import {
  fillOfSlot,
  HATCHED,
  type Area,
  type DrawContext,
  type PaintStyle,
} from './draw-context.ts';
import type { TraceLayout } from './layout-model.ts';

export const WATERFALL_ROW_PX = 22;
/** Room right of the time scale, so that a duration fits even behind the longest bar. */
export const WATERFALL_GUTTER_PX = 66;
const BAR_TOP_PX = 6;
const BAR_HEIGHT_PX = 10;
const CRITICAL_PX = 2;

export interface WaterfallPicture {
  readonly layout: TraceLayout;
  readonly slots: Uint8Array;
  readonly window: TimeWindow;
  /** The boxes of all rows that are not folded away, in order. */
  readonly rows: Uint32Array;
  readonly scrollTopPx: number;
  readonly isMatch: Uint8Array | null;
  /** Null while the critical path is not shown. */
  readonly critical: CriticalIndex | null;
  /** How many equal leaves, from this box on, share the row. */
  readonly runOf: (box: number) => number;
  /** Events by span id, as far as they are known. */
  readonly marks: ReadonlyMap<string, readonly EventMark[]>;
}

/** One event on a bar. */
export interface EventMark {
  /** From the start of its span. */
  readonly offsetNs: number;
  readonly isException: boolean;
}

/** Paints the bars of the rows in view over the whole area. */
export function paintWaterfall(
  context: DrawContext,
  area: Area,
  picture: WaterfallPicture,
  style: PaintStyle,
): void {
  const { layout, rows } = picture;
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  const widthPx = Math.max(1, area.widthPx - WATERFALL_GUTTER_PX);
  const scale = new TimeScale(picture.window, widthPx * area.dpr);
  context.font = `400 ${10.5 * area.dpr}px ${style.theme.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const first = Math.max(0, Math.floor(picture.scrollTopPx / WATERFALL_ROW_PX));
  const last = Math.min(
    rows.length,
    Math.ceil((picture.scrollTopPx + area.heightPx) / WATERFALL_ROW_PX),
  );
  for (let row = first; row < last; row++) {
    const box = rows[row];
    const top = Math.round((row * WATERFALL_ROW_PX - picture.scrollTopPx) * area.dpr);
    context.globalAlpha = picture.isMatch !== null && picture.isMatch[box] === 0 ? 0.35 : 1;
    const right = paintRow(context, area, picture, style, scale, box, top);
    if (layout.columns.eventCount[box] > 0) {
      paintMarks(context, area, picture, style, scale, box, top);
    }
    if (picture.critical !== null) {
      const under = top + Math.round((BAR_TOP_PX + BAR_HEIGHT_PX) * area.dpr);
      context.fillStyle = style.theme.token['accent-solid'];
      const height = Math.round(CRITICAL_PX * area.dpr);
      const endBox = box + picture.runOf(box);
      underlineBoxes(context, picture.critical, box, endBox, scale, under, height);
    }
    if (right === null || layout.has(box, BOX_FLAG.inferred)) continue;
    context.fillStyle = style.theme.token.t3;
    context.fillText(
      layout.has(box, BOX_FLAG.badTime) ? MISSING : formatDuration(rowNs(picture, box)),
      right + 6 * area.dpr,
      top + Math.round((WATERFALL_ROW_PX * area.dpr) / 2),
    );
  }
  context.globalAlpha = 1;
}

/** From the start of the first to the end of the last span of a row. */
function rowNs({ layout, runOf }: WaterfallPicture, box: number): number {
  const { startNs, endNs } = layout.columns;
  let end = endNs[box];
  for (let i = box + runOf(box) - 1; i > box; i--) end = Math.max(end, endNs[i]);
  return end - startNs[box];
}

/** Draws the bars of a row, at most one a device pixel column, and returns where the last one ends. */
function paintRow(
  context: DrawContext,
  area: Area,
  picture: WaterfallPicture,
  style: PaintStyle,
  scale: TimeScale,
  box: number,
  top: number,
): number | null {
  const { endNs } = picture.layout.columns;
  const end = box + picture.runOf(box);
  let right: number | null = null;
  for (let i = box; i < end; i++) {
    if (right !== null && scale.px(endNs[i]) < right) continue;
    right = paintBar(context, area, picture, style, scale, i, top) ?? right;
  }
  return right;
}

const DOT_PX = 3;

/** Events are dots, exceptions diamonds, on the middle of the bar; one a device pixel column. */
function paintMarks(
  context: DrawContext,
  area: Area,
  picture: WaterfallPicture,
  style: PaintStyle,
  scale: TimeScale,
  box: number,
  rowTop: number,
): void {
  const { layout } = picture;
  const marks = picture.marks.get(layout.spanId(box)) ?? [];
  const { dpr } = area;
  const { token } = style.theme;
  const y = rowTop + Math.round((BAR_TOP_PX + BAR_HEIGHT_PX / 2) * dpr);
  const size = DOT_PX * dpr;
  let last = -Infinity;
  context.lineWidth = 1.5 * dpr;
  context.fillStyle = token.s0;
  for (const { offsetNs, isException } of marks) {
    const x = Math.round(scale.px(layout.columns.startNs[box] + offsetNs));
    if (x < 0 || x > scale.width || (x === last && !isException)) continue;
    last = x;
    context.strokeStyle = isException ? token['l-error'] : token.t1;
    context.beginPath();
    if (isException) {
      context.moveTo(x, y - size * 1.3);
      context.lineTo(x + size * 1.3, y);
      context.lineTo(x, y + size * 1.3);
      context.lineTo(x - size * 1.3, y);
      context.closePath();
    } else context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

/** Draws one bar and returns where its visible part ends; null when none of it is in the window. */
function paintBar(
  context: DrawContext,
  area: Area,
  picture: WaterfallPicture,
  style: PaintStyle,
  scale: TimeScale,
  box: number,
  rowTop: number,
): number | null {
  const { layout, slots } = picture;
  const { dpr } = area;
  const x0 = scale.px(layout.columns.startNs[box]);
  const x1 = Math.max(scale.px(layout.columns.endNs[box]), x0 + 2 * dpr);
  if (x1 < 0 || x0 > scale.width) return null;
  const left = Math.round(Math.max(0, x0));
  const right = Math.max(left + Math.round(2 * dpr), Math.round(Math.min(scale.width, x1)));
  const top = rowTop + Math.round(BAR_TOP_PX * dpr);
  const height = Math.round(BAR_HEIGHT_PX * dpr);
  const slot = slots[layout.columns.serviceStr[box]] ?? 0;
  if (layout.has(box, BOX_FLAG.inferred)) {
    const line = 1.5 * dpr;
    context.lineWidth = line;
    context.strokeStyle = slot === 0 ? style.theme.token.t3 : fillOfSlot(style, slot);
    context.setLineDash([3 * dpr, 2 * dpr]);
    context.strokeRect(left + line / 2, top + line / 2, right - left - line, height - line);
    context.setLineDash([]);
    return right;
  }
  context.beginPath();
  context.roundRect(left, top, right - left, height, Math.min(2 * dpr, (right - left) / 2));
  context.fillStyle = fillOfSlot(style, slot);
  context.fill();
  if ((slot & HATCHED) !== 0) {
    context.fillStyle = style.hatch;
    context.fill();
  }
  if (layout.has(box, BOX_FLAG.error)) {
    const line = 1.5 * dpr;
    context.lineWidth = line;
    context.strokeStyle = style.theme.token['l-fatal'];
    if (right - left < 4 * dpr) {
      context.fillStyle = style.theme.token['l-fatal'];
      context.fillRect(left, top, right - left, height);
    } else context.strokeRect(left + line / 2, top + line / 2, right - left - line, height - line);
  }
  return right;
}
