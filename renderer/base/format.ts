/**
 * How numbers look: one format for each kind, the same on every screen, so that they can be compared
 * by eye. Units are tied to their numbers by a no-break space.
 */

const NBSP = '\u00a0';
const MINUS = '\u2212';

/** What stands where there is no value. */
export const MISSING = '\u2013';

const DURATION_UNITS: readonly (readonly [unit: string, ns: number])[] = [
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
];

/** Three significant digits of a value below 1000. */
function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  if (value < 99.95) return value.toFixed(1);
  return value.toFixed(0);
}

/**
 * A duration of `ns` nanoseconds: `412 ns`, `8.63 µs`, `982 ms`, `47.0 s`, `3 m 3 s`, `2 h 5 m`,
 * `3 d 4 h`. A value that would round up to 1000 of a unit is shown as 1.00 of the next.
 */
export function formatDuration(ns: number): string {
  if (!Number.isFinite(ns)) return MISSING;
  if (ns < 0) return MINUS + formatDuration(-ns);
  if (ns < 999.5) return `${Math.round(ns)}${NBSP}ns`;
  for (const [unit, size] of DURATION_UNITS) {
    const value = ns / size;
    if (unit === 's' ? value < 59.95 : value < 999.5) return threeDigits(value) + NBSP + unit;
  }
  return longDuration(Math.round(ns / 1e9));
}

function longDuration(seconds: number): string {
  if (seconds < 3600) return twoUnits(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
  const hours = Math.round(minutes / 60);
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(high: number, highUnit: string, low: number, lowUnit: string): string {
  const first = high + NBSP + highUnit;
  return low === 0 ? first : first + NBSP + low + NBSP + lowUnit;
}

/** A difference of `ns`: `+64.0 ms`, `−8.00 ms`, and `0 ms` for none. */
export function formatDifference(ns: number): string {
  if (!Number.isFinite(ns)) return MISSING;
  if (ns === 0) return `0${NBSP}ms`;
  return (ns < 0 ? MINUS : '+') + formatDuration(Math.abs(ns));
}

/** The place of something in a trace, `ns` after its start: `+634 ms`. */
export function formatOffset(ns: number): string {
  if (!Number.isFinite(ns)) return MISSING;
  if (ns === 0) return `+0${NBSP}ms`;
  return formatDifference(ns);
}

/** A fraction as a percent with `decimals` places: `51%`, `8.1%`, `0%` when none. */
export function formatPercent(fraction: number, decimals = 0): string {
  if (!Number.isFinite(fraction)) return MISSING;
  if (fraction === 0) return '0%';
  return `${(fraction * 100).toFixed(decimals)}%`.replace('-', MINUS);
}

/** A count: `1,204`, `12.4k`, `3.1M`, `2.0G`, and `1.0e18` where a word for it would say nothing. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return MISSING;
  if (count < 0) return MINUS + formatCount(-count);
  const whole = Math.round(count);
  if (whole < 10_000) return whole < 1000 ? String(whole) : groupThousands(whole);
  if (whole < 999_500) return (whole / 1e3).toFixed(whole < 99_950 ? 1 : 0) + 'k';
  if (whole < 999_500_000) return (whole / 1e6).toFixed(whole < 99_950_000 ? 1 : 0) + 'M';
  if (whole < 999_950_000_000) return (whole / 1e9).toFixed(1) + 'G';
  return whole.toExponential(1).replace('+', '');
}

/** Every digit of a whole number, with separators: `8,431,022`. */
export function groupThousands(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count of things per second, without the unit: two digits below 10, whole above. */
export function formatRateNumber(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return MISSING;
  if (perSecond === 0) return '0';
  if (perSecond < 0.05) return '<0.1';
  return perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(perSecond);
}

/** A rate: `4.9/s`, `38/s`. */
export function formatRate(perSecond: number): string {
  return `${formatRateNumber(perSecond)}/s`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function byteScale(bytes: number): number {
  let scale = 0;
  // 999.5 rounds up to 1000, which is 1.0 of the next unit.
  while (bytes / 1000 ** scale >= 999.5 && scale < BYTE_UNITS.length - 1) scale++;
  return scale;
}

function bytesIn(bytes: number, scale: number): string {
  const value = bytes / 1000 ** scale;
  return scale === 0 || value >= 99.95 || value === 0 ? String(Math.round(value)) : trimmed(value);
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

/** A number of bytes in decimal units: `412 B`, `1.4 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return MISSING;
  const scale = byteScale(bytes);
  return `${bytesIn(bytes, scale)}${NBSP}${BYTE_UNITS[scale] ?? 'B'}`;
}

/** A part of a number of bytes: `196 of 512 MB`, `42 MB of 1.07 GB`; the unit is said once when it is one. */
export function formatBytesOf(part: number, whole: number): string {
  if (!Number.isFinite(part) || !Number.isFinite(whole)) return MISSING;
  const [share, shareUnit] = threeDigitBytes(part);
  const [total, totalUnit] = threeDigitBytes(whole);
  const isSame = part === 0 || shareUnit === totalUnit;
  return `${share}${isSame ? '' : NBSP + shareUnit} of ${total}${NBSP}${totalUnit}`;
}

/** At most three digits; below 10 two decimals, because a limit of 1.07 GB is not 1.1 GB. */
function threeDigitBytes(bytes: number): [digits: string, unit: string] {
  const scale = byteScale(bytes);
  const value = bytes / 1000 ** scale;
  const digits = Number(value.toFixed(value < 9.995 ? 2 : 0));
  return [String(digits), BYTE_UNITS[scale] ?? 'B'];
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local clock to the minute: `14:02`. */
export function formatClockMinute(unixMs: number): string {
  const date = new Date(unixMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Local clock to the second: `14:02:11`. */
export function formatClockSecond(unixMs: number): string {
  return `${formatClockMinute(unixMs)}:${two(new Date(unixMs).getSeconds())}`;
}

/** Local clock with ms; the date leads only when it is not the day of `nowMs`. */
export function formatClock(unixMs: number, nowMs = Date.now()): string {
  if (!Number.isFinite(unixMs) || unixMs <= 0) return MISSING;
  const date = new Date(unixMs);
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  const clock = `${formatClockSecond(unixMs)}.${ms}`;
  return isSameDay(date, new Date(nowMs)) ? clock : `${formatDay(date)} ${clock}`;
}

function isSameDay(a: Date, b: Date): boolean {
  return (
    a.getDate() === b.getDate() &&
    a.getMonth() === b.getMonth() &&
    a.getFullYear() === b.getFullYear()
  );
}

function formatDay(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Local date and clock of a time in ns since the Unix epoch, to the last digit received. */
export function formatExactTime(unixNano: bigint): string {
  if (unixNano === 0n) return MISSING;
  const date = new Date(Number(unixNano / 1_000_000n));
  const fraction = String(unixNano % 1_000_000_000n).padStart(9, '0');
  return `${formatDay(date)} ${formatClockSecond(date.getTime())}.${fraction}`;
}

/** A waiting time as minutes and seconds: `0:42`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** The first `length` hex characters of an id. */
export function shortId(id: string, length = 6): string {
  return id.slice(0, length);
}

/** `1 span`, `2 spans`: a count with its noun. */
export function formatItems(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** How far back something reaches: `42 s`, `29 min`, `1 h 34 min`. */
export function formatReach(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}${NBSP}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes}${NBSP}min`;
  const rest = minutes % 60;
  const hours = `${Math.floor(minutes / 60)}${NBSP}h`;
  return rest === 0 ? hours : `${hours}${NBSP}${rest}${NBSP}min`;
}
