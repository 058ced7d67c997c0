/** Follows the log tail of an instance, in order of arrival. */
import type { LiveClient, TopicFrame } from '../../../proto/live/client.ts';
import type { Filter } from '../../../proto/live/topics.ts';
import { severityLevel } from '../../../proto/otlp/signal.ts';
import { unixNano } from '../../../proto/units.ts';

/** One log record of the tail. */
export interface TailedLog {
  readonly type: 'log';
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly level: string;
  readonly service: string;
  readonly eventName: string;
  /** Cut at 1,000 characters, as `attributes` are; `cut` says so. */
  readonly body: string;
  readonly attributes: string;
  readonly cut: boolean;
  /** UTF-16 units of the body that are left out. */
  readonly bodyCut: number;
  readonly traceId: string;
  readonly spanId: string;
}

export interface TailSink<T> {
  /** Resolves when more may be written. */
  write(items: readonly T[]): Promise<void>;
  /** So many fell out since the last call. */
  missed(count: number): Promise<void>;
  /** The engine ended the subscription. */
  ended(message: string): void;
}

/** Rows of one frame, and how far the tail may lag behind before it skips. */
const WINDOW = 500;
const MAX_LAG = 20_000;

/**
 * Prints from now on. The next rows are asked for when the ones before are written, so that a slow
 * terminal slows the asking, not the engine; what it then cannot follow is counted and skipped.
 */
export function tailLogs(live: LiveClient, filter: Filter, sink: TailSink<TailedLog>): void {
  const scope = { filter, minSeverity: 0, traceId: '' };
  let next = -1;
  let isWriting = false;
  const take = async (frame: TopicFrame<'logs'>): Promise<void> => {
    const { begin, end } = frame.meta;
    if (next === -1) next = end;
    const lost = Math.max(0, begin - next);
    const rows = readRows(frame, next + lost);
    if (lost > 0) await sink.missed(lost);
    if (rows.length > 0) await sink.write(rows);
    next += lost + rows.length;
    const skipped = end - next > MAX_LAG ? end - WINDOW - next : 0;
    if (skipped > 0) await sink.missed(skipped);
    next += skipped;
  };
  const subscription = live.subscribe(
    'logs',
    { ...scope, first: null, count: 0 },
    {
      frame: (frame) => {
        // The rows that come meanwhile are in the frame that is asked for below.
        if (isWriting) return;
        const before = next;
        isWriting = true;
        take(frame)
          .then(() => {
            if (next !== before) subscription.update({ ...scope, first: next, count: WINDOW });
          })
          .catch(() => {
            subscription.close(); // The reader went away, which the sink has told.
          })
          .finally(() => {
            isWriting = false;
          });
      },
      ended: (error) => {
        sink.ended(error.message);
      },
    },
  );
}

function readRows({ meta, columns }: TopicFrame<'logs'>, next: number): TailedLog[] {
  const text = (str: number | undefined): string => meta.strings[str ?? -1] ?? '';
  const rows: TailedLog[] = [];
  columns.ordinal.forEach((ordinal, i) => {
    if (ordinal < next) return;
    const severityNumber = columns.severity[i] ?? 0;
    rows.push({
      type: 'log',
      timeUnixNano: unixNano(columns.timeHi[i] ?? 0, columns.timeLo[i] ?? 0).toString(),
      severityNumber,
      severityText: text(columns.severityTextStr[i]),
      level: severityLevel(severityNumber),
      service: text(columns.serviceStr[i]),
      eventName: text(columns.eventNameStr[i]),
      body: text(columns.bodyStr[i]),
      attributes: text(columns.attributesStr[i]),
      cut: columns.cut[i] === 1,
      bodyCut: columns.bodyCut[i] ?? 0,
      traceId: text(columns.traceIdStr[i]),
      spanId: text(columns.spanIdStr[i]),
    });
  });
  return rows;
}
