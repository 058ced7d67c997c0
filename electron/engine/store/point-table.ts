/** Data points, their series and the catalog of metrics. */
import { METRIC_STRIDE, POINT_STRIDE } from '../wire/scan-metrics.ts';
import type { ScanOutput } from '../wire/scan-output.ts';
import { MetricCatalog } from './metric-catalog.ts';
import type { Columns } from './columns.ts';
import type { Pages } from './pages.ts';
import type { Resources, Scopes } from './resource-table.ts';
import { SEGMENT_BITS, SLOT_MASK, type PointSegment, type PointTable } from './schema.ts';
import type { ScopeRows } from './scope-rows.ts';
import { ItemSegment, SegmentTable } from './segment-table.ts';
import type { Strings } from './string-table.ts';

/** Bytes of one row over all columns. */
export const POINT_ROW_BYTES = 51;

export class OwnPointSegment extends ItemSegment implements PointSegment {
  readonly series: Int32Array;
  readonly timeHi: Uint32Array;
  readonly timeLo: Uint32Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  readonly value: Float64Array;
  readonly sampleCount: Float64Array;
  readonly previous: Int32Array;
  /** Next point of the same series, so that an evicted point can be taken off its `previous`. */
  readonly next: Int32Array;
  readonly flags: Uint8Array;

  constructor(columns: Columns) {
    super(columns);
    this.series = columns.int32();
    this.timeHi = columns.uint32();
    this.timeLo = columns.uint32();
    this.startHi = columns.uint32();
    this.startLo = columns.uint32();
    this.value = columns.float64();
    this.sampleCount = columns.float64();
    this.previous = columns.int32();
    this.next = columns.int32();
    this.flags = columns.uint8();
  }
}

export interface PointParts {
  readonly strings: Strings;
  readonly pages: Pages;
  readonly resources: Resources;
  readonly scopes: Scopes;
}

export class Points extends SegmentTable<OwnPointSegment> implements PointTable {
  readonly metrics: MetricCatalog;
  readonly #parts: PointParts;
  #metricRows = new Int32Array(64);

  constructor(segmentRows: number, parts: PointParts) {
    super(segmentRows, POINT_ROW_BYTES, parts.pages);
    this.#parts = parts;
    this.metrics = new MetricCatalog(parts.strings);
  }

  protected create(columns: Columns): OwnPointSegment {
    return new OwnPointSegment(columns);
  }

  /** Appends the points of a scan; `base` is where the body starts in its slab. Hot loop. */
  append(out: ScanOutput, batch: number, base: number, scopeRows: ScopeRows): void {
    const metrics = this.metrics;
    const rows = out.rows;
    const values = out.values;
    const metricRows = this.#resolveMetrics(out, scopeRows);
    let segment = this.last() as OwnPointSegment;
    let slot = this.segmentRows;
    let segmentBase = 0;
    if (segment !== undefined) {
      slot = segment.count;
      segmentBase = this.order[this.order.length - 1] << SEGMENT_BITS;
    }
    let lastMetric = -1;
    let metric = -1;
    let lastScope = -1;
    let resource = -1;
    let scope = -1;
    let run = -1;
    let kept = 0;
    for (let i = 0; i < out.rowCount; i++) {
      const at = i * POINT_STRIDE;
      if (slot === this.segmentRows) {
        segmentBase = this.openSegment() << SEGMENT_BITS;
        segment = this.at(segmentBase);
        slot = segment.count;
        run = -1;
      }
      if (rows[at + 2] !== lastMetric) {
        if (kept > 0) this.#count(resource, scope, kept);
        kept = 0;
        lastMetric = rows[at + 2];
        metric = metricRows[lastMetric];
        const scopeIndex = out.metrics[lastMetric * METRIC_STRIDE];
        if (scopeIndex !== lastScope) run = -1;
        lastScope = scopeIndex;
        resource = scopeRows.resource[scopeIndex];
        scope = scopeRows.scope[scopeIndex];
      }
      if (run === -1) run = this.openRun(segment, batch, resource, scope);
      const row = segmentBase | slot;
      const attributesAt = rows[at + 8];
      const series =
        attributesAt >= 0
          ? metrics.seriesFor(metric, resource, out.bytes, attributesAt, rows[at + 9])
          : metrics.seriesFor(metric, resource, out.joined[-1 - attributesAt], 0, rows[at + 9]);
      const previous = metrics.linkPoint(series, row);
      if (previous !== -1) this.at(previous).next[previous & SLOT_MASK] = row;
      segment.offset[slot] = base + rows[at];
      segment.run[slot] = run;
      segment.series[slot] = series;
      segment.startHi[slot] = rows[at + 3];
      segment.startLo[slot] = rows[at + 4];
      segment.timeHi[slot] = rows[at + 5];
      segment.timeLo[slot] = rows[at + 6];
      segment.value[slot] = values[i * 2];
      segment.sampleCount[slot] = values[i * 2 + 1];
      segment.previous[slot] = previous;
      segment.next[slot] = -1;
      segment.flags[slot] = rows[at + 7];
      segment.count = ++slot;
      this.end++;
      kept++;
    }
    if (kept > 0) this.#count(resource, scope, kept);
    this.generation++;
    metrics.generation++;
  }

  /** Evicts the rows before `until`. */
  evict(until: number): void {
    const { resources, scopes } = this.#parts;
    let ordinal = this.begin;
    while (ordinal < until) {
      const first = this.rowOf(ordinal);
      const segment = this.at(first);
      for (
        let slot = first & SLOT_MASK;
        slot < segment.count && ordinal < until;
        slot++, ordinal++
      ) {
        const next = segment.next[slot];
        if (next !== -1) this.at(next).previous[next & SLOT_MASK] = -1;
        this.metrics.unlinkPoint(segment.series[slot], next === -1);
        resources.release(segment.resourceOf(slot), 1);
        scopes.release(segment.scopeOf(slot), 1);
      }
    }
    this.metrics.sweep();
    this.freeUntil(until);
    this.metrics.generation++;
  }

  #count(resource: number, scope: number, kept: number): void {
    this.#parts.resources.retain(resource, kept);
    this.#parts.scopes.retain(scope, kept);
  }

  /** The catalog's slot of each metric of the body that has points. */
  #resolveMetrics(out: ScanOutput, scopeRows: ScopeRows): Int32Array {
    if (out.metricCount > this.#metricRows.length) {
      this.#metricRows = new Int32Array(out.metricCount * 2);
    }
    const slots = this.#metricRows;
    slots.fill(-1, 0, out.metricCount);
    for (let i = 0; i < out.rowCount; i++) {
      const metric = out.rows[i * POINT_STRIDE + 2];
      if (slots[metric] !== -1) continue;
      const scopeIndex = out.metrics[metric * METRIC_STRIDE];
      slots[metric] = this.metrics.slotFor(
        out,
        metric,
        scopeRows.service[scopeIndex],
        scopeRows.scope[scopeIndex],
      );
    }
    return slots;
  }
}
