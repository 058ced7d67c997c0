/** The layer above a flame graph: hover, selection and crosshair. */
import { TimeScale, type TimeWindow } from '../base/time-scale.ts';
import type { Area, DrawContext, PaintStyle } from './draw-context.ts';
import { BOX_HEIGHT_PX, laneTopPx } from './flame-picture.ts';
import type { TraceLayout } from './layout-model.ts';

export interface OverlayPicture {
  readonly layout: TraceLayout;
  readonly window: TimeWindow;
  readonly scrollTopPx: number;
  /** Boxes, or -1. */
  readonly hovered: number;
  readonly selected: number;
  /** True while the graph has the keyboard: the ring of the selection takes the focus colour. */
  readonly hasFocus: boolean;
  readonly crosshairNs: number | null;
}

/** Paints the overlay over the whole area. */
export function paintOverlay(
  context: DrawContext,
  area: Area,
  picture: OverlayPicture,
  style: PaintStyle,
): void {
  const { token } = style.theme;
  const scale = new TimeScale(picture.window, area.widthDevicePx);
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  if (picture.crosshairNs !== null) {
    context.fillStyle = token.b3;
    const x = Math.round(scale.clampedPx(picture.crosshairNs));
    context.fillRect(x, 0, Math.max(1, Math.round(area.dpr)), area.heightDevicePx);
  }
  if (picture.hovered >= 0 && picture.hovered !== picture.selected) {
    paintRing(context, area, picture, scale, picture.hovered, 1, token.t1);
  }
  if (picture.selected >= 0) {
    const colour = picture.hasFocus ? token.focus : token.t1;
    paintRing(context, area, picture, scale, picture.selected, 2, colour);
  }
}

/** A ring around the true place of a box, at least 2 px wide inside, even when the box is merged. */
function paintRing(
  context: DrawContext,
  area: Area,
  picture: OverlayPicture,
  scale: TimeScale,
  box: number,
  lineCssPx: number,
  colour: string,
): void {
  const { columns } = picture.layout;
  const { dpr } = area;
  const line = lineCssPx * dpr;
  const left = Math.floor(scale.clampedPx(columns.startNs[box]));
  const right = Math.max(
    left + 2 * dpr,
    Math.floor(scale.clampedPx(columns.endNs[box])) - Math.round(dpr),
  );
  if (right < 0 || left > area.widthDevicePx) return;
  const top = Math.round(laneTopPx(columns.lane[box], picture.scrollTopPx) * dpr);
  const outset = lineCssPx === 1 ? line / 2 : line / 2 + dpr * 0.5;
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.beginPath();
  context.roundRect(
    left - outset,
    top - outset,
    right - left + 2 * outset,
    BOX_HEIGHT_PX * dpr + 2 * outset,
    3 * dpr,
  );
  context.stroke();
}
