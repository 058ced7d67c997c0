/** Loads the selected span in full, and its log records, whenever the selection changes. */
import type { Session } from '../../session/session.svelte.ts';
import type { LogSummary, SpanDetail } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';

/** Log records of a span listed in the panel; Logs has all of them. */
const LOG_LIMIT = 50;

/** Which span: `kind` tells apart two spans that share an id. */
export interface SpanKey {
  readonly traceId: string;
  readonly spanId: string;
  readonly kind: number;
}

export class SpanLoader {
  readonly #session: Session;
  #detail = $state.raw<SpanDetail | undefined>(undefined);
  #logs = $state.raw<{ readonly total: number; readonly records: readonly LogSummary[] }>({
    total: 0,
    records: [],
  });
  #error = $state('');
  #loaded = '';

  constructor(session: Session) {
    this.#session = session;
  }

  /** The span asked for last; undefined until it is here. */
  get detail(): SpanDetail | undefined {
    return this.#detail;
  }

  get logs(): { readonly total: number; readonly records: readonly LogSummary[] } {
    return this.#logs;
  }

  /** Why there is no detail; '' when there is, or while it loads. */
  get error(): string {
    return this.#error;
  }

  /** Loads a span; the result cancels what is still under way. Same span again: only its logs. */
  load(key: SpanKey): () => void {
    const name = `${key.traceId}/${key.spanId}/${key.kind}`;
    const abort = new AbortController();
    const { traceId, spanId } = key;
    if (this.#loaded !== name) {
      this.#loaded = name;
      this.#detail = undefined;
      this.#logs = { total: 0, records: [] };
    }
    this.#error = '';
    if (this.#detail === undefined) {
      this.#session.request('span.get', key, abort.signal).then(
        (detail) => {
          if (!abort.signal.aborted) this.#detail = detail;
        },
        (error: unknown) => {
          if (!abort.signal.aborted) this.#error = sentenceOf(error);
        },
      );
    }
    this.#session.request('span.logs', { traceId, spanId, limit: LOG_LIMIT }, abort.signal).then(
      (logs) => {
        if (!abort.signal.aborted) this.#logs = logs;
      },
      () => undefined, // The span's own failure says it all.
    );
    return () => {
      abort.abort();
    };
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof LiveFailure && error.code === 'notFound') {
    return 'This span is no longer in memory.';
  }
  return error instanceof Error ? error.message : String(error);
}
