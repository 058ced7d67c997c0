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
import type { Clock, IngestResult, Rejection, TouchMemory } from '../config.ts';
import { joinChunks } from '../wire/chunks.ts';
import { WireError } from '../wire/cursor.ts';
import { stripItems } from '../wire/rewrite.ts';
import { scanLogs } from '../wire/scan-logs.ts';
import { scanMetrics } from '../wire/scan-metrics.ts';
import { REJECT_REASONS, ScanOutput } from '../wire/scan-output.ts';
import { scanProfiles } from '../wire/scan-profiles.ts';
import { scanTraces } from '../wire/scan-traces.ts';
import { ChainReader, type BatchReader } from './batch-reader.ts';
import { Counters } from './counters.ts';
import { Pages } from './pages.ts';
import { rescueItems, ROW_COST, type Rescue } from './rescue.ts';
import { Retention } from './retention.ts';
import { pointsRequest, rowsRequest } from './rows-request.ts';
import type { ServiceEntry, StoreRead } from './schema.ts';
import { SignalTables } from './signal-tables.ts';
import { SlabChain, SlabPool, type Slab } from './slabs.ts';
import { StringCheck } from './string-check.ts';

export type { BatchReader, StoredRequest } from './batch-reader.ts';

export interface StoreOptions {
  /** Budget of everything that is kept; taken as MIN_ or MAX_MEMORY_BYTES when it is beyond. */
  readonly memoryBytes: number;
  readonly clock: Clock;
  readonly touch?: TouchMemory | undefined;
}

/** The smallest budget in which segments and slabs have a sensible size. */
export const MIN_MEMORY_BYTES = 4 << 20;
/** More than this was not tried. */
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

export class Store extends SignalTables implements StoreRead {
  readonly #memoryBytes: number;
  readonly #clock: Clock;
  readonly #pool: SlabPool;
  readonly #chains: Readonly<Record<Signal, SlabChain>>;
  readonly #counters = new Counters();
  readonly #strings: StringCheck;
  readonly #retention: Retention;
  readonly #out = new ScanOutput();
  /** Weight of the batches that hold items of protected traces. */
  #protectedBytes = 0;
  /** Taken out of evicted slabs and not put back yet. */
  readonly #rescues: Rescue[] = [];

  constructor(options: StoreOptions) {
    const memoryBytes = Math.min(MAX_MEMORY_BYTES, Math.max(options.memoryBytes, MIN_MEMORY_BYTES));
    super(memoryBytes, new Pages(options.touch));
    this.#memoryBytes = memoryBytes;
    this.#clock = options.clock;
    this.#strings = new StringCheck(options.clock);
    this.#pool = new SlabPool(
      Math.min(MAX_SLAB_BYTES, Math.max(MIN_SLAB_BYTES, Math.floor(memoryBytes / 32))),
      this.pages,
    );
    this.#chains = {
      traces: new SlabChain(this.#pool),
      logs: new SlabChain(this.#pool),
      metrics: new SlabChain(this.#pool),
      profiles: new SlabChain(this.#pool),
    };
    this.#retention = new Retention({
      memoryBytes,
      chains: this.#chains,
      pool: this.#pool,
      pages: this.pages,
      batches: this.batches,
      tables: [this.spans, this.logs, this.points],
      signalBytes: (signal) => this.#chains[signal].bytes + this.signalBytes(signal),
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
    const slab = chain.write(chunks, byteLength, this.endOf(signal));
    const out = this.#out;
    try {
      this.#scan(signal, slab, byteLength);
    } catch (error) {
      chain.unwrite(slab, byteLength);
      out.end();
      return refusalOf(error);
    }
    const invalidStrings = rescue === undefined ? this.#checkStrings(signal, slab, byteLength) : 0;
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
    const duplicates = dropped;
    return { ok: true, received, accepted, rejected, duplicates, rejections, invalidStrings };
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

  #checkStrings(signal: Signal, slab: Slab, byteLength: number): number {
    return this.#strings.take(signal, slab.bytes.subarray(slab.used - byteLength, slab.used));
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
    const table = this.tableOf(signal);
    if (table !== undefined) this.#retention.makeRoomForRows(signal, table, scanned, slab);
    this.reserveTraces(signal, scanned);
    const ordinal = this.endOf(signal);
    const batch = this.batches.add(slab, byteLength, arrivalMs, ordinal, rescue?.origin ?? -1);
    const drops: number[] = [];
    const superseded = this.spans.supersededCount;
    this.traces.beginChange(rescue === undefined ? arrivalMs : -1);
    this.resources.arrivalMs = arrivalMs;
    this.appendRows(signal, out, { batch, base, drops, arrivalMs });
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
    slab.endOrdinal = this.endOf(signal);
    return duplicates;
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
    this.relocateRows(signal, this.#out, ordinal, base);
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
    const { kept, touched } = this.evictRows(signal, slab);
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
      for (const [row, { spans, wasPartlyEvicted }] of rescue.traces) {
        this.traces.restore(row, spans, wasPartlyEvicted);
        this.traces.removeIfEmpty(row);
      }
    }
    this.resources.isCounting = true;
    this.#retention.isSuspended = false;
  }

  // ---- reading ---------------------------------------------------------------------------------

  services(): readonly ServiceEntry[] {
    return this.resources.entries();
  }

  counters(): Readonly<Record<ItemKind, ItemCounts>> {
    return this.#counters.snapshot();
  }

  /** Strings that were not UTF-8 when they came, and bytes of requests in which nobody looked. */
  invalidStrings(): { readonly strings: number; readonly uncheckedBytes: number } {
    return this.#strings.counts;
  }

  /** Bytes of everything that counts against the budget, and of the request bodies among them. */
  memory(): { readonly usedBytes: number; readonly rawBytes: number } {
    const rawBytes = SIGNALS.reduce((sum, signal) => sum + this.#chains[signal].rawBytes, 0);
    return { usedBytes: this.#usedBytes(), rawBytes };
  }

  /**
   * Arrival of the oldest request kept; null when there is none. Never in the future, where a clock that
   * was set back has left arrivals.
   */
  oldestArrivalMs(): number | null {
    let oldest = Infinity;
    for (const signal of SIGNALS) {
      const batch = this.#chains[signal].slabs[0]?.batches[0];
      if (batch !== undefined) oldest = Math.min(oldest, this.batches.arrivalMs(batch));
    }
    return oldest === Infinity ? null : Math.min(oldest, this.#clock.nowMs());
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

  #usedBytes(): number {
    let bytes = this.#pool.bytes + this.tableBytes;
    for (const signal of SIGNALS) bytes += this.#chains[signal].bytes;
    return bytes;
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
