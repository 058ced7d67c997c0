/**
 * The catalog of metrics and their series.
 *
 * ```
 *   metric   (service, scope, name, unit, kind, temporality, monotonic)
 *   series   metric + resource + the encoded attributes, in the order they were sent
 *   point    linked to the one before it; the series knows the last
 * ```
 * A series is gone with its last point, a metric with its last series.
 */
import { METRIC_STRIDE } from '../wire/scan-metrics.ts';
import type { ScanOutput } from '../wire/scan-output.ts';
import { ByteArena } from './byte-arena.ts';
import { equalBytes, hashBytes, hashTraceId, hashWords } from './hash.ts';
import { RowIndex } from './row-index.ts';
import type { MetricEntry, MetricTable, SeriesEntry } from './schema.ts';
import type { Strings } from './string-table.ts';

interface OwnMetric extends MetricEntry {
  series: number[];
  pointCount: number;
  description: string;
  /** String rows, retained. */
  readonly nameStr: number;
  readonly unitStr: number;
  descriptionStr: number;
  readonly hash: number;
}

export class MetricCatalog implements MetricTable {
  generation = 0;
  readonly #strings: Strings;
  readonly #slots: (OwnMetric | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #byId = new Map<number, OwnMetric>();
  #nextId = 1;
  #entries: OwnMetric[] | undefined;
  readonly #metricIndex = new RowIndex();

  readonly #index = new RowIndex();
  readonly #keys = new ByteArena();
  /** Metric slot of a series; -1 where the row is free. */
  #metric = new Int32Array(256);
  #resource = new Int32Array(256);
  #hash = new Int32Array(256);
  #keyAt = new Int32Array(256);
  #keyLength = new Int32Array(256);
  #lastPoint = new Int32Array(256);
  #pointCount = new Int32Array(256);
  #rows = 0;
  #live = 0;
  readonly #free: number[] = [];
  readonly #emptied: number[] = [];

  constructor(strings: Strings) {
    this.#strings = strings;
  }

  get bytes(): number {
    return (
      this.#keys.bytes + this.#index.bytes + this.#metric.byteLength * 7 + this.#slots.length * 300
    );
  }

  get entries(): readonly MetricEntry[] {
    return (this.#entries ??= [...this.#byId.values()]);
  }

  find(id: number): MetricEntry | undefined {
    return this.#byId.get(id);
  }

  seriesOf(row: number): SeriesEntry {
    return {
      metric: this.#slots[this.#metric[row]]?.id ?? -1,
      lastPoint: this.#lastPoint[row],
      pointCount: this.#pointCount[row],
    };
  }

  /** The slot of a metric of a scan, added when it is new. The newest description counts. */
  slotFor(out: ScanOutput, metricIndex: number, service: number, scope: number): number {
    const at = metricIndex * METRIC_STRIDE;
    const strings = this.#strings;
    const text = (field: number): number => {
      const row = strings.intern(out.bytes, out.metrics[at + field], out.metrics[at + field + 1]);
      strings.retain(row);
      return row;
    };
    const name = text(1);
    const unit = text(5);
    const kind = out.metrics[at + 7];
    const temporality = out.metrics[at + 8];
    const monotonic = out.metrics[at + 9] === 1;
    const shape = kind | (temporality << 8) | (monotonic ? 1 << 16 : 0);
    const hash = hashTraceId(name, unit, service ^ (shape << 8), scope);
    const index = this.#metricIndex;
    let slot = index.first(hash);
    for (; slot !== -1; slot = index.next()) {
      const metric = this.#slots[slot];
      if (
        metric?.nameStr === name &&
        metric.unitStr === unit &&
        metric.service === service &&
        metric.scope === scope &&
        metric.kind === kind &&
        metric.temporality === temporality &&
        metric.monotonic === monotonic
      ) {
        break;
      }
    }
    if (slot !== -1) {
      strings.release(name);
      strings.release(unit);
    } else {
      slot = this.#freeSlots.pop() ?? this.#slots.length;
      const metric: OwnMetric = {
        id: this.#nextId++,
        name: strings.get(name),
        description: '',
        unit: strings.get(unit),
        kind,
        monotonic,
        temporality,
        service,
        scope,
        series: [],
        pointCount: 0,
        nameStr: name,
        unitStr: unit,
        descriptionStr: 0,
        hash,
      };
      this.#slots[slot] = metric;
      this.#byId.set(metric.id, metric);
      this.#entries = undefined;
      if (!index.hasRoom(1)) this.#reindexMetrics();
      else index.add(hash, slot);
    }
    this.#describe(slot, text(3));
    return slot;
  }

  /** The row of a series, added when it is new. */
  seriesFor(
    slot: number,
    resource: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): number {
    const hash = hashWords(slot, resource, hashBytes(bytes, offset, length));
    const index = this.#index;
    for (let row = index.first(hash); row !== -1; row = index.next()) {
      if (
        this.#metric[row] === slot &&
        this.#resource[row] === resource &&
        this.#keyLength[row] === length &&
        equalBytes(this.#keys.bytesHeld, this.#keyAt[row], bytes, offset, length)
      ) {
        return row;
      }
    }
    return this.#addSeries(slot, resource, bytes, offset, length, hash);
  }

  /** Makes a point the newest of its series. Returns the one before it, or -1. */
  linkPoint(series: number, point: number): number {
    const before = this.#lastPoint[series];
    this.#lastPoint[series] = point;
    this.#pointCount[series]++;
    (this.#slots[this.#metric[series]] as OwnMetric).pointCount++;
    return before;
  }

  /** Takes the oldest point off its series. `sweep` afterwards. */
  unlinkPoint(series: number, isLast: boolean): void {
    const metric = this.#slots[this.#metric[series]] as OwnMetric;
    metric.pointCount--;
    this.#pointCount[series]--;
    if (isLast) this.#emptied.push(series);
  }

  /** Forgets the series that lost their last point, and the metrics that lost their last series. */
  sweep(): void {
    const slots = new Set(this.#emptied.map((series) => this.#metric[series]));
    for (const slot of slots) {
      const metric = this.#slots[slot] as OwnMetric;
      metric.series = metric.series.filter((series) => this.#pointCount[series] > 0);
      if (metric.series.length === 0) this.#removeMetric(slot, metric);
    }
    for (const series of this.#emptied) {
      this.#keys.release(this.#keyLength[series]);
      this.#metric[series] = -1;
      this.#free.push(series);
      this.#live--;
    }
    this.#emptied.length = 0;
  }

  #describe(slot: number, description: number): void {
    const metric = this.#slots[slot] as OwnMetric;
    if (metric.descriptionStr === description) {
      this.#strings.release(description);
      return;
    }
    if (metric.descriptionStr !== 0) this.#strings.release(metric.descriptionStr);
    metric.descriptionStr = description;
    metric.description = this.#strings.get(description);
  }

  #removeMetric(slot: number, metric: OwnMetric): void {
    this.#strings.release(metric.nameStr);
    this.#strings.release(metric.unitStr);
    if (metric.descriptionStr !== 0) this.#strings.release(metric.descriptionStr);
    this.#byId.delete(metric.id);
    this.#entries = undefined;
    this.#slots[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  #addSeries(
    slot: number,
    resource: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    hash: number,
  ): number {
    if (!this.#index.hasRoom(1)) this.#reindex();
    const row = this.#free.pop() ?? this.#rows++;
    if (row === this.#metric.length) this.#grow();
    if (!this.#keys.hasRoom(length)) this.#pack(length);
    this.#metric[row] = slot;
    this.#resource[row] = resource;
    this.#hash[row] = hash;
    this.#keyAt[row] = this.#keys.append(bytes, offset, length);
    this.#keyLength[row] = length;
    this.#lastPoint[row] = -1;
    this.#pointCount[row] = 0;
    this.#live++;
    this.#index.add(hash, row);
    (this.#slots[slot] as OwnMetric).series.push(row);
    return row;
  }

  #pack(length: number): void {
    this.#keys.startPacking(length);
    for (let row = 0; row < this.#rows; row++) {
      if (this.#metric[row] !== -1) {
        this.#keyAt[row] = this.#keys.repack(this.#keyAt[row], this.#keyLength[row]);
      }
    }
    this.#keys.endPacking();
  }

  #reindex(): void {
    this.#index.startRebuild(this.#live + 1);
    for (let row = 0; row < this.#rows; row++) {
      if (this.#metric[row] !== -1) this.#index.add(this.#hash[row], row);
    }
    this.#index.endRebuild();
  }

  /** Also adds what was put into the slots since the last time. */
  #reindexMetrics(): void {
    this.#metricIndex.startRebuild(this.#byId.size);
    this.#slots.forEach((metric, slot) => {
      if (metric !== undefined) this.#metricIndex.add(metric.hash, slot);
    });
    this.#metricIndex.endRebuild();
  }

  #grow(): void {
    const grow = (column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(column.length * 2);
      larger.set(column);
      return larger;
    };
    this.#metric = grow(this.#metric);
    this.#resource = grow(this.#resource);
    this.#hash = grow(this.#hash);
    this.#keyAt = grow(this.#keyAt);
    this.#keyLength = grow(this.#keyLength);
    this.#lastPoint = grow(this.#lastPoint);
    this.#pointCount = grow(this.#pointCount);
  }
}
