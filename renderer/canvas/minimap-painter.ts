/** The whole trace in a strip: every lane a thin row, errors on the top edge. */
import { TimeScale, type TimeWindow } from '../base/time-scale.ts';
import { fillOfSlot, type Area, type DrawContext, type PaintStyle } from './draw-context.ts';
import type { FlameScene } from './flame-scene.ts';
import type { LaneIndex } from './lane-index.ts';
import type { TraceLayout } from './layout-model.ts';

const TOP_PX = 5;
const ROW_PITCH_PX = 5;
const ERROR_HEIGHT_PX = 2;

export interface MinimapPicture {
  readonly layout: TraceLayout;
  readonly index: LaneIndex;
  readonly scene: FlameScene;
  readonly slots: Uint8Array;
  readonly whole: TimeWindow;
}

/** Row height and gap in device px for a number of lanes: 5 px rows while they fit, thinner beyond. */
export function minimapRows(area: Area, laneCount: number): { pitch: number; height: number } {
  const roomPx = area.heightPx - TOP_PX - 3;
  const pitchPx = Math.min(ROW_PITCH_PX, roomPx / Math.max(1, laneCount));
  const pitch = pitchPx * area.dpr;
  return { pitch, height: Math.max(1, Math.round(pitchPx >= 3 ? pitch - area.dpr : pitch)) };
}

/** Paints the strip over the whole area. Lanes beyond one a device pixel row paint over each other. */
export function paintMinimap(
  context: DrawContext,
  area: Area,
  picture: MinimapPicture,
  style: PaintStyle,
): void {
  const { scene, index, layout, slots } = picture;
  const scale = new TimeScale(picture.whole, area.widthDevicePx);
  scene.build(index, scale, 0, index.laneCount);
  const { pitch, height } = minimapRows(area, index.laneCount);
  const top = TOP_PX * area.dpr;
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  context.globalAlpha = 0.9;
  let fill = -1;
  for (let rect = 0; rect < scene.count; rect++) {
    const slot = slots[layout.columns.serviceStr[scene.box[rect]]] ?? 0;
    if (slot !== fill) {
      fill = slot;
      context.fillStyle = fillOfSlot(style, slot);
    }
    const y = Math.round(top + scene.lane[rect] * pitch);
    context.fillRect(scene.x0[rect], y, scene.x1[rect] - scene.x0[rect], height);
  }
  context.globalAlpha = 1;
  context.fillStyle = style.theme.token['l-error'];
  for (let rect = 0; rect < scene.count; rect++) {
    const from = scene.position[rect];
    if (index.errorsBefore[from + scene.merged[rect]] === index.errorsBefore[from]) continue;
    const width = Math.max(2 * area.dpr, scene.x1[rect] - scene.x0[rect]);
    context.fillRect(scene.x0[rect], 0, width, Math.round(ERROR_HEIGHT_PX * area.dpr));
  }
}
