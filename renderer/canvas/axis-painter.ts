/** Time axes: where the ticks go, what they say, and how they are drawn. */
import { groupThousands } from '../base/format.ts';
import { TimeScale, type TimeWindow } from '../base/time-scale.ts';
import type { Area, DrawContext, PaintStyle } from './draw-context.ts';

export interface AxisTick {
  readonly ns: number;
  readonly label: string;
}

const UNITS: readonly (readonly [unit: string, ns: number])[] = [
  ['ns', 1],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
];
/** Width of a character of the axis font, at most; ticks keep this much room for their labels. */
const CHARACTER_PX = 6.4;
const LABEL_MARGIN_PX = 20;
/** Ticks are at least this far apart. */
const LEAST_STEP_PX = 64;

/** The smallest of 1, 2, 5 × 10^k ns that is at least `ns`, and never below 1 ns. */
export function roundStep(ns: number): number {
  if (ns <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(ns));
  for (const factor of [1, 2, 5]) if (factor * power >= ns * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/**
 * The label of a tick: `0`, else one unit chosen by the size of the time, with as many decimals as
 * the step needs to tell two ticks apart.
 */
export function tickLabel(ns: number, stepNs: number): string {
  if (ns === 0) return '0';
  const size = Math.max(Math.abs(ns), stepNs);
  let [unit, unitNs] = UNITS[0];
  for (const [name, length] of UNITS) if (size >= length) [unit, unitNs] = [name, length];
  const decimals = Math.max(0, Math.min(9, Math.ceil(Math.log10(unitNs / stepNs) - 1e-9)));
  const count = ns / unitNs;
  const text =
    decimals === 0 && count >= 10_000 ? groupThousands(Math.round(count)) : count.toFixed(decimals);
  return `${text}\u00a0${unit}`;
}

/** Round ticks inside of a window, as close as their labels allow. */
export function axisTicks(window: TimeWindow, widthPx: number): AxisTick[] {
  const lengthNs = window.endNs - window.startNs;
  let stepNs = roundStep((lengthNs * LEAST_STEP_PX) / Math.max(1, widthPx));
  const last = Math.floor(window.endNs / stepNs) * stepNs;
  const widest = tickLabel(last, stepNs).length * CHARACTER_PX + LABEL_MARGIN_PX;
  if ((stepNs / lengthNs) * widthPx < widest) {
    stepNs = roundStep((lengthNs * widest) / Math.max(1, widthPx));
  }
  const ticks: AxisTick[] = [];
  const first = Math.ceil(window.startNs / stepNs);
  for (let i = first; i * stepNs <= window.endNs; i++) {
    ticks.push({ ns: i * stepNs, label: tickLabel(i * stepNs, stepNs) });
  }
  return ticks;
}

/** Draws an axis over the whole area: a line at each tick and its label to the right of the line. */
export function paintAxis(
  context: DrawContext,
  area: Area,
  window: TimeWindow,
  style: PaintStyle,
): void {
  const { dpr } = area;
  const { token, font } = style.theme;
  const scale = new TimeScale(window, area.widthDevicePx);
  context.clearRect(0, 0, area.widthDevicePx, area.heightDevicePx);
  const ticks = axisTicks(window, area.widthPx);
  const line = Math.max(1, Math.round(dpr));
  context.fillStyle = token.b2;
  for (const tick of ticks) {
    context.fillRect(Math.round(scale.clampedPx(tick.ns)), 0, line, area.heightDevicePx);
  }
  context.fillStyle = token.t3;
  context.font = `400 ${10.5 * dpr}px ${font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const y = Math.round((area.heightDevicePx - line) / 2);
  for (const tick of ticks) {
    const x = Math.round(scale.clampedPx(tick.ns)) + 5 * dpr;
    const room = tick.label.length * CHARACTER_PX * dpr;
    if (x + room <= area.widthDevicePx) context.fillText(tick.label, x, y);
  }
}
