/** Reads stretches of a log list and records in full, for copies and for what a row stands for. */
import type { LogDetail } from '../../../proto/live/methods.ts';
import type { LogsMeta, LogsParams } from '../../../proto/live/topics.ts';
import type { Session } from '../../session/session.svelte.ts';
import { readLog, type LogView, type LogWindow } from './log-rows.ts';
import { LogSeek } from './log-seek.ts';

/** What a list is narrowed to. */
export type LogScope = Pick<LogsParams, 'filter' | 'minSeverity' | 'traceId' | 'fold'>;

/** Rows asked for at once. */
const PAGE_ROWS = 500;
/** Rows asked for at once in the search for one. */
const SEEK_ROWS = 64;
/** Records decoded at the same time. */
const PARALLEL = 16;

/** One window of a list, with what the engine says of the whole. */
export interface LogAnswer {
  readonly meta: LogsMeta;
  readonly window: LogWindow;
}

/**
 * Asks for windows of a list, one after the other, until `next` has enough: it takes a window and
 * says where the next one begins, or undefined.
 */
export function readWindows(
  session: Session,
  scope: LogScope,
  from: number,
  count: number,
  next: (answer: LogAnswer) => number | 'again' | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let first = from;
    const params = (): LogsParams => ({ ...scope, first, count });
    const handle = session.live('logs', params(), {
      frame: ({ meta, columns }) => {
        const window = { first: meta.first, strings: meta.strings, columns, views: [] };
        const wanted = next({ meta, window });
        if (wanted === 'again') return;
        if (wanted === undefined) {
          handle.close();
          resolve();
        } else {
          first = wanted;
          handle.update(params());
        }
      },
      ended: (error) => {
        handle.close();
        reject(new Error(error.message));
      },
    });
  });
}

/** The rows [from, to) of a list that are still there. */
export async function readRows(
  session: Session,
  scope: LogScope,
  from: number,
  to: number,
): Promise<readonly LogView[]> {
  const rows: LogView[] = [];
  let at = from;
  if (from >= to) return rows;
  await readWindows(session, scope, from, Math.min(PAGE_ROWS, to - from), ({ meta, window }) => {
    const first = Math.max(at, window.first);
    const last = Math.min(to, window.first + window.columns.row.length);
    for (let position = first; position < last; position++) {
      const row = readLog(window, position);
      if (row !== undefined) rows.push(row);
    }
    at = Math.max(at, last);
    return at >= to || at >= meta.end || window.columns.row.length === 0 ? undefined : at;
  });
  return rows;
}

/** The first `most` records of a folded row whose first one has the key. */
export async function readRepeats(
  session: Session,
  scope: LogScope,
  key: number,
  most: number,
): Promise<readonly LogView[]> {
  const single: LogScope = { ...scope, fold: false };
  const found = await positionOf(session, single, key);
  return found === undefined ? [] : readRows(session, single, found, found + most);
}

/** Where in a list the record with a key is, or the row that folds it; undefined when it is not. */
export async function positionOf(
  session: Session,
  scope: LogScope,
  key: number,
): Promise<number | undefined> {
  const seek = new LogSeek(key, SEEK_ROWS);
  let found: number | undefined;
  await readWindows(session, scope, Math.max(0, key), SEEK_ROWS, ({ meta, window }) => {
    const { first, columns } = window;
    const keys = { first, keys: columns.row, repeats: columns.repeats };
    const step = seek.take(keys, meta.begin, meta.end);
    if (step.type === 'ask') return step.first;
    if (step.type === 'absent' && meta.searching) return 'again';
    if (step.type === 'found') found = step.position;
    return undefined;
  });
  return found;
}

/** Records in full, in this order. Those that were evicted meanwhile are left out. */
export async function readDetails(
  session: Session,
  keys: readonly number[],
): Promise<readonly LogDetail[]> {
  const details: (LogDetail | undefined)[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < keys.length) {
      const index = next++;
      const row = keys[index];
      if (row === undefined) return;
      details[index] = await session.request('log.get', { row }).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, keys.length) }, work));
  return details.filter((detail) => detail !== undefined);
}
