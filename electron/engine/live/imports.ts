/**
 * Which traces an import brought: those that were first seen while one of its bodies was taken. Bodies
 * are taken one at a time, so what they bring are ranges of trace ordinals, however much arrives between
 * them.
 */
import type { FlameImport } from '../../../proto/live/topics.ts';
import type { StoreRead } from '../store/schema.ts';

interface Entry {
  readonly id: number;
  readonly name: string;
  /** Ordinals [from, to), side by side and ascending. */
  readonly ranges: number[];
}

export class Imports {
  readonly #store: StoreRead;
  #entries: Entry[] = [];
  #nextId = 1;

  constructor(store: StoreRead) {
    this.#store = store;
  }

  /** Begins one; the result takes its bodies: `take` adds one to the store before it returns. */
  open(name: string): <T>(take: () => T) => T {
    const entry: Entry = { id: this.#nextId++, name, ranges: [] };
    this.#entries.push(entry);
    return (take) => {
      const from = this.#end();
      const result = take();
      const to = this.#end();
      if (to === from) return result;
      // It was dropped when what it had brought was cleared.
      if (!this.#entries.includes(entry)) this.#entries.push(entry);
      if (entry.ranges.at(-1) === from) entry.ranges[entry.ranges.length - 1] = to;
      else entry.ranges.push(from, to);
      return result;
    };
  }

  /** Imports that still have traces in memory, in the order in which they began. */
  list(): readonly FlameImport[] {
    const { rows, length } = this.#store.traces.inOrder();
    const oldest = length === 0 ? Infinity : this.#store.traces.ordinalOf(rows[0]);
    const isGone = ({ ranges }: Entry): boolean =>
      ranges.length > 0 && (ranges.at(-1) ?? 0) <= oldest;
    this.#entries = this.#entries.filter((entry) => !isGone(entry));
    return this.#entries
      .filter(({ ranges }) => ranges.length > 0)
      .map(({ id, name }) => ({ id, name }));
  }

  /** Whether the traces of an import can be told from others. */
  has(id: number): boolean {
    return this.#entries.some((entry) => entry.id === id);
  }

  /** Whether the trace at a row came with an import; with any, when `id` is left out. O(log ranges). */
  brought(traceRow: number, id?: number): boolean {
    const ordinal = this.#store.traces.ordinalOf(traceRow);
    return this.#entries.some(
      (entry) => (id === undefined || entry.id === id) && isWithin(entry.ranges, ordinal),
    );
  }

  /** One past the newest trace. */
  #end(): number {
    const { rows, length } = this.#store.traces.inOrder();
    return length === 0 ? 0 : this.#store.traces.ordinalOf(rows[length - 1]) + 1;
  }
}

function isWithin(ranges: readonly number[], ordinal: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle] <= ordinal) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}
