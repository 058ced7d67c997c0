/** Prints what a store holds as lines that tests compare, and checks that nothing in it dangles. */
import { decodeSpan } from '../../electron/engine/wire/decode.ts';
import { SEGMENT_BITS, SLOT_MASK } from '../../electron/engine/store/schema.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { EPOCH } from './store-bodies.ts';

const pad = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
const time = (hi: number, lo: number): bigint => ((BigInt(hi) << 32n) | BigInt(lo)) - EPOCH;

/** One line per trace, then one per span in its chain and one per log record, oldest trace first. */
export function printTraces(store: Store): string[] {
  const { rows, length } = store.traces.inOrder();
  const lines: string[] = [];
  for (const row of rows.slice(0, length)) {
    const trace = store.traces.get(row);
    store.spans.resolveParents(row);
    const services = store.traces.services(row, 99).map((service) => store.strings.get(service));
    lines.push(
      `${trace.traceId} spans ${trace.spanCount} errors ${trace.errorCount} roots ${trace.rootCount} ` +
        `logs ${trace.logCount} start ${time(trace.startHi, trace.startLo)} for ${trace.durationNs} ` +
        `root ${trace.rootSpan === -1 ? 'none' : spanName(store, trace.rootSpan)} ` +
        `services ${services.sort().join(',')}${trace.partlyEvicted ? ' partly' : ''}`,
    );
    for (const span of chain(store.spans, trace.firstSpan))
      lines.push(`  ${printSpan(store, span)}`);
    for (const log of chain(store.logs, trace.firstLog)) {
      const segment = store.logs.at(log);
      const slot = log & SLOT_MASK;
      lines.push(`  log ${pad(segment.spanIdLo[slot])} severity ${segment.severity[slot]}`);
    }
  }
  return lines;
}

/** A span by its columns, checked against its bytes. */
export function printSpan(store: Store, row: number): string {
  const segment = store.spans.at(row);
  const slot = row & SLOT_MASK;
  const span = decodeSpan(store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot]));
  const id = pad(segment.spanIdHi[slot]) + pad(segment.spanIdLo[slot]);
  const name = store.strings.get(segment.name[slot]);
  const start = time(segment.startHi[slot], segment.startLo[slot]);
  if (span.spanId !== id || span.name !== name || span.startTimeUnixNano !== start + EPOCH) {
    throw new Error(`row ${row} says ${id} ${name}, its bytes ${span.spanId} ${span.name}`);
  }
  const parent = segment.parentRowOf(slot);
  const shared = (segment.flags[slot] & 2) !== 0 ? ' shared' : '';
  return (
    `${id} ${name} kind ${segment.kind[slot]} status ${segment.statusOf(slot)} ` +
    `${start}–${time(segment.endHi[slot], segment.endLo[slot])} ` +
    `in ${store.strings.get(store.resources.service(segment.resourceOf(slot)))}/${store.scopes.name(segment.scopeOf(slot))} ` +
    `parent ${parent === -1 ? 'none' : pad(store.spans.at(parent).spanIdHi[parent & SLOT_MASK]) + pad(store.spans.at(parent).spanIdLo[parent & SLOT_MASK])}${shared}`
  );
}

export function spanName(store: Store, row: number): string {
  return store.strings.get(store.spans.at(row).name[row & SLOT_MASK]);
}

interface Chained {
  at(row: number): { readonly nextInTrace: Int32Array };
}

/** The rows of a chain from its first on. */
export function chain(table: Chained, first: number): number[] {
  const rows: number[] = [];
  for (let row = first; row !== -1; row = table.at(row).nextInTrace[row & SLOT_MASK]) {
    if (rows.length > 1_000_000) throw new Error('a chain does not end');
    rows.push(row);
  }
  return rows;
}

/** Throws when a row that something names is not live, or a counter does not add up. */
export function checkStore(store: Store): void {
  const { spans, logs, points, traces } = store;
  let chained = 0;
  const { rows, length } = traces.inOrder();
  let lastOrdinal = -1;
  for (const row of rows.slice(0, length)) {
    const ordinal = traces.ordinalOf(row);
    if (ordinal <= lastOrdinal) throw new Error('the list of traces is out of order');
    lastOrdinal = ordinal;
    const trace = traces.get(row);
    const members = chain(spans, trace.firstSpan);
    chained += members.length;
    if (members.length !== trace.spanCount) throw new Error('a chain misses spans');
    if (traces.find(trace.traceId) !== row) throw new Error(`${trace.traceId} is not found`);
    for (const span of members) {
      checkLive(spans, span);
      checkFound(store, row, span);
    }
    const records = chain(logs, trace.firstLog);
    if (records.length !== trace.logCount) throw new Error('a chain misses log records');
    for (const log of records) checkLive(logs, log);
  }
  for (let ordinal = spans.begin; ordinal < spans.end; ordinal++) {
    const row = spans.rowOf(ordinal);
    if (spans.ordinalOf(row) !== ordinal) throw new Error('ordinal and row disagree');
    const parent = spans.at(row).parentRowOf(row & SLOT_MASK);
    if (parent !== -1 && spans.at(row).trace[row & SLOT_MASK] !== -1) checkLive(spans, parent);
  }
  for (let ordinal = points.begin; ordinal < points.end; ordinal++) {
    const row = points.rowOf(ordinal);
    const previous = points.at(row).previous[row & SLOT_MASK];
    if (previous !== -1) checkLive(points, previous);
  }
  for (const metric of store.metrics.entries) {
    for (const series of metric.series) checkLive(points, store.metrics.seriesOf(series).lastPoint);
  }
  checkCatalogs(store);
  const counters = store.counters();
  for (const [kind, count] of Object.entries(counters)) {
    const sum = count.kept + count.evicted + count.rejected + count.duplicates;
    if (sum !== count.received) throw new Error(`${kind}: ${JSON.stringify(count)}`);
  }
  if (counters.spans.kept !== chained)
    throw new Error(`${counters.spans.kept} kept, ${chained} chained`);
  if (counters.logRecords.kept !== logs.end - logs.begin) throw new Error('log records are off');
  if (counters.dataPoints.kept !== points.end - points.begin) throw new Error('points are off');
}

/** Throws when the index does not lead to a span of a trace, or to another one with its id. */
function checkFound(store: Store, traceRow: number, row: number): void {
  const segment = store.spans.at(row);
  const slot = row & SLOT_MASK;
  const { spanIdHi, spanIdLo, kind } = segment;
  const found = store.spans.find(traceRow, spanIdHi[slot], spanIdLo[slot], kind[slot]);
  if (found !== row) throw new Error(`span row ${row} is not found, but ${found}`);
}

/** Throws when services or metrics count other items than there are, or name what is not there. */
function checkCatalogs(store: Store): void {
  const counters = store.counters();
  const ofServices = store.services().reduce((sum, { spans }) => sum + spans, 0);
  if (ofServices !== counters.spans.kept) throw new Error(`services have ${ofServices} spans`);
  let ofMetrics = 0;
  for (const metric of store.metrics.entries) {
    let ofSeries = 0;
    for (const series of metric.series) {
      const { pointCount, lastPoint } = store.metrics.seriesOf(series);
      ofSeries += pointCount;
      if (store.points.at(lastPoint).series[lastPoint & SLOT_MASK] !== series) {
        throw new Error(`the last point of series ${series} is of another one`);
      }
    }
    if (ofSeries !== metric.pointCount) throw new Error(`${metric.name} miscounts its points`);
    ofMetrics += ofSeries;
  }
  if (ofMetrics !== counters.dataPoints.kept) throw new Error(`metrics have ${ofMetrics} points`);
}

interface Ordinals {
  readonly begin: number;
  readonly end: number;
  readonly segments: readonly unknown[];
  ordinalOf(row: number): number;
}

function checkLive(table: Ordinals, row: number): void {
  if (table.segments[row >>> SEGMENT_BITS] === undefined) throw new Error(`row ${row} dangles`);
  const ordinal = table.ordinalOf(row);
  if (ordinal < table.begin || ordinal >= table.end) throw new Error(`row ${row} is evicted`);
}

/** Everything a reader of all signals gives out, copied. */
export function readAll(store: Store): { readonly signal: string; readonly bytes: Uint8Array }[] {
  const reader = store.reader(SIGNALS);
  const result: { signal: string; bytes: Uint8Array }[] = [];
  for (let next = reader.next(); next !== null; next = reader.next()) {
    result.push({ signal: next.signal, bytes: next.bytes.slice() });
  }
  return result;
}
