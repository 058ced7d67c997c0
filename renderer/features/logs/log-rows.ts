/** Log rows as the list shows them: reading columns, levels, and how many lines a text takes. */
import type { LogsColumns } from '../../../proto/live/topics.ts';
import { severityLevel, type SeverityLevel } from '../../../proto/otlp/signal.ts';
import { unixMs } from '../../../proto/units.ts';
import { ansiRuns, withoutAnsi, type AnsiRun } from './ansi.ts';

/** One window of records, as the latest frame brought it. */
export interface LogWindow {
  /** The position of the first row. */
  readonly first: number;
  readonly strings: readonly string[];
  readonly columns: LogsColumns;
  /** Rows that were read already, by their place in the window. */
  readonly views: (LogView | undefined)[];
}

/** One record of a window, or a run of repeats, which shows its first. */
export interface LogView {
  /** The key for `log.get`. */
  readonly key: number;
  readonly timeMs: number;
  readonly level: SeverityLevel;
  /** What is printed for the level: the level's word, or the sender's own when it has no number. */
  readonly levelText: string;
  readonly service: string;
  /** The instrumentation scope, which loggers name after themselves. */
  readonly scope: string;
  readonly eventName: string;
  /** The body without terminal sequences. */
  readonly body: string;
  readonly bodyRuns: readonly AnsiRun[];
  readonly attributes: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Records that the row stands for. */
  readonly repeats: number;
}

/**
 * A window that keeps the rows of the one before where they are the same: what a key stands for never
 * changes, and a row that is the same object is not drawn again.
 */
export function nextWindow(
  before: LogWindow | undefined,
  first: number,
  strings: readonly string[],
  columns: LogsColumns,
): LogWindow {
  const views: (LogView | undefined)[] = [];
  if (before !== undefined) {
    for (let index = 0; index < columns.row.length; index++) {
      const view = before.views[first + index - before.first];
      const isSame = view?.key === columns.row[index] && view?.repeats === columns.repeats[index];
      if (isSame) views[index] = view;
    }
  }
  return { first, strings, columns, views };
}

/** The record at a position; undefined when the window does not hold it. */
export function readLog(window: LogWindow, position: number): LogView | undefined {
  const index = position - window.first;
  const { columns, strings, views } = window;
  const key = columns.row[index];
  if (key === undefined) return undefined;
  const known = views[index];
  if (known !== undefined) return known;
  const text = (column: Int32Array): string => strings[column[index] ?? -1] ?? '';
  const level = severityLevel(columns.severity[index] ?? 0);
  const severityText = withoutAnsi(text(columns.severityTextStr));
  const bodyRuns = ansiRuns(text(columns.bodyStr));
  const view: LogView = {
    key,
    timeMs: wholeMs(columns.timeHi[index] ?? 0, columns.timeLo[index] ?? 0),
    level,
    levelText: level === 'unset' ? severityText.toUpperCase() : level.toUpperCase(),
    service: text(columns.serviceStr),
    scope: text(columns.scopeStr),
    eventName: withoutAnsi(text(columns.eventNameStr)),
    body: bodyRuns.map((run) => run.text).join(''),
    bodyRuns,
    attributes: withoutAnsi(text(columns.attributesStr)).replaceAll('\n', '⏎'),
    traceId: text(columns.traceIdStr),
    spanId: text(columns.spanIdStr),
    repeats: columns.repeats[index] ?? 1,
  };
  views[index] = view;
  return view;
}

/** The time as the clock prints it: a ms that an f64 of ns falls short of is not lost. */
function wholeMs(hi: number, lo: number): number {
  return Math.floor(unixMs(hi, lo) + 0.0003);
}

/** Everything that a row prints behind the service, in the order and length it is printed. */
export function rowText({ eventName, body, attributes, repeats }: LogView): string {
  const count = repeats > 1 ? `×${repeats} ` : '';
  return [count + eventName, body, attributes].filter((part) => part !== '').join(' ');
}

/** The runs of a body up to its first line feed, with a sign that there is more. */
export function firstLine(runs: readonly AnsiRun[]): readonly AnsiRun[] {
  const shown: AnsiRun[] = [];
  for (const run of runs) {
    const end = run.text.indexOf('\n');
    if (end === -1) {
      shown.push(run);
      continue;
    }
    shown.push({ ...run, text: run.text.slice(0, end) });
    shown.push({ text: ' ⏎', tone: 'trace', isBold: false });
    break;
  }
  return shown;
}

/**
 * Cuts `key=value key=value` into runs: a key with its sign, a value. Text in a value that looks like a
 * key is taken for one.
 */
export function attributeRuns(attributes: string): readonly AnsiRun[] {
  const runs: AnsiRun[] = [];
  const push = (text: string, tone: 'key' | 'value'): void => {
    const last = runs.at(-1);
    // Words of one value are one run: every run is an element of the page.
    if (last?.tone === tone) runs[runs.length - 1] = { ...last, text: last.text + text };
    else runs.push({ text, tone, isBold: false });
  };
  for (const word of attributes === '' ? [] : attributes.split(' ')) {
    const sign = word.indexOf('=');
    if (sign <= 0) push(` ${word}`, 'value');
    else {
      push(` ${word.slice(0, sign + 1)}`, 'key');
      push(word.slice(sign + 1), 'value');
    }
  }
  return runs;
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

/** The word of a level in a count: "38 error", "4 without level". */
export function levelWord(level: SeverityLevel): string {
  return level === 'unset' ? 'without level' : level;
}
