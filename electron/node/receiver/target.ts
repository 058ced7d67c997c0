/** What the receiver needs of the engine, and the one way a body gets into it. */
import type { RequestEntry } from '../../../proto/live/topics.ts';
import { ITEM_KIND, type ItemKind, type Signal } from '../../../proto/otlp/signal.ts';
import type { BodyEncoding, IngestResult } from '../../engine/config.ts';
import type { Refusal } from './refusals.ts';

/** A line of the receiver log before the engine numbers and folds it. */
export type RequestLine = Omit<RequestEntry, 'ordinal' | 'repeats'>;

/** The engine's side: rows are visible when `ingest` returns. */
export interface IngestTarget {
  /**
   * Chunks are the body in order; they may be reused by the caller after the call. With `wait` the
   * caller calls `whenKept` before it acknowledges, and leaves all chunks as they are until then.
   */
  ingest(
    signal: Signal,
    chunks: readonly Uint8Array[],
    byteLength: number,
    encoding: BodyEncoding,
    wait?: WaitForJournal,
  ): IngestResult;
  /**
   * Calls back once when the body of the last `ingest` is kept as it will be: at once, unless the
   * journal writes behind. Absent: at once.
   */
  whenKept?(kept: () => void): void;
  noteRequest(line: RequestLine): void;
  /**
   * ms after which clients are to come again, because the engine cannot take bodies now; 0 when it
   * can. Asked for every request, before its body is read and again before `ingest`.
   */
  pressureMs(): number;
}

/** What the journal may make of a sender that waits. */
export interface WaitForJournal {
  /** Nobody else is being served: what another thread would take over holds nobody up. */
  readonly isAlone: boolean;
  /** The body in gzip, as it came, when `chunks` are what was in it. */
  readonly gzip?: { readonly chunks: readonly Uint8Array[]; readonly byteLength: number };
}

/** An ingest result, or a failure of the engine itself, which must not end the receiver. */
export type Delivery =
  | Extract<IngestResult, { ok: true }>
  | { readonly ok: false; readonly code: Refusal; readonly message: string };

/** Hands a body to the engine. Never throws. */
export function deliver(
  target: IngestTarget,
  signal: Signal,
  chunks: readonly Uint8Array[],
  byteLength: number,
  encoding: BodyEncoding,
  wait?: WaitForJournal,
): Delivery {
  try {
    if (target.pressureMs() > 0) {
      return { ok: false, code: 'overloaded', message: describePressure() };
    }
    return target.ingest(signal, chunks, byteLength, encoding, wait);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'internal', message: `Flametail failed on this request: ${reason}` };
  }
}

/** What a client is told when the engine is behind. */
export function describePressure(): string {
  return 'Flametail is behind with what it has. Send this again in a moment.';
}

const ITEM_WORDS: Readonly<Record<ItemKind, readonly [one: string, many: string]>> = {
  spans: ['span', 'spans'],
  logRecords: ['log record', 'log records'],
  dataPoints: ['data point', 'data points'],
  profiles: ['profile', 'profiles'],
};

/** The message of a partial success: "2 spans rejected: trace_id is not 16 bytes (2)". */
export function describeRejections(
  signal: Signal,
  result: Extract<IngestResult, { ok: true }>,
): string {
  const [one, many] = ITEM_WORDS[ITEM_KIND[signal]];
  const reasons = result.rejections.map(({ reason, count }) => `${reason} (${count})`).join(', ');
  return `${result.rejected} ${result.rejected === 1 ? one : many} rejected: ${reasons}`;
}

/** What the log says of strings that are not UTF-8: "3 strings with …"; '' when there are none. */
export function describeInvalidStrings(count: number): string {
  if (count === 0) return '';
  const strings = count === 1 ? '1 string' : `${count} strings`;
  return `${strings} with invalid UTF-8, shown with replacement characters`;
}

/** Longer ones are cut: the header comes from outside and stays in the log. */
const MAX_USER_AGENT_LENGTH = 200;

/** A user agent as the log keeps it; '' when the client sent none. */
export function clipUserAgent(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_USER_AGENT_LENGTH) : '';
}
