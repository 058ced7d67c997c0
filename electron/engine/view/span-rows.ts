/** Packs spans into the columns of the `spans` topic. */
import { SPAN_ROW_FLAG, type SpansColumns } from '../../../proto/live/topics.ts';
import { STATUS_CODE } from '../../../proto/otlp/signal.ts';
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';
import { LocalStrings } from './local-strings.ts';
import { spanDurationNs } from './span-set.ts';

const ERROR = STATUS_CODE.indexOf('error');

/** Rows of the span table. */
export function packSpans(
  store: StoreRead,
  rows: readonly number[],
): { readonly columns: SpansColumns; readonly strings: readonly string[] } {
  const count = rows.length;
  const strings = new LocalStrings(store.strings);
  const columns = {
    ordinal: new Float64Array(count),
    traceId: new Uint8Array(count * 16),
    spanId: new Uint8Array(count * 8),
    startHi: new Uint32Array(count),
    startLo: new Uint32Array(count),
    durationNs: new Float64Array(count),
    nameStr: new Int32Array(count),
    serviceStr: new Int32Array(count),
    rootStr: new Int32Array(count).fill(-1),
    kind: new Uint8Array(count),
    status: new Uint8Array(count),
    flags: new Uint8Array(count),
  };
  rows.forEach((row, i) => {
    const segment = store.spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`span row ${row} has no segment`);
    const slot = row & SLOT_MASK;
    columns.ordinal[i] = store.spans.ordinalOf(row);
    store.traces.idInto(segment.trace[slot], columns.traceId, i * 16);
    spanIdInto(columns.spanId, i * 8, segment.spanIdHi[slot], segment.spanIdLo[slot]);
    columns.startHi[i] = segment.startHi[slot];
    columns.startLo[i] = segment.startLo[slot];
    columns.durationNs[i] = spanDurationNs(store, row);
    columns.nameStr[i] = strings.of(segment.name[slot]);
    columns.serviceStr[i] = strings.of(store.resources.service(segment.resourceOf(slot)));
    columns.rootStr[i] = strings.of(spanName(store, store.traces.rootSpanOf(segment.trace[slot])));
    columns.kind[i] = segment.kind[slot];
    columns.status[i] = segment.statusOf(slot);
    columns.flags[i] =
      (segment.statusOf(slot) === ERROR ? SPAN_ROW_FLAG.error : 0) |
      ((segment.flags[slot] & SPAN_FLAG.hasException) !== 0 ? SPAN_ROW_FLAG.hasException : 0) |
      ((segment.flags[slot] & SPAN_FLAG.badTime) !== 0 ? SPAN_ROW_FLAG.badTime : 0) |
      (segment.isChild(slot) ? 0 : SPAN_ROW_FLAG.isRoot);
  });
  return { columns, strings: strings.all };
}

/** String row of a span's name; -1 for span row -1. */
export function spanName(store: StoreRead, spanRow: number): number {
  return store.spans.segments[spanRow >>> SEGMENT_BITS]?.name[spanRow & SLOT_MASK] ?? -1;
}

/** Writes the 8 bytes of a span id of two halves into `target` from `at` on. */
export function spanIdInto(target: Uint8Array, at: number, hi: number, lo: number): void {
  for (let i = 0; i < 4; i++) {
    target[at + i] = hi >>> (24 - 8 * i);
    target[at + 4 + i] = lo >>> (24 - 8 * i);
  }
}
