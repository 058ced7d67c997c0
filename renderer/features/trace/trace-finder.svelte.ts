/** Find in trace: asks the engine for the spans that a query matches. */
import { SpanIdSet } from '../../canvas/trace-search.ts';
import type { Session } from '../../session/session.svelte.ts';

/** Typing pauses this long before the engine is asked. */
const TYPING_MS = 120;
/** While spans arrive the engine is asked again this often. */
const GROWING_MS = 1000;

export class TraceFinder {
  readonly #session: Session;
  readonly #traceId: string;
  #text = $state('');
  #found = $state.raw<SpanIdSet | null>(null);
  #error = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;

  constructor(session: Session, traceId: string) {
    this.#session = session;
    this.#traceId = traceId;
  }

  get text(): string {
    return this.#text;
  }

  /** What the last query without a fault found; null without one. */
  get found(): SpanIdSet | null {
    return this.#found;
  }

  /** What is wrong with the text; '' when nothing is. */
  get error(): string {
    return this.#error;
  }

  setText(text: string): void {
    this.#text = text;
    this.#error = '';
    this.close();
    if (text.trim() === '') this.#found = null;
    else this.#ask(TYPING_MS);
  }

  /** The trace has grown: what was found may be more. */
  grow(): void {
    if (this.#text.trim() !== '' && this.#timer === undefined) this.#ask(GROWING_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running?.abort();
  }

  #ask(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const running = new AbortController();
      this.#running = running;
      const params = { traceId: this.#traceId, text: this.#text };
      this.#session.request('trace.find', params, running.signal).then(
        ({ spanIds }) => {
          if (running.signal.aborted) return;
          this.#error = '';
          this.#found = new SpanIdSet(spanIds);
        },
        (error: unknown) => {
          if (running.signal.aborted) return;
          this.#error = error instanceof Error ? error.message : String(error);
        },
      );
    }, delayMs);
  }
}
