/**
 * The heat of a latency strip as one image. Thousands of small rectangles would cost a frame each time
 * the strip advances; pixels written in one pass cost a fraction of a millisecond.
 */
import type { ColourName, ThemeColours } from '../base/theme-colours.ts';
import type { Area } from './draw-context.ts';
import type { StripGrid } from './strip-grid.ts';
import { xOfColumn, yOfRow, type StripPlot } from './strip-hit.ts';

const HEAT: readonly ColourName[] = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];
/** Columns at least this wide, in device px, keep one free between them. */
const LEAST_GAPPED = 3;

/** The step of a cell on the heat scale, 0 to 5: (count / max)^0.7 keeps one hot cell from erasing the rest. */
export function heatStep(count: number, maxCount: number): number {
  const share = (count / Math.max(1, maxCount)) ** 0.7;
  return Math.max(0, Math.min(HEAT.length - 1, Math.ceil(share * HEAT.length) - 1));
}

/** The steps of the heat scale as pixels: bytes R, G, B, A in the order of memory. */
export function heatPalette(theme: ThemeColours): Uint32Array {
  const bytes = new Uint8ClampedArray(HEAT.length * 4);
  HEAT.forEach((name, step) => {
    const hex = /^#([0-9a-f]{6})$/i.exec(theme.token[name].trim())?.[1] ?? '808080';
    for (let i = 0; i < 3; i++) bytes[step * 4 + i] = parseInt(hex.slice(i * 2, i * 2 + 2), 16);
    bytes[step * 4 + 3] = 255;
  });
  return new Uint32Array(bytes.buffer);
}

/** Writes the cells into `pixels`, rows of `width` device px from the plot's corner on; the rest is 0. */
export function writeHeat(
  pixels: Uint32Array,
  width: number,
  grid: StripGrid,
  plot: StripPlot,
  dpr: number,
  palette: Uint32Array,
): void {
  pixels.fill(0);
  const { cellColumn, cellRow, cellCount } = grid.columns;
  const left = Math.round(plot.left * dpr);
  const top = Math.round(plot.top * dpr);
  const height = pixels.length / width;
  const gap = (plot.width / grid.width) * dpr >= LEAST_GAPPED ? 1 : 0;
  for (let cell = 0; cell < cellCount.length; cell++) {
    const colour = palette[heatStep(cellCount[cell], grid.maxCount)];
    const x0 = Math.round(xOfColumn(grid, plot, cellColumn[cell]) * dpr) - left;
    const x1 = Math.round(xOfColumn(grid, plot, cellColumn[cell] + 1) * dpr) - left;
    const y0 = Math.round(yOfRow(grid, plot, cellRow[cell] + 1) * dpr) - top;
    const y1 = Math.round(yOfRow(grid, plot, cellRow[cell]) * dpr) - top;
    const right = Math.min(width, Math.max(x0 + 1, x1 - gap));
    const bottom = Math.min(height, Math.max(y0 + 1, y1 - gap));
    for (let y = Math.max(0, y0); y < bottom; y++) {
      pixels.fill(colour, y * width + Math.max(0, x0), y * width + right);
    }
  }
}

/** The image of one strip, drawn anew when its cells, its size or the theme change. */
export class StripHeat {
  #canvas: OffscreenCanvas | undefined;
  #key: readonly unknown[] = [];

  /** The image of the plot in device px; undefined when there is nothing in it. */
  image(
    grid: StripGrid,
    plot: StripPlot,
    { dpr }: Area,
    theme: ThemeColours,
  ): OffscreenCanvas | undefined {
    const width = Math.round(plot.width * dpr);
    const height = Math.round(plot.height * dpr);
    if (grid.isEmpty || width < 1 || height < 1) return undefined;
    const key = [grid, theme, width, height];
    if (this.#canvas !== undefined && key.every((part, i) => part === this.#key[i])) {
      return this.#canvas;
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    if (context === null) return undefined;
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    writeHeat(pixels, width, grid, plot, dpr, heatPalette(theme));
    context.putImageData(image, 0, 0);
    this.#canvas = canvas;
    this.#key = key;
    return canvas;
  }
}
