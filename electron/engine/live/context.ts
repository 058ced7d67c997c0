/** What sessions share: the store, the receiver log, rates, pins and what the host reported. */
import { NO_JOURNAL, type SourcesMeta, type StatusMeta } from '../../../proto/live/topics.ts';
import type { ItemKind, Signal } from '../../../proto/otlp/signal.ts';
import type { EngineOptions, HostStatus } from '../config.ts';
import { Completer } from '../query/complete.ts';
import type { Store } from '../store/store.ts';
import { Marks } from './marks.ts';
import { Imports } from './imports.ts';
import { Queries } from './queries.ts';
import { Rates } from './rates.ts';
import { RequestLog } from './request-log.ts';
import { SharedLists } from './shared-lists.ts';
import type { Trigger } from './topic.ts';

const ITEM_KINDS: readonly ItemKind[] = ['spans', 'logRecords', 'dataPoints', 'profiles'];

export class LiveContext {
  readonly options: EngineOptions;
  readonly store: Store;
  readonly requests = new RequestLog();
  readonly queries: Queries;
  readonly completer: Completer;
  readonly lists: SharedLists;
  readonly imports: Imports;
  readonly marks: Marks;
  /** Ids of pinned traces, in the order they were pinned. */
  readonly pinned: string[] = [];
  readonly #rates: Rates;
  readonly #startedMs: number;
  readonly #changed: (trigger: Trigger) => void;
  #host: HostStatus = { receivers: [], operations: [] };

  constructor(options: EngineOptions, store: Store, changed: (trigger: Trigger) => void) {
    this.options = options;
    this.store = store;
    this.queries = new Queries(store, options.regex);
    this.completer = new Completer(store, options.clock);
    this.lists = new SharedLists(options, store, this.queries);
    this.imports = new Imports(store);
    this.#changed = changed;
    this.marks = new Marks(options.clock, (marks) => {
      changed('marks');
      options.onMarks?.(marks);
    });
    this.#startedMs = options.clock.ticksMs();
    this.#rates = new Rates(
      () => this.#counts(),
      () => options.clock.ticksMs(),
    );
  }

  /** To be called before items are added. */
  noteRates(): void {
    this.#rates.note();
  }

  /** Tells all subscriptions that something changed. */
  changed(trigger: Trigger): void {
    this.#changed(trigger);
  }

  setHostStatus(host: HostStatus): void {
    this.#host = host;
    this.#changed('host');
  }

  /** Pins or unpins a trace of the store. */
  setPinned(traceId: string, row: number, isPinned: boolean): void {
    const at = this.pinned.indexOf(traceId);
    if (isPinned && at === -1) this.pinned.push(traceId);
    if (!isPinned && at !== -1) this.pinned.splice(at, 1);
    this.store.setPinned(row, isPinned);
    this.#changed('traces');
  }

  /** Trace rows of the pinned traces that are in memory, in pin order. */
  pinnedRows(): number[] {
    const { traces } = this.store;
    return this.pinned
      .map((traceId) => traces.find(traceId))
      .filter((row) => row !== -1 && traces.spanCountOf(row) > 0);
  }

  clear(signal: Signal | 'all'): void {
    this.store.clear(signal);
    const cleared: readonly Signal[] =
      signal === 'all' ? ['traces', 'logs', 'metrics', 'profiles'] : [signal];
    for (const one of cleared) this.#changed(one);
    if (signal === 'all') this.marks.clear();
    this.options.onCleared?.(signal);
  }

  status(): StatusMeta {
    const { store, options } = this;
    const rates = this.#rates.perSecond();
    const services = store.services();
    const rate = (kind: ItemKind): number => rates.get(kind) ?? 0;
    return {
      version: options.version,
      uptimeMs: Math.round(options.clock.ticksMs() - this.#startedMs),
      receivers: this.#host.receivers,
      memory: { budgetBytes: options.memoryBytes, ...store.memory() },
      signals: store.counters(),
      rates: {
        spans: rate('spans'),
        logRecords: rate('logRecords'),
        dataPoints: rate('dataPoints'),
        profiles: rate('profiles'),
      },
      counts: {
        traces: store.traces.count,
        logRecords: store.logs.end - store.logs.begin,
        metrics: store.metrics.entries.length,
        services: services.length,
        processes: services.reduce((sum, service) => sum + service.processes, 0),
      },
      oldestMs: store.oldestArrivalMs(),
      requestsRefused: this.requests.refused,
      invalidStrings: store.invalidStrings(),
      operations: this.#host.operations,
      journal: this.#host.journal ?? NO_JOURNAL,
    };
  }

  sources(): SourcesMeta {
    const rates = this.#rates.perSecond();
    return {
      services: this.store.services().map((service) => ({
        name: service.name,
        index: service.index,
        language: service.language,
        sdkVersion: service.sdkVersion,
        processes: service.processes,
        spansPerSecond: rates.get(`spans of ${service.name}`) ?? 0,
        logsPerSecond: rates.get(`logs of ${service.name}`) ?? 0,
        spans: service.spans,
        errors: service.errors,
      })),
    };
  }

  /** Items ever accepted, by kind and by service: what rates are made of. */
  #counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const counters = this.store.counters();
    for (const kind of ITEM_KINDS) {
      const { received, rejected, duplicates } = counters[kind];
      counts.set(kind, received - rejected - duplicates);
    }
    for (const service of this.store.services()) {
      counts.set(`spans of ${service.name}`, service.spansAccepted);
      counts.set(`logs of ${service.name}`, service.logsAccepted);
    }
    return counts;
  }
}
