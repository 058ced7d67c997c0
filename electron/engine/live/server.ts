/** The live side of the engine: all sessions, and the word that something changed. */
import type { Channel } from '../../../proto/live/channel.ts';
import type { Mark, RequestEntry, StatusMeta } from '../../../proto/live/topics.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { EngineOptions, HostStatus } from '../config.ts';
import type { Store } from '../store/store.ts';
import { LiveContext } from './context.ts';
import type { HostMethods } from './host-methods.ts';
import { RestartMarks } from './restart-marks.ts';
import { Session } from './session.ts';
import type { Trigger } from './topic.ts';

export class LiveServer {
  readonly #context: LiveContext;
  readonly #sessions = new Set<Session>();
  readonly #restarts: RestartMarks;

  constructor(options: EngineOptions, store: Store) {
    this.#context = new LiveContext(options, store, (trigger) => {
      this.#changed(trigger);
    });
    this.#restarts = new RestartMarks(options, store.resources.processes, this.#context.marks);
  }

  connect(channel: Channel, host: HostMethods): void {
    const session = new Session(channel, this.#context, host, (ended) => {
      this.#sessions.delete(ended);
    });
    this.#sessions.add(session);
  }

  /** To be called before rows are added, so that rates know what was there before. */
  ingesting(): void {
    this.#context.noteRates();
  }

  /** Rows of a signal were added. */
  ingested(signal: Signal): void {
    this.#changed(signal);
    this.#restarts.look();
  }

  noteRequest(note: Omit<RequestEntry, 'ordinal' | 'repeats'>): void {
    this.#context.requests.add(note);
    this.#changed('requests');
  }

  /** Begins an import; see Imports. */
  openImport(name: string): <T>(take: () => T) => T {
    return this.#context.imports.open(name);
  }

  setHostStatus(status: HostStatus): void {
    this.#context.setHostStatus(status);
  }

  status(): StatusMeta {
    return this.#context.status();
  }

  clear(signal: Signal | 'all'): void {
    this.#context.clear(signal);
  }

  /** Takes marks of an earlier run in. */
  takeMarks(marks: readonly Mark[]): void {
    this.#context.marks.take(marks);
  }

  close(): void {
    this.#restarts.close();
    for (const session of [...this.#sessions]) session.close('The engine stops.');
  }

  #changed(trigger: Trigger): void {
    for (const session of this.#sessions) session.changed(trigger);
  }
}
