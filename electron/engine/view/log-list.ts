/**
 * The log tail as a list that can be filtered: positions in order of arrival, oldest first.
 *
 * ```
 *   position   begin ……… origin ……… end
 *                 ◀─ older matches ─┼─ newer matches ─▶
 * ```
 * A filtered list starts at an origin and grows both ways: newer records are appended, older ones
 * are searched from the newest down, in slices. Eviction only raises `begin`.
 */
import { severityLevel, type SeverityLevel } from '../../../proto/otlp/signal.ts';
import { LogMatcher as QueryMatcher } from '../query/match.ts';
import type { CompiledQuery } from '../query/plan.ts';
import { runSliced } from '../query/slices.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import type { Runtime } from './trace-list.ts';

/** The order of `LogsMeta.levels`. */
const LEVEL_ORDER: readonly SeverityLevel[] = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'unset',
];
const LEVEL_OF = Uint8Array.from({ length: 256 }, (_, severity) =>
  LEVEL_ORDER.indexOf(severityLevel(severity)),
);

/** Place of a severity number in LEVEL_ORDER. */
export function levelIndex(severity: number): number {
  return LEVEL_OF[severity];
}

export interface LogList {
  /** Positions [begin, end) exist. */
  readonly begin: number;
  readonly end: number;
  /** Matching records by level, in LEVEL_ORDER. */
  readonly levels: readonly number[];
  readonly isSearching: boolean;
  /** The log table's ordinal at a position in [begin, end). */
  ordinalAt(position: number): number;
  /** Takes in what was appended, evicted or changed since the last call. */
  refresh(): void;
  close(): void;
}

export interface LogScope {
  readonly query: CompiledQuery;
  readonly minSeverity: number;
  /** Only this trace's records, when not ''. */
  readonly traceId: string;
}

/** Opens a list; `onProgress` is called when a search went on outside `refresh`. */
export function openLogList(
  store: StoreRead,
  runtime: Runtime,
  scope: LogScope,
  onProgress: () => void,
): LogList {
  if (scope.traceId !== '') return new TraceLogs(store, scope);
  if (scope.minSeverity <= 0 && scope.query.isEmpty) return new AllLogs(store);
  return new MatchingLogs(store, runtime, scope, onProgress);
}

function severityAt(store: StoreRead, ordinal: number): number {
  const row = store.logs.rowOf(ordinal);
  return store.logs.segments[row >>> SEGMENT_BITS]?.severity[row & SLOT_MASK] ?? 0;
}

/** Decides about single records. */
class LogMatcher {
  readonly #store: StoreRead;
  readonly #items: QueryMatcher | undefined;
  readonly #minSeverity: number;

  constructor(store: StoreRead, scope: LogScope) {
    this.#store = store;
    this.#items = scope.query.isEmpty ? undefined : new QueryMatcher(store, scope.query);
    this.#minSeverity = scope.minSeverity;
  }

  matches(row: number): boolean {
    const { logs } = this.#store;
    const severity = logs.segments[row >>> SEGMENT_BITS]?.severity[row & SLOT_MASK];
    if (severity === undefined || severity < this.#minSeverity) return false;
    if (this.#items === undefined) return true;
    return this.#items.matches(row);
  }
}

const BLOCK_BITS = 16;
const BLOCK_SIZE = 1 << BLOCK_BITS;

/** Every record: positions are the table's ordinals. Levels are counted in blocks of 65,536. */
class AllLogs implements LogList {
  readonly #store: StoreRead;
  /** Level counts by block number, of the ordinals counted so far. */
  readonly #blocks = new Map<number, Int32Array>();
  readonly isSearching = false;
  levels: readonly number[] = LEVEL_ORDER.map(() => 0);
  begin = 0;
  end = 0;

  constructor(store: StoreRead) {
    this.#store = store;
    this.begin = this.end = store.logs.begin;
    this.refresh();
  }

  ordinalAt(position: number): number {
    return position;
  }

  refresh(): void {
    const { begin, end } = this.#store.logs;
    for (let ordinal = Math.max(this.end, begin); ordinal < end; ordinal++) this.#count(ordinal);
    if (begin > this.begin) this.#recount(begin, end);
    this.begin = begin;
    this.end = end;
    const levels = LEVEL_ORDER.map(() => 0);
    for (const block of this.#blocks.values()) {
      for (let level = 0; level < levels.length; level++) levels[level] += block[level];
    }
    this.levels = levels;
  }

  close(): void {
    this.#blocks.clear();
  }

  #count(ordinal: number): void {
    const number = Math.floor(ordinal / BLOCK_SIZE);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = new Int32Array(LEVEL_ORDER.length);
      this.#blocks.set(number, block);
    }
    block[levelIndex(severityAt(this.#store, ordinal))]++;
  }

  /** Drops evicted blocks; the one that is cut is counted anew, as its evicted rows are gone. */
  #recount(begin: number, end: number): void {
    const cut = Math.floor(begin / BLOCK_SIZE);
    for (const number of this.#blocks.keys()) {
      if (number <= cut) this.#blocks.delete(number);
    }
    const last = Math.min(end, (cut + 1) * BLOCK_SIZE);
    for (let ordinal = begin; ordinal < last; ordinal++) this.#count(ordinal);
  }
}

/** The records of one trace, in order of arrival. Collected anew when the trace changed. */
class TraceLogs implements LogList {
  readonly #store: StoreRead;
  readonly #traceId: string;
  readonly #matcher: LogMatcher;
  #ordinals: number[] = [];
  #seen = '';
  readonly isSearching = false;
  readonly begin = 0;
  levels: readonly number[] = LEVEL_ORDER.map(() => 0);

  constructor(store: StoreRead, scope: LogScope) {
    this.#store = store;
    this.#traceId = scope.traceId;
    this.#matcher = new LogMatcher(store, scope);
    this.refresh();
  }

  get end(): number {
    return this.#ordinals.length;
  }

  ordinalAt(position: number): number {
    return this.#ordinals[position];
  }

  refresh(): void {
    const { traces, logs } = this.#store;
    const traceRow = traces.find(this.#traceId);
    const seen =
      traceRow === -1 ? '' : `${traces.ordinalOf(traceRow)}/${traces.generationOf(traceRow)}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    const ordinals: number[] = [];
    const levels = LEVEL_ORDER.map(() => 0);
    let row = traceRow === -1 ? -1 : traces.get(traceRow).firstLog;
    while (row !== -1) {
      const segment = logs.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) break;
      if (this.#matcher.matches(row)) {
        ordinals.push(logs.ordinalOf(row));
        levels[levelIndex(segment.severity[row & SLOT_MASK])]++;
      }
      row = segment.nextInTrace[row & SLOT_MASK];
    }
    this.#ordinals = ordinals;
    this.levels = levels;
  }

  close(): void {
    this.#ordinals = [];
  }
}

/** Records looked at between two looks at the clock. */
const RECORDS_PER_STEP = 64;

class MatchingLogs implements LogList {
  readonly #store: StoreRead;
  readonly #runtime: Runtime;
  readonly #matcher: LogMatcher;
  readonly #onProgress: () => void;
  /** Matches older than the origin, newest first; and newer ones, oldest first. */
  readonly #older = new MatchColumn();
  readonly #newer = new MatchColumn();
  readonly #origin: number;
  /** Still to look at: ordinals below searchNext, downwards, and those from nextNew on, upwards. */
  #searchNext: number;
  #nextNew: number;
  #stop: (() => void) | undefined;
  #isRefreshing = false;
  levels = LEVEL_ORDER.map(() => 0);

  constructor(store: StoreRead, runtime: Runtime, scope: LogScope, onProgress: () => void) {
    this.#store = store;
    this.#runtime = runtime;
    this.#matcher = new LogMatcher(store, scope);
    this.#onProgress = onProgress;
    this.#origin = this.#searchNext = this.#nextNew = store.logs.end;
    this.refresh();
  }

  get begin(): number {
    return this.#older.length > 0
      ? this.#origin - this.#older.length
      : this.#origin + this.#newer.first;
  }

  get end(): number {
    return this.#origin + this.#newer.end;
  }

  get isSearching(): boolean {
    return this.#stop !== undefined;
  }

  ordinalAt(position: number): number {
    return position < this.#origin
      ? this.#older.ordinalAt(this.#origin - 1 - position)
      : this.#newer.ordinalAt(position - this.#origin);
  }

  refresh(): void {
    this.#dropEvicted();
    if (this.#stop !== undefined) return;
    let isDone = false;
    this.#isRefreshing = true;
    const stop = runSliced(this.#runtime, () => {
      isDone = this.#step();
      return isDone;
    });
    this.#isRefreshing = false;
    if (!isDone) this.#stop = stop;
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Newer records come first: following goes on while old ones are searched. */
  #step(): boolean {
    const { logs } = this.#store;
    if (this.#nextNew < logs.end) {
      const from = Math.max(this.#nextNew, logs.begin);
      const to = Math.min(from + RECORDS_PER_STEP, logs.end);
      for (let ordinal = from; ordinal < to; ordinal++) this.#look(ordinal, this.#newer);
      this.#nextNew = to;
      return false;
    }
    if (this.#searchNext > logs.begin) {
      const to = Math.max(this.#searchNext - RECORDS_PER_STEP, logs.begin);
      for (let ordinal = this.#searchNext - 1; ordinal >= to; ordinal--) {
        this.#look(ordinal, this.#older);
      }
      this.#searchNext = to;
      return false;
    }
    this.#stop = undefined;
    if (!this.#isRefreshing) this.#onProgress();
    return true;
  }

  #look(ordinal: number, into: MatchColumn): void {
    const row = this.#store.logs.rowOf(ordinal);
    if (!this.#matcher.matches(row)) return;
    const level = levelIndex(severityAt(this.#store, ordinal));
    into.push(ordinal, level);
    this.levels[level]++;
  }

  #dropEvicted(): void {
    const { begin } = this.#store.logs;
    while (this.#older.length > 0 && this.#older.ordinalAt(this.#older.end - 1) < begin) {
      this.levels[this.#older.pop()]--;
    }
    if (this.#older.length > 0) return;
    while (this.#newer.length > 0 && this.#newer.ordinalAt(this.#newer.first) < begin) {
      this.levels[this.#newer.shift()]--;
    }
  }
}

const CHUNK_BITS = 13;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;

interface Chunk {
  readonly ordinals: Float64Array;
  readonly levels: Uint8Array;
}

/** Ordinals and levels of matches, 9 bytes each, in chunks that are freed as the list is cut. */
class MatchColumn {
  readonly #chunks: (Chunk | undefined)[] = [];
  /** Entries [first, end) are in the list. */
  first = 0;
  end = 0;

  get length(): number {
    return this.end - this.first;
  }

  ordinalAt(at: number): number {
    return this.#chunk(at).ordinals[at & CHUNK_MASK];
  }

  push(ordinal: number, level: number): void {
    const number = this.end >>> CHUNK_BITS;
    const chunk = (this.#chunks[number] ??= {
      ordinals: new Float64Array(CHUNK_SIZE),
      levels: new Uint8Array(CHUNK_SIZE),
    });
    chunk.ordinals[this.end & CHUNK_MASK] = ordinal;
    chunk.levels[this.end & CHUNK_MASK] = level;
    this.end++;
  }

  /** Takes the last entry off; returns its level. */
  pop(): number {
    const last = this.end - 1;
    const level = this.#chunk(last).levels[last & CHUNK_MASK];
    this.end = last;
    if ((this.end & CHUNK_MASK) === 0) this.#chunks.length = this.end >>> CHUNK_BITS;
    return level;
  }

  /** Takes the first entry off; returns its level. */
  shift(): number {
    const level = this.#chunk(this.first).levels[this.first & CHUNK_MASK];
    this.first++;
    if ((this.first & CHUNK_MASK) === 0) this.#chunks[(this.first >>> CHUNK_BITS) - 1] = undefined;
    return level;
  }

  #chunk(at: number): Chunk {
    const chunk = this.#chunks[at >>> CHUNK_BITS];
    if (chunk === undefined || at < this.first || at >= this.end) {
      throw new RangeError(`${at} is not in [${this.first}, ${this.end})`);
    }
    return chunk;
  }
}
