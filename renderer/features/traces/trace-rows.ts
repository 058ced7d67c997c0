/** Frames of the `traces` topic as rows to draw. Only the rows of one window ever take this form. */
import type { TraceShape } from '../../canvas/shape-painter.ts';
import { slotOf } from '../../canvas/draw-context.ts';
import type { ServiceColour } from '../../base/service-colour.ts';
import { TRACE_FLAG, type TracesColumns, type TracesMeta } from '../../../proto/live/topics.ts';
import { unixMs } from '../../../proto/units.ts';

/** One row of the list. */
export interface TraceRow {
  readonly kind: 'trace';
  /** The trace id. */
  readonly key: string;
  readonly ordinal: number;
  readonly traceId: string;
  readonly startMs: number;
  readonly durationNs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly hasRoot: boolean;
  readonly isReceiving: boolean;
  readonly isPinned: boolean;
  /** Spans or log records were evicted. */
  readonly isPartlyEvicted: boolean;
  /** Spans that were evicted. */
  readonly evictedCount: number;
  readonly hasSeveralRoots: boolean;
  readonly name: string;
  readonly service: string;
  /** HTTP or RPC status code of the root; '' when it has none. */
  readonly status: string;
  readonly services: readonly string[];
  readonly shape: TraceShape;
}

/** The rows of a frame: those of the window, which starts at row `first`, and the pinned ones. */
export interface RowWindow<R> {
  readonly first: number;
  readonly rows: readonly R[];
  readonly pinned: readonly R[];
}

/** Reads all rows of a frame; `colourOf` gives services their slots. */
export function readTraceRows(
  meta: TracesMeta,
  columns: TracesColumns,
  colourOf: (service: string) => ServiceColour,
): RowWindow<TraceRow> {
  const rows: TraceRow[] = [];
  for (let i = 0; i < columns.ordinal.length; i++) rows.push(readRow(meta, columns, i, colourOf));
  const windowRows = rows.length - meta.pinned;
  return { first: meta.first, rows: rows.slice(0, windowRows), pinned: rows.slice(windowRows) };
}

function readRow(
  meta: TracesMeta,
  columns: TracesColumns,
  row: number,
  colourOf: (service: string) => ServiceColour,
): TraceRow {
  const text = (index: number | undefined): string => meta.strings[index ?? -1] ?? '';
  const at = (column: ArrayLike<number>): number => column[row] ?? 0;
  const flags = at(columns.flags);
  const isReceiving = (flags & TRACE_FLAG.receiving) !== 0;
  const services: string[] = [];
  const end = columns.servicesStart[row + 1] ?? 0;
  for (let i = at(columns.servicesStart); i < end; i++) services.push(text(columns.servicesStr[i]));
  const shapeFrom = at(columns.shapeStart);
  const shapeTo = columns.shapeStart[row + 1] ?? shapeFrom;
  const shapeServices = columns.shapeServiceStr.subarray(shapeFrom, shapeTo);
  const traceId = hexOf(columns.traceId, row * 16, 16);
  return {
    kind: 'trace',
    key: traceId,
    ordinal: at(columns.ordinal),
    traceId,
    startMs: unixMs(at(columns.startHi), at(columns.startLo)),
    durationNs: at(columns.durationNs),
    spanCount: at(columns.spanCount),
    errorCount: at(columns.errorCount),
    hasRoot: (flags & TRACE_FLAG.hasRoot) !== 0,
    isReceiving,
    isPinned: (flags & TRACE_FLAG.pinned) !== 0,
    isPartlyEvicted: (flags & TRACE_FLAG.partlyEvicted) !== 0,
    evictedCount: at(columns.evictedCount),
    hasSeveralRoots: (flags & TRACE_FLAG.severalRoots) !== 0,
    name: text(columns.nameStr[row]),
    service: text(columns.serviceStr[row]),
    status: text(columns.statusStr[row]),
    services,
    shape: {
      x0: columns.shapeX0.subarray(shapeFrom, shapeTo),
      x1: columns.shapeX1.subarray(shapeFrom, shapeTo),
      lane: columns.shapeLane.subarray(shapeFrom, shapeTo),
      slot: Array.from(shapeServices, (index) => slotOfName(text(index), colourOf)),
      isReceiving,
    },
  };
}

function slotOfName(service: string, colourOf: (service: string) => ServiceColour): number {
  return service === '' ? 0 : slotOf(colourOf(service));
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `length` bytes from `from` on, as lower-case hex. */
export function hexOf(bytes: Uint8Array, from: number, length: number): string {
  let text = '';
  for (let i = from; i < from + length; i++) text += HEX[bytes[i] ?? 0] ?? '';
  return text;
}

/** True for status codes that mean failure: HTTP 400 and above, gRPC other than 0. */
export function isFailedStatus(status: string): boolean {
  const code = Number(status);
  if (status === '' || Number.isNaN(code)) return false;
  return code >= 100 ? code >= 400 : code !== 0;
}

const SHORTEST_NS = 3e5;

/** The length of a duration bar from 0 to 1, on a log scale from 0.3 ms to `longestNs`. */
export function logShare(durationNs: number, longestNs: number): number {
  const range = Math.log(Math.max(longestNs, SHORTEST_NS * 10) / SHORTEST_NS);
  return Math.max(0.01, Math.min(1, Math.log(Math.max(1, durationNs) / SHORTEST_NS) / range));
}
