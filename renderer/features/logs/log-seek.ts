/**
 * Finds the position of a record in a list by its key, one window after the other. Keys rise with
 * positions, so every window that lacks the key halves the part of the list it can be in.
 */

/** A window of the list: `keys[i]` stands at position `first + i`. */
export interface KeyWindow {
  readonly first: number;
  readonly keys: Float64Array;
  /** Records that each row stands for; left out when each stands for one. */
  readonly repeats?: Uint32Array;
}

/** What to do after a window: the record was found, a window to ask for next, or it is not in the list. */
export type SeekStep =
  | { readonly type: 'found'; readonly position: number }
  | { readonly type: 'ask'; readonly first: number }
  | { readonly type: 'absent' };

/** One search for one key. */
export class LogSeek {
  readonly key: number;
  readonly #count: number;
  #low = -Infinity;
  #high = Infinity;

  /** `count` rows are asked for at a time. */
  constructor(key: number, count: number) {
    this.key = key;
    this.#count = count;
  }

  /** Takes a window of the list [begin, end), and says what follows from it. */
  take({ first, keys, repeats }: KeyWindow, begin: number, end: number): SeekStep {
    const low = keys[0];
    const high = keys[keys.length - 1];
    if (low === undefined || high === undefined) return { type: 'absent' };
    const isInLast = (repeats?.at(-1) ?? 1) > 1 && first + keys.length >= end;
    if (this.key >= low && (this.key <= high || isInLast)) {
      const after = keys.findIndex((key) => key > this.key);
      const index = (after === -1 ? keys.length : after) - 1;
      // The key of a folded repeat is not in the window: it is between its row's and the next.
      const isHere = keys[index] === this.key || (repeats?.[index] ?? 1) > 1;
      return isHere ? { type: 'found', position: first + index } : { type: 'absent' };
    }
    if (this.key < low) this.#high = Math.min(this.#high, first);
    else this.#low = Math.max(this.#low, first + keys.length);
    const from = Math.max(begin, this.#low);
    const to = Math.min(end, this.#high);
    if (from >= to) return { type: 'absent' };
    const middle = Math.floor((from + to - this.#count) / 2);
    return { type: 'ask', first: Math.max(from, middle) };
  }
}
