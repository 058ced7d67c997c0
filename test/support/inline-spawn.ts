/** An engine process inside the test's own: the real service behind the real control messages. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { ControlPort } from '../../electron/node/host/control-port.ts';
import type { EngineProcessMessage, HostMessage } from '../../electron/node/host/control.ts';
import type { EngineProcess, EngineSpawner } from '../../electron/node/host/engine-host.ts';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { serveEngine } from '../../electron/node/host/engine-service.ts';
import type { MessagePortLike } from '../../electron/node/host/message-port.ts';

export interface InlineSpawner extends EngineSpawner<MessagePort> {
  /** Ends the newest engine process as a crash would: without a word, its ports closed. */
  crash(): void;
  /** Engine processes started so far. */
  readonly spawned: number;
}

/** `disk` is where the journal is written. */
export function inlineSpawner(disk: JournalDisk = NODE_DISK): InlineSpawner {
  let newest: InlineProcess | undefined;
  let spawned = 0;
  return {
    spawn: () => {
      spawned++;
      newest = new InlineProcess(disk);
      return newest;
    },
    channel: () => {
      const { port1, port2 } = new MessageChannel();
      return { near: port1, far: port2 };
    },
    crash: () => newest?.crash(),
    get spawned() {
      return spawned;
    },
  };
}

type HostHandler = (message: HostMessage, ports: readonly MessagePortLike[]) => void;

class InlineProcess implements EngineProcess<MessagePort> {
  #hostHandler: HostHandler | undefined;
  #messageHandler: ((message: EngineProcessMessage) => void) | undefined;
  #exitHandlers: ((reason: string) => void)[] = [];
  #closeHandler: (() => void) | undefined;
  readonly #ports: MessagePort[] = [];
  #isOver = false;
  #isCrashing = false;

  constructor(disk: JournalDisk) {
    const control: ControlPort = {
      post: (message) => {
        queueMicrotask(() => {
          if (!this.#isCrashing) this.#messageHandler?.(structuredClone(message));
        });
      },
      onMessage: (handler) => {
        this.#hostHandler = handler;
      },
      onClose: (handler) => {
        this.#closeHandler = handler;
      },
      exit: () => {
        setImmediate(() => {
          this.#exit('The engine ended with code 0.');
        });
      },
    };
    serveEngine(control, disk);
  }

  post(message: HostMessage, ports: readonly MessagePort[]): void {
    this.#ports.push(...ports);
    const copy = structuredClone(message);
    queueMicrotask(() => {
      if (!this.#isOver) this.#hostHandler?.(copy, ports);
    });
  }

  onMessage(handler: (message: EngineProcessMessage) => void): void {
    this.#messageHandler = handler;
  }

  onExit(handler: (reason: string) => void): void {
    this.#exitHandlers.push(handler);
  }

  kill(): void {
    this.crash();
  }

  /** The sockets of the dead engine close as they would with its process. */
  crash(): void {
    if (this.#isOver || this.#isCrashing) return;
    this.#isCrashing = true;
    for (const port of this.#ports) port.close();
    this.#closeHandler?.(); // Closes its sockets, then exits.
  }

  #exit(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const handlers = this.#exitHandlers;
    this.#exitHandlers = [];
    for (const handler of handlers) handler(this.#isCrashing ? 'The engine crashed.' : reason);
  }
}
