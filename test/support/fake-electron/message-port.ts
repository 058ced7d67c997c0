/** MessageChannelMain and MessagePortMain over node's own ports. */
import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { MessagePortMain } from 'electron';

/** A MessagePortMain. Its node port is taken out when it moves to another process. */
export class FakeMessagePort
  extends EventEmitter
  implements Pick<MessagePortMain, 'start' | 'postMessage' | 'close'>
{
  #port: MessagePort | null;
  #isStarted = false;
  readonly #onClose = (): void => {
    this.emit('close');
  };

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on('close', this.#onClose);
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#owned().on('message', ({ data }: { data: unknown }) => {
      this.emit('message', { data, ports: [] });
    });
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    takePorts(transfer);
    if (transfer.length > 0) throw new Error('fake electron: ports inside ports are not supported');
    this.#port?.postMessage({ data });
  }

  close(): void {
    this.#port?.close();
  }

  /** Moves the port: this object is dead from here on, as after a transfer. */
  take(): MessagePort {
    const port = this.#owned();
    port.off('close', this.#onClose);
    this.#port = null;
    return port;
  }

  #owned(): MessagePort {
    if (this.#port === null) throw new Error('fake electron: this port was transferred');
    return this.#port;
  }
}

/** Takes the node ports out of a transfer list; anything but a port throws, as in Electron. */
export function takePorts(transfer: readonly unknown[]): MessagePort[] {
  transfer.forEach((item, index) => {
    if (!(item instanceof FakeMessagePort)) {
      throw new TypeError(`Port at index ${String(index)} is not a valid port`);
    }
  });
  return transfer.filter((item) => item instanceof FakeMessagePort).map((port) => port.take());
}

export class FakeMessageChannel {
  readonly port1: FakeMessagePort;
  readonly port2: FakeMessagePort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakeMessagePort(port1);
    this.port2 = new FakeMessagePort(port2);
  }
}
