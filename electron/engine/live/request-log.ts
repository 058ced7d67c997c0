/** The receiver log: the newest lines, equal neighbours folded into one. */
import type { RequestEntry } from '../../../proto/live/topics.ts';

const MAX_LINES = 500;

export class RequestLog {
  #entries: RequestEntry[] = [];
  #nextOrdinal = 0;
  /** Refused requests since the start. */
  refused = 0;
  /** Bumped by every change of a line that was there before. */
  foldGeneration = 0;

  /** Oldest first. A live view. */
  get entries(): readonly RequestEntry[] {
    return this.#entries;
  }

  /** Bytes and items of folded lines add up; the time is the newest. */
  add(note: Omit<RequestEntry, 'ordinal' | 'repeats'>): void {
    if (note.outcome === 'refused') this.refused++;
    const last = this.#entries.at(-1);
    if (last !== undefined && isSameLine(last, note)) {
      this.foldGeneration++;
      this.#entries[this.#entries.length - 1] = {
        ...last,
        timeMs: note.timeMs,
        bytes: last.bytes + note.bytes,
        items: last.items + note.items,
        repeats: last.repeats + 1,
      };
      return;
    }
    this.#entries.push({ ...note, ordinal: this.#nextOrdinal++, repeats: 1 });
    // Cutting a block at a time keeps adding a line O(1).
    if (this.#entries.length >= MAX_LINES * 2) this.#entries = this.#entries.slice(-MAX_LINES);
  }

  /** The newest `limit` lines from `fromOrdinal` on, oldest first. */
  newest(limit: number, fromOrdinal = 0): readonly RequestEntry[] {
    const shown = limit === 0 ? [] : this.#entries.slice(-Math.min(limit, MAX_LINES));
    return shown.filter((entry) => entry.ordinal >= fromOrdinal);
  }

  get nextOrdinal(): number {
    return this.#nextOrdinal;
  }
}

function isSameLine(last: RequestEntry, note: Omit<RequestEntry, 'ordinal' | 'repeats'>): boolean {
  return (
    last.protocol === note.protocol &&
    last.label === note.label &&
    last.outcome === note.outcome &&
    last.message === note.message &&
    last.userAgent === note.userAgent
  );
}
