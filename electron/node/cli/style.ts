/** Colours and units of what commands print. */
import type { CliContext } from './context.ts';

export type Colour = 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** SGR parameters (ECMA-48, 8.3.117): on and off. */
const SGR: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Paints text that is safe for a terminal already, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** Colours on a terminal, unless --no-color or NO_COLOR (no-color.org) says otherwise. */
export function painter({ terminal, env }: CliContext, color: boolean | undefined): Paint {
  const isTerminal = (terminal?.columns ?? null) !== null && env['TERM'] !== 'dumb';
  const isOff = color === false || (env['NO_COLOR'] ?? '') !== '';
  if (!isTerminal || isOff) return (_, text) => text;
  return (colour, text) => {
    const [on, off] = SGR[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

/** The colour of a level, by its word. */
export function paintLevel(paint: Paint, text: string): string {
  const level = text.trim();
  if (level === 'error' || level === 'fatal') return paint('red', text);
  if (level === 'warn') return paint('yellow', text);
  return paint('dim', text);
}

const UNITS: readonly (readonly [string, number])[] = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
];

/** A duration of three significant digits: 412 ns, 8.63 µs, 24.5 ms, 1.28 s, 3 m 3 s. */
export function durationText(ns: number): string {
  if (ns >= 59.95e9) {
    const seconds = Math.round(ns / 1e9);
    return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  }
  for (const [unit, scale] of UNITS) {
    // What would round up to 1000 of a unit is 1.00 of the next.
    if (ns >= scale * 0.9995) return `${threeDigits(ns / scale)} ${unit}`;
  }
  return `${Math.round(ns)} ns`;
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

/** The local time of day in ms of a time in ns since the Unix epoch; with the date when not today. */
export function clockText(unixNano: string, now = new Date()): string {
  const date = new Date(Number(BigInt(unixNano) / 1_000_000n));
  if (Number.isNaN(date.getTime())) return unixNano;
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
  if (date.toDateString() === now.toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
