/** The long operations (exports, imports) of an engine process: progress, cancel, dismissal. */
import type { OperationState } from '../../../proto/live/topics.ts';
import { toFailure } from './failure.ts';

/** Progress reaches the status at most this often. */
const PUBLISH_MS = 200;
/** Finished operations kept for the page to show; the oldest go first. */
const FINISHED_KEPT = 20;

/** What a running operation reports to, and how it learns of a cancel. */
export interface Operation {
  readonly signal: AbortSignal;
  /** Totals so far. */
  progress(doneBytes: number, items: number): void;
}

interface Entry {
  state: OperationState;
  readonly abort: AbortController;
}

export class Operations {
  readonly #entries = new Map<number, Entry>();
  readonly #changed: (operations: readonly OperationState[]) => void;
  #nextId = 1;
  #publishedAtMs = 0;

  /** `changed` gets the whole list. */
  constructor(changed: (operations: readonly OperationState[]) => void) {
    this.#changed = changed;
  }

  get states(): readonly OperationState[] {
    return [...this.#entries.values()].map((entry) => entry.state);
  }

  /** Runs `work` as an operation; its `describe` makes the sentence shown when it is done. */
  async run<T>(
    start: Pick<OperationState, 'kind' | 'label' | 'totalBytes'>,
    work: (operation: Operation) => Promise<T>,
    describe: (result: T) => string,
  ): Promise<T> {
    const abort = new AbortController();
    const id = this.#nextId++;
    const entry: Entry = {
      state: { id, state: 'running', doneBytes: 0, items: 0, message: '', ...start },
      abort,
    };
    this.#entries.set(id, entry);
    this.#publish();
    const progress = (doneBytes: number, items: number): void => {
      entry.state = { ...entry.state, doneBytes, items };
      if (performance.now() - this.#publishedAtMs >= PUBLISH_MS) this.#publish();
    };
    try {
      const result = await work({ signal: abort.signal, progress });
      this.#finish(entry, 'done', describe(result));
      return result;
    } catch (error) {
      const failure = toFailure(error);
      this.#finish(entry, failure.code === 'cancelled' ? 'cancelled' : 'failed', failure.message);
      throw error;
    }
  }

  /** Returns false when no such operation is running. */
  cancel(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry?.state.state !== 'running') return false;
    entry.abort.abort();
    return true;
  }

  cancelAll(): void {
    for (const id of this.#entries.keys()) this.cancel(id);
  }

  /** Takes a finished operation off the list; returns false when there is none. */
  dismiss(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.state.state === 'running') return false;
    this.#entries.delete(id);
    this.#publish();
    return true;
  }

  #finish(entry: Entry, state: OperationState['state'], message: string): void {
    entry.state = { ...entry.state, state, message };
    const finished = [...this.#entries.values()].filter((e) => e.state.state !== 'running');
    for (const old of finished.slice(0, -FINISHED_KEPT)) this.#entries.delete(old.state.id);
    this.#publish();
  }

  #publish(): void {
    this.#publishedAtMs = performance.now();
    this.#changed(this.states);
  }
}
