/** The words on the boxes of a flame graph: only where they fit, never a cut letter. */
import { formatDuration, formatItems } from '../base/format.ts';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import type { Area, DrawContext, PaintStyle } from './draw-context.ts';
import { isDimmed, isOutlineOnly, type FlamePicture, type RowPlaces } from './flame-picture.ts';
import type { MergedRun } from './flame-scene.ts';
import type { TraceLayout } from './layout-model.ts';
import type { TextRuler } from './text-ruler.ts';

/** A box narrower than this carries no label. */
export const LABEL_MIN_PX = 46;
export const LABEL_FONT_PX = 11;
const LABEL_PADDING_PX = 5;
const ERROR_GLYPH_PX = 16;

/** Writes the labels of all rectangles that have room for one. */
export function paintLabels(
  context: DrawContext,
  area: Area,
  picture: FlamePicture,
  style: PaintStyle,
  rows: RowPlaces,
  ruler: TextRuler,
): void {
  const { scene, layout } = picture;
  const { token } = style.theme;
  const dpr = area.dpr;
  context.font = `500 ${LABEL_FONT_PX * dpr}px ${style.theme.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const minWidth = LABEL_MIN_PX * dpr;
  for (let rect = 0; rect < scene.count; rect++) {
    const width = rows.width(rect);
    if (width < minWidth || scene.merged[rect] > 1) continue;
    const box = scene.box[rect];
    const alpha = isDimmed(picture, rect) ? 0.5 : 1;
    context.globalAlpha = alpha;
    const middle = rows.top(rect) + Math.round(rows.height / 2);
    let x = scene.x0[rect] + LABEL_PADDING_PX * dpr;
    let roomPx = width / dpr - 2 * LABEL_PADDING_PX;
    if (layout.has(box, BOX_FLAG.error)) {
      paintErrorGlyph(context, x, middle, dpr, style);
      x += ERROR_GLYPH_PX * dpr;
      roomPx -= ERROR_GLYPH_PX;
    }
    const label = boxLabel(layout, box, roomPx, ruler);
    if (label.name === '') continue;
    context.fillStyle = isOutlineOnly(picture, rect, dpr) ? token.t1 : token['svc-ink'];
    context.fillText(label.name, x, middle);
    if (label.duration === '') continue;
    context.globalAlpha = alpha * 0.84;
    context.fillText(label.duration, x + label.durationAtPx * dpr, middle);
  }
  context.globalAlpha = 1;
}

/** Says on a wide hatched block how many spans it stands for, on a plate that keeps it readable. */
export function paintRunCounts(
  context: DrawContext,
  area: Area,
  style: PaintStyle,
  rows: RowPlaces,
  runs: readonly MergedRun[],
  ruler: TextRuler,
): void {
  const { token } = style.theme;
  const { dpr } = area;
  for (const run of runs) {
    const text = formatItems(run.boxes, 'span');
    const plate = (ruler.width(text) + 2 * LABEL_PADDING_PX) * dpr;
    if (run.x1 - run.x0 < Math.max(LABEL_MIN_PX * dpr, plate + 4 * LABEL_PADDING_PX * dpr))
      continue;
    const top = rows.top(run.firstRect);
    const left = Math.round((run.x0 + run.x1 - plate) / 2);
    context.fillStyle = token.s0;
    context.fillRect(left, top + 2 * dpr, plate, rows.height - 4 * dpr);
    context.fillStyle = token.t2;
    context.fillText(text, left + LABEL_PADDING_PX * dpr, top + Math.round(rows.height / 2));
  }
}

function paintErrorGlyph(
  context: DrawContext,
  x: number,
  middle: number,
  dpr: number,
  style: PaintStyle,
): void {
  const { token } = style.theme;
  const size = 12 * dpr;
  context.fillStyle = token['l-fatal'];
  context.beginPath();
  context.roundRect(x, middle - size / 2, size, size, 3 * dpr);
  context.fill();
  context.fillStyle = '#fff';
  context.fillRect(x + 5.25 * dpr, middle - 3.5 * dpr, 1.5 * dpr, 4.5 * dpr);
  context.fillRect(x + 5.25 * dpr, middle + 2 * dpr, 1.5 * dpr, 1.5 * dpr);
}

/** What is written on a box: a name that fits (maybe cut), and the duration when both fit whole. */
export interface BoxLabel {
  readonly name: string;
  readonly duration: string;
  /** CSS px from the start of the name. */
  readonly durationAtPx: number;
}

/** The label of a box in `roomPx` CSS px. */
export function boxLabel(
  layout: TraceLayout,
  box: number,
  roomPx: number,
  ruler: TextRuler,
): BoxLabel {
  const wholeName = layout.has(box, BOX_FLAG.inferred)
    ? layout.name(box) || 'not received'
    : layout.name(box);
  const name = ruler.fit(wholeName, roomPx);
  if (name !== wholeName || layout.has(box, BOX_FLAG.inferred)) {
    return { name, duration: '', durationAtPx: 0 };
  }
  const duration = formatDuration(layout.durationNs(box));
  const durationAtPx = ruler.width(wholeName) + 4;
  const fits = durationAtPx + ruler.width(duration) <= roomPx;
  return { name, duration: fits ? duration : '', durationAtPx };
}
