/**
 * The engine's only door: request bytes in, live sessions and exports out.
 *
 * ```
 *   receiver ── ingest ──▶ Engine ── connect ──▶ one session a channel (live/)
 *   host ─── setHostStatus ─▶  │ ──── reader ───▶ encoded export requests, pulled
 *                              └──── status ───▶ counters, memory, rates
 * ```
 * Everything runs on the caller's thread and never blocks it for long: ingest is one scan, searches
 * and exports work in slices of at most 8 ms.
 */
import type { Channel } from '../../proto/live/channel.ts';
import type { Mark, RequestEntry, Selection, StatusMeta } from '../../proto/live/topics.ts';
import type { Signal } from '../../proto/otlp/signal.ts';
import type { BodyEncoding, EngineOptions, HostStatus, IngestResult } from './config.ts';
import type { HostMethods } from './live/host-methods.ts';
import { LiveServer } from './live/server.ts';
import { openExport, type ExportReader } from './query/export-reader.ts';
import type { Watching } from './store/processes.ts';
import { Store } from './store/store.ts';
import { warmUp } from './store/warm-up.ts';
import { joinChunks } from './wire/chunks.ts';
import { jsonToProto } from './wire/json-to-proto.ts';

export type { HostMethodName, HostMethods } from './live/host-methods.ts';
export type { ExportedRequest, ExportReader } from './query/export-reader.ts';

/** A receiver log line as the host reports it; the engine numbers lines and folds equal ones. */
export type RequestNote = Omit<RequestEntry, 'ordinal' | 'repeats'>;

export class Engine {
  readonly #options: EngineOptions;
  readonly #store: Store;
  readonly #live: LiveServer;
  #isClosed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#store = new Store(options);
    this.#live = new LiveServer(options, this.#store);
  }

  /**
   * Takes one export request body: `chunks` hold `byteLength` bytes, which are copied. Synchronous:
   * when it returns, the accepted rows are visible. A body that is not a request is refused whole
   * and leaves nothing behind; single bad items are counted in the result.
   */
  ingest(
    signal: Signal,
    chunks: readonly Uint8Array[],
    byteLength: number,
    encoding: BodyEncoding,
  ): IngestResult {
    this.#live.ingesting();
    const result =
      encoding === 'json'
        ? this.#ingestJson(signal, chunks, byteLength)
        : this.#store.ingest(signal, chunks, byteLength);
    if (result.ok) this.#live.ingested(signal);
    return result;
  }

  /**
   * Runs ingests of what was not sent now, and says what it tells about processes: a journal that
   * processes are known from then on, a file `nothing`. Otherwise a process that was not heard of
   * before may have taken the place of another, which gives a mark.
   */
  ofThePast<T>(tells: Exclude<Watching, 'restarts'>, ingest: () => T): T {
    const { processes } = this.#store.resources;
    processes.watching = tells;
    try {
      return ingest();
    } finally {
      processes.watching = 'restarts';
    }
  }

  /** Takes marks of an earlier run in; those that are here already are passed over. */
  takeMarks(marks: readonly Mark[]): void {
    this.#live.takeMarks(marks);
  }

  #ingestJson(signal: Signal, chunks: readonly Uint8Array[], byteLength: number): IngestResult {
    const encoded = jsonToProto(signal, joinChunks(chunks, byteLength));
    if (!encoded.ok) return encoded;
    return this.#store.ingest(signal, [encoded.bytes], encoded.bytes.byteLength);
  }

  /**
   * Gets the code of `ingest` compiled in steps of a few ms, once the engine serves: the first body
   * would take twenty times as long as the hundredth.
   */
  warmUp(): void {
    const steps = warmUp(this.#options.clock);
    const step = (): void => {
      if (this.#isClosed || steps.next().done === true) return;
      this.#options.scheduler.soon(step);
    };
    this.#options.scheduler.soon(step);
  }

  /** Adds a line to the receiver log; a line equal to the newest one raises its `repeats`. */
  noteRequest(note: RequestNote): void {
    this.#live.noteRequest(note);
  }

  /**
   * Begins an import by the name of its file, so that its traces can be told from others. The result
   * runs `take`, which ingests one body before it returns.
   */
  openImport(name: string): <T>(take: () => T) => T {
    return this.#live.openImport(name);
  }

  /** Replaces what the status says about sockets and long operations. */
  setHostStatus(status: HostStatus): void {
    this.#live.setHostStatus(status);
  }

  /** Serves the live protocol on a channel until it closes. The engine owns the channel from now on. */
  connect(channel: Channel, host: HostMethods): void {
    this.#live.connect(channel, host);
  }

  /** The counters and sizes of this moment. */
  status(): StatusMeta {
    return this.#live.status();
  }

  /**
   * Opens a pull iterator over what a selection holds, as encoded export requests. The caller closes
   * it, also when it ends early: selected traces are kept from eviction until then.
   */
  reader(selection: Selection): ExportReader {
    return openExport(this.#store, this.#options.clock, this.#options.regex, selection);
  }

  /** Forgets the kept items of one signal or of all; pinned traces stay. Counted as evicted. */
  clear(signal: Signal | 'all'): void {
    this.#live.clear(signal);
  }

  /** Ends every session with a goodbye. The engine takes no calls afterwards. */
  close(): void {
    this.#isClosed = true;
    this.#live.close();
  }
}
