/**
 * Pages of lists for the API and the CLI. A cursor names the last item of the page before by what it
 * is sorted by, never by a count: what arrives or is evicted between two pages moves nothing.
 *
 * ```
 *   newest     <ordinal>            the next page begins below this ordinal
 *   others     <key>-<ordinal>      below this key, or at it below this ordinal
 * ```
 */
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { Lease } from './shared-lists.ts';

/** Where a page begins: strictly below. */
export interface PageCursor {
  readonly key: number;
  readonly ordinal: number;
}

const CURSOR = /^(?:(\d{1,16})-)?(\d{1,16})$/;

/** Reads a cursor; '' begins at the top. Throws LiveFailure `badParams`. */
export function readPageCursor(text: string, hasKey: boolean): PageCursor {
  if (text === '') return { key: Infinity, ordinal: Infinity };
  const parsed = CURSOR.exec(text);
  if (parsed === null || (parsed[1] !== undefined) !== hasKey) {
    throw new LiveFailure({
      code: 'badParams',
      message: 'Expected cursor to be one of this list in this order.',
    });
  }
  return { key: hasKey ? Number(parsed[1]) : Infinity, ordinal: Number(parsed[2]) };
}

export function pageCursor({ key, ordinal }: PageCursor, hasKey: boolean): string {
  return hasKey ? `${key}-${ordinal}` : String(ordinal);
}

/** Collects the largest of many (key, ordinal) below a cursor: O(n), and memory for one page. */
export class TopPage {
  readonly #limit: number;
  readonly #below: PageCursor;
  #best: PageCursor[] = [];
  #isFull = false;

  /** One more than `limit` is kept, to know whether there is a next page. */
  constructor(limit: number, below: PageCursor) {
    this.#limit = limit + 1;
    this.#below = below;
  }

  add(key: number, ordinal: number): void {
    // Most are below what the page holds, and cost no object.
    if (this.#isFull && isAtOrBelow(key, ordinal, this.#best[this.#limit - 1])) return;
    const below = this.#below;
    if (key > below.key || (key === below.key && ordinal >= below.ordinal)) return;
    this.#best.push({ key, ordinal });
    if (this.#best.length < this.#limit * 2 + 16) return;
    this.#best = this.#best.sort(compare).slice(0, this.#limit);
    this.#isFull = this.#best.length === this.#limit;
  }

  /** The page, largest first, and the cursor of the next one. */
  take(): { readonly items: readonly PageCursor[]; readonly next: string | null } {
    const best = this.#best.sort(compare).slice(0, this.#limit);
    const items = best.slice(0, this.#limit - 1);
    const last = items.at(-1);
    const hasMore = best.length === this.#limit && last !== undefined;
    return { items, next: hasMore ? pageCursor(last, true) : null };
  }
}

function isAtOrBelow(key: number, ordinal: number, item: PageCursor): boolean {
  return key < item.key || (key === item.key && ordinal <= item.ordinal);
}

/** Larger keys first, then larger ordinals: negative when `a` comes before `b`. */
function compare(a: PageCursor, b: PageCursor): number {
  return a.key === b.key ? b.ordinal - a.ordinal : b.key - a.key;
}

interface Searched {
  readonly isSearching: boolean;
  refresh(): void;
}

/**
 * Leases a list, waits until its search is over, and answers from it. Cancelling gives the lease back.
 */
export function fromList<L extends Searched, R>(
  open: (wake: () => void) => Lease<L>,
  onCancel: (stop: () => void) => void,
  answer: (list: L) => R,
): Promise<R> {
  return new Promise((resolve, reject) => {
    whenSearched(open, onCancel, (lease) => {
      try {
        resolve(answer(lease.list));
      } catch (error) {
        reject(asError(error));
      } finally {
        lease.close();
      }
    });
  });
}

/**
 * Answers from a list whose search is over by work in slices, which gives the lease back. `work`
 * returns what stops it.
 */
export function fromListSliced<L extends Searched, R>(
  open: (wake: () => void) => Lease<L>,
  onCancel: (stop: () => void) => void,
  work: (lease: Lease<L>, done: (result: R) => void) => () => void,
): Promise<R> {
  return new Promise((resolve, reject) => {
    let stop = (): void => undefined;
    const onStop = (stopList: () => void): void => {
      onCancel(() => {
        stopList();
        stop();
      });
    };
    whenSearched(open, onStop, (lease) => {
      try {
        const stopWork = work(lease, resolve);
        stop = () => {
          stopWork();
          lease.close();
        };
      } catch (error) {
        lease.close();
        reject(asError(error));
      }
    });
  });
}

/** Hands a lease over when the search of its list is over, unless it was cancelled before. */
function whenSearched<L extends Searched>(
  open: (wake: () => void) => Lease<L>,
  onCancel: (stop: () => void) => void,
  take: (lease: Lease<L>) => void,
): void {
  let isDone = false;
  const finish = (): void => {
    if (isDone) return;
    isDone = true;
    take(lease);
  };
  const lease = open(() => {
    // The end of a search is a moment at which all was looked at, whatever arrives meanwhile.
    lease.list.refresh();
    finish();
  });
  onCancel(() => {
    if (isDone) return;
    isDone = true;
    lease.close();
  });
  lease.list.refresh();
  if (!lease.list.isSearching) finish();
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
