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
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { MatchColumn } from './match-column.ts';
import { FoldedLogs } from './log-fold.ts';
import type { Runtime, RowTest } from './runtime.ts';
import { SlicedSearch } from './sliced-search.ts';

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

export const LEVEL_COUNT = LEVEL_ORDER.length;

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
  /** Rises when positions changed in another way than by growing at either end and by eviction. */
  readonly shifts: number;
  /** The log table's ordinal at a position in [begin, end). */
  ordinalAt(position: number): number;
  /** Place in LEVEL_ORDER of the record at a position. */
  levelAt(position: number): number;
  /** Records that the row at a position stands for. */
  repeatsAt(position: number): number;
  /** Takes in what was appended, evicted or changed since the last call. */
  refresh(): void;
  close(): void;
}

export interface LogScope {
  /** null: every record. */
  readonly test: RowTest | null;
  readonly minSeverity: number;
  /** Only this trace's records, when not ''. */
  readonly traceId: string;
  /** Whether repeats are one row (log-fold.ts). */
  readonly fold: boolean;
}

/** Opens a list; `onProgress` is called when a search went on outside `refresh`. */
export function openLogList(
  store: StoreRead,
  runtime: Runtime,
  scope: LogScope,
  onProgress: () => void,
): LogList {
  const list = openFlatList(store, runtime, scope, onProgress);
  return scope.fold ? new FoldedLogs(store, list, runtime, onProgress) : list;
}

function openFlatList(
  store: StoreRead,
  runtime: Runtime,
  scope: LogScope,
  onProgress: () => void,
): LogList {
  if (scope.traceId !== '') return new TraceLogs(store, scope);
  if (scope.minSeverity <= 0 && scope.test === null) return new AllLogs(store);
  return new MatchingLogs(store, runtime, scope, onProgress);
}

function severityAt(store: StoreRead, ordinal: number): number {
  const row = store.logs.rowOf(ordinal);
  return store.logs.segments[row >>> SEGMENT_BITS]?.severity[row & SLOT_MASK] ?? 0;
}

/** Whether a record is severe enough and matches. */
function matchesScope(store: StoreRead, scope: LogScope, row: number): boolean {
  const severity = store.logs.segments[row >>> SEGMENT_BITS]?.severity[row & SLOT_MASK];
  if (severity === undefined || severity < scope.minSeverity) return false;
  return scope.test === null || scope.test.matches(row);
}

/** Records of a block: what is counted anew when eviction cuts one. */
const BLOCK_SIZE = 8192;

/** Every record: positions are the table's ordinals. Levels are counted in blocks. */
class AllLogs implements LogList {
  readonly #store: StoreRead;
  /** Level counts by block number, of the ordinals counted so far. */
  readonly #blocks = new Map<number, Int32Array>();
  readonly isSearching = false;
  readonly shifts = 0;
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

  levelAt(position: number): number {
    return levelIndex(severityAt(this.#store, position));
  }

  repeatsAt(): number {
    return 1;
  }

  refresh(): void {
    const { begin, end } = this.#store.logs;
    this.#count(Math.max(this.end, begin), end);
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

  /** Counts the records of [from, to). Hot loop: a million are there when the screen opens. */
  #count(from: number, to: number): void {
    const { logs } = this.#store;
    for (let ordinal = from; ordinal < to;) {
      const row = logs.rowOf(ordinal);
      const segment = logs.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) return;
      const { severity, baseOrdinal, count } = segment;
      const block = this.#blockOf(Math.floor(ordinal / BLOCK_SIZE));
      const blockEnd = (Math.floor(ordinal / BLOCK_SIZE) + 1) * BLOCK_SIZE;
      const until = Math.min(to, blockEnd, baseOrdinal + count);
      for (let slot = row & SLOT_MASK; slot < until - baseOrdinal; slot++) {
        block[LEVEL_OF[severity[slot]]]++;
      }
      ordinal = until;
    }
  }

  #blockOf(number: number): Int32Array {
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = new Int32Array(LEVEL_ORDER.length);
      this.#blocks.set(number, block);
    }
    return block;
  }

  /** Drops evicted blocks; the one that is cut is counted anew, as its evicted rows are gone. */
  #recount(begin: number, end: number): void {
    const cut = Math.floor(begin / BLOCK_SIZE);
    for (const number of this.#blocks.keys()) {
      if (number <= cut) this.#blocks.delete(number);
    }
    this.#count(begin, Math.min(end, (cut + 1) * BLOCK_SIZE));
  }
}

/** The records of one trace, in order of arrival. Collected anew when the trace changed. */
class TraceLogs implements LogList {
  readonly #store: StoreRead;
  readonly #traceId: string;
  readonly #scope: LogScope;
  #ordinals: number[] = [];
  #seen = '';
  readonly isSearching = false;
  shifts = 0;
  readonly begin = 0;
  levels: readonly number[] = LEVEL_ORDER.map(() => 0);

  constructor(store: StoreRead, scope: LogScope) {
    this.#store = store;
    this.#traceId = scope.traceId;
    this.#scope = scope;
    this.refresh();
  }

  get end(): number {
    return this.#ordinals.length;
  }

  ordinalAt(position: number): number {
    return this.#ordinals[position];
  }

  levelAt(position: number): number {
    return levelIndex(severityAt(this.#store, this.#ordinals[position]));
  }

  repeatsAt(): number {
    return 1;
  }

  refresh(): void {
    const { traces, logs } = this.#store;
    const traceRow = traces.find(this.#traceId);
    const seen =
      traceRow === -1 ? '' : `${traces.ordinalOf(traceRow)}/${traces.generationOf(traceRow)}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.shifts++;
    const ordinals: number[] = [];
    const levels = LEVEL_ORDER.map(() => 0);
    let row = traceRow === -1 ? -1 : traces.get(traceRow).firstLog;
    while (row !== -1) {
      const segment = logs.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) break;
      if (matchesScope(this.#store, this.#scope, row)) {
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

/** Records looked at between two looks at the clock when only their severity counts. */
const RECORDS_PER_STEP = 1024;

class MatchingLogs implements LogList {
  readonly #store: StoreRead;
  readonly #search: SlicedSearch;
  readonly #scope: LogScope;
  readonly #onProgress: () => void;
  /** Matches older than the origin, newest first; and newer ones, oldest first. */
  readonly #older = new MatchColumn();
  readonly #newer = new MatchColumn();
  readonly #origin: number;
  /** Still to look at: ordinals below searchNext, downwards, and those from nextNew on, upwards. */
  #searchNext: number;
  #nextNew: number;
  readonly shifts = 0;
  levels = LEVEL_ORDER.map(() => 0);

  constructor(store: StoreRead, runtime: Runtime, scope: LogScope, onProgress: () => void) {
    this.#store = store;
    this.#search = new SlicedSearch(runtime, () => this.#step());
    this.#scope = scope;
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
    return this.#search.isRunning;
  }

  ordinalAt(position: number): number {
    return position < this.#origin
      ? this.#older.ordinalAt(this.#origin - 1 - position)
      : this.#newer.ordinalAt(position - this.#origin);
  }

  levelAt(position: number): number {
    return position < this.#origin
      ? this.#older.byteAt(this.#origin - 1 - position)
      : this.#newer.byteAt(position - this.#origin);
  }

  repeatsAt(): number {
    return 1;
  }

  refresh(): void {
    this.#dropEvicted();
    this.#search.run();
  }

  close(): void {
    this.#search.close();
  }

  /** Newer records come first: following goes on while old ones are searched. */
  #step(): boolean {
    const { logs } = this.#store;
    if (this.#nextNew < logs.end) {
      const from = Math.max(this.#nextNew, logs.begin);
      const to = Math.min(from + this.#perStep, logs.end);
      this.#scan(from, to, (ordinal) => {
        this.#keep(ordinal, this.#newer);
      });
      this.#nextNew = to;
      return false;
    }
    if (this.#searchNext > logs.begin) {
      const to = Math.max(this.#searchNext - this.#perStep, logs.begin);
      const found: number[] = [];
      this.#scan(to, this.#searchNext, (ordinal) => found.push(ordinal));
      for (let i = found.length - 1; i >= 0; i--) this.#keep(found[i], this.#older);
      this.#searchNext = to;
      return false;
    }
    if (this.#search.end()) this.#onProgress();
    return true;
  }

  get #perStep(): number {
    return this.#scope.test?.itemsPerStep ?? RECORDS_PER_STEP;
  }

  #scan(from: number, to: number, found: (ordinal: number) => void): void {
    const { test } = this.#scope;
    if (test !== null) test.scan(from, to, found);
    else {
      const { begin } = this.#store.logs;
      for (let ordinal = Math.max(from, begin); ordinal < to; ordinal++) found(ordinal);
    }
  }

  #keep(ordinal: number, into: MatchColumn): void {
    const severity = severityAt(this.#store, ordinal);
    if (severity < this.#scope.minSeverity) return;
    const level = levelIndex(severity);
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
