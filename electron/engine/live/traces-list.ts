/** `traces.list`: pages of the trace list for the API and the CLI, newest first seen first. */
import type { Methods } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { runSliced } from '../query/slices.ts';
import { TraceMatcher } from '../query/trace-match.ts';
import { traceSummary } from '../view/details.ts';
import { compileFilter } from './compile-filter.ts';
import type { LiveContext } from './context.ts';
import { readCount, readFilter, readText, type Fields } from './params.ts';

type Page = Methods['traces.list']['result'];

const MAX_PAGE = 1000;
const SPANS_PER_STEP = 128;

/**
 * One page, after all traces were looked at in slices: `matched` counts them all. A cursor is the
 * ordinal of the last trace of the page before; '' starts at the newest.
 */
export function listTraces(
  context: LiveContext,
  params: Fields,
  onCancel: (stop: () => void) => void,
): Promise<Page> {
  const { store, options } = context;
  const query = compileFilter(options, readFilter(params), 'traces');
  const limit = readCount(params, 'limit', MAX_PAGE);
  const below = readCursor(params);
  const matcher = query.isEmpty ? undefined : new TraceMatcher(store, query);
  const { traces } = store;
  const { rows, length } = traces.inOrder();
  const wanted = rows.slice(0, length);
  const ordinals = Float64Array.from(wanted, (row) => traces.ordinalOf(row));
  const found: { readonly row: number; readonly ordinal: number }[] = [];
  let matched = 0;
  let at = length - 1;
  const look = (): boolean => {
    const row = wanted[at];
    const ordinal = ordinals[at];
    if (traces.isLive(row, ordinal)) {
      const verdict = matcher === undefined ? 'match' : matcher.advance(row, SPANS_PER_STEP);
      if (verdict === 'more') return false;
      matcher?.forget(row);
      if (verdict === 'match') {
        matched++;
        if (ordinal < below && found.length <= limit) found.push({ row, ordinal });
      }
    }
    at--;
    return true;
  };
  const page = (): Page => {
    const shown = found.slice(0, limit).filter(({ row, ordinal }) => traces.isLive(row, ordinal));
    const last = found.length > limit ? found.at(limit - 1) : undefined;
    return {
      traces: shown.map(({ row }) => traceSummary(store, row)),
      nextCursor: last === undefined ? null : String(last.ordinal),
      matched,
    };
  };
  return new Promise((resolve) => {
    const stop = runSliced(options, () => {
      for (let i = 0; i < SPANS_PER_STEP && at >= 0; i++) {
        if (!look()) return false;
      }
      if (at >= 0) return false;
      resolve(page());
      return true;
    });
    onCancel(stop);
  });
}

function readCursor(params: Fields): number {
  const text = readText(params, 'cursor', 32);
  if (text === '') return Infinity;
  const ordinal = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(ordinal)) {
    throw new LiveFailure({
      code: 'badParams',
      message: 'Expected cursor to be one of this list.',
    });
  }
  return ordinal;
}
