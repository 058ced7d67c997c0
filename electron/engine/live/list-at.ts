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
import { SEGMENT_BITS, SLOT_MASK } from '../store/schema.ts';
import { placeOf } from '../view/span-set.ts';
import { countAbove } from '../view/trace-set.ts';
import type { LiveContext } from './context.ts';
import { fromList } from './pages.ts';
import {
  readBrush,
  readChoice,
  readFilter,
  readNumber,
  readUnixNano,
  type Fields,
} from './params.ts';

/** Looks at every item once: about 10 ns each. */
export function listAt(
  context: LiveContext,
  params: Fields,
  onCancel: (stop: () => void) => void,
): Promise<Methods['list.at']['result']> {
  const { store, lists } = context;
  const by = readChoice(params, 'by', ['traces', 'spans']);
  const filter = readFilter(params);
  const brush = readBrush(params);
  const anchor = params.anchor === null ? Infinity : readNumber(params, 'anchor');
  const wanted = BigInt(readUnixNano(params, 'timeUnixNano'));
  const hi = Number(wanted >> 32n);
  const lo = Number(wanted & 0xffffffffn);
  const isAfter = (startHi: number, startLo: number): boolean =>
    startHi > hi || (startHi === hi && startLo >= lo);
  if (by === 'traces') {
    return fromList(
      (wake) => lists.traces(filter, brush, wake),
      onCancel,
      (set) => {
        const list = set.newest();
        const from = countAbove(list, anchor);
        const { traces } = store;
        return placeAmong(list.length - from, (i) => {
          const row = list.rowAt(from + i);
          return isAfter(traces.startHiOf(row), traces.startLoOf(row));
        });
      },
    );
  }
  return fromList(
    (wake) => lists.spans(filter, brush, wake),
    onCancel,
    (set) => {
      const end = anchor === Infinity ? set.end : placeOf(set, anchor + 1);
      return placeAmong(end - set.begin, (i) => {
        const row = store.spans.rowOf(set.ordinalAt(end - 1 - i));
        const segment = store.spans.segments[row >>> SEGMENT_BITS];
        const slot = row & SLOT_MASK;
        return segment !== undefined && isAfter(segment.startHi[slot], segment.startLo[slot]);
      });
    },
  );
}

/** The place above which most items are after, and below which most are not. */
function placeAmong(length: number, isAfter: (index: number) => boolean): { above: number } {
  let balance = 0;
  let best = 0;
  let above = 0;
  for (let i = 0; i < length; i++) {
    balance += isAfter(i) ? 1 : -1;
    // Of equally good places the lowest: an item after the time stands right above it.
    if (balance < best) continue;
    best = balance;
    above = i + 1;
  }
  return { above };
}
