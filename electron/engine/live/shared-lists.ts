/**
 * Lists that topics of one engine share, by what they hold: two screens, a strip and its chips search
 * once. A list lives while somebody holds a lease on it.
 *
 * ```
 *   traces of a filter ──▶ traces of the same filter in a brush
 *        ▲  ▲                        ▲
 *     latency facets              traces list
 * ```
 */
import type { Brush, Filter } from '../../../proto/live/topics.ts';
import type { Clock, EngineOptions } from '../config.ts';
import type { Store } from '../store/store.ts';
import { BrushRange } from '../query/brush.ts';
import { openLogList, type LogList, type LogScope } from '../view/log-list.ts';
import { BrushedSpans, MatchingSpans, type SpanSet } from '../view/span-set.ts';
import { AllTraces, BrushedTraces, MatchingTraces, type TraceSet } from '../view/trace-set.ts';
import { isFixed } from '../query/plan.ts';
import type { Queries } from './queries.ts';

/** A share in a list. Closing the last one closes the list. */
export interface Lease<L> {
  readonly list: L;
  close(): void;
}

interface Entry<L> {
  readonly list: L;
  readonly openedMs: number;
  readonly wakes: Set<() => void>;
}

/**
 * How long a list is shared whose verdicts change with the traces of its items: it judges an item once,
 * so that a later question is answered from a list of its own. What one screen asks comes together.
 */
const CHANGING_AGE_MS = 500;

interface Closable {
  close(): void;
}

class Shelf<L extends Closable> {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<L>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The list of a key, opened when nobody holds it, or when the one that is held was opened more than
   * `maxAgeMs` ago. `wake` is called when its search went on.
   */
  lease(
    key: string,
    wake: () => void,
    open: (onProgress: () => void) => L,
    maxAgeMs = Infinity,
  ): Lease<L> {
    // Of its own, so that one function can hold two leases.
    const onProgress = (): void => {
      wake();
    };
    const held = this.#entries.get(key);
    const isFit = held !== undefined && this.#clock.ticksMs() - held.openedMs <= maxAgeMs;
    const entry = isFit ? held : this.#open(key, open);
    entry.wakes.add(onProgress);
    return {
      list: entry.list,
      close: () => {
        if (!entry.wakes.delete(onProgress) || entry.wakes.size > 0) return;
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        entry.list.close();
      },
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  #open(key: string, open: (onProgress: () => void) => L): Entry<L> {
    const wakes = new Set<() => void>();
    const list = open(() => {
      for (const wake of wakes) wake();
    });
    const entry = { list, openedMs: this.#clock.ticksMs(), wakes };
    this.#entries.set(key, entry);
    return entry;
  }
}

export class SharedLists {
  readonly #options: EngineOptions;
  readonly #store: Store;
  readonly #queries: Queries;
  readonly #traces: Shelf<TraceSet>;
  readonly #spans: Shelf<SpanSet>;
  readonly #logs: Shelf<LogList>;

  constructor(options: EngineOptions, store: Store, queries: Queries) {
    this.#traces = new Shelf(options.clock);
    this.#spans = new Shelf(options.clock);
    this.#logs = new Shelf(options.clock);
    this.#options = options;
    this.#store = store;
    this.#queries = queries;
  }

  /** Lists that are open. */
  get size(): number {
    return this.#traces.size + this.#spans.size + this.#logs.size;
  }

  /** Throws LiveFailure `badParams` for a wrong query, as the others do. */
  traces(filter: Filter, brush: Brush | null, wake: () => void): Lease<TraceSet> {
    if (brush !== null) {
      const base = this.traces(filter, null, wake);
      const range = new BrushRange(brush);
      const key = JSON.stringify([filter, brush]);
      const lease = this.#traces.lease(
        key,
        () => undefined,
        () => {
          return new BrushedTraces(base.list, this.#store, range);
        },
      );
      return joined(lease, base);
    }
    return this.#traces.lease(JSON.stringify(filter), wake, (onProgress) => {
      const test = this.#queries.traceTest(filter);
      if (test === null) return new AllTraces(this.#store);
      return new MatchingTraces(this.#store, this.#options, test, onProgress);
    });
  }

  spans(filter: Filter, brush: Brush | null, wake: () => void): Lease<SpanSet> {
    if (brush !== null) {
      // The search is over when the brush has seen what the search below it found.
      const base = this.spans(filter, null, () => {
        lease.list.refresh();
        if (!lease.list.isSearching) wake();
      });
      const range = new BrushRange(brush);
      const key = JSON.stringify([filter, brush]);
      const openBrushed = (onProgress: () => void): SpanSet =>
        new BrushedSpans(base.list, this.#store, this.#options, range, onProgress);
      const lease = this.#spans.lease(key, wake, openBrushed, this.#maxAgeMs(filter, 'spans'));
      return joined(lease, base);
    }
    const open = (onProgress: () => void): SpanSet => {
      const test = this.#queries.spanTest(filter);
      return new MatchingSpans(this.#store, this.#options, test, onProgress);
    };
    return this.#spans.lease(JSON.stringify(filter), wake, open, this.#maxAgeMs(filter, 'spans'));
  }

  logs(
    scope: Omit<LogScope, 'test'> & { readonly filter: Filter },
    wake: () => void,
  ): Lease<LogList> {
    const { filter, minSeverity, traceId, fold } = scope;
    const key = JSON.stringify([filter, minSeverity, traceId, fold]);
    const open = (onProgress: () => void): LogList => {
      const test = this.#queries.logTest(filter);
      return openLogList(
        this.#store,
        this.#options,
        { test, minSeverity, traceId, fold },
        onProgress,
      );
    };
    return this.#logs.lease(key, wake, open, this.#maxAgeMs(filter, 'logs'));
  }

  /** Verdicts that can change are judged anew for whoever asks later. */
  #maxAgeMs(filter: Filter, target: 'spans' | 'logs'): number {
    return isFixed(this.#queries.compile(filter, target).plan) ? Infinity : CHANGING_AGE_MS;
  }
}

/** A lease on a list together with the one that it is made of. */
function joined<L>(lease: Lease<L>, base: Lease<L>): Lease<L> {
  return {
    list: lease.list,
    close: () => {
      lease.close();
      base.close();
    },
  };
}
