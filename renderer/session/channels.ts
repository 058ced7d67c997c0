/** The live channel over a WebSocket and over a MessagePort. */
import type { Channel } from '../../proto/live/channel.ts';

/** Keeps what arrives before somebody listens, and tells about the end once. */
class Inbox {
  #messageHandler: ((message: string | Uint8Array) => void) | undefined;
  #closeHandler: ((reason: string) => void) | undefined;
  #waiting: (string | Uint8Array)[] = [];
  #closedBecause: string | undefined;

  get isClosed(): boolean {
    return this.#closedBecause !== undefined;
  }

  receive(data: unknown): void {
    const message = toMessage(data);
    if (message === undefined || this.isClosed) return;
    if (this.#messageHandler === undefined) this.#waiting.push(message);
    else this.#messageHandler(message);
  }

  end(reason: string): void {
    if (this.isClosed) return;
    this.#closedBecause = reason;
    this.#closeHandler?.(reason);
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
}

function toMessage(data: unknown): string | Uint8Array | undefined {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return undefined;
}

/** A channel over an open WebSocket, whose `binaryType` becomes 'arraybuffer'. */
export function socketChannel(socket: WebSocket): Channel {
  const inbox = new Inbox();
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    inbox.receive(event.data);
  });
  socket.addEventListener('close', (event) => {
    inbox.end(event.reason === '' ? 'The connection closed.' : event.reason);
  });
  return {
    send: (message) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(typeof message === 'string' ? message : message.slice());
    },
    onMessage: (handler) => {
      inbox.onMessage(handler);
    },
    onClose: (handler) => {
      inbox.onClose(handler);
    },
    close: (reason = 'closed') => {
      socket.close();
      inbox.end(reason);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
  };
}

/** A channel over a MessagePort, which it starts. The port's `close` event tells that the peer died. */
export function portChannel(port: MessagePort): Channel {
  const inbox = new Inbox();
  port.addEventListener('message', (event: MessageEvent<unknown>) => {
    inbox.receive(event.data);
  });
  port.addEventListener('close', () => {
    inbox.end('The engine went away.');
  });
  port.start();
  return {
    send: (message) => {
      if (!inbox.isClosed) port.postMessage(message);
    },
    onMessage: (handler) => {
      inbox.onMessage(handler);
    },
    onClose: (handler) => {
      inbox.onClose(handler);
    },
    close: (reason = 'closed') => {
      port.close();
      inbox.end(reason);
    },
    bufferedBytes: 0,
  };
}
