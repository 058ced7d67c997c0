/** Pulls what a selection holds out of the store, as encoded export requests. */
import type { Selection } from '../../../proto/live/topics.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { Clock, RegexCompiler } from '../config.ts';
import { SEGMENT_BITS, SLOT_MASK, type ItemColumns, type Table } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { QueryError } from './ast.ts';
import { BrushRange } from './brush.ts';
import { compile } from './compile.ts';
import { LogMatcher } from './match.ts';
import { MetricMatcher } from './match-metrics.ts';
import type { CompiledQuery } from './plan.ts';
import { SLICE_MS } from './slices.ts';
import { TraceMatcher } from './trace-match.ts';

/** One Export…ServiceRequest. `bytes` may be a live view: use or copy it before the next call. */
export interface ExportedRequest {
  readonly signal: Signal;
  readonly bytes: Uint8Array;
}

/**
 * A pull iterator for exports. `next` works for at most about 8 ms: `searching` says that nothing
 * was found in that time; call again after other work had its turn. `null` is the end.
 */
export interface ExportReader {
  /** Bytes that will be read, as far as that is known now; 0 when it is not. */
  readonly totalBytes: number;
  /** Items or requests of the selection that were evicted before they were read. */
  readonly lost: number;
  next(): ExportedRequest | 'searching' | null;
  /** Lets selected traces be evicted again. Safe to call twice. */
  close(): void;
}

/** Rows of one rebuilt request: enough to share resource and scope, small enough to stay a slice. */
const ROWS_PER_REQUEST = 2048;
/** Items looked at between two looks at the clock. */
const ITEMS_PER_STEP = 128;

/** A group of rows to export; rows are named by ordinal, which tells evicted ones. */
interface RowGroup {
  readonly signal: 'traces' | 'logs' | 'metrics';
  readonly ordinals: readonly number[];
}

/** A selection by a wrong query has a reader, too, whose `next` throws what is wrong with it. */
export function openExport(
  store: Store,
  clock: Clock,
  regex: RegexCompiler,
  selection: Selection,
): ExportReader {
  switch (selection.type) {
    case 'all':
      return new StoredReader(store, selection.signals);
    case 'traces':
      return new RowReader(store, clock, traceGroups(store, selection.traceIds));
    case 'filter':
      return openFiltered(store, clock, regex, selection);
  }
}

function openFiltered(
  store: Store,
  clock: Clock,
  regex: RegexCompiler,
  { signal, filter, brush }: Extract<Selection, { type: 'filter' }>,
): ExportReader {
  // Profiles have no fields of their own: their filters are read like those of logs.
  const compiled = compile(filter, signal === 'profiles' ? 'logs' : signal, regex);
  if (!compiled.ok) return new RefusedReader(compiled.error);
  const { query } = compiled;
  const range = brush === undefined || signal !== 'traces' ? null : new BrushRange(brush);
  if (query.isEmpty && range === null) return new StoredReader(store, [signal]);
  switch (signal) {
    case 'traces':
      return new RowReader(store, clock, searchTraces(store, query, range));
    case 'logs':
      return new RowReader(store, clock, searchLogs(store, query));
    case 'metrics':
      return new RowReader(store, clock, searchMetrics(store, query));
    case 'profiles':
      // A filter that says something matches no profile.
      return new RowReader(store, clock, { totalBytes: 0, steps: [][Symbol.iterator](), close });
  }
}

class RefusedReader implements ExportReader {
  readonly totalBytes = 0;
  readonly lost = 0;
  readonly #error: QueryError;

  constructor(error: QueryError) {
    this.#error = error;
  }

  next(): never {
    const { from, message } = this.#error;
    throw new Error(`The query is wrong at character ${from + 1}: ${message}`);
  }

  close(): void {
    close();
  }
}

function close(): void {
  // Nothing is held.
}

/** Whole stored requests, oldest first. */
class StoredReader implements ExportReader {
  readonly #reader: ReturnType<Store['reader']>;
  readonly totalBytes: number;

  constructor(store: Store, signals: readonly Signal[]) {
    this.#reader = store.reader(signals);
    this.totalBytes = this.#reader.totalBytes;
  }

  get lost(): number {
    return this.#reader.lost;
  }

  next(): ExportedRequest | null {
    return this.#reader.next();
  }

  close(): void {
    close();
  }
}

/** Where a RowReader gets its groups: `undefined` is a step that found nothing. */
interface GroupSource {
  readonly totalBytes: number;
  readonly steps: Iterator<RowGroup | undefined>;
  close(): void;
}

/** Requests rebuilt from single rows. */
class RowReader implements ExportReader {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #source: GroupSource;
  readonly totalBytes: number;
  lost = 0;

  constructor(store: Store, clock: Clock, source: GroupSource) {
    this.#store = store;
    this.#clock = clock;
    this.#source = source;
    this.totalBytes = source.totalBytes;
  }

  next(): ExportedRequest | 'searching' | null {
    const until = this.#clock.ticksMs() + SLICE_MS;
    do {
      const step = this.#source.steps.next();
      if (step.done === true) return null;
      const request = step.value === undefined ? null : this.#build(step.value);
      if (request !== null) return request;
    } while (this.#clock.ticksMs() < until);
    return 'searching';
  }

  close(): void {
    this.#source.close();
  }

  #build(group: RowGroup): ExportedRequest | null {
    const table = tableOf(this.#store, group.signal);
    const rows: number[] = [];
    for (const ordinal of group.ordinals) {
      if (ordinal >= table.begin && ordinal < table.end) rows.push(table.rowOf(ordinal));
      else this.lost++;
    }
    if (rows.length === 0) return null;
    return { signal: group.signal, bytes: this.#store.rowsRequest(group.signal, rows) };
  }
}

function tableOf(store: Store, signal: RowGroup['signal']): Table<ItemColumns> {
  if (signal === 'traces') return store.spans;
  return signal === 'logs' ? store.logs : store.points;
}

function traceGroups(store: Store, traceIds: readonly string[]): GroupSource {
  const held: { row: number; ordinal: number }[] = [];
  let totalBytes = 0;
  for (const traceId of new Set(traceIds)) {
    const row = store.traces.find(traceId.toLowerCase());
    if (row === -1) continue;
    store.hold(row);
    held.push({ row, ordinal: store.traces.ordinalOf(row) });
    const trace = store.traces.get(row);
    totalBytes += chainBytes(store, store.spans, trace.firstSpan);
    totalBytes += chainBytes(store, store.logs, trace.firstLog);
  }
  function* steps(): Generator<RowGroup> {
    for (const { row, ordinal } of held) {
      if (!store.traces.isLive(row, ordinal)) continue;
      yield* chainGroups(store, 'traces', store.traces.get(row).firstSpan);
      if (store.traces.isLive(row, ordinal)) {
        yield* chainGroups(store, 'logs', store.traces.get(row).firstLog);
      }
    }
  }
  return {
    totalBytes,
    steps: steps(),
    close: () => {
      for (const { row, ordinal } of held.splice(0)) {
        if (store.traces.isLive(row, ordinal)) store.release(row);
      }
    },
  };
}

type ChainTable = Table<ItemColumns & { readonly nextInTrace: Int32Array }>;

function chainOf(table: ChainTable, first: number): number[] {
  const ordinals: number[] = [];
  for (let row = first; row !== -1;) {
    ordinals.push(table.ordinalOf(row));
    row = table.segments[row >>> SEGMENT_BITS]?.nextInTrace[row & SLOT_MASK] ?? -1;
  }
  return ordinals;
}

function chainBytes({ batches }: Store, table: ChainTable, first: number): number {
  let bytes = 0;
  for (let row = first; row !== -1;) {
    const segment = table.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) break;
    const slot = row & SLOT_MASK;
    bytes += batches.lengthOf(segment.batchOf(slot), segment.offset[slot]);
    row = segment.nextInTrace[slot];
  }
  return bytes;
}

/** A trace's rows in groups. The chain is read at once, so that a trace is exported as it was then. */
function* chainGroups(store: Store, signal: 'traces' | 'logs', first: number): Generator<RowGroup> {
  const ordinals = chainOf(signal === 'traces' ? store.spans : store.logs, first);
  yield* groupsOf(signal, ordinals);
}

function* groupsOf(signal: RowGroup['signal'], ordinals: readonly number[]): Generator<RowGroup> {
  for (let i = 0; i < ordinals.length; i += ROWS_PER_REQUEST) {
    yield { signal, ordinals: ordinals.slice(i, i + ROWS_PER_REQUEST) };
  }
}

function searchTraces(store: Store, query: CompiledQuery, range: BrushRange | null): GroupSource {
  function* steps(): Generator<RowGroup | undefined> {
    const matcher = new TraceMatcher(store, query);
    const { rows, length } = store.traces.inOrder();
    const wanted = rows.slice(0, length);
    const { traces } = store;
    const isOutside = (row: number): boolean =>
      range?.has(traces.startHiOf(row), traces.startLoOf(row), traces.durationNsOf(row)) === false;
    const ordinals = Float64Array.from(wanted, (row) => store.traces.ordinalOf(row));
    for (let i = 0; i < wanted.length; i++) {
      let verdict: 'match' | 'miss' | 'more' = isOutside(wanted[i]) ? 'miss' : 'more';
      while (verdict === 'more' && store.traces.isLive(wanted[i], ordinals[i])) {
        verdict = matcher.advance(wanted[i], ITEMS_PER_STEP);
        if (verdict === 'more') yield undefined;
      }
      matcher.forget(wanted[i]);
      if (verdict === 'match') {
        yield* chainGroups(store, 'traces', store.traces.get(wanted[i]).firstSpan);
      } else if (i % ITEMS_PER_STEP === 0) yield undefined;
    }
  }
  return { totalBytes: 0, steps: steps(), close };
}

function searchLogs(store: Store, query: CompiledQuery): GroupSource {
  function* steps(): Generator<RowGroup | undefined> {
    const matcher = new LogMatcher(store, query);
    const { logs } = store;
    const end = logs.end;
    let found: number[] = [];
    for (let from = logs.begin; from < end;) {
      from = Math.max(from, logs.begin);
      const to = Math.min(end, from + matcher.itemsPerStep);
      matcher.scan(from, to, (ordinal) => found.push(ordinal));
      from = to;
      yield undefined;
      while (found.length >= ROWS_PER_REQUEST) {
        yield { signal: 'logs', ordinals: found.slice(0, ROWS_PER_REQUEST) };
        found = found.slice(ROWS_PER_REQUEST);
      }
    }
    if (found.length > 0) yield { signal: 'logs', ordinals: found };
  }
  return { totalBytes: 0, steps: steps(), close };
}

function searchMetrics(store: Store, query: CompiledQuery): GroupSource {
  function* steps(): Generator<RowGroup | undefined> {
    const matcher = new MetricMatcher(store, query);
    const { metrics, points } = store;
    for (const { id } of [...metrics.entries]) {
      const metric = metrics.find(id);
      if (metric === undefined || !matcher.matches(metric)) continue;
      const ordinals: number[] = [];
      for (const series of metric.series) {
        for (let row = metrics.seriesOf(series).lastPoint; row !== -1;) {
          ordinals.push(points.ordinalOf(row));
          row = points.segments[row >>> SEGMENT_BITS]?.previous[row & SLOT_MASK] ?? -1;
        }
      }
      yield* groupsOf(
        'metrics',
        ordinals.sort((a, b) => a - b),
      );
      yield undefined;
    }
  }
  return { totalBytes: 0, steps: steps(), close };
}
