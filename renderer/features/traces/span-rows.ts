/** Frames of the `spans` topic as rows to draw. Only the rows of one window ever take this form. */
import { SPAN_ROW_FLAG, type SpansColumns, type SpansMeta } from '../../../proto/live/topics.ts';
import { unixMs } from '../../../proto/units.ts';
import { hexOf, type RowWindow } from './trace-rows.ts';

/** One span of the list. */
export interface SpanRow {
  readonly kind: 'span';
  /** `traceId-spanId`. */
  readonly key: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly ordinal: number;
  readonly startMs: number;
  readonly durationNs: number;
  readonly name: string;
  readonly service: string;
  /** Name of the trace's root; '' while that is not received. */
  readonly root: string;
  /** OpenTelemetry's word for the span kind; '' when unspecified. */
  readonly spanKind: string;
  readonly isFailed: boolean;
  /** Its status is Ok, which only a person sets. */
  readonly isOk: boolean;
  readonly hasException: boolean;
  /** It ends before it starts, or lacks a time. */
  readonly hasBadTime: boolean;
  readonly isRoot: boolean;
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_OK = 1;

/** Reads all rows of a frame. */
export function readSpanRows(meta: SpansMeta, columns: SpansColumns): RowWindow<SpanRow> {
  const rows: SpanRow[] = [];
  const text = (index: number | undefined): string => meta.strings[index ?? -1] ?? '';
  for (let row = 0; row < columns.ordinal.length; row++) {
    const at = (column: ArrayLike<number>): number => column[row] ?? 0;
    const traceId = hexOf(columns.traceId, row * 16, 16);
    const spanId = hexOf(columns.spanId, row * 8, 8);
    const flags = at(columns.flags);
    rows.push({
      kind: 'span',
      key: `${traceId}-${spanId}`,
      traceId,
      spanId,
      ordinal: at(columns.ordinal),
      startMs: unixMs(at(columns.startHi), at(columns.startLo)),
      durationNs: at(columns.durationNs),
      name: text(columns.nameStr[row]),
      service: text(columns.serviceStr[row]),
      root: text(columns.rootStr[row]),
      spanKind: KINDS[at(columns.kind)] ?? '',
      isFailed: (flags & SPAN_ROW_FLAG.error) !== 0,
      isOk: at(columns.status) === STATUS_OK,
      hasException: (flags & SPAN_ROW_FLAG.hasException) !== 0,
      hasBadTime: (flags & SPAN_ROW_FLAG.badTime) !== 0,
      isRoot: (flags & SPAN_ROW_FLAG.isRoot) !== 0,
    });
  }
  return { first: meta.first, rows, pinned: [] };
}
