/**
 * The main side of the engine process, shared by browser mode and Electron main: starts it, hands
 * out live ports, moves exports and imports, and starts it again when it dies.
 *
 * ```
 *   host (CLI server, Electron main)              engine process (engine-process.ts)
 *     EngineHost ── control messages ───────────────▶ EngineService
 *       connect() ── a port per live session ───────▶ engine.connect
 *       export(), import() ── a port per file ──────▶ stream.ts
 * ```
 * How the process is made is injected (`EngineSpawner`): a worker thread in browser mode, a utility
 * process under Electron. After a crash the next one takes the same ports, and back what the journal
 * holds.
 */
import { randomInt } from 'node:crypto';
import type { ReceiverState, RestoredCounts } from '../../../proto/live/topics.ts';
import type {
  ControlFailure,
  EngineConfig,
  EngineProcessMessage,
  ExportRequest,
  HostMessage,
  ImportResult,
} from './control.ts';
import { HostFailure } from './failure.ts';
import { releaseJournalFolder } from './journal-folder.ts';
import type { MessagePortLike } from './message-port.ts';
import { readStream, writeStream } from './stream.ts';

/** A running engine process as its host sees it; `P` is the kind of port it can be sent. */
export interface EngineProcess<P extends MessagePortLike = MessagePortLike> {
  /** Posts a control message; `ports` change owner. */
  post(message: HostMessage, ports: readonly P[]): void;
  onMessage(handler: (message: EngineProcessMessage) => void): void;
  /** Each handler is called once, with a sentence about how it ended. */
  onExit(handler: (reason: string) => void): void;
  /** Ends it at once. */
  kill(): void;
}

/** Makes engine processes and the ports that reach into them. */
export interface EngineSpawner<P extends MessagePortLike = MessagePortLike> {
  spawn(): EngineProcess<P>;
  /** A fresh pair: `far` is posted to the engine process, `near` stays or goes to a page. */
  channel(): { readonly near: P; readonly far: P };
}

export type EngineEvent =
  /** The process ended without being asked to. Live ports of it are closed. */
  | { readonly type: 'engine-exited'; readonly reason: string; readonly willRestart: boolean }
  | {
      readonly type: 'engine-restarted';
      readonly receivers: readonly ReceiverState[];
      /** What came back from the journal. */
      readonly restored?: RestoredCounts | undefined;
    }
  /** Something that a person should know; the engine goes on. */
  | { readonly type: 'warning'; readonly message: string };

/** Crashes within RESTART_WINDOW_MS after which it stays down. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
const FIRST_BACKOFF_MS = 200;
/** How long a stop may take before the process is killed. */
const STOP_TIMEOUT_MS = 5000;

interface FileWork {
  resolve(result: { readonly imported?: ImportResult; readonly bytes?: number }): void;
  reject(error: HostFailure): void;
}

/**
 * Starts an engine and waits until it listens. Rejects with HostFailure: `portTaken` when
 * `config.requirePorts` and a port is taken (nothing is left open), `failed` for anything else.
 */
export async function startEngine<P extends MessagePortLike>(
  spawner: EngineSpawner<P>,
  config: EngineConfig,
): Promise<EngineHost<P>> {
  const host = new EngineHost(spawner, config);
  await host.start();
  return host;
}

export class EngineHost<P extends MessagePortLike = MessagePortLike> {
  readonly #spawner: EngineSpawner<P>;
  #config: EngineConfig;
  #process: EngineProcess<P> | undefined;
  #isReady = false;
  #isStopping = false;
  #receivers: readonly ReceiverState[] = [];
  #engineId = '';
  #restored: RestoredCounts | undefined;
  #nextFileId = 1;
  readonly #files = new Map<number, FileWork>();
  readonly #handlers = new Set<(event: EngineEvent) => void>();
  #crashes: number[] = [];
  #restartTimer: NodeJS.Timeout | undefined;

  /** Use `startEngine`. */
  constructor(spawner: EngineSpawner<P>, config: EngineConfig) {
    this.#spawner = spawner;
    this.#config = config;
  }

  /** What listens where, as of the last start. */
  get receivers(): readonly ReceiverState[] {
    return this.#receivers;
  }

  get engineId(): string {
    return this.#engineId;
  }

  /** What the last start took back from the journal; undefined when it started empty. */
  get restored(): RestoredCounts | undefined {
    return this.#restored;
  }

  /** False between a crash and the restart, and from a stop on. */
  get isRunning(): boolean {
    return this.#isReady && !this.#isStopping;
  }

  /** Returns the function that takes the handler off again. */
  onEvent(handler: (event: EngineEvent) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /**
   * A port on which a live session of the engine speaks (see port-channel.ts), or to hand on to a
   * page. Throws HostFailure while the engine is down.
   */
  connect(): P {
    const { near, far } = this.#spawner.channel();
    this.#running().post({ type: 'connect' }, [far]);
    return near;
  }

  /** The bytes of an export file. Leaving the loop early, or an abort, cancels the operation. */
  export(request: ExportRequest, label: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    const { near, far } = this.#spawner.channel();
    this.#running().post({ type: 'export', request, label }, [far]);
    return readStream(near, signal);
  }

  /**
   * Reads a file's bytes into the engine; resolves when its rows are visible. `totalBytes` is for
   * the progress, 0 when unknown. Rejects with HostFailure (`badFile`, `cancelled`, `failed`). An abort
   * counts from the next bytes of the source on.
   */
  async import(
    label: string,
    totalBytes: number,
    source: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<ImportResult> {
    const { near, far } = this.#spawner.channel();
    this.#running().post({ type: 'import', label, totalBytes }, [far]);
    return (await writeStream(near, source, signal)) as ImportResult;
  }

  /** Writes an export under a temporary name beside `path` and renames it. */
  async exportFile(path: string, request: ExportRequest): Promise<{ readonly bytes: number }> {
    const result = await this.#file((id) => ({ type: 'exportFile', id, path, request }));
    return { bytes: result.bytes ?? 0 };
  }

  async importFile(path: string): Promise<ImportResult> {
    const result = await this.#file((id) => ({ type: 'importFile', id, path }));
    if (result.imported === undefined) throw new HostFailure(UNEXPECTED);
    return result.imported;
  }

  /** Ends operations, sockets and sessions, then the process. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const process = this.#process;
    if (process !== undefined) await this.#end(process);
    this.#releaseJournal();
  }

  async #end(process: EngineProcess<P>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        process.kill();
      }, STOP_TIMEOUT_MS);
      process.onExit(() => {
        clearTimeout(timer);
        resolve();
      });
      process.post({ type: 'stop' }, []);
    });
  }

  /** The first start, and every one after a crash. Use `startEngine`. */
  start(): Promise<void> {
    const process = this.#spawner.spawn();
    this.#process = process;
    return new Promise((resolve, reject) => {
      let failure: ControlFailure | undefined;
      process.onMessage((message) => {
        switch (message.type) {
          case 'ready':
            this.#restored = message.restored ?? undefined;
            this.#onReady(message.receivers, message.engineId);
            resolve();
            return;
          case 'startFailed':
            failure = message.error; // It exits by itself when everything is closed.
            return;
          case 'fileDone':
            this.#takeFile(message.id)?.resolve(message.result);
            return;
          case 'fileFailed':
            this.#takeFile(message.id)?.reject(new HostFailure(message.error));
            return;
          case 'warning':
            this.#emit(message);
            return;
          case 'stopped':
            return;
        }
      });
      process.onExit((reason) => {
        const wasReady = this.#isReady;
        this.#onExit(process, reason);
        if (!wasReady && this.#engineId === '') this.#releaseJournal();
        if (!wasReady) reject(new HostFailure(failure ?? { code: 'failed', message: reason }));
        else if (!this.#isStopping) this.#recover(reason);
      });
      process.post({ type: 'start', config: this.#config }, []);
    });
  }

  /** Takes away the folder; what could not be restored stays in it for the next start. */
  #releaseJournal(): void {
    const { journal } = this.#config;
    if (journal !== undefined && 'folder' in journal) releaseJournalFolder(journal.folder);
  }

  #onReady(receivers: readonly ReceiverState[], engineId: string): void {
    this.#isReady = true;
    this.#receivers = receivers;
    this.#engineId = engineId;
    // A restarted engine takes the ports that senders know, also where a free one was asked for.
    const portOf = (protocol: 'http' | 'grpc', asked: number): number =>
      receivers.find((state) => state.protocol === protocol && state.state === 'listening')?.port ??
      asked;
    this.#config = {
      ...this.#config,
      httpPort: portOf('http', this.#config.httpPort),
      grpcPort: portOf('grpc', this.#config.grpcPort),
    };
  }

  #onExit(process: EngineProcess<P>, reason: string): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    this.#isReady = false;
    for (const work of this.#files.values()) {
      work.reject(new HostFailure({ code: 'failed', message: reason }));
    }
    this.#files.clear();
  }

  #recover(reason: string): void {
    const now = Date.now();
    this.#crashes = this.#crashes.filter((at) => now - at < RESTART_WINDOW_MS);
    this.#crashes.push(now);
    const willRestart = this.#crashes.length <= MAX_RESTARTS;
    this.#emit({ type: 'engine-exited', reason, willRestart });
    if (!willRestart) return;
    const backoffMs = FIRST_BACKOFF_MS * 2 ** (this.#crashes.length - 1) + randomInt(50);
    this.#restartTimer = setTimeout(() => {
      this.start().then(
        () => {
          const restored = this.#restored;
          this.#emit({ type: 'engine-restarted', receivers: this.#receivers, restored });
        },
        (error: unknown) => {
          if (!this.#isStopping) this.#recover(error instanceof Error ? error.message : reason);
        },
      );
    }, backoffMs);
  }

  #emit(event: EngineEvent): void {
    for (const handler of this.#handlers) handler(event);
  }

  #running(): EngineProcess<P> {
    if (this.#process === undefined || !this.#isReady) throw new HostFailure(DOWN);
    return this.#process;
  }

  #file(
    message: (id: number) => HostMessage,
  ): Promise<{ readonly imported?: ImportResult; readonly bytes?: number }> {
    return new Promise((resolve, reject) => {
      const process = this.#running();
      const id = this.#nextFileId++;
      this.#files.set(id, { resolve, reject });
      process.post(message(id), []);
    });
  }

  #takeFile(id: number): FileWork | undefined {
    const work = this.#files.get(id);
    this.#files.delete(id);
    return work;
  }
}

const DOWN: ControlFailure = { code: 'failed', message: 'The engine is not running right now.' };
const UNEXPECTED: ControlFailure = { code: 'failed', message: 'The engine gave no result.' };
