/**
 * A canvas that is right for the screen: its bitmap has one pixel for each device pixel, follows its
 * element's size and the window's pixel ratio, and hands painters an identity transform.
 */
import type { ThemeColours } from '../base/theme-colours.ts';
import type { Area, DrawContext, PaintStyle } from './draw-context.ts';
import { LABEL_FONT_PX } from './flame-labels.ts';
import { TextRuler } from './text-ruler.ts';

/** One canvas under observation. Close it with the element. */
export class Surface {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #observer: ResizeObserver;
  readonly #onResize: () => void;
  #area: Area = { widthPx: 0, heightPx: 0, dpr: 1, widthDevicePx: 0, heightDevicePx: 0 };

  /** `onResize` runs after every change of size, the first one included; paint from there. */
  constructor(canvas: HTMLCanvasElement, onResize: () => void) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('This browser gives no 2D canvas.');
    this.#canvas = canvas;
    this.#context = context;
    this.#onResize = onResize;
    this.#observer = new ResizeObserver((entries) => {
      const box = entries[entries.length - 1]?.contentRect;
      if (box !== undefined) this.#resize(box.width, box.height);
    });
    this.#observer.observe(canvas);
  }

  get area(): Area {
    return this.#area;
  }

  get context(): DrawContext {
    return this.#context;
  }

  /** True when there is something to paint on. */
  get isVisible(): boolean {
    return this.#area.widthDevicePx > 0 && this.#area.heightDevicePx > 0;
  }

  close(): void {
    this.#observer.disconnect();
  }

  #resize(widthPx: number, heightPx: number): void {
    const dpr = window.devicePixelRatio || 1;
    const widthDevicePx = Math.round(widthPx * dpr);
    const heightDevicePx = Math.round(heightPx * dpr);
    this.#area = { widthPx, heightPx, dpr, widthDevicePx, heightDevicePx };
    if (this.#canvas.width !== widthDevicePx) this.#canvas.width = widthDevicePx;
    if (this.#canvas.height !== heightDevicePx) this.#canvas.height = heightDevicePx;
    this.#onResize();
  }
}

/** A measuring function for `TextRuler`, in CSS px. */
export function fontMeasure(font: string): (text: string) => number {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) throw new Error('This browser gives no 2D canvas.');
  // Inside the page a font takes on what CSS says of its digits, as it does on the canvas that is drawn on.
  document.body.append(context.canvas);
  context.font = font;
  context.canvas.remove();
  return (text) => context.measureText(text).width;
}

/** The diagonal hatch of merged and repeated colours: lines of the canvas colour, 4 px apart. */
export function hatchPattern(theme: ThemeColours, dpr: number): CanvasPattern | string {
  const tile = document.createElement('canvas');
  const size = Math.max(4, Math.round(5 * dpr));
  tile.width = size;
  tile.height = size;
  const context = tile.getContext('2d');
  if (context === null) return 'transparent';
  context.strokeStyle = theme.token.s0;
  context.globalAlpha = 0.5;
  context.lineWidth = Math.max(1, dpr);
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift, size);
    context.lineTo(shift + size, 0);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? 'transparent';
}

const styles = new WeakMap<ThemeColours, Map<number, PaintStyle>>();

/** The paint style of a theme at a pixel ratio; made once, kept as long as the theme's colours. */
export function paintStyleOf(theme: ThemeColours, dpr: number): PaintStyle {
  let byRatio = styles.get(theme);
  if (byRatio === undefined) styles.set(theme, (byRatio = new Map<number, PaintStyle>()));
  let style = byRatio.get(dpr);
  if (style === undefined) byRatio.set(dpr, (style = { theme, hatch: hatchPattern(theme, dpr) }));
  return style;
}

const rulers = new Map<string, TextRuler>();

/** The ruler of the label font; made once a font family. */
export function labelRulerOf(theme: ThemeColours): TextRuler {
  let ruler = rulers.get(theme.font);
  if (ruler === undefined) {
    ruler = new TextRuler(fontMeasure(`500 ${LABEL_FONT_PX}px ${theme.font}`));
    rulers.set(theme.font, ruler);
  }
  return ruler;
}
