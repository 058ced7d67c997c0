/** Paints a merged flame graph: boxes by service, labels where they fit, selection and search. */
import { formatCount, formatDuration } from '../base/format.ts';
import { FLAME_KIND } from '../../proto/live/topics.ts';
import {
  fillOfSlot,
  HATCHED,
  type Area,
  type DrawContext,
  type PaintStyle,
} from './draw-context.ts';
import { LABEL_FONT_PX } from './flame-labels.ts';
import { changeStep, changeText, type DiffFlame } from './merge-diff.ts';
import { ALL_TRACES, type MergedFlame, type MergeMeasure } from './merge-model.ts';
import {
  MERGE_BOX_PX,
  MERGE_PITCH_PX,
  MERGE_TOP_PX,
  rowOf,
  type MergeRect,
  type MergeScene,
} from './merge-scene.ts';
import type { TextRuler } from './text-ruler.ts';

/** Everything that painting reads. */
export interface MergePicture {
  readonly flame: MergedFlame;
  readonly scene: MergeScene;
  readonly measure: MergeMeasure;
  /** The node that takes the whole width. */
  readonly zoom: number;
  /** Undefined: none. */
  readonly selected: number | undefined;
  readonly hovered: number | undefined;
  /** Whether the keyboard is on the graph. */
  readonly hasFocus: boolean;
  /** 1 for each node that a search found; null without a search. */
  readonly matches: Uint8Array | null;
  /** Slot byte by string number (`serviceSlots`). */
  readonly slots: Uint8Array;
  readonly scrollTopPx: number;
  /** In a comparison: change gives the colour, and not the service. */
  readonly diff?: DiffFlame | undefined;
}

const LABEL_MIN_PX = 36;
const PADDING_PX = 6;
const DIMMED = 0.35;

/** A node's number in words: ns of the mean trace, ns, or spans. */
export function mergeValueText(flame: MergedFlame, measure: MergeMeasure, node: number): string {
  const value = flame.value(measure, node);
  if (measure === 'count') return formatCount(value);
  return formatDuration(measure === 'mean' ? value / Math.max(1, flame.meta.traceCount) : value);
}

/** Paints the whole area. O(rectangles). */
export function paintMerge(
  context: DrawContext,
  area: Area,
  picture: MergePicture,
  style: PaintStyle,
  ruler: TextRuler,
): void {
  const { dpr } = area;
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  context.font = `500 ${LABEL_FONT_PX * dpr}px ${style.theme.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const zoomRow = rowOf(picture.flame, picture.zoom);
  for (const [row, rects] of picture.scene.entries()) {
    const top = Math.round((MERGE_TOP_PX + row * MERGE_PITCH_PX - picture.scrollTopPx) * dpr);
    if (top > area.heightDevicePx || top < -MERGE_PITCH_PX * dpr) continue;
    for (const rect of rects)
      paintBox(context, dpr, picture, style, ruler, rect, top, row < zoomRow);
  }
  context.globalAlpha = 1;
}

function paintBox(
  context: DrawContext,
  dpr: number,
  picture: MergePicture,
  style: PaintStyle,
  ruler: TextRuler,
  rect: MergeRect,
  top: number,
  isAbove: boolean,
): void {
  const { flame, measure, matches } = picture;
  const { node, x0 } = rect;
  const height = Math.round(MERGE_BOX_PX * dpr);
  // A pixel of the background between neighbours, where there is room for one.
  const width = Math.max(1, rect.x1 - x0 - (rect.x1 - x0 > 3 * dpr ? Math.round(dpr) : 0));
  const isDimmed = isAbove || (matches !== null && node !== ALL_TRACES && matches[node] === 0);
  context.globalAlpha = isDimmed ? DIMMED : 1;
  fillBox(context, dpr, picture, style, rect, top, width, height);
  context.globalAlpha = 1;
  outlineBox(context, dpr, picture, style, node, x0, top, width, height);
  if (width < LABEL_MIN_PX * dpr) return;
  const roomPx = width / dpr - 2 * PADDING_PX;
  const name = flame.name(node);
  const shown = ruler.fit(name, roomPx);
  if (shown === '') return;
  const middle = top + Math.round(height / 2);
  const x = x0 + PADDING_PX * dpr;
  context.fillStyle = inkOf(picture, style, node, isDimmed);
  context.fillText(shown, x, middle);
  if (shown !== name) return;
  const { diff } = picture;
  const value = diff === undefined ? mergeValueText(flame, measure, node) : changeText(diff, node);
  const atPx = ruler.width(name) + 6;
  if (atPx + ruler.width(value) > roomPx) return;
  context.fillText(value, x + atPx * dpr, middle);
}

function inkOf(
  { flame, diff }: MergePicture,
  style: PaintStyle,
  node: number,
  isDimmed: boolean,
): string {
  const { token } = style.theme;
  if (isDimmed) return token.t1;
  if (diff === undefined) return flame.hasColour(node) ? token['svc-ink'] : token.t1;
  if (diff.isOnlyInA(node)) return token.t1;
  const step = Math.abs(changeStep(diff, node));
  return token[step === 0 ? 'd-neutral-ink' : step === 4 ? 'd-ink-4' : 'd-ink'];
}

const SLOWER = ['d-neutral', 'd-slow1', 'd-slow2', 'd-slow3', 'd-slow4'] as const;
const FASTER = ['d-neutral', 'd-fast1', 'd-fast2', 'd-fast3', 'd-fast4'] as const;

/** The colour of a change; what ran only in A is an outline with a hatch. */
function changeFill(diff: DiffFlame, style: PaintStyle, node: number): string {
  const { token } = style.theme;
  if (diff.isOnlyInA(node)) return token.s2;
  const step = changeStep(diff, node);
  return token[(step < 0 ? FASTER : SLOWER)[Math.abs(step)]];
}

function fillBox(
  context: DrawContext,
  dpr: number,
  { flame, slots, diff }: MergePicture,
  style: PaintStyle,
  { node, x0 }: MergeRect,
  top: number,
  width: number,
  height: number,
): void {
  const { token } = style.theme;
  const slot = flame.hasColour(node) ? slots[flame.colourStr[node]] : 0;
  const plain = flame.hasColour(node) ? fillOfSlot(style, slot) : token.s2;
  context.fillStyle = diff === undefined ? plain : changeFill(diff, style, node);
  context.beginPath();
  context.roundRect(x0, top, width, height, Math.min(2 * dpr, width / 2));
  context.fill();
  const isOther = node !== ALL_TRACES && flame.columns.kind[node] === FLAME_KIND.other;
  const isHatched = diff === undefined ? (slot & HATCHED) !== 0 || isOther : diff.isOnlyInA(node);
  if (isHatched) {
    context.fillStyle = style.hatch;
    context.fill();
  }
}

/** Dashed where spans were not received, a ring on what is selected or under the pointer. */
function outlineBox(
  context: DrawContext,
  dpr: number,
  { flame, selected, hovered, hasFocus, diff }: MergePicture,
  style: PaintStyle,
  node: number,
  x0: number,
  top: number,
  width: number,
  height: number,
): void {
  const { token } = style.theme;
  const isMissing =
    node !== ALL_TRACES &&
    (flame.columns.kind[node] === FLAME_KIND.notReceived || diff?.isOnlyInA(node) === true);
  const isRinged = node === selected || node === hovered;
  if (!isRinged && !isMissing) return;
  const line = Math.max(1, Math.round((node === selected ? 2 : 1) * dpr));
  context.lineWidth = line;
  context.strokeStyle =
    node === selected ? (hasFocus ? token.focus : token.t1) : isRinged ? token.t1 : token.t3;
  if (!isRinged) context.setLineDash([3 * dpr, 2 * dpr]);
  context.strokeRect(x0 + line / 2, top + line / 2, Math.max(1, width - line), height - line);
  context.setLineDash([]);
}
