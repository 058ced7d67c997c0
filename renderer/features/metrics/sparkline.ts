/** Paints a sparkline: a line over a wash, gaps where there is no value. */
import type { Area, DrawContext } from '../../canvas/draw-context.ts';

/** Points in time order; a NaN value is a gap. */
export interface SparkPoints {
  readonly timeMs: Float64Array;
  readonly value: Float32Array;
}

/** Where the values lie: the range on the vertical axis. */
export interface SparkScale {
  readonly low: number;
  readonly high: number;
}

/**
 * The vertical range of a sparkline. It starts at zero unless the values vary by less than a tenth of
 * their size, and never has no height. `known` keeps a scale from shrinking while live.
 */
export function sparkScale(value: Float32Array, known?: SparkScale): SparkScale {
  let min = Infinity;
  let max = -Infinity;
  for (const v of value) {
    if (Number.isNaN(v)) continue;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  if (min > max) return known ?? { low: 0, high: 1 };
  const isFlat = max - min < Math.abs(max) * 0.1 && min > 0;
  let low = isFlat ? min - (max - min || Math.abs(max) * 0.05) : Math.min(0, min);
  let high = Math.max(max, low + Number.EPSILON);
  if (high <= 0 && low >= 0) high = 1;
  if (known !== undefined && !isFlat) {
    low = Math.min(low, known.low);
    high = Math.max(high, known.high);
  }
  return { low, high };
}

/** A named moment; only its line is drawn. */
export interface SparkMark {
  readonly unixMs: number;
  /** A person set it. */
  readonly isManual: boolean;
}

/** Colours of a sparkline. */
export interface SparkLook {
  readonly line: string;
  readonly grid: string;
  /** The lines of marks that a person set, and of the others. */
  readonly mark: string;
  readonly autoMark: string;
}

/** Paints all of `area`; units are device px (the context's transform is the identity). */
export function paintSparkline(
  ctx: DrawContext,
  area: Area,
  points: SparkPoints,
  scale: SparkScale,
  look: SparkLook,
  marks: readonly SparkMark[] = [],
): void {
  const { timeMs, value } = points;
  const { dpr, widthDevicePx: width, heightDevicePx: height } = area;
  ctx.clearRect(0, 0, width, height);
  ctx.fillStyle = look.grid;
  ctx.fillRect(0, height - dpr, width, dpr);
  const first = timeMs[0] ?? 0;
  const span = Math.max(1, (timeMs[timeMs.length - 1] ?? 0) - first);
  const range = scale.high - scale.low || 1;
  const inset = 3 * dpr;
  const place: Place = {
    x: (i) =>
      timeMs.length === 1
        ? width / 2
        : inset + (((timeMs[i] ?? 0) - first) / span) * (width - 2 * inset),
    y: (i) => height - inset - (((value[i] ?? 0) - scale.low) / range) * (height - 2 * inset),
  };
  if (timeMs.length > 1) {
    const xOf = (unixMs: number): number => inset + ((unixMs - first) / span) * (width - 2 * inset);
    paintMarks(ctx, area, marks, xOf, look);
  }
  ctx.fillStyle = look.line;
  ctx.strokeStyle = look.line;
  ctx.lineWidth = 1.5 * dpr;
  let start = 0;
  while (start < value.length) {
    while (start < value.length && Number.isNaN(value[start])) start++;
    let end = start;
    while (end < value.length && !Number.isNaN(value[end])) end++;
    if (end === start + 1) paintDot(ctx, place.x(start), place.y(start), 2 * dpr);
    else if (end > start) paintRun(ctx, start, end, place, height - dpr);
    start = end;
  }
}

/** Dashed lines over the whole height; those of a person on top. */
function paintMarks(
  ctx: DrawContext,
  { dpr, widthDevicePx, heightDevicePx }: Area,
  marks: readonly SparkMark[],
  xOf: (unixMs: number) => number,
  look: SparkLook,
): void {
  const dash = 3 * dpr;
  for (const isManual of [false, true]) {
    ctx.fillStyle = isManual ? look.mark : look.autoMark;
    for (const mark of marks) {
      if (mark.isManual !== isManual) continue;
      const x = Math.round(xOf(mark.unixMs));
      if (!(x >= 0 && x < widthDevicePx)) continue;
      for (let y = 0; y < heightDevicePx; y += 2 * dash) ctx.fillRect(x, y, dpr, dash);
    }
  }
}

/** The place of a point, in device px. */
interface Place {
  x(index: number): number;
  y(index: number): number;
}

/** A value between two gaps, or the only one so far. */
function paintDot(ctx: DrawContext, x: number, y: number, radius: number): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, Math.PI * 2);
  ctx.fill();
}

function paintRun(
  ctx: DrawContext,
  start: number,
  end: number,
  { x, y }: Place,
  ground: number,
): void {
  const trace = (): void => {
    ctx.beginPath();
    ctx.moveTo(x(start), y(start));
    for (let i = start + 1; i < end; i++) ctx.lineTo(x(i), y(i));
  };
  trace();
  ctx.lineTo(x(end - 1), ground);
  ctx.lineTo(x(start), ground);
  ctx.globalAlpha = 0.14;
  ctx.fill();
  ctx.globalAlpha = 1;
  trace();
  ctx.stroke();
}
