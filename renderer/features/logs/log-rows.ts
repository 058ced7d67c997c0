/** Log rows as the list shows them: reading columns, levels, and how many lines a text takes. */
import type { LogsColumns } from '../../../proto/live/topics.ts';
import { severityLevel, type SeverityLevel } from '../../../proto/otlp/signal.ts';
import { unixMs } from '../../../proto/units.ts';

/** One window of records, as the latest frame brought it. */
export interface LogWindow {
  /** The position of the first row. */
  readonly first: number;
  readonly strings: readonly string[];
  readonly columns: LogsColumns;
}

/** One record of a window. */
export interface LogView {
  /** The key for `log.get`. */
  readonly key: number;
  readonly timeMs: number;
  readonly level: SeverityLevel;
  /** What is printed for the level: the level's word, or the sender's own when it has no number. */
  readonly levelText: string;
  readonly service: string;
  readonly body: string;
  readonly attributes: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly isCut: boolean;
}

// Colour codes that programs write for terminals: ESC [ … m.
const ANSI = /\u001b\[[0-9;]*[A-Za-z]/g;

/** The text without terminal colour codes. */
export function withoutAnsi(text: string): string {
  return text.includes('\u001b') ? text.replace(ANSI, '') : text;
}

/** The record at a position; undefined when the window does not hold it. */
export function readLog(window: LogWindow, position: number): LogView | undefined {
  const index = position - window.first;
  const { columns, strings } = window;
  const key = columns.row[index];
  if (key === undefined) return undefined;
  const text = (column: Int32Array): string => strings[column[index] ?? -1] ?? '';
  const level = severityLevel(columns.severity[index] ?? 0);
  const severityText = text(columns.severityTextStr);
  const body = text(columns.bodyStr);
  return {
    key,
    timeMs: unixMs(columns.timeHi[index] ?? 0, columns.timeLo[index] ?? 0),
    level,
    levelText: level === 'unset' ? severityText.toUpperCase() : level.toUpperCase(),
    service: text(columns.serviceStr),
    body: withoutAnsi(body === '' ? text(columns.eventNameStr) : body),
    attributes: withoutAnsi(text(columns.attributesStr)),
    traceId: text(columns.traceIdStr),
    spanId: text(columns.spanIdStr),
    isCut: columns.cut[index] === 1,
  };
}

/** Lines shown of one record when wrapped; the rest is in the opened record. */
export const MAX_WRAPPED_LINES = 40;

/**
 * The lines that a text takes when it is broken at any character of a monospaced font with
 * `columnCount` characters a line. At least 1.
 */
export function wrappedLines(text: string, columnCount: number): number {
  let lines = 0;
  for (const line of text.split('\n')) {
    lines += Math.max(1, Math.ceil(line.length / Math.max(1, columnCount)));
    if (lines >= MAX_WRAPPED_LINES) return MAX_WRAPPED_LINES;
  }
  return lines;
}

/** The first line of a text that has several, with a sign that there is more. */
export function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end === -1 ? text : `${text.slice(0, end)} ⏎`;
}

/** What the choice of the least level means as a severity number. */
export const LEAST_SEVERITY = { trace: 0, debug: 5, info: 9, warn: 13, error: 17 } as const;

/** A choice of the least level. */
export type LeastLevel = keyof typeof LEAST_SEVERITY;

/** The level that a URL names; everything when it names none. */
export function leastLevelOf(text: string): LeastLevel {
  return Object.hasOwn(LEAST_SEVERITY, text) ? (text as LeastLevel) : 'trace';
}

/** The order of `LogsMeta.levels`. */
export const LEVEL_COUNTS: readonly SeverityLevel[] = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'unset',
];
