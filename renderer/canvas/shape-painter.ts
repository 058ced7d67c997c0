/** The miniature of a trace in the list: five lanes, scaled to the trace's own length. */
import { fillOfSlot, type Area, type DrawContext, type PaintStyle } from './draw-context.ts';

export const SHAPE_LANES = 5;
const LANE_PITCH_PX = 3.25;
const LANE_HEIGHT_PX = 3;

/** The boxes of one miniature; `x0` and `x1` in 1/65535 of the width. */
export interface TraceShape {
  readonly x0: ArrayLike<number>;
  readonly x1: ArrayLike<number>;
  readonly lane: ArrayLike<number>;
  /** Slot byte of each box. */
  readonly slot: ArrayLike<number>;
  /** Spans may still arrive: the right end is dotted. */
  readonly isReceiving: boolean;
}

/** Paints one miniature over the whole area. */
export function paintShape(
  context: DrawContext,
  area: Area,
  shape: TraceShape,
  style: PaintStyle,
): void {
  const { dpr } = area;
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  const dots = shape.isReceiving ? Math.round(14 * dpr) : 0;
  const width = area.widthDevicePx - dots;
  const height = Math.round(LANE_HEIGHT_PX * dpr);
  for (let i = 0; i < shape.x0.length; i++) {
    const left = Math.round((shape.x0[i] / 65535) * width);
    const right = Math.max(left + Math.round(dpr), Math.round((shape.x1[i] / 65535) * width));
    const y = Math.round(shape.lane[i] * LANE_PITCH_PX * dpr);
    context.fillStyle = fillOfSlot(style, shape.slot[i]);
    context.fillRect(left, y, right - left, height);
  }
  if (dots === 0) return;
  context.fillStyle = style.theme.token.t3;
  const dot = Math.round(2 * dpr);
  for (let i = 0; i < 3; i++) {
    context.fillRect(width + Math.round((3 + i * 4) * dpr), Math.round(dpr / 2), dot, dot);
  }
}
