/**
 * The axes of a density: columns of counts over time. Columns have fixed places, so that live data
 * fills the next one and nothing slides.
 *
 * ```
 *   100 ┤      ▂▄                         room for the columns to come
 *    50 ┤ ▃▅▃▆▇██▆                 ┆
 *       └─┬────────┬───────────────┆
 *       14:17    14:20          slots
 * ```
 */

/** Columns of `columnMs` from `fromMs` on; `counts` has `levelCount` counts a column. */
export interface DensityData {
  readonly fromMs: number;
  readonly columnMs: number;
  readonly columns: number;
  readonly counts: Uint32Array;
}

/** Levels of a column in the order of `LogsMeta.levels`. */
export const DENSITY_LEVELS = 7;

/** The share of the slots that columns are added in: the picture is scaled anew that seldom. */
const SLOT_STEPS = 12;

/** Places for columns along the axis: those that exist, and room for some to come. */
export function slotCount(columns: number, maxColumns: number): number {
  const step = Math.max(1, Math.round(maxColumns / SLOT_STEPS));
  return Math.max(1, Math.ceil(columns / step) * step);
}

/** The most records in one column. */
export function highestColumn({ counts, columns }: DensityData): number {
  let highest = 0;
  for (let column = 0; column < columns; column++) {
    highest = Math.max(highest, columnTotal(counts, column));
  }
  return highest;
}

/** Records of all levels in a column. */
export function columnTotal(counts: Uint32Array, column: number): number {
  let total = 0;
  for (let level = 0; level < DENSITY_LEVELS; level++) {
    total += counts[column * DENSITY_LEVELS + level] ?? 0;
  }
  return total;
}

/** Round counts for the lines of the value axis, above 0: one or two. */
export function countTicks(highest: number): readonly number[] {
  if (highest < 2) return highest < 1 ? [] : [1];
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [5, 2, 1].map((factor) => factor * power).find((value) => value <= highest) ?? power;
  return step % 2 === 0 || step >= 10 ? [step / 2, step] : [step];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS_MS: readonly number[] = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  3 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
];

/** Clock times for the labels of a stretch, at most `most` of them, on round local times. */
export function clockTicks(fromMs: number, toMs: number, most: number): readonly number[] {
  const least = (toMs - fromMs) / Math.max(1, most);
  const found = STEPS_MS.find((value) => value >= least);
  const stepMs = found ?? Math.ceil(least / (24 * HOUR)) * 24 * HOUR;
  // Steps of hours count from local midnight.
  const zoneMs = new Date(fromMs).getTimezoneOffset() * MINUTE;
  const ticks: number[] = [];
  const first = Math.ceil((fromMs - zoneMs) / stepMs) * stepMs + zoneMs;
  for (let at = first; at <= toMs; at += stepMs) ticks.push(at);
  return ticks;
}

/** The label of a clock tick, as exact as the distance of two ticks needs. */
export function clockLabel(unixMs: number, stepMs: number): string {
  const date = new Date(unixMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minute = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (stepMs >= 24 * HOUR)
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  if (stepMs >= MINUTE) return minute;
  const second = `${minute}:${two(date.getSeconds())}`;
  return stepMs >= SECOND ? second : `${second}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
