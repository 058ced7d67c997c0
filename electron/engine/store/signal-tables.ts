/** The tables of all signals, and what is done with them by signal. Profiles have bytes but no rows. */
import type { Signal } from '../../../proto/otlp/signal.ts';
import { POINT_STRIDE } from '../wire/scan-metrics.ts';
import type { ScanOutput } from '../wire/scan-output.ts';
import { SPAN_STRIDE } from '../wire/scan-traces.ts';
import { Batches } from './batch-table.ts';
import { LOG_ROW_BYTES, Logs } from './log-table.ts';
import type { Pages } from './pages.ts';
import type { MetricCatalog } from './metric-catalog.ts';
import { POINT_ROW_BYTES, Points } from './point-table.ts';
import { Resources, Scopes } from './resource-table.ts';
import { SLOT_MASK } from './schema.ts';
import { ScopeRows } from './scope-rows.ts';
import { segmentRowsFor } from './segment-table.ts';
import type { Slab } from './slabs.ts';
import { SPAN_ROW_BYTES } from './span-segment.ts';
import { Spans } from './span-table.ts';
import { Strings } from './string-table.ts';
import { Traces } from './trace-table.ts';

/** Where the rows of one body belong. */
export interface BodyPlace {
  readonly batch: number;
  /** Where the body starts in its slab. */
  readonly base: number;
  readonly arrivalMs: number;
  /** Gets the body offsets of duplicates, which have no row. */
  readonly drops: number[];
}

/** What an eviction took. */
export interface Evicted {
  /** Items that were kept until then: superseded spans are not. */
  readonly kept: number;
  /** Rows of the traces that lost something. */
  readonly touched: ReadonlySet<number>;
}

const NO_TRACES: ReadonlySet<number> = new Set();

export class SignalTables {
  /** Where slabs and segments come from. */
  readonly pages: Pages;
  readonly strings = new Strings();
  readonly resources: Resources;
  readonly scopes = new Scopes();
  readonly batches = new Batches();
  readonly traces = new Traces();
  readonly spans: Spans;
  readonly logs: Logs;
  readonly points: Points;
  readonly metrics: MetricCatalog;
  readonly #scopeRows: ScopeRows;

  constructor(memoryBytes: number, pages: Pages) {
    this.pages = pages;
    this.resources = new Resources(this.strings);
    const rowsFor = (rowBytes: number): number => segmentRowsFor(memoryBytes, rowBytes);
    this.spans = new Spans(rowsFor(SPAN_ROW_BYTES), this);
    this.logs = new Logs(rowsFor(LOG_ROW_BYTES), this);
    this.points = new Points(rowsFor(POINT_ROW_BYTES), this);
    this.metrics = this.points.metrics;
    this.#scopeRows = new ScopeRows(this.resources, this.scopes);
    this.traces.refresh = (row) => {
      this.spans.refreshTrace(row);
    };
    this.traces.serviceOfSpan = (row) =>
      this.resources.service(this.spans.at(row).resourceOf(row & SLOT_MASK));
  }

  protected tableOf(signal: Signal): Spans | Logs | Points | undefined {
    switch (signal) {
      case 'traces':
        return this.spans;
      case 'logs':
        return this.logs;
      case 'metrics':
        return this.points;
      case 'profiles':
        return undefined;
    }
  }

  /** One past the newest ordinal of a signal's table. */
  protected endOf(signal: Signal): number {
    return this.tableOf(signal)?.end ?? 0;
  }

  /** Makes room in the trace index for the traces that so many items may name. */
  protected reserveTraces(signal: Signal, count: number): void {
    if (signal === 'traces' || signal === 'logs') this.traces.reserve(count);
  }

  /** Makes rows of what was scanned. */
  protected appendRows(signal: Signal, out: ScanOutput, place: BodyPlace): void {
    const { batch, base, drops, arrivalMs } = place;
    if (signal === 'profiles') return;
    this.#scopeRows.resolve(out);
    switch (signal) {
      case 'traces':
        this.spans.append(out, batch, base, this.#scopeRows, drops);
        break;
      case 'logs':
        this.logs.append(out, batch, base, this.#scopeRows, arrivalMs);
        break;
      case 'metrics':
        this.points.append(out, batch, base, this.#scopeRows);
        break;
    }
    this.#scopeRows.settle();
  }

  /** Tells rows from `ordinal` on where a body without its dropped items has them; log records all stay. */
  protected relocateRows(signal: Signal, out: ScanOutput, ordinal: number, base: number): void {
    if (signal === 'traces') this.spans.relocate(out, SPAN_STRIDE, ordinal, base);
    else if (signal === 'metrics') this.points.relocate(out, POINT_STRIDE, ordinal, base);
  }

  protected evictRows(signal: Signal, slab: Slab): Evicted {
    const until = slab.endOrdinal;
    switch (signal) {
      case 'traces':
        return this.spans.evict(until);
      case 'logs': {
        const kept = until - this.logs.begin;
        return { kept, touched: this.logs.evict(until) };
      }
      case 'metrics': {
        const kept = until - this.points.begin;
        this.points.evict(until);
        return { kept, touched: NO_TRACES };
      }
      case 'profiles': {
        const kept = slab.batches.reduce((sum, batch) => sum + this.batches.items(batch), 0);
        return { kept, touched: NO_TRACES };
      }
    }
  }

  /** Bytes of the tables that a signal fills. */
  protected signalBytes(signal: Signal): number {
    switch (signal) {
      case 'traces':
        return this.spans.liveBytes + this.spans.indexBytes + this.traces.bytesOfSpans;
      case 'logs':
        return this.logs.liveBytes + this.traces.bytes - this.traces.bytesOfSpans;
      case 'metrics':
        return this.points.liveBytes + this.metrics.bytes;
      case 'profiles':
        return 0;
    }
  }

  /** Bytes of everything here, spare segments and what is held ahead too. */
  protected get tableBytes(): number {
    return (
      this.pages.aheadBytes +
      this.strings.bytes +
      this.batches.bytes +
      this.spans.bytes +
      this.spans.indexBytes +
      this.logs.bytes +
      this.points.bytes +
      this.traces.bytes +
      this.metrics.bytes +
      this.resources.bytesUsed +
      this.scopes.bytesUsed
    );
  }
}
