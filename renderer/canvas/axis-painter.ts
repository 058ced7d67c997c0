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
const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;
/** Units of times from a minute on, the longest first. */
const CLOCK_UNITS: readonly (readonly [unit: string, ns: number])[] = [
  ['d', DAY],
  ['h', 3600 * SECOND],
  ['m', MINUTE],
];
/** Steps above 20 s that are round in minutes and hours; powers of ten count days again. */
const CLOCK_STEPS: readonly number[] = [
  ...[30, 60, 120, 300, 600, 1200, 1800].map((seconds) => seconds * SECOND),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600 * SECOND),
];
const LONGEST_TEN_STEP = 20 * SECOND;
/** Width of a character of the axis font, at most; ticks keep this much room for their labels. */
const CHARACTER_PX = 6.4;
const LABEL_MARGIN_PX = 20;
/** Ticks are at least this far apart. */
const LEAST_STEP_PX = 64;

/**
 * The smallest round step that is at least `ns`, and never below 1 ns: 1, 2, 5 × 10^k ns up to 20 s, then
 * what divides a minute, an hour and a day, then 1, 2, 5 × 10^k days.
 */
export function roundStep(ns: number): number {
  if (ns <= 1) return 1;
  if (ns <= LONGEST_TEN_STEP * (1 + 1e-9)) return tenStep(ns);
  const step = CLOCK_STEPS.find((each) => each >= ns * (1 - 1e-9));
  return step ?? DAY * Math.max(1, tenStep(ns / DAY));
}

function tenStep(ns: number): number {
  const power = 10 ** Math.floor(Math.log10(ns));
  for (const factor of [1, 2, 5]) if (factor * power >= ns * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/**
 * The label of a tick: `0`, else one unit chosen by the size of the time, with as many decimals as
 * the step needs to tell two ticks apart. From a minute on `3 m 3 s`, as durations are written.
 */
export function tickLabel(ns: number, stepNs: number): string {
  if (ns === 0) return '0';
  if (Math.abs(ns) >= MINUTE) return clockLabel(ns, stepNs);
  const size = Math.max(Math.abs(ns), stepNs);
  let [unit, unitNs] = UNITS[0];
  for (const [name, length] of UNITS) if (size >= length) [unit, unitNs] = [name, length];
  const decimals = Math.max(0, Math.min(9, Math.ceil(Math.log10(unitNs / stepNs) - 1e-9)));
  const count = ns / unitNs;
  const text =
    decimals === 0 && count >= 10_000 ? groupThousands(Math.round(count)) : count.toFixed(decimals);
  return `${text}\u00a0${unit}`;
}

function clockLabel(ns: number, stepNs: number): string {
  const parts: string[] = [];
  let restNs = Math.abs(ns);
  for (const [unit, unitNs] of CLOCK_UNITS) {
    const count = Math.floor(restNs / unitNs);
    restNs -= count * unitNs;
    if (count > 0) parts.push(`${count}\u00a0${unit}`);
  }
  const decimals = Math.max(0, Math.min(9, Math.ceil(Math.log10(SECOND / stepNs) - 1e-9)));
  const seconds = (restNs / SECOND).toFixed(decimals);
  if (Number(seconds) > 0) parts.push(`${seconds}\u00a0s`);
  return (ns < 0 ? '\u2212' : '') + parts.join('\u00a0');
}

/** Round ticks inside of a window, as close as their labels allow. */
export function axisTicks(window: TimeWindow, widthPx: number): AxisTick[] {
  const lengthNs = window.endNs - window.startNs;
  let stepNs = roundStep((lengthNs * LEAST_STEP_PX) / Math.max(1, widthPx));
  for (;;) {
    const ticks = ticksOf(window, stepNs);
    const longest = ticks.reduce((most, { label }) => Math.max(most, label.length), 1);
    const room = longest * CHARACTER_PX + LABEL_MARGIN_PX;
    if (ticks.length < 2 || (stepNs / lengthNs) * widthPx >= room) return ticks;
    stepNs = roundStep(stepNs * 1.01);
  }
}

function ticksOf(window: TimeWindow, stepNs: number): AxisTick[] {
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
