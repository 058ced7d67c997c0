/** `traces.list`, `spans.list`, `logs.list`, `traces.rows` and `log.at`. */
import type { LogItem, Methods, SpanItem } from '../../../proto/live/methods.ts';
import { runSliced } from '../query/slices.ts';
import { SEGMENT_BITS, SLOT_MASK } from '../store/schema.ts';
import { logItem, spanItem, traceItem, traceSummary } from '../view/details.ts';
import type { LogList } from '../view/log-list.ts';
import { placeOf, spanDurationNs, type SpanSet } from '../view/span-set.ts';
import { sortKey, type SortedOrder } from '../view/trace-list.ts';
import { countAbove, type TraceSet } from '../view/trace-set.ts';
import type { LiveContext } from './context.ts';
import {
  fromList,
  fromListSliced,
  pageCursor,
  readPageCursor,
  TopPage,
  type PageCursor,
} from './pages.ts';
import {
  readBrush,
  readCount,
  readFilter,
  readLogScope,
  readSpanOrder,
  readText,
  readTraceIds,
  readTraceOrder,
  readUnixNano,
  type Fields,
} from './params.ts';
import type { Lease } from './shared-lists.ts';

type OnCancel = (stop: () => void) => void;
type Page<M extends 'traces.list' | 'spans.list' | 'logs.list'> = Methods[M]['result'];

const MAX_PAGE = 1000;
const MAX_ROWS = 500;
const MAX_CURSOR_LENGTH = 40;

/** What the pages of one request share. */
interface Asked {
  readonly limit: number;
  readonly below: PageCursor;
}

function readAsked(params: Fields, hasKey: boolean): Asked {
  return {
    limit: Math.max(1, readCount(params, 'limit', MAX_PAGE)),
    below: readPageCursor(readText(params, 'cursor', MAX_CURSOR_LENGTH), hasKey),
  };
}

export function listTraces(
  context: LiveContext,
  params: Fields,
  onCancel: OnCancel,
): Promise<Page<'traces.list'>> {
  const filter = readFilter(params);
  const brush = readBrush(params);
  const order = readTraceOrder(params);
  const asked = readAsked(params, order !== 'newest');
  const open = (wake: () => void): Lease<TraceSet> => context.lists.traces(filter, brush, wake);
  if (order === 'newest')
    return fromList(open, onCancel, (set) => newestTraces(context, set, asked));
  return fromListSliced(open, onCancel, (lease, done) =>
    sortedTraces(context, lease.list, order, asked, (page) => {
      lease.close();
      done(page);
    }),
  );
}

function newestTraces(
  { store }: LiveContext,
  set: TraceSet,
  { limit, below }: Asked,
): Page<'traces.list'> {
  const list = set.newest();
  const from = countAbove(list, below.ordinal - 1);
  const to = Math.min(from + limit, list.length);
  const traces = [];
  for (let i = from; i < to; i++) traces.push(traceSummary(store, list.rowAt(i)));
  const nextCursor = to < list.length && to > from ? String(list.ordinalAt(to - 1)) : null;
  return { traces, nextCursor, matched: list.length };
}

/** Traces and spans looked at between two looks at the clock. */
const TRACES_PER_STEP = 512;
const SPANS_PER_STEP = 2048;

/** Collects the page of another order in slices, as it was at one moment; the result stops it. */
function sortedTraces(
  { store, options }: LiveContext,
  set: TraceSet,
  order: SortedOrder,
  { limit, below }: Asked,
  done: (page: Page<'traces.list'>) => void,
): () => void {
  const keyOf = sortKey(store.traces, order);
  const held = set.held();
  const page = new TopPage(limit, below);
  let at = 0;
  return runSliced(options, () => {
    const to = Math.min(at + TRACES_PER_STEP, held.length);
    for (; at < to; at++) {
      const row = held.rowAt(at);
      if (row !== -1) page.add(keyOf(row), held.ordinalAt(at));
    }
    if (at < held.length) return false;
    const { items, next } = page.take();
    set.refresh();
    const list = set.newest();
    const kept = items
      .map(({ ordinal }) => ({ ordinal, at: countAbove(list, ordinal) }))
      .filter(({ ordinal, at }) => at < list.length && list.ordinalAt(at) === ordinal);
    done({
      traces: kept.map(({ at }) => traceSummary(store, list.rowAt(at))),
      nextCursor: next,
      matched: set.count,
    });
    return true;
  });
}

export function listSpans(
  context: LiveContext,
  params: Fields,
  onCancel: OnCancel,
): Promise<Page<'spans.list'>> {
  const filter = readFilter(params);
  const brush = readBrush(params);
  const order = readSpanOrder(params);
  const asked = readAsked(params, order !== 'newest');
  const open = (wake: () => void): Lease<SpanSet> => context.lists.spans(filter, brush, wake);
  if (order === 'newest')
    return fromList(open, onCancel, (set) => newestSpans(context, set, asked));
  return fromListSliced(open, onCancel, (lease, done) =>
    slowest(context, lease.list, asked, (page) => {
      lease.close();
      done(page);
    }),
  );
}

function newestSpans(
  { store }: LiveContext,
  set: SpanSet,
  { limit, below }: Asked,
): Page<'spans.list'> {
  const end = below.ordinal === Infinity ? set.end : placeOf(set, below.ordinal);
  const begin = Math.max(set.begin, end - limit);
  const spans: SpanItem[] = [];
  for (let place = end - 1; place >= begin; place--) {
    spans.push(spanItem(store, store.spans.rowOf(set.ordinalAt(place))));
  }
  const nextCursor = begin > set.begin && begin < end ? String(set.ordinalAt(begin)) : null;
  return { spans, nextCursor, matched: set.end - set.begin };
}

/** Collects the slowest spans in slices, from the oldest on; the result stops it. */
function slowest(
  { store, options }: LiveContext,
  set: SpanSet,
  { limit, below }: Asked,
  done: (page: Page<'spans.list'>) => void,
): () => void {
  let page = new TopPage(limit, below);
  let { shifts } = set;
  let at = set.begin;
  return runSliced(options, () => {
    // What was collected is of other places when members left, and of spans that are gone.
    if (set.shifts !== shifts) {
      shifts = set.shifts;
      page = new TopPage(limit, below);
      at = set.begin;
    }
    at = Math.max(at, set.begin);
    const to = Math.min(at + SPANS_PER_STEP, set.end);
    for (; at < to; at++) {
      const ordinal = set.ordinalAt(at);
      if (ordinal < store.spans.begin) continue;
      page.add(spanDurationNs(store, store.spans.rowOf(ordinal)), ordinal);
    }
    if (at < set.end) return false;
    const { items, next } = page.take();
    const kept = items.filter(({ ordinal }) => ordinal >= store.spans.begin);
    done({
      spans: kept.map(({ ordinal }) => spanItem(store, store.spans.rowOf(ordinal))),
      nextCursor: next,
      matched: set.end - set.begin,
    });
    return true;
  });
}

export function listLogs(
  context: LiveContext,
  params: Fields,
  onCancel: OnCancel,
): Promise<Page<'logs.list'>> {
  const { store } = context;
  const scope = { ...readLogScope(params), fold: false };
  const { limit, below } = readAsked(params, false);
  return fromList(
    (wake) => context.lists.logs(scope, wake),
    onCancel,
    (list) => {
      const end = positionAtOrdinal(list, below.ordinal);
      const begin = Math.max(list.begin, end - limit);
      const logs: LogItem[] = [];
      for (let at = end - 1; at >= begin; at--) logs.push(logItem(store, list.ordinalAt(at)));
      const hasMore = begin > list.begin && begin < end;
      const last = { key: Infinity, ordinal: hasMore ? list.ordinalAt(begin) : 0 };
      const nextCursor = hasMore ? pageCursor(last, false) : null;
      return { logs, nextCursor, matched: list.end - list.begin };
    },
  );
}

/** The first position whose ordinal is at least `ordinal`. */
function positionAtOrdinal(list: LogList, ordinal: number): number {
  let low = list.begin;
  let high = list.end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (list.ordinalAt(middle) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function traceRows(
  { store }: LiveContext,
  params: Fields,
): Methods['traces.rows']['result'] {
  const rows = readTraceIds(params, MAX_ROWS).map((traceId) => store.traces.find(traceId));
  const kept = rows.filter((row) => row !== -1 && store.traces.spanCountOf(row) > 0);
  return { traces: kept.map((row) => traceItem(store, row)) };
}

/** Records looked at between two looks at the clock. */
const RECORDS_PER_STEP = 512;

export function logAt(
  context: LiveContext,
  params: Fields,
  onCancel: OnCancel,
): Promise<Methods['log.at']['result']> {
  const wanted = BigInt(readUnixNano(params, 'timeUnixNano'));
  const scope = readLogScope(params);
  return fromListSliced(
    (wake) => context.lists.logs(scope, wake),
    onCancel,
    (lease, done) =>
      seek(context, lease.list, wanted, (position) => {
        lease.close();
        done({ position });
      }),
  );
}

/** Looks from the oldest record on for one at or after a time; the result stops it. */
function seek(
  { store, options }: LiveContext,
  list: LogList,
  wanted: bigint,
  found: (position: number | null) => void,
): () => void {
  const wantedHi = Number(wanted >> 32n);
  const wantedLo = Number(wanted & 0xffffffffn);
  const { logs } = store;
  let at = list.begin;
  return runSliced(options, () => {
    at = Math.max(at, list.begin);
    const to = Math.min(at + RECORDS_PER_STEP, list.end);
    for (; at < to; at++) {
      const row = logs.rowOf(list.ordinalAt(at));
      const segment = logs.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) continue;
      const hi = segment.timeHi[row & SLOT_MASK];
      const lo = segment.timeLo[row & SLOT_MASK];
      if (hi < wantedHi || (hi === wantedHi && lo < wantedLo)) continue;
      found(at);
      return true;
    }
    if (at < list.end) return false;
    found(null);
    return true;
  });
}
