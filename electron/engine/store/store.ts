/**
 * The store: takes export requests, keeps their bytes and an index of them, forgets the oldest.
 *
 * ```
 *   chunks ─ copy ▶ slab ─ scan ▶ flat numbers ─ append ▶ tables ─▶ trace index, series, counters
 *                     ▲                  │ malformed: the slab gives the bytes back, nothing else
 *                     └── stripItems ◀───┘ single items refused or known: their bytes go
 * ```
 * Everything is synchronous: when `ingest` returns, the rows are visible. Row numbers, views of bytes
 * and chains of rows are valid until the next call that changes the store.
 */
import { SIGNALS, type ItemKind, type Signal } from '../../../proto/otlp/signal.ts';
import type { ItemCounts } from '../../../proto/live/topics.ts';
import type { Clock, IngestResult, Rejection } from '../config.ts';
import { joinChunks } from '../wire/chunks.ts';
import { WireError } from '../wire/cursor.ts';
import { stripItems } from '../wire/rewrite.ts';
import { scanLogs } from '../wire/scan-logs.ts';
import { scanMetrics } from '../wire/scan-metrics.ts';
import { REJECT_REASONS, ScanOutput } from '../wire/scan-output.ts';
import { scanProfiles } from '../wire/scan-profiles.ts';
import { scanTraces } from '../wire/scan-traces.ts';
import { ChainReader, type BatchReader } from './batch-reader.ts';
import { Batches } from './batch-table.ts';
import { Counters } from './counters.ts';
import { LOG_ROW_BYTES, Logs } from './log-table.ts';
import type { MetricCatalog } from './metric-catalog.ts';
import { POINT_ROW_BYTES, Points } from './point-table.ts';
import { Resources, Scopes } from './resource-table.ts';
import { rescueItems, ROW_COST, type Rescue } from './rescue.ts';
import { Retention } from './retention.ts';
import { pointsRequest, rowsRequest } from './rows-request.ts';
import { SLOT_MASK, type ServiceEntry, type StoreRead } from './schema.ts';
import { ScopeRows } from './scope-rows.ts';
import { segmentRowsFor } from './segment-table.ts';
import { SlabChain, SlabPool, type Slab } from './slabs.ts';
import { SPAN_ROW_BYTES } from './span-segment.ts';
import { Spans } from './span-table.ts';
import { Strings } from './string-table.ts';
import { Traces } from './trace-table.ts';

export type { BatchReader, StoredRequest } from './batch-reader.ts';

export interface StoreOptions {
  /** Budget of everything that is kept; taken as MIN_ or MAX_MEMORY_BYTES when it is beyond. */
  readonly memoryBytes: number;
  readonly clock: Clock;
}

/** The smallest budget in which segments and slabs have a sensible size. */
export const MIN_MEMORY_BYTES = 4 << 20;
/** A span costs 130 bytes at least, and the index of spans counts 2^26 rows. */
export const MAX_MEMORY_BYTES = 8 * 2 ** 30;

const MIN_SLAB_BYTES = 256 << 10;
const MAX_SLAB_BYTES = 8 << 20;
/** Protected traces may hold this share of the budget; beyond it they are evicted like others. */
const PROTECTED_SHARE = 0.4;

const SCANNERS: Readonly<Record<Signal, (out: ScanOutput, bytes: Uint8Array) => void>> = {
  traces: scanTraces,
  logs: scanLogs,
  metrics: scanMetrics,
  profiles: scanProfiles,
};

export class Store implements StoreRead {
  readonly strings = new Strings();
  readonly resources: Resources;
  readonly scopes = new Scopes();
  readonly batches = new Batches();
  readonly traces = new Traces();
  readonly spans: Spans;
  readonly logs: Logs;
  readonly points: Points;
  readonly metrics: MetricCatalog;

  readonly #memoryBytes: number;
  readonly #clock: Clock;
  readonly #pool: SlabPool;
  readonly #chains: Readonly<Record<Signal, SlabChain>>;
  readonly #counters = new Counters();
  readonly #retention: Retention;
  readonly #out = new ScanOutput();
  readonly #scopeRows: ScopeRows;
  /** Weight of the batches that hold items of protected traces. */
  #protectedBytes = 0;
  /** Taken out of evicted slabs and not put back yet. */
  readonly #rescues: Rescue[] = [];

  constructor(options: StoreOptions) {
    const memoryBytes = Math.min(MAX_MEMORY_BYTES, Math.max(options.memoryBytes, MIN_MEMORY_BYTES));
    this.#memoryBytes = memoryBytes;
    this.#clock = options.clock;
    this.#pool = new SlabPool(
      Math.min(MAX_SLAB_BYTES, Math.max(MIN_SLAB_BYTES, Math.floor(memoryBytes / 32))),
    );
    this.#chains = {
      traces: new SlabChain(this.#pool),
      logs: new SlabChain(this.#pool),
      metrics: new SlabChain(this.#pool),
      profiles: new SlabChain(this.#pool),
    };
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
    this.#retention = new Retention({
      memoryBytes,
      chains: this.#chains,
      pool: this.#pool,
      batches: this.batches,
      tables: [this.spans, this.logs, this.points],
      signalBytes: (signal) => this.#signalBytes(signal),
      usedBytes: () => this.#usedBytes(),
      evict: (signal) => {
        this.#evictOldest(signal);
      },
    });
  }

  // ---- taking ----------------------------------------------------------------------------------

  /**
   * Takes an encoded Export<Signal>ServiceRequest: `chunks` hold `byteLength` bytes, which are copied.
   * A malformed body is refused whole and leaves nothing; a body above half of the budget is refused
   * as tooLarge. Single items that are refused or already known are counted and not kept.
   */
  ingest(signal: Signal, chunks: readonly Uint8Array[], byteLength: number): IngestResult {
    if (byteLength > this.#memoryBytes / 2) {
      const message = `the body has ${byteLength} bytes, more than half of the memory budget`;
      return { ok: false, code: 'tooLarge', message, offset: -1 };
    }
    const result = this.#take(signal, chunks, byteLength, this.#clock.nowMs(), undefined);
    this.#putBack();
    return result;
  }

  #take(
    signal: Signal,
    chunks: readonly Uint8Array[],
    byteLength: number,
    arrivalMs: number,
    rescue: Rescue | undefined,
  ): IngestResult {
    const chain = this.#chains[signal];
    if (rescue === undefined && !chain.fits(byteLength)) {
      const refused = this.#tryScan(signal, chunks, byteLength);
      if (refused !== undefined) return refused;
    }
    this.#retention.makeRoomForBody(chain, byteLength);
    const slab = chain.write(chunks, byteLength, this.#end(signal));
    const out = this.#out;
    try {
      this.#scan(signal, slab, byteLength);
    } catch (error) {
      chain.unwrite(slab, byteLength);
      out.end();
      return refusalOf(error);
    }
    const received = out.itemCount;
    const rejected = out.rejectOffsets.length;
    const rejections = rejected > 0 ? countRejections(out) : [];
    const dropped = this.#append(signal, slab, byteLength, arrivalMs, rescue);
    out.end();
    const accepted = received - rejected - dropped;
    this.#retention.enforce(slab);
    if (rescue === undefined) {
      const counter = this.#counters.of(signal);
      counter.received += received;
      counter.rejected += rejected;
      counter.duplicates += dropped;
    }
    return { ok: true, received, accepted, rejected, duplicates: dropped, rejections };
  }

  /**
   * Why a body is malformed, before older items are evicted to make room for it. One body a slab is
   * scanned twice for that.
   */
  #tryScan(
    signal: Signal,
    chunks: readonly Uint8Array[],
    byteLength: number,
  ): IngestResult | undefined {
    try {
      SCANNERS[signal](this.#out, joinChunks(chunks, byteLength));
      return undefined;
    } catch (error) {
      return refusalOf(error);
    } finally {
      this.#out.end();
    }
  }

  #scan(signal: Signal, slab: Slab, byteLength: number): void {
    SCANNERS[signal](this.#out, slab.bytes.subarray(slab.used - byteLength, slab.used));
  }

  /** Makes rows of what was scanned. Returns how many items were duplicates. */
  #append(
    signal: Signal,
    slab: Slab,
    byteLength: number,
    arrivalMs: number,
    rescue: Rescue | undefined,
  ): number {
    const out = this.#out;
    const scanned = out.rowCount;
    const base = slab.used - byteLength;
    if (scanned === 0) {
      this.#chains[signal].unwrite(slab, byteLength);
      return 0;
    }
    this.#reserve(signal, scanned, slab);
    const ordinal = this.#end(signal);
    const batch = this.batches.add(slab, byteLength, arrivalMs, ordinal, rescue?.origin ?? -1);
    const drops: number[] = [];
    const superseded = this.spans.supersededCount;
    this.traces.beginChange(rescue === undefined ? arrivalMs : -1);
    this.#appendRows(signal, batch, base, drops, arrivalMs);
    const kept = scanned - drops.length;
    const counter = this.#counters.of(signal);
    const replaced = this.spans.supersededCount - superseded;
    counter.kept += kept - replaced;
    counter.duplicates += replaced;
    const duplicates = drops.length;
    let length = byteLength;
    if (drops.length + out.rejectOffsets.length > 0) {
      for (const offset of out.rejectOffsets) drops.push(offset);
      length = kept === 0 ? 0 : this.#strip(signal, slab, byteLength, ordinal, kept, drops);
    }
    if (kept === 0) {
      slab.batches.pop();
      this.batches.remove(batch);
      this.#chains[signal].unwrite(slab, byteLength);
    } else {
      this.batches.settle(batch, length, kept);
      if (rescue !== undefined) this.#protectedBytes += length + kept * ROW_COST;
    }
    slab.endOrdinal = this.#end(signal);
    return duplicates;
  }

  #appendRows(
    signal: Signal,
    batch: number,
    base: number,
    drops: number[],
    arrivalMs: number,
  ): void {
    const out = this.#out;
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

  #reserve(signal: Signal, count: number, slab: Slab): void {
    switch (signal) {
      case 'traces':
        this.#retention.makeRoomForRows(this.spans, count, slab);
        this.traces.reserve(count);
        break;
      case 'logs':
        this.#retention.makeRoomForRows(this.logs, count, slab);
        this.traces.reserve(count);
        break;
      case 'metrics':
        this.#retention.makeRoomForRows(this.points, count, slab);
        break;
      case 'profiles':
        break;
    }
  }

  /** Rewrites the body that was written last without some items. Returns its new length. */
  #strip(
    signal: Signal,
    slab: Slab,
    byteLength: number,
    ordinal: number,
    kept: number,
    offsets: readonly number[],
  ): number {
    const base = slab.used - byteLength;
    const bytes = stripItems(signal, slab.bytes.subarray(base, slab.used), offsets);
    slab.bytes.set(bytes, base);
    this.#chains[signal].unwrite(slab, byteLength - bytes.length);
    this.#scan(signal, slab, bytes.length);
    if (this.#out.rowCount !== kept) {
      throw new Error(`${this.#out.rowCount} items are left of a body, not ${kept}`);
    }
    if (signal === 'traces') this.spans.relocate(this.#out, ordinal, base);
    else if (signal === 'metrics') this.points.relocate(this.#out, ordinal, base);
    return bytes.length;
  }

  // ---- forgetting ------------------------------------------------------------------------------

  /** Forgets one signal or all of them; items of protected traces stay. Counted as evicted. */
  clear(signal: Signal | 'all'): void {
    const cleared = signal === 'all' ? SIGNALS : [signal];
    const before = cleared.map((each) => this.#counters.of(each).evicted);
    for (const each of cleared) {
      for (let slabs = this.#chains[each].slabs.length; slabs > 0; slabs--) {
        this.#evictOldest(each);
      }
    }
    this.#putBack();
    cleared.forEach((each, i) => {
      const counter = this.#counters.of(each);
      counter.cleared += counter.evicted - before[i];
    });
  }

  /** Keeps a trace's spans and log records from eviction and `clear`, or lets them go again. */
  setPinned(row: number, on: boolean): void {
    this.traces.beginChange(-1);
    this.traces.setPinned(row, on);
  }

  /** The same for as long as somebody reads the trace: each `hold` wants its `release`. */
  hold(row: number): void {
    this.traces.hold(row, 1);
  }

  release(row: number): void {
    this.traces.hold(row, -1);
  }

  #evictOldest(signal: Signal): void {
    const chain = this.#chains[signal];
    const slab = chain.slabs[0];
    if (slab === undefined) return;
    for (const batch of slab.batches) {
      if (this.batches.origin(batch) === -1) continue;
      this.#protectedBytes -= this.batches.length(batch) + this.batches.items(batch) * ROW_COST;
    }
    const room = this.#memoryBytes * PROTECTED_SHARE - this.#protectedBytes;
    const rescue = rescueItems(this, signal, slab, room);
    this.traces.beginChange(-1);
    const { kept, touched } = this.#evictRows(signal, slab);
    for (const batch of slab.batches) this.batches.remove(batch);
    chain.removeOldest();
    const counter = this.#counters.of(signal);
    counter.kept -= kept;
    counter.evicted += kept;
    if (rescue !== undefined) this.#rescues.push(rescue);
    for (const row of touched) if (!rescue?.traces.has(row)) this.traces.removeIfEmpty(row);
  }

  /**
   * Puts the items of protected traces back, at the newest end. This waits until a body that is being
   * taken is complete, because it writes to the same slabs.
   */
  #putBack(): void {
    if (this.#rescues.length === 0) return;
    this.#retention.isSuspended = true;
    this.resources.isCounting = false;
    for (const rescue of this.#rescues.splice(0)) {
      const { signal, request, arrivalMs } = rescue;
      const result = this.#take(signal, [request], request.length, arrivalMs, rescue);
      this.#counters.of(signal).evicted -= result.ok ? result.accepted : 0;
      for (const [row, wasPartlyEvicted] of rescue.traces) {
        if (!wasPartlyEvicted) this.traces.clearPartlyEvicted(row);
        this.traces.removeIfEmpty(row);
      }
    }
    this.resources.isCounting = true;
    this.#retention.isSuspended = false;
  }

  #evictRows(
    signal: Signal,
    slab: Slab,
  ): { readonly kept: number; readonly touched: ReadonlySet<number> } {
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
        return { kept, touched: new Set() };
      }
      case 'profiles': {
        const kept = slab.batches.reduce((sum, batch) => sum + this.batches.items(batch), 0);
        return { kept, touched: new Set() };
      }
    }
  }

  // ---- reading ---------------------------------------------------------------------------------

  services(): readonly ServiceEntry[] {
    return this.resources.entries();
  }

  counters(): Readonly<Record<ItemKind, ItemCounts>> {
    return this.#counters.snapshot();
  }

  /** Bytes of everything that counts against the budget, and of the request bodies among them. */
  memory(): { readonly usedBytes: number; readonly rawBytes: number } {
    const rawBytes = SIGNALS.reduce((sum, signal) => sum + this.#chains[signal].rawBytes, 0);
    return { usedBytes: this.#usedBytes(), rawBytes };
  }

  /** Arrival of the oldest request kept; null when there is none. */
  oldestArrivalMs(): number | null {
    let oldest = Infinity;
    for (const signal of SIGNALS) {
      const batch = this.#chains[signal].slabs[0]?.batches[0];
      if (batch !== undefined) oldest = Math.min(oldest, this.batches.arrivalMs(batch));
    }
    return oldest === Infinity ? null : oldest;
  }

  /** Reads the requests that are kept now, oldest first. */
  reader(signals: readonly Signal[]): BatchReader {
    const { batches, spans } = this;
    const kept = (signal: Signal): number => this.#counters.of(signal).kept;
    return new ChainReader({ chains: this.#chains, batches, spans, kept }, signals);
  }

  /** A request of exactly these live rows, grouped by resource and scope. A copy. */
  rowsRequest(
    signal: 'traces' | 'logs' | 'metrics',
    rows: readonly number[],
  ): Uint8Array<ArrayBuffer> {
    if (signal === 'metrics') return pointsRequest(this.points, this.metrics, rows, this);
    return rowsRequest(signal, signal === 'traces' ? this.spans : this.logs, rows, this);
  }

  /** One past the newest ordinal of a signal's table; profiles have no rows. */
  #end(signal: Signal): number {
    switch (signal) {
      case 'traces':
        return this.spans.end;
      case 'logs':
        return this.logs.end;
      case 'metrics':
        return this.points.end;
      case 'profiles':
        return 0;
    }
  }

  #signalBytes(signal: Signal): number {
    const slabs = this.#chains[signal].bytes;
    switch (signal) {
      case 'traces':
        return slabs + this.spans.liveBytes + this.spans.indexBytes + this.traces.bytes;
      case 'logs':
        return slabs + this.logs.liveBytes;
      case 'metrics':
        return slabs + this.points.liveBytes + this.metrics.bytes;
      case 'profiles':
        return slabs;
    }
  }

  #usedBytes(): number {
    let bytes = this.#pool.bytes + this.strings.bytes + this.batches.bytes;
    for (const signal of SIGNALS) bytes += this.#chains[signal].bytes;
    bytes += this.spans.bytes + this.spans.indexBytes + this.logs.bytes + this.points.bytes;
    bytes += this.traces.bytes + this.metrics.bytes;
    return bytes + this.resources.bytesUsed + this.scopes.bytesUsed;
  }
}

/** Throws what is not the body's fault. */
function refusalOf(error: unknown): IngestResult {
  if (!(error instanceof WireError)) throw error;
  return { ok: false, code: error.code, message: error.message, offset: error.offset };
}

function countRejections(out: ScanOutput): readonly Rejection[] {
  const counts = new Map<number, number>();
  for (const reason of out.rejectReasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason: REJECT_REASONS[reason], count }));
}
