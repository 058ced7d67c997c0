/** Log records: their columns, and the chains of those that belong to a trace. */
import { LOG_STRIDE } from '../wire/scan-logs.ts';
import type { ScanOutput } from '../wire/scan-output.ts';
import type { Columns } from './columns.ts';
import { hashTraceId } from './hash.ts';
import type { Pages } from './pages.ts';
import type { Resources, Scopes } from './resource-table.ts';
import { SEGMENT_BITS, SLOT_MASK, type LogSegment, type LogTable } from './schema.ts';
import type { ScopeRows } from './scope-rows.ts';
import { ItemSegment, SegmentTable } from './segment-table.ts';
import type { Traces } from './trace-table.ts';

/** Bytes of one row over all columns. */
export const LOG_ROW_BYTES = 31;

export class OwnLogSegment extends ItemSegment implements LogSegment {
  readonly trace: Int32Array;
  readonly spanIdHi: Uint32Array;
  readonly spanIdLo: Uint32Array;
  readonly timeHi: Uint32Array;
  readonly timeLo: Uint32Array;
  readonly severity: Uint8Array;
  readonly nextInTrace: Int32Array;

  constructor(columns: Columns) {
    super(columns);
    this.trace = columns.int32();
    this.spanIdHi = columns.uint32();
    this.spanIdLo = columns.uint32();
    this.timeHi = columns.uint32();
    this.timeLo = columns.uint32();
    this.severity = columns.uint8();
    this.nextInTrace = columns.int32();
  }
}

export interface LogParts {
  readonly pages: Pages;
  readonly resources: Resources;
  readonly scopes: Scopes;
  readonly traces: Traces;
}

export class Logs extends SegmentTable<OwnLogSegment> implements LogTable {
  readonly #parts: LogParts;

  constructor(segmentRows: number, parts: LogParts) {
    super(segmentRows, LOG_ROW_BYTES, parts.pages);
    this.#parts = parts;
  }

  protected create(columns: Columns): OwnLogSegment {
    return new OwnLogSegment(columns);
  }

  /**
   * Appends the log records of a scan. `base` is where the body starts in its slab; a record without
   * any time has the time of arrival. Hot loop.
   */
  append(
    out: ScanOutput,
    batch: number,
    base: number,
    scopeRows: ScopeRows,
    arrivalMs: number,
  ): void {
    const { resources, scopes, traces } = this.#parts;
    const rows = out.rows;
    const end = out.rowCount * LOG_STRIDE;
    const arrivalHi = Math.floor((arrivalMs * 1e6) / 4294967296);
    const arrivalLo = (arrivalMs * 1e6) % 4294967296;
    let segment = this.last() as OwnLogSegment;
    let slot = this.segmentRows;
    let segmentBase = 0;
    if (segment !== undefined) {
      slot = segment.count;
      segmentBase = this.order[this.order.length - 1] << SEGMENT_BITS;
    }
    let lastScope = -1;
    let resource = -1;
    let scope = -1;
    let run = -1;
    let kept = 0;
    let trace = -1;
    for (let at = 0; at < end; at += LOG_STRIDE) {
      if (slot === this.segmentRows) {
        segmentBase = this.openSegment() << SEGMENT_BITS;
        segment = this.at(segmentBase);
        slot = segment.count;
        run = -1;
      }
      if (rows[at + 2] !== lastScope) {
        if (kept > 0) {
          resources.addLogs(resource, kept);
          scopes.retain(scope, kept);
        }
        kept = 0;
        lastScope = rows[at + 2];
        resource = scopeRows.resource[lastScope];
        scope = scopeRows.scope[lastScope];
        run = -1;
      }
      if (run === -1) run = this.openRun(segment, batch, resource, scope);
      const trace0 = rows[at + 3];
      const trace1 = rows[at + 4];
      const trace2 = rows[at + 5];
      const trace3 = rows[at + 6];
      if ((trace0 | trace1 | trace2 | trace3) === 0) {
        trace = -1;
      } else if (
        trace === -1 ||
        trace3 !== rows[at - LOG_STRIDE + 6] ||
        trace2 !== rows[at - LOG_STRIDE + 5] ||
        trace1 !== rows[at - LOG_STRIDE + 4] ||
        trace0 !== rows[at - LOG_STRIDE + 3]
      ) {
        const hash = hashTraceId(trace0, trace1, trace2, trace3);
        trace = traces.rowFor(hash, trace0, trace1, trace2, trace3);
      }
      let timeHi = rows[at + 9];
      let timeLo = rows[at + 10];
      if ((timeHi | timeLo) === 0) {
        timeHi = arrivalHi;
        timeLo = arrivalLo;
      }
      segment.offset[slot] = base + rows[at];
      segment.run[slot] = run;
      segment.trace[slot] = trace;
      segment.spanIdHi[slot] = rows[at + 7];
      segment.spanIdLo[slot] = rows[at + 8];
      segment.timeHi[slot] = timeHi;
      segment.timeLo[slot] = timeLo;
      segment.severity[slot] = rows[at + 11];
      segment.nextInTrace[slot] = -1;
      if (trace !== -1) {
        const row = segmentBase | slot;
        const before = traces.linkLog(trace, row);
        if (before !== -1) this.at(before).nextInTrace[before & SLOT_MASK] = row;
      }
      segment.count = ++slot;
      this.end++;
      kept++;
    }
    if (kept > 0) {
      resources.addLogs(resource, kept);
      scopes.retain(scope, kept);
    }
    this.generation++;
  }

  /** Evicts the rows before `until`. Returns the traces they belonged to. */
  evict(until: number): ReadonlySet<number> {
    const { resources, scopes, traces } = this.#parts;
    const touched = new Set<number>();
    let ordinal = this.begin;
    while (ordinal < until) {
      const first = this.rowOf(ordinal);
      const segment = this.at(first);
      for (
        let slot = first & SLOT_MASK;
        slot < segment.count && ordinal < until;
        slot++, ordinal++
      ) {
        const trace = segment.trace[slot];
        if (trace !== -1) {
          // Chains are in order of arrival, so what is evicted is always the first.
          traces.popLog(trace, segment.nextInTrace[slot]);
          touched.add(trace);
        }
        resources.release(segment.resourceOf(slot), 1);
        scopes.release(segment.scopeOf(slot), 1);
      }
    }
    this.freeUntil(until);
    return touched;
  }
}
