/**
 * `list.at`: the place of a time in a list of traces or spans, newest first.
 *
 * ```
 *   newest ┬ after after before after │ before before after before ┬ oldest
 *                                     └ most are on their side of this place
 * ```
 * Items arrive when they end, so that the list is only nearly in the order of their start.
 */
import type { Methods } from '../../../proto/live/methods.ts';
import { runSliced } from '../query/slices.ts';
import { SEGMENT_BITS, SLOT_MASK } from '../store/schema.ts';
import { placeOf, type SpanSet } from '../view/span-set.ts';
import { countAbove, type TraceSet } from '../view/trace-set.ts';
import type { LiveContext } from './context.ts';
import { fromListSliced } from './pages.ts';
import {
  readBrush,
  readChoice,
  readFilter,
  readNumber,
  readUnixNano,
  type Fields,
} from './params.ts';

/** Items looked at between two looks at the clock. */
const ITEMS_PER_STEP = 2048;

type Place = Methods['list.at']['result'];
type IsAfter = (startHi: number, startLo: number) => boolean;

/** Looks at every item once, in slices: about 10 ns each. */
export function listAt(
  context: LiveContext,
  params: Fields,
  onCancel: (stop: () => void) => void,
): Promise<Place> {
  const { lists } = context;
  const by = readChoice(params, 'by', ['traces', 'spans']);
  const filter = readFilter(params);
  const brush = readBrush(params);
  const anchor = params.anchor === null ? Infinity : readNumber(params, 'anchor');
  const wanted = BigInt(readUnixNano(params, 'timeUnixNano'));
  const hi = Number(wanted >> 32n);
  const lo = Number(wanted & 0xffffffffn);
  const isAfter: IsAfter = (startHi, startLo) => startHi > hi || (startHi === hi && startLo >= lo);
  if (by === 'traces') {
    return fromListSliced(
      (wake) => lists.traces(filter, brush, wake),
      onCancel,
      (lease, done) =>
        seekTraces(context, lease.list, anchor, isAfter, (above) => {
          lease.close();
          done({ above });
        }),
    );
  }
  return fromListSliced(
    (wake) => lists.spans(filter, brush, wake),
    onCancel,
    (lease, done) =>
      seekSpans(context, lease.list, anchor, isAfter, (above) => {
        lease.close();
        done({ above });
      }),
  );
}

/** Traces that leave meanwhile do not count. The result stops it, as that of `seekSpans` does. */
function seekTraces(
  { store, options }: LiveContext,
  set: TraceSet,
  anchor: number,
  isAfter: IsAfter,
  found: (above: number) => void,
): () => void {
  const { traces } = store;
  const from = countAbove(set.newest(), anchor);
  const held = set.held();
  const balance = new Balance();
  let at = from;
  return runSliced(options, () => {
    const to = Math.min(at + ITEMS_PER_STEP, held.length);
    for (; at < to; at++) {
      const row = held.rowAt(at);
      if (row !== -1) balance.add(isAfter(traces.startHiOf(row), traces.startLoOf(row)));
    }
    if (at < held.length) return false;
    found(balance.above);
    return true;
  });
}

function seekSpans(
  { store, options }: LiveContext,
  set: SpanSet,
  anchor: number,
  isAfter: IsAfter,
  found: (above: number) => void,
): () => void {
  const { spans } = store;
  let balance = new Balance();
  let { shifts } = set;
  const top = (): number => (anchor === Infinity ? set.end : placeOf(set, anchor + 1));
  let at = top();
  return runSliced(options, () => {
    // The places are others: what was counted may have left.
    if (set.shifts !== shifts) {
      shifts = set.shifts;
      balance = new Balance();
      at = top();
    }
    const to = Math.max(at - ITEMS_PER_STEP, set.begin);
    for (let place = at - 1; place >= to; place--) {
      const ordinal = set.ordinalAt(place);
      if (ordinal < spans.begin) break;
      const row = spans.rowOf(ordinal);
      const segment = spans.segments[row >>> SEGMENT_BITS];
      const slot = row & SLOT_MASK;
      if (segment !== undefined) balance.add(isAfter(segment.startHi[slot], segment.startLo[slot]));
    }
    at = to;
    if (at > set.begin) return false;
    found(balance.above);
    return true;
  });
}

/** Finds the place above which most items are after, and below which most are not. */
class Balance {
  #items = 0;
  #balance = 0;
  #best = 0;
  above = 0;

  /** The items come from the top of the list. */
  add(isAfter: boolean): void {
    this.#items++;
    this.#balance += isAfter ? 1 : -1;
    // Of equally good places the lowest: an item after the time stands right above it.
    if (this.#balance < this.#best) return;
    this.#best = this.#balance;
    this.above = this.#items;
  }
}
