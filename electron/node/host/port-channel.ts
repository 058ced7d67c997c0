/** The live protocol's Channel over a MessagePort of either kind. */
import type { Channel } from '../../../proto/live/channel.ts';
import { listenPort, wholeBuffer, type MessagePortLike } from './message-port.ts';

/** Takes over the port: nobody else may listen to it or close it. Bytes are copied by `send`. */
export function portChannel(port: MessagePortLike): Channel {
  return new PortChannel(port);
}

class PortChannel implements Channel {
  readonly #port: MessagePortLike;
  #messageHandler: ((message: string | Uint8Array) => void) | undefined;
  #closeHandler: ((reason: string) => void) | undefined;
  #waiting: (string | Uint8Array)[] = [];
  #closedBecause: string | undefined;

  /** A port does not tell; the protocol's credits bound what it holds. */
  readonly bufferedBytes = 0;

  constructor(port: MessagePortLike) {
    this.#port = port;
    listenPort(
      port,
      (value) => {
        this.#deliver(value);
      },
      () => {
        this.#shut('the other side closed the connection');
      },
    );
  }

  send(message: string | Uint8Array): void {
    if (this.#closedBecause !== undefined) return;
    this.#port.postMessage(typeof message === 'string' ? message : wholeBuffer(message));
  }

  onMessage(handler: (message: string | Uint8Array) => void): void {
    this.#messageHandler = handler;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) handler(message);
  }

  onClose(handler: (reason: string) => void): void {
    this.#closeHandler = handler;
    if (this.#closedBecause !== undefined) handler(this.#closedBecause);
  }

  close(reason = 'closed'): void {
    if (this.#closedBecause !== undefined) return;
    this.#port.close();
    this.#shut(reason);
  }

  #deliver(value: unknown): void {
    if (this.#closedBecause !== undefined) return;
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) return; // Not of the protocol.
    if (this.#messageHandler === undefined) this.#waiting.push(value);
    else this.#messageHandler(value);
  }

  #shut(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#waiting = [];
    this.#closeHandler?.(reason);
  }
}
