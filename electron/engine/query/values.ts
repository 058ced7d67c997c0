/** How the values of a query read: numbers with units, moments, hex ids. */
import type { NumberReading, UnitKind } from './ast.ts';

/** A unit of a value: `ns` per unit of a duration, bytes per unit of a size. */
export interface Unit {
  readonly name: string;
  readonly kind: UnitKind;
  readonly factor: number;
}

/** Every unit, smallest first. Sizes are read whatever their case, durations only as written. */
export const UNITS: readonly Unit[] = [
  { name: 'ns', kind: 'duration', factor: 1 },
  { name: 'us', kind: 'duration', factor: 1e3 },
  { name: 'µs', kind: 'duration', factor: 1e3 },
  { name: 'ms', kind: 'duration', factor: 1e6 },
  { name: 's', kind: 'duration', factor: 1e9 },
  { name: 'm', kind: 'duration', factor: 6e10 },
  { name: 'h', kind: 'duration', factor: 3.6e12 },
  { name: 'B', kind: 'bytes', factor: 1 },
  { name: 'KB', kind: 'bytes', factor: 1e3 },
  { name: 'MB', kind: 'bytes', factor: 1e6 },
  { name: 'GB', kind: 'bytes', factor: 1e9 },
  { name: 'KiB', kind: 'bytes', factor: 1024 },
  { name: 'MiB', kind: 'bytes', factor: 1024 ** 2 },
  { name: 'GiB', kind: 'bytes', factor: 1024 ** 3 },
];

/** Units as people write them elsewhere, and what they are here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  nsec: 'ns',
  usec: 'us',
  msec: 'ms',
  millis: 'ms',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hr: 'h',
  hour: 'h',
  hours: 'h',
  k: 'KB',
  ki: 'KiB',
  mi: 'MiB',
  g: 'GB',
  gi: 'GiB',
  byte: 'B',
  bytes: 'B',
};

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?([a-zA-Zµμ]*)$/;
const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 64n - 1n;
/** An integer of more digits has more than 64 bits. */
const MAX_DIGITS = 20;

/** What a text says as a number: a reading, a number with an unknown unit, or no number. */
export type NumberText =
  | { readonly type: 'number'; readonly reading: NumberReading }
  | { readonly type: 'unknownUnit'; readonly unit: string }
  | { readonly type: 'none' };

/** Reads a whole text as a number with an optional unit. `.5`, `5.`, `1e3` and `-2` are numbers. */
export function readNumber(text: string): NumberText {
  const match = NUMBER.exec(text);
  if (match === null) return { type: 'none' };
  const [, sign = '', whole = '', fraction = '', exponent = '0', unitName = ''] = match;
  if (whole === '' && fraction === '') return { type: 'none' };
  const unit = unitName === '' ? null : findUnit(unitName);
  if (unit === undefined) return { type: 'unknownUnit', unit: unitName };
  const digits = (whole + fraction).replace(/^0+/, '');
  const scale = Number(exponent) - fraction.length;
  const reading = scaled(sign, digits, scale, unit);
  return { type: 'number', reading };
}

/** The unit of this name; undefined when there is none. */
export function findUnit(name: string): Unit | undefined {
  const written = name === 'μs' ? 'µs' : name;
  const exact = UNITS.find((unit) => unit.name === written);
  if (exact !== undefined) return exact;
  const lower = written.toLowerCase();
  return UNITS.find((unit) => unit.kind === 'bytes' && unit.name.toLowerCase() === lower);
}

/** The unit that was probably meant by a name that is none, or null. */
export function guessUnit(name: string): string | null {
  const lower = name.toLowerCase();
  const known = Object.hasOwn(OTHER_NAMES, lower) ? OTHER_NAMES[lower] : undefined;
  return known ?? UNITS.find((unit) => unit.name.toLowerCase() === lower)?.name ?? null;
}

/** `digits` × 10^`scale` × the unit's factor; both forms are as exact as they can be. */
function scaled(sign: string, digits: string, scale: number, unit: Unit | null): NumberReading {
  const kind = unit?.kind ?? null;
  const trimmed = digits.replace(/0+$/, '');
  if (trimmed === '') return { int: 0n, double: sign === '-' ? -0 : 0, unit: kind };
  const power = scale + digits.length - trimmed.length;
  const minus = sign === '-' ? '-' : '';
  if (trimmed.length > 60) {
    // Scaling by at most 3.6e12 cannot make an integer of 64 bits of so many significant digits.
    const double = Number(`${minus}${trimmed}e${power}`) * (unit?.factor ?? 1);
    return { int: null, double, unit: kind };
  }
  const mantissa = BigInt(trimmed) * BigInt(unit?.factor ?? 1);
  const double = Number(`${minus}${mantissa}e${power}`);
  return { int: exactInt(sign, mantissa, power), double, unit: kind };
}

function exactInt(sign: string, mantissa: bigint, power: number): bigint | null {
  let value = mantissa;
  if (power > MAX_DIGITS) return null;
  if (power >= 0) value *= 10n ** BigInt(power);
  else if (power < -80) return null;
  else {
    const divisor = 10n ** BigInt(-power);
    if (value % divisor !== 0n) return null;
    value /= divisor;
  }
  if (sign === '-') value = -value;
  return value >= MIN_INT && value <= MAX_INT ? value : null;
}

const MOMENT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}:?\d{2})?)?$/;
const DIGITS = /^\d{1,20}$/;

export type MomentText =
  | { readonly type: 'moment'; readonly unixNano: bigint }
  | { readonly type: 'noZone' }
  | { readonly type: 'none' };

/**
 * Reads a moment: an ISO 8601 date (midnight UTC), date and time with `Z` or an offset, or Unix ns in
 * digits.
 */
export function readMoment(text: string): MomentText {
  if (DIGITS.test(text)) {
    const unixNano = BigInt(text);
    return unixNano <= MAX_INT ? { type: 'moment', unixNano } : { type: 'none' };
  }
  const match = MOMENT.exec(text);
  if (match === null) return { type: 'none' };
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = match;
  const parts = [Number(year), Number(month) - 1, Number(day)] as const;
  const midnight = Date.UTC(...parts);
  const made = new Date(midnight);
  if (made.getUTCMonth() !== parts[1] || made.getUTCDate() !== parts[2]) return { type: 'none' };
  if (hour === undefined) return moment(midnight, 0, '');
  if (zone === undefined) return { type: 'noZone' };
  const offset = zoneMinutes(zone);
  const clock = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || offset === null) {
    return { type: 'none' };
  }
  return moment(midnight, clock - offset * 60, fraction);
}

function moment(midnightMs: number, seconds: number, fraction: string): MomentText {
  const wholeMs = BigInt(midnightMs) + BigInt(seconds) * 1000n;
  const unixNano = wholeMs * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
  return { type: 'moment', unixNano };
}

/** Minutes east of UTC; null when the offset is none. */
function zoneMinutes(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
