/**
 * What is drawn around the log list: the density, the ticks of the gutter and the counts by level.
 * Under a brush the density stays that of the whole list, which has a subscription of its own.
 */
import type { LiveSubscription } from '../../../proto/live/client.ts';
import type { LogsColumns, LogsMeta, LogsParams } from '../../../proto/live/topics.ts';
import type { DensityData } from '../../canvas/density-scale.ts';
import type { Session } from '../../session/session.svelte.ts';
import type { LogScope } from './log-records.ts';

/** Counts change at most this often. */
const COUNTS_MS = 500;
const FIRST_COLUMNS = 160;
const FIRST_TICKS = 240;
const MAX_COLUMNS = 1000;
const MAX_TICKS = 2000;

/** A density, with the exact time that its first column begins at. */
export interface LogDensityData extends DensityData {
  readonly fromNs: bigint;
  readonly columnNs: number;
}

/** Matching records, by level in the order of `LogsMeta.levels`. */
export interface LogCountsData {
  readonly levels: readonly number[];
  readonly records: number;
  readonly isSearching: boolean;
}

export class LogCharts {
  readonly #session: Session;
  readonly #onWanted: () => void;
  #columns = FIRST_COLUMNS;
  #ticksWanted = FIRST_TICKS;
  #whole: LogScope | undefined;
  #wholeKey = '';
  #wholeHandle: LiveSubscription<'logs'> | undefined;
  #isAttached = false;
  #isHeld = false;
  #countedMs = 0;
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  /** The newest frame's, which may not be shown yet. */
  #latest: LogsMeta | undefined;

  #density = $state.raw<LogDensityData | undefined>(undefined);
  #ticks = $state.raw<Uint8Array>(new Uint8Array());
  #counts = $state.raw<LogCountsData | undefined>(undefined);

  /** `onWanted` runs when other numbers of columns or ticks are wanted. */
  constructor(session: Session, onWanted: () => void) {
    this.#session = session;
    this.#onWanted = onWanted;
  }

  get density(): LogDensityData | undefined {
    return this.#density;
  }

  /** The most severe level of each stretch of the list, as the topic has it. */
  get ticks(): Uint8Array {
    return this.#ticks;
  }

  get counts(): LogCountsData | undefined {
    return this.#counts;
  }

  /** The most columns that are asked for. */
  get maxColumns(): number {
    return this.#columns;
  }

  /** What to ask the list's own subscription for. */
  get wanted(): Pick<LogsParams, 'densityColumns' | 'ticks'> {
    return {
      densityColumns: this.#whole === undefined ? this.#columns : 0,
      ticks: this.#ticksWanted,
    };
  }

  /** Says how many columns and ticks there is room for. */
  room(columns: number, ticks: number): void {
    const nextColumns = Math.max(1, Math.min(MAX_COLUMNS, columns));
    const nextTicks = Math.max(1, Math.min(MAX_TICKS, ticks));
    if (nextColumns === this.#columns && nextTicks === this.#ticksWanted) return;
    this.#columns = nextColumns;
    this.#ticksWanted = nextTicks;
    this.#onWanted();
    if (this.#whole !== undefined) this.#wholeHandle?.update(this.#wholeParams(this.#whole));
  }

  /** A pause holds what is drawn. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  /** The list is narrowed by a brush: the density shows this scope. Undefined: it shows the list. */
  narrow(whole: LogScope | undefined): void {
    const key = whole === undefined ? '' : JSON.stringify(whole);
    if (key === this.#wholeKey) return;
    this.#wholeKey = key;
    this.#whole = whole;
    this.#subscribe();
  }

  attach(): () => void {
    this.#isAttached = true;
    this.#subscribe();
    return () => {
      this.#isAttached = false;
      this.#wholeHandle?.close();
      this.#wholeHandle = undefined;
    };
  }

  /** Takes a frame of the list. */
  take(meta: LogsMeta, columns: LogsColumns): void {
    if (this.#isHeld && this.#counts !== undefined) return;
    if (this.#whole === undefined) this.#setDensity(densityOf(meta, columns));
    if (!isEqual(this.#ticks, columns.ticks)) this.#ticks = columns.ticks;
    this.#count(meta);
  }

  /** Another list: nothing of before is true of it. A density of the whole stays. */
  restart(): void {
    clearTimeout(this.#countTimer);
    this.#countTimer = undefined;
    this.#counts = undefined;
    this.#ticks = new Uint8Array();
    if (this.#whole === undefined) this.#density = undefined;
  }

  /** Sets what differs, so that what is the same is not painted again. */
  #setDensity(next: LogDensityData | undefined): void {
    const now = this.#density;
    const isSame =
      next !== undefined &&
      now?.fromNs === next.fromNs &&
      now.columnNs === next.columnNs &&
      isEqual(now.counts, next.counts);
    if (!isSame) this.#density = next;
  }

  /** Takes the counts of a frame now, or with the latest one when it is time. */
  #count(meta: LogsMeta): void {
    this.#latest = meta;
    const waitMs = this.#countedMs + COUNTS_MS - performance.now();
    if (this.#counts === undefined || meta.searching || waitMs <= 0) this.#setCounts();
    else {
      this.#countTimer ??= setTimeout(() => {
        this.#setCounts();
      }, waitMs);
    }
  }

  #setCounts(): void {
    clearTimeout(this.#countTimer);
    this.#countTimer = undefined;
    if (this.#latest === undefined || this.#isHeld) return;
    const { levels, searching } = this.#latest;
    this.#countedMs = performance.now();
    const records = levels.reduce((sum, count) => sum + count, 0);
    this.#counts = { levels, records, isSearching: searching };
  }

  #wholeParams(scope: LogScope): LogsParams {
    return { ...scope, first: null, count: 1, densityColumns: this.#columns, ticks: 0 };
  }

  #subscribe(): void {
    this.#wholeHandle?.close();
    this.#wholeHandle = undefined;
    if (this.#whole === undefined || !this.#isAttached) return;
    this.#wholeHandle = this.#session.live('logs', this.#wholeParams(this.#whole), {
      frame: ({ meta, columns }) => {
        if (!this.#isHeld) this.#setDensity(densityOf(meta, columns));
      },
    });
  }
}

function densityOf({ density }: LogsMeta, columns: LogsColumns): LogDensityData | undefined {
  if (density === null) return undefined;
  const fromNs = BigInt(density.fromNs);
  return {
    fromNs,
    columnNs: density.columnNs,
    fromMs: Number(fromNs / 1000n) / 1000,
    columnMs: density.columnNs / 1e6,
    columns: density.columns,
    counts: columns.density,
  };
}

function isEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
