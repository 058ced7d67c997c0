/** The axes of a latency strip: round durations upward, local clock times to the right. */
import { formatClockMinute, formatClockSecond } from '../base/format.ts';
import { roundStep, tickLabel } from './axis-painter.ts';

/** A round duration. */
export interface DurationTick {
  readonly ns: number;
  readonly label: string;
}

/** A round clock time, in ms since the Unix epoch. */
export interface ClockTick {
  readonly ms: number;
  readonly label: string;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const CLOCK_STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 3, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS),
];
const CLOCK_GAP_PX = 120;
const DURATION_GAP_PX = 15;

/** Durations of 1, 10, 100 … units in [minNs, maxNs], as many as fit into a height. */
export function durationTicks(minNs: number, maxNs: number, heightPx: number): DurationTick[] {
  const decades = Math.log10(maxNs / minNs);
  if (!(decades > 0)) return [];
  const factors = heightPx / decades >= DURATION_GAP_PX * 4 && decades < 2 ? [1, 2, 5] : [1];
  const room = (heightPx / decades) * (factors.length === 1 ? 1 : Math.log10(2));
  const every = Math.max(1, Math.ceil(DURATION_GAP_PX / room));
  const ticks: DurationTick[] = [];
  for (let power = Math.floor(Math.log10(minNs)); power <= Math.log10(maxNs); power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const ns = factor * 10 ** power;
      if (ns >= minNs && ns <= maxNs) ticks.push({ ns, label: tickLabel(ns, ns) });
    }
  }
  return ticks;
}

/** Local clock times in [fromMs, toMs], as close as their labels allow. */
export function clockTicks(fromMs: number, toMs: number, widthPx: number): ClockTick[] {
  const lengthMs = toMs - fromMs;
  if (!(lengthMs > 0)) return [];
  const leastMs = (lengthMs * CLOCK_GAP_PX) / Math.max(1, widthPx);
  const day = 24 * HOUR_MS;
  const stepMs =
    leastMs < SECOND_MS
      ? Math.max(1, roundStep(leastMs))
      : (CLOCK_STEPS_MS.find((step) => step >= leastMs) ?? Math.ceil(leastMs / day) * day);
  const zoneMs = new Date(fromMs).getTimezoneOffset() * MINUTE_MS;
  const ticks: ClockTick[] = [];
  for (let i = Math.ceil((fromMs - zoneMs) / stepMs); i * stepMs + zoneMs <= toMs; i++) {
    const ms = i * stepMs + zoneMs;
    ticks.push({ ms, label: clockLabel(ms, stepMs) });
  }
  return ticks;
}

function clockLabel(ms: number, stepMs: number): string {
  if (stepMs >= MINUTE_MS) return formatClockMinute(ms);
  if (stepMs >= SECOND_MS) return formatClockSecond(ms);
  const fraction = String(new Date(ms).getMilliseconds()).padStart(3, '0');
  return `${formatClockSecond(ms)}.${fraction}`;
}
