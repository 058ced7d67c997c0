/** The `logs` topic: a window of the log tail, following or anchored, with density and ticks. */
import type { LogsMeta, LogsParams } from '../../../../proto/live/topics.ts';
import { LogDensity } from '../../view/log-density.ts';
import { FoldedLogs } from '../../view/log-fold.ts';
import type { LogList } from '../../view/log-list.ts';
import { packLogs } from '../../view/log-rows.ts';
import type { LiveContext } from '../context.ts';
import { readLogsParams } from '../params.ts';
import type { Lease } from '../shared-lists.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

export const openLogs: OpenTopic = (context, params, wake) => new LogsTopic(context, params, wake);

const INTERVAL_MS = 100;
/** The longest that one frame counts for the density, and that one slice between frames does. */
const COUNT_MS = 2;
const COUNT_SLICE_MS = 5;
const RATE_MS = 2000;

class LogsTopic implements TopicSource {
  readonly triggers = ['logs'] as const;
  readonly intervalMs = INTERVAL_MS;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #params: LogsParams;
  #lease: Lease<LogList>;
  #charts: LogCharts | undefined;
  #rate: ArrivalRate;
  #isCounting = false;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    this.#params = readLogsParams(params);
    this.#lease = this.#openList(this.#params);
    this.#rate = new ArrivalRate();
  }

  update(params: unknown): void {
    const next = readLogsParams(params);
    const isOther = scopeKey(next) !== scopeKey(this.#params);
    if (isOther) {
      const lease = this.#openList(next);
      this.#lease.close();
      this.#lease = lease;
      this.#charts = undefined;
      this.#rate = new ArrivalRate();
    }
    this.#params = next;
  }

  build(): Built {
    const { store, options } = this.#context;
    const { list } = this.#lease;
    list.refresh();
    const { begin, end } = list;
    const { count } = this.#params;
    const wanted = this.#params.first ?? end - count;
    const first = Math.max(begin, Math.min(wanted, end - 1));
    const positions: number[] = [];
    for (let at = first; at < Math.min(first + count, end); at++) positions.push(at);
    const packed = packLogs(store, list, positions);
    const charts = this.#buildCharts(list);
    const perSecond = this.#rate.perSecond(recordsOf(list), options.clock.ticksMs());
    const meta: LogsMeta = {
      total: store.logs.end - store.logs.begin,
      begin,
      end,
      first,
      strings: packed.strings,
      levels: [...list.levels],
      searching: list.isSearching,
      perSecond,
      density: charts.axis,
    };
    const { density, ticks } = charts;
    const isMoving = list.isSearching || !charts.isComplete || perSecond > 0;
    return {
      frame: { kind: 'snapshot', meta, columns: { ...packed.columns, density, ticks } },
      // What a search has found so far is shown while it goes on.
      staleInMs: isMoving ? (perSecond > 0 && charts.isComplete ? 500 : INTERVAL_MS) : null,
    };
  }

  close(): void {
    this.#lease.close();
    this.#charts = undefined;
  }

  #buildCharts(list: LogList): {
    readonly axis: LogsMeta['density'];
    readonly density: Uint32Array;
    readonly ticks: Uint8Array;
    readonly isComplete: boolean;
  } {
    const { densityColumns = 0, ticks = 0 } = this.#params;
    if (densityColumns === 0 && ticks === 0) {
      return { axis: null, density: NO_COUNTS, ticks: NO_TICKS, isComplete: true };
    }
    this.#charts ??= new LogCharts(this.#context, list);
    const isComplete = this.#charts.refresh(this.#context, COUNT_MS);
    if (!isComplete) this.#countOn(this.#charts);
    const density = this.#charts.records.density(densityColumns);
    const { fromNs = '', columnNs = 0, columns = 0 } = density ?? {};
    return {
      axis: density === null ? null : { fromNs, columnNs, columns },
      density: density?.counts ?? NO_COUNTS,
      ticks: ticks === 0 ? NO_TICKS : this.#charts.rows.ticks(ticks),
      isComplete,
    };
  }

  /** Counts between frames what one frame has no time for. */
  #countOn(charts: LogCharts): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    const slice = (): void => {
      this.#isCounting = false;
      // Closed, or another list by now.
      if (charts !== this.#charts) return;
      this.#lease.list.refresh();
      if (charts.refresh(this.#context, COUNT_SLICE_MS)) this.#wake();
      else this.#countOn(charts);
    };
    this.#context.options.scheduler.soon(slice);
  }

  #openList(params: LogsParams): Lease<LogList> {
    const { filter, minSeverity, traceId, fold = false } = params;
    return this.#context.lists.logs({ filter, minSeverity, traceId, fold }, this.#wake);
  }
}

const NO_COUNTS = new Uint32Array(0);
const NO_TICKS = new Uint8Array(0);

/** The density counts records, the gutter shows rows; the same unless repeats are folded. */
class LogCharts {
  readonly records: LogDensity;
  readonly rows: LogDensity;

  constructor({ store }: LiveContext, list: LogList) {
    this.rows = new LogDensity(store, list);
    this.records = list instanceof FoldedLogs ? new LogDensity(store, list.records) : this.rows;
  }

  /** Counts for at most so long. False when there is more to count. */
  refresh({ options }: LiveContext, forMs: number): boolean {
    const until = options.clock.ticksMs() + forMs;
    const isTimeUp = (): boolean => options.clock.ticksMs() >= until;
    const isCounted = this.records.refresh(isTimeUp);
    return this.rows === this.records ? isCounted : this.rows.refresh(isTimeUp) && isCounted;
  }
}

/** Upper end of the list of records: what rises with each that arrives. */
function recordsOf(list: LogList): number {
  return list instanceof FoldedLogs ? list.records.end : list.end;
}

/** How fast the upper end of a list moved over the last two seconds. */
class ArrivalRate {
  #samples: { readonly end: number; readonly ms: number }[] = [];

  perSecond(end: number, ms: number): number {
    this.#samples.push({ end, ms });
    const inWindow = this.#samples.findIndex((sample) => sample.ms >= ms - RATE_MS);
    if (inWindow > 0) this.#samples.splice(0, inWindow);
    const first = this.#samples[0];
    return Math.round(Math.max(0, end - first.end) / (RATE_MS / 1000));
  }
}

function scopeKey({ filter, minSeverity, traceId, fold }: LogsParams): string {
  return JSON.stringify([filter, minSeverity, traceId, fold === true]);
}
