/** Finds the record of level error or above that is next to a place of the list, wherever that is. */
import type { Session } from '../../session/session.svelte.ts';
import type { KeyWindow } from './log-seek.ts';
import { positionOf, readRows, readWindows, type LogScope } from './log-records.ts';
import { LEAST_SEVERITY } from './log-rows.ts';

/** Keys asked for at once. */
const WINDOW_ROWS = 64;

/** 1: down the list, towards newer records; -1: up. */
export type ErrorStep = 1 | -1;

/**
 * The search for where, in a list of rising keys, those below a bound end: every window that does not
 * show it halves the part of the list it can be in.
 */
export class KeyBound {
  readonly #bound: number;
  #low = -Infinity;
  #high = Infinity;
  /** The key before the place that is searched, and the one at it, as far as they are known. */
  #before: number | undefined;
  #at: number | undefined;

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** The highest key below the bound; undefined when there is none. */
  get before(): number | undefined {
    return this.#before;
  }

  /** The lowest key that is not below the bound; undefined when there is none. */
  get at(): number | undefined {
    return this.#at;
  }

  /** Takes a window of the list [begin, end); returns where the next one begins, or undefined. */
  take({ first, keys }: KeyWindow, begin: number, end: number): number | undefined {
    const found = keys.findIndex((key) => key >= this.#bound);
    const below = found === -1 ? keys.length : found;
    if (below > 0 && first + below > this.#low) {
      this.#low = first + below;
      this.#before = keys[below - 1];
    }
    if (found !== -1 && first + found < this.#high) {
      this.#high = first + found;
      this.#at = keys[found];
    }
    const from = Math.max(begin, this.#low);
    const to = Math.min(end, this.#high);
    if (keys.length === 0 || from >= to) return undefined;
    return Math.max(from, Math.floor((from + to - WINDOW_ROWS) / 2));
  }
}

/**
 * The position of the first error at or after `from`, or of the last one before it; undefined when the
 * list has none there. Rejects when the engine refuses the list.
 */
export async function findError(
  session: Session,
  scope: LogScope,
  from: number,
  step: ErrorStep,
): Promise<number | undefined> {
  const [row] = await readRows(session, scope, from, from + 1);
  if (row === undefined && step === 1) return undefined;
  const errors: LogScope = {
    ...scope,
    minSeverity: Math.max(scope.minSeverity, LEAST_SEVERITY.error),
    fold: false,
  };
  const bound = new KeyBound(row?.key ?? Infinity);
  await readWindows(session, errors, 0, WINDOW_ROWS, ({ meta, window }) => {
    if (meta.searching) return 'again';
    const { first, columns } = window;
    return bound.take({ first, keys: columns.row }, meta.begin, meta.end);
  });
  const key = step === 1 ? bound.at : bound.before;
  return key === undefined ? undefined : positionOf(session, scope, key);
}
