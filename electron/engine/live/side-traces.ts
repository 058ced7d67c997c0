/** The traces of one side of a merged flame graph: a query, a range of time, and what brought them. */
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { Brush, FlameSide } from '../../../proto/live/topics.ts';
import type { TraceSet } from '../view/trace-set.ts';
import type { LiveContext } from './context.ts';
import type { Lease } from './shared-lists.ts';

/** The last ns that 64 bits hold. */
const END_OF_TIME = String(2n ** 64n - 1n);

export class SideTraces {
  readonly #lease: Lease<TraceSet>;
  readonly #isOf: ((row: number) => boolean) | null;

  /** `wake` is called when a search went on. Throws LiveFailure `badParams`. */
  constructor(context: LiveContext, side: FlameSide, wake: () => void) {
    this.#isOf = sourceTest(context, side.source);
    this.#lease = context.lists.traces(side.filter, rangeOf(side), wake);
  }

  /** Traces of the query and the range, whatever brought them. */
  get list(): TraceSet {
    return this.#lease.list;
  }

  /** Whether a row of `list` is of the side. */
  has(row: number): boolean {
    return this.#isOf === null || this.#isOf(row);
  }

  /** Whether every trace of `list` is of the side. */
  get isWhole(): boolean {
    return this.#isOf === null;
  }

  /** Trace rows, newest first, at most `most`. A copy. */
  newest(most = Infinity): Int32Array {
    const newest = this.list.newest();
    const rows = new Int32Array(Math.min(newest.length, most));
    let count = 0;
    for (let i = 0; i < newest.length && count < rows.length; i++) {
      const row = newest.rowAt(i);
      if (this.has(row)) rows[count++] = row;
    }
    return rows.subarray(0, count);
  }

  close(): void {
    this.#lease.close();
  }
}

function rangeOf({ fromUnixNano, toUnixNano }: FlameSide): Brush | null {
  if (fromUnixNano === undefined && toUnixNano === undefined) return null;
  return {
    fromNs: fromUnixNano ?? '0',
    toNs: toUnixNano ?? END_OF_TIME,
    minNs: 0,
    maxNs: Number.MAX_VALUE,
  };
}

function sourceTest(
  { imports }: LiveContext,
  source: FlameSide['source'],
): ((row: number) => boolean) | null {
  if (source === undefined) return null;
  if (source === 'live') return (row) => !imports.brought(row);
  if (imports.has(source)) return (row) => imports.brought(row, source);
  const message = 'That file is not in memory any more. Choose other traces.';
  throw new LiveFailure({ code: 'badParams', message });
}
