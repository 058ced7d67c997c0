/**
 * What runs inside the engine process: the engine, its receiver, and the long operations.
 *
 * ```
 *   start ──▶ Engine, what the journal holds, Receiver listening ──▶ ready | startFailed
 *   stop, or the host is gone ──▶ operations cancelled, sockets and sessions closed ──▶ stopped, exit
 * ```
 */
import { randomUUID } from 'node:crypto';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { ReceiverState } from '../../../proto/live/topics.ts';
import { Engine, type HostMethods } from '../../engine/engine.ts';
import { exportCapture, exportToFile } from '../capture/export.ts';
import { describeImport } from '../capture/describe.ts';
import { fileSize } from '../capture/file-size.ts';
import { importCapture, importFromFile, type ImportTarget } from '../capture/import.ts';
import { NODE_DISK, type JournalDisk } from '../capture/journal-disk.ts';
import { Receiver } from '../receiver/receiver.ts';
import type { ControlPort } from './control-port.ts';
import type { ControlFailure, EngineConfig, HostMessage } from './control.ts';
import { toFailure } from './failure.ts';
import type { MessagePortLike } from './message-port.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { JournalKeeper } from './journal-keeper.ts';
import { RE2 } from './regex.ts';
import { Operations } from './operations.ts';
import { portChannel } from './port-channel.ts';
import { StreamReader, writeStream } from './stream.ts';
import { openToucher } from './touch-memory.ts';
import { postTestTrace } from './post-test-trace.ts';

/** Serves control messages until `stop` or until the host is gone, then exits the process. */
export function serveEngine(control: ControlPort, disk: JournalDisk = NODE_DISK): void {
  let service: EngineService | undefined;
  const stop = async (isClean: boolean): Promise<void> => {
    await service?.close(isClean);
    control.post({ type: 'stopped' });
    control.exit();
  };
  // A host that is gone has crashed: what was received is for its next start.
  control.onClose(() => void stop(false));
  control.onMessage((message, ports) => {
    if (message.type === 'start') {
      service = new EngineService(control, message.config, disk);
      void service.start(message.config);
    } else if (message.type === 'stop') void stop(true);
    else service?.handle(message, ports[0]);
  });
}

type WorkMessage = Exclude<HostMessage, { readonly type: 'start' | 'stop' }>;

class EngineService {
  readonly #control: ControlPort;
  readonly #engineId = randomUUID();
  readonly #engine: Engine;
  readonly #receiver: Receiver;
  readonly #operations: Operations;
  readonly #methods: HostMethods;
  readonly #journal: JournalKeeper;
  readonly #toucher = openToucher();
  #receivers: readonly ReceiverState[] = [];
  #isClosed = false;

  constructor(control: ControlPort, config: EngineConfig, disk: JournalDisk) {
    const clock = new ArrivalClock();
    this.#control = control;
    this.#engine = new Engine({
      memoryBytes: config.memoryBytes,
      engineId: this.#engineId,
      version: config.version,
      clock,
      scheduler: { after, soon: (task) => void setImmediate(task) },
      regex: RE2,
      touch: this.#toucher.touch,
      onCleared: (signal) => {
        this.#journal.cleared(signal);
      },
      onMarks: (marks) => {
        this.#journal.marked(marks);
      },
    });
    this.#operations = new Operations(() => {
      this.#publish();
    });
    this.#journal = new JournalKeeper({
      config: config.journal,
      budgetBytes: config.memoryBytes,
      engine: this.#engine,
      clock,
      disk,
      operations: this.#operations,
      onChange: () => {
        this.#publish();
      },
      onWarning: (message) => {
        control.post({ type: 'warning', message });
      },
    });
    this.#receiver = new Receiver({
      engine: this.#journal,
      version: config.version,
      uiUrl: () => config.uiUrl ?? '',
      onState: (state) => {
        const others = this.#receivers.filter((r) => r.protocol !== state.protocol);
        this.#receivers = [...others, state];
        this.#publish();
      },
    });
    this.#methods = this.#hostMethods(config.version);
  }

  /** Listens and says `ready`; with `requirePorts`, says `startFailed` and exits when it cannot. */
  async start(config: EngineConfig): Promise<void> {
    const { httpPort, grpcPort, hosts } = config;
    await this.#journal.open();
    if (this.#isClosed) return;
    let states: readonly ReceiverState[];
    try {
      states = await this.#receiver.listen({ httpPort, grpcPort, hosts });
    } catch (error) {
      await this.#fail(null, toFailure(error));
      return;
    }
    this.#receivers = states;
    this.#publish();
    const refused = states.find((state) => state.state !== 'listening');
    if (config.requirePorts && refused !== undefined) {
      const code = refused.state === 'taken' ? 'portTaken' : 'failed';
      await this.#fail(refused.protocol, { code, message: refused.message });
      return;
    }
    this.#control.post({
      type: 'ready',
      receivers: states,
      engineId: this.#engineId,
      restored: this.#journal.status.restored,
    });
    this.#engine.warmUp();
  }

  handle(message: WorkMessage, port: MessagePortLike | undefined): void {
    switch (message.type) {
      case 'connect':
        if (port !== undefined) this.#engine.connect(portChannel(port), this.#methods);
        return;
      case 'export':
        if (port !== undefined) void this.#export(message, port);
        return;
      case 'import':
        if (port !== undefined) void this.#import(message, port);
        return;
      case 'exportFile':
        void this.#exportFile(message);
        return;
      case 'importFile':
        void this.#importFile(message);
        return;
    }
  }

  /** `isClean`: the capture is given up, and its journal with it. */
  async close(isClean: boolean): Promise<void> {
    this.#isClosed = true;
    this.#operations.cancelAll();
    await this.#receiver.close();
    this.#engine.close();
    await this.#journal.close(isClean);
    this.#toucher.close();
  }

  async #fail(protocol: ReceiverState['protocol'] | null, error: ControlFailure): Promise<void> {
    await this.close(false);
    this.#control.post({ type: 'startFailed', protocol, error });
    this.#control.exit();
  }

  #publish(): void {
    this.#engine.setHostStatus({
      receivers: this.#receivers,
      operations: this.#operations.states,
      journal: this.#journal.status,
    });
  }

  async #export(
    { request, label }: Extract<HostMessage, { type: 'export' }>,
    port: MessagePortLike,
  ): Promise<void> {
    const reader = this.#engine.reader(request.selection);
    const start = { kind: 'export', label, totalBytes: reader.totalBytes } as const;
    try {
      await this.#operations.run(
        start,
        async (operation) => {
          const file = exportCapture(reader, request, operation);
          await writeStream(port, file, operation.signal);
          return file.written;
        },
        describeExport,
      );
    } catch {
      // The stream's reader and the operation's state tell; nobody else waits for it.
    } finally {
      reader.close();
    }
  }

  async #import(
    { label, totalBytes }: Extract<HostMessage, { type: 'import' }>,
    port: MessagePortLike,
  ): Promise<void> {
    const source = new StreamReader(port);
    try {
      const result = await this.#operations.run(
        { kind: 'import', label, totalBytes },
        (operation) => {
          operation.signal.addEventListener('abort', () => {
            source.stop({ code: 'cancelled', message: 'It was cancelled.' });
          });
          return importCapture(this.#importTarget(label), source, operation);
        },
        describeImport,
      );
      source.done(result);
    } catch (error) {
      source.stop(toFailure(error));
    }
  }

  async #exportFile(message: Extract<HostMessage, { type: 'exportFile' }>): Promise<void> {
    const { id, path, request } = message;
    try {
      const reader = this.#engine.reader(request.selection);
      const { bytes } = await this.#operations
        .run(
          { kind: 'export', label: fileLabel(path), totalBytes: reader.totalBytes },
          (operation) => exportToFile(reader, request, path, operation),
          describeExport,
        )
        .finally(() => {
          reader.close();
        });
      this.#control.post({ type: 'fileDone', id, result: { bytes } });
    } catch (error) {
      this.#control.post({ type: 'fileFailed', id, error: toFailure(error) });
    }
  }

  async #importFile({ id, path }: Extract<HostMessage, { type: 'importFile' }>): Promise<void> {
    try {
      const totalBytes = await fileSize(path);
      const imported = await this.#operations.run(
        { kind: 'import', label: fileLabel(path), totalBytes },
        (operation) => importFromFile(this.#importTarget(fileLabel(path)), path, operation),
        describeImport,
      );
      this.#control.post({ type: 'fileDone', id, result: { imported } });
    } catch (error) {
      this.#control.post({ type: 'fileFailed', id, error: toFailure(error) });
    }
  }

  /** The journal and the engine behind it, which know what came from the file of this name; it starts no process. */
  #importTarget(name: string): ImportTarget {
    const isOf = this.#engine.openImport(name);
    return {
      ingest: (...body) =>
        isOf(() => this.#engine.ofThePast('nothing', () => this.#journal.ingest(...body))),
    };
  }

  #hostMethods(version: string): HostMethods {
    return {
      'testTrace.send': async () => ({ traceId: await postTestTrace(this.#receivers, version) }),
      'receiver.listen': async ({ protocol, port }) => {
        const state = await this.#receiver.relisten(protocol, port);
        return { listening: state.state === 'listening', message: state.message };
      },
      'operation.cancel': ({ id }) =>
        settle(this.#operations.cancel(id), `No operation ${id} is running.`),
      'operation.dismiss': ({ id }) =>
        settle(this.#operations.dismiss(id), `There is no finished operation ${id}.`),
      'journal.restore': () => this.#journal.restore(),
      'journal.discard': async () => {
        await this.#journal.discard();
        return {};
      },
    };
  }
}

function settle(isFound: boolean, message: string): Promise<Record<string, never>> {
  return isFound
    ? Promise.resolve({})
    : Promise.reject(new LiveFailure({ code: 'notFound', message }));
}

function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => {
    clearTimeout(timer);
  };
}

/** The last part of a path of either platform: what a person calls the file. */
function fileLabel(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function describeExport({ requests, lost }: { requests: number; lost: number }): string {
  const wrote = `${requests} ${requests === 1 ? 'request' : 'requests'} written`;
  return lost === 0 ? wrote : `${wrote}; ${lost} were evicted before they could be written`;
}
