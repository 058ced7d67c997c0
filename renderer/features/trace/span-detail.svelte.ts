/** Loads the selected span in full, and its log records, whenever the selection changes. */
import type { Session } from '../../session/session.svelte.ts';
import type { LogSummary, Methods, SpanDetail } from '../../../proto/live/methods.ts';
import type { SpanPeers, SpanRepeats } from '../../../proto/live/methods-span.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';

/** Log records of a span listed in the panel; Logs has all of them. */
const LOG_LIMIT = 200;
/** Spans listed that link to this one. */
const LINKED_LIMIT = 50;

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
  #peers = $state.raw<SpanPeers | undefined>(undefined);
  #repeats = $state.raw<SpanRepeats | undefined>(undefined);
  #linked = $state.raw<Methods['span.linked']['result']>({ total: 0, spans: [] });
  #error = $state('');
  #loaded = '';
  /** Ends what is asked about the span's surroundings, once another span is loaded. */
  #around = new AbortController();

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

  /** The span among its operation in memory; undefined until that is counted. */
  get peers(): SpanPeers | undefined {
    return this.#peers;
  }

  /** How often its trace does the same; undefined until that is counted, and without a query. */
  get repeats(): SpanRepeats | undefined {
    return this.#repeats;
  }

  /** The spans in memory that link to it. */
  get linked(): Methods['span.linked']['result'] {
    return this.#linked;
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
      this.#peers = undefined;
      this.#repeats = undefined;
      this.#linked = { total: 0, spans: [] };
      this.#around.abort();
      this.#around = new AbortController();
      this.#loadAround(key, this.#around.signal);
    }
    this.#error = '';
    if (this.#detail === undefined) {
      this.#session.request('span.get', key, abort.signal).then(
        (detail) => {
          if (abort.signal.aborted) return;
          this.#detail = detail;
          if (detail.attributes.some(({ key: name }) => name.startsWith('db.'))) {
            this.#loadRepeats(key, this.#around.signal);
          }
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

  /** What other spans say about this one. Parts that fail stay hidden: the span's own failure says it all. */
  #loadAround(key: SpanKey, signal: AbortSignal): void {
    const { traceId, spanId } = key;
    this.#session.request('span.peers', key, signal).then(
      (peers) => {
        if (!signal.aborted) this.#peers = peers;
      },
      () => undefined,
    );
    this.#session.request('span.linked', { traceId, spanId, limit: LINKED_LIMIT }, signal).then(
      (linked) => {
        if (!signal.aborted) this.#linked = linked;
      },
      () => undefined,
    );
  }

  #loadRepeats(key: SpanKey, signal: AbortSignal): void {
    this.#session.request('span.repeats', key, signal).then(
      (repeats) => {
        if (!signal.aborted) this.#repeats = repeats;
      },
      () => undefined,
    );
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof LiveFailure && error.code === 'notFound') {
    return 'This span is no longer in memory.';
  }
  return error instanceof Error ? error.message : String(error);
}
