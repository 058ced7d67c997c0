/** Spans: their columns, the index by span id, parents, duplicates, and the chains of their traces. */
import { SPAN_STRIDE } from '../wire/scan-traces.ts';
import type { ScanOutput } from '../wire/scan-output.ts';
import type { Batches } from './batch-table.ts';
import type { Columns } from './columns.ts';
import { hashSpanId, hashTraceId } from './hash.ts';
import type { Pages } from './pages.ts';
import type { Resources, Scopes } from './resource-table.ts';
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, STATUS_SHIFT, type SpanTable } from './schema.ts';
import type { ScopeRows } from './scope-rows.ts';
import { SegmentTable } from './segment-table.ts';
import type { Strings } from './string-table.ts';
import { SpanIndex } from './span-index.ts';
import { OwnSpanSegment, SPAN_ROW_BYTES } from './span-segment.ts';
import { DROP, SHARED, SpanDuplicates } from './span-duplicates.ts';
import { SpanParents } from './span-parents.ts';
import { isBefore } from './trace-time.ts';
import type { Traces } from './trace-table.ts';

/**
 * Where `#findTraces` leaves its results in the rows of a scan: the trace row, and for the first of
 * spans in a row that share a trace how many they are, for the others 0.
 */
const TRACE = 3;
const RUN = 4;
/** Status code. */
const ERROR = 2;

export interface SpanParts {
  readonly pages: Pages;
  readonly strings: Strings;
  readonly resources: Resources;
  readonly scopes: Scopes;
  readonly traces: Traces;
  readonly batches: Batches;
}

export class Spans extends SegmentTable<OwnSpanSegment> implements SpanTable {
  /** Spans that newer ones replaced and whose rows are still there. */
  supersededCount = 0;
  readonly #parts: SpanParts;
  readonly #index: SpanIndex;
  readonly #parents: SpanParents;
  readonly #duplicates: SpanDuplicates;
  /** First span and trace hash of each run of spans that share a trace, of the scan in hand. */
  #runs = new Int32Array(1024);
  /** What reads ahead of time read: of no meaning, but it has to go somewhere. */
  prefetched = 0;

  constructor(segmentRows: number, parts: SpanParts) {
    super(segmentRows, SPAN_ROW_BYTES, parts.pages);
    this.#parts = parts;
    this.#index = new SpanIndex(this, parts.traces);
    this.#parents = new SpanParents(this, this.#index, parts.traces);
    this.#duplicates = new SpanDuplicates({
      table: this,
      index: this.#index,
      batches: parts.batches,
      supersede: (row, trace) => {
        this.#supersede(row, trace);
      },
    });
  }

  protected create(columns: Columns): OwnSpanSegment {
    return new OwnSpanSegment(columns);
  }

  get indexBytes(): number {
    return this.#index.bytes;
  }

  find(traceRow: number, spanIdHi: number, spanIdLo: number, kind?: number): number {
    return this.#index.find(traceRow, spanIdHi, spanIdLo, kind);
  }

  resolveParents(traceRow: number): void {
    this.#parents.resolve(traceRow);
  }

  /**
   * Appends the spans of a scan; `base` is where the body starts in its slab. Body offsets of
   * duplicates, which are not kept, are added to `dropped`; spans that replace older ones show in
   * `supersededCount`.
   *
   * Hot loop: about 100 ns a span (test/bench/scan.bench.ts). There is room for the traces.
   */
  append(
    out: ScanOutput,
    batch: number,
    base: number,
    scopeRows: ScopeRows,
    dropped: number[],
  ): void {
    const { strings, traces } = this.#parts;
    const index = this.#index;
    const rows = out.rows;
    const bytes = out.bytes;
    const end = out.rowCount * SPAN_STRIDE;
    this.#findTraces(out);
    let segmentBase = 0;
    let segment = this.last() as OwnSpanSegment;
    let slot = this.segmentRows;
    if (segment !== undefined) {
      slot = segment.count;
      segmentBase = this.order[this.order.length - 1] << SEGMENT_BITS;
    }
    let lastScope = -1;
    let resource = -1;
    let scope = -1;
    let run = -1;
    let service = -1;
    let kept = 0;
    let errors = 0;
    for (let at = 0; at < end; at += SPAN_STRIDE) {
      if (slot === this.segmentRows) {
        segmentBase = this.openSegment() << SEGMENT_BITS;
        segment = this.at(segmentBase);
        slot = segment.count;
        run = -1;
      }
      if (rows[at + 2] !== lastScope) {
        if (kept > 0) this.#count(resource, scope, kept, errors);
        kept = 0;
        errors = 0;
        lastScope = rows[at + 2];
        resource = scopeRows.resource[lastScope];
        scope = scopeRows.scope[lastScope];
        service = scopeRows.service[lastScope];
        run = -1;
      }
      const trace = rows[at + TRACE];
      const spanHi = rows[at + 7];
      const spanLo = rows[at + 8];
      if (rows[at + RUN] !== 0) index.openFor(trace, rows[at + RUN]);
      const hash = hashSpanId(spanHi, spanLo);
      const bits = rows[at + 17];
      let flags = bits >>> 16;
      let candidate = index.first(hash);
      if (candidate !== -1) {
        candidate = this.find(trace, spanHi, spanLo);
        if (candidate !== -1) {
          const verdict = this.#duplicates.settle(out, at, trace, hash);
          if (verdict === DROP) {
            dropped.push(rows[at]);
            continue;
          }
          if (verdict === SHARED) flags |= SPAN_FLAG.sharedId;
        }
      }
      if (run === -1) run = this.openRun(segment, batch, resource, scope);
      const row = segmentBase | slot;
      index.add(hash, row);
      const name = strings.intern(bytes, rows[at + 15], rows[at + 16]);
      strings.retain(name);
      const startHi = rows[at + 11];
      const startLo = rows[at + 12];
      const endHi = rows[at + 13];
      const endLo = rows[at + 14];
      const status = (bits >>> 8) & 0xff;
      const isRoot = (rows[at + 9] | rows[at + 10]) === 0;
      segment.offset[slot] = base + rows[at];
      segment.run[slot] = run;
      segment.trace[slot] = trace;
      segment.spanIdHi[slot] = spanHi;
      segment.spanIdLo[slot] = spanLo;
      segment.parentIdHi[slot] = rows[at + 9];
      segment.parentLink[slot] = rows[at + 10];
      segment.startHi[slot] = startHi;
      segment.startLo[slot] = startLo;
      segment.endHi[slot] = endHi;
      segment.endLo[slot] = endLo;
      segment.name[slot] = name;
      segment.nextInTrace[slot] = -1;
      segment.kind[slot] = bits;
      segment.flags[slot] = flags | (status << STATUS_SHIFT);
      segment.eventCount[slot] = rows[at + 18] < 0xff ? rows[at + 18] : 0xff;
      segment.linkCount[slot] = rows[at + 19] < 0xff ? rows[at + 19] : 0xff;
      segment.count = ++slot;
      this.end++;
      const isError = status === ERROR;
      const before = traces.linkSpan(
        trace,
        row,
        isRoot,
        isError,
        service,
        startHi,
        startLo,
        endHi,
        endLo,
      );
      if (before !== -1) {
        const link = before >>> SEGMENT_BITS === row >>> SEGMENT_BITS ? segment : this.at(before);
        link.nextInTrace[before & SLOT_MASK] = row;
      }
      if (isRoot) this.#considerRoot(trace, row, startHi, startLo);
      kept++;
      if (isError) errors++;
    }
    if (kept > 0) this.#count(resource, scope, kept, errors);
    this.generation++;
  }

  /**
   * Finds the trace row of each span of a scan, which takes the place of the trace id. In two passes,
   * so that what a trace needs is fetched from memory for all of them at once: without this, half of
   * the time is spent waiting for one after the other.
   */
  #findTraces(out: ScanOutput): void {
    const traces = this.#parts.traces;
    const index = this.#index;
    const rows = out.rows;
    const end = out.rowCount * SPAN_STRIDE;
    if (this.#runs.length < out.rowCount * 2) this.#runs = new Int32Array(out.rowCount * 2);
    const runs = this.#runs;
    let runEnd = 0;
    let touched = 0;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let at = 0; at < end; at += SPAN_STRIDE) {
      if (
        rows[at + 6] !== d ||
        rows[at + 5] !== c ||
        rows[at + 4] !== b ||
        rows[at + 3] !== a ||
        at === 0
      ) {
        a = rows[at + 3];
        b = rows[at + 4];
        c = rows[at + 5];
        d = rows[at + 6];
        const hash = hashTraceId(a, b, c, d);
        touched ^= traces.touch(hash);
        runs[runEnd] = at;
        runs[runEnd + 1] = hash;
        runEnd += 2;
      }
    }
    for (let run = 0; run < runEnd; run += 2) {
      const first = runs[run];
      const last = run + 2 < runEnd ? runs[run + 2] : end;
      const trace = traces.rowFor(
        runs[run + 1],
        rows[first + 3],
        rows[first + 4],
        rows[first + 5],
        rows[first + 6],
      );
      touched ^= index.touch(trace);
      for (let at = first; at < last; at += SPAN_STRIDE) {
        rows[at + TRACE] = trace;
        rows[at + RUN] = 0;
      }
      rows[first + RUN] = (last - first) / SPAN_STRIDE;
    }
    // Kept, so that the reads are not optimised away.
    this.prefetched = touched;
  }

  /**
   * Evicts the rows before `until`. Returns how many of them were kept spans, and their traces; which
   * of these are empty now is for the caller to look at.
   */
  evict(until: number): { readonly kept: number; readonly touched: ReadonlySet<number> } {
    const { strings, resources, scopes, traces } = this.#parts;
    // A superseded row is linked but names no trace: unlink it while its row is still there.
    for (const trace of traces.staleTraces()) this.refreshTrace(trace);
    const touched = new Set<number>();
    let kept = 0;
    let lastTrace = -1;
    let lastResource = -1;
    let lastScope = -1;
    let run = 0;
    let runKept = 0;
    let runErrors = 0;
    const closeRun = (): void => {
      if (run === 0) return;
      resources.dropSpans(lastResource, runKept, runErrors);
      resources.release(lastResource, run);
      scopes.release(lastScope, run);
      kept += runKept;
      run = runKept = runErrors = 0;
    };
    let ordinal = this.begin;
    while (ordinal < until) {
      const first = this.rowOf(ordinal);
      const segment = this.at(first);
      for (
        let slot = first & SLOT_MASK;
        slot < segment.count && ordinal < until;
        slot++, ordinal++
      ) {
        if (segment.resourceOf(slot) !== lastResource || segment.scopeOf(slot) !== lastScope) {
          closeRun();
          lastResource = segment.resourceOf(slot);
          lastScope = segment.scopeOf(slot);
        }
        run++;
        const trace = segment.trace[slot];
        if (trace === -1) {
          this.supersededCount--;
        } else {
          const isError = segment.statusOf(slot) === ERROR;
          runKept++;
          if (isError) runErrors++;
          if (trace !== lastTrace) touched.add(trace);
          lastTrace = trace;
          traces.uncountSpan(trace, !segment.isChild(slot), isError, false);
          segment.trace[slot] = -1;
        }
        strings.release(segment.name[slot]);
      }
    }
    closeRun();
    for (const trace of touched) this.refreshTrace(trace);
    this.freeUntil(until);
    return { kept, touched };
  }

  /**
   * Walks a trace's chain, takes out the spans that are superseded or evicted (their trace is -1) and
   * derives the trace's times, root and services from the rest. Parents that went are unresolved again.
   */
  refreshTrace(traceRow: number): void {
    const { resources, traces } = this.#parts;
    let row = traces.resetShape(traceRow);
    let first = -1;
    let last = -1;
    let lastResource = -1;
    while (row !== -1) {
      const segment = this.at(row);
      const slot = row & SLOT_MASK;
      const next = segment.nextInTrace[slot];
      if (segment.trace[slot] === traceRow) {
        if (first === -1) first = row;
        else this.at(last).nextInTrace[last & SLOT_MASK] = row;
        last = row;
        segment.nextInTrace[slot] = -1;
        const startHi = segment.startHi[slot] | 0;
        const startLo = segment.startLo[slot] | 0;
        traces.widen(traceRow, startHi, startLo, segment.endHi[slot] | 0, segment.endLo[slot] | 0);
        if (!segment.isChild(slot)) this.#considerRoot(traceRow, row, startHi, startLo);
        const parent = segment.parentRowOf(slot);
        if (parent !== -1) {
          const above = this.at(parent);
          // Its columns are readable until `freeUntil`, so that the child gets the parent's id back.
          if (above.trace[parent & SLOT_MASK] !== traceRow) {
            segment.unresolveParent(slot, above.spanIdLo[parent & SLOT_MASK]);
          }
        }
        if (segment.resourceOf(slot) !== lastResource) {
          lastResource = segment.resourceOf(slot);
          traces.addService(traceRow, resources.service(lastResource));
        }
      }
      row = next;
    }
    traces.setChain(traceRow, first, last);
    if (first === -1) this.#index.drop(traceRow);
  }

  #considerRoot(trace: number, row: number, startHi: number, startLo: number): void {
    const traces = this.#parts.traces;
    const root = traces.rootOf(trace);
    if (root !== -1) {
      const segment = this.at(root);
      const slot = root & SLOT_MASK;
      if (
        segment.trace[slot] === trace &&
        !isBefore(startHi, startLo, segment.startHi[slot] | 0, segment.startLo[slot] | 0)
      ) {
        return;
      }
    }
    traces.setRoot(trace, row);
  }

  #count(resource: number, scope: number, kept: number, errors: number): void {
    this.#parts.resources.addSpans(resource, kept, errors);
    this.#parts.scopes.retain(scope, kept);
  }

  #supersede(row: number, trace: number): void {
    const { resources, traces, batches } = this.#parts;
    const segment = this.at(row);
    const slot = row & SLOT_MASK;
    const isError = segment.statusOf(slot) === ERROR;
    segment.flags[slot] |= SPAN_FLAG.superseded;
    segment.trace[slot] = -1;
    traces.uncountSpan(trace, !segment.isChild(slot), isError, true);
    if (traces.rootOf(trace) === row) traces.setRoot(trace, -1);
    resources.dropSpans(segment.resourceOf(slot), 1, isError ? 1 : 0);
    batches.noteSuperseded(segment.batchOf(slot));
    this.supersededCount++;
  }
}
