/** The live protocol's Channel over a MessagePort of either kind. */
import type { Channel } from '../../../proto/live/channel.ts';
import { Inbox } from '../../../proto/live/inbox.ts';
import { listenPort, wholeBuffer, type MessagePortLike } from './message-port.ts';

/** Takes over the port: nobody else may listen to it or close it. Bytes are copied by `send`. */
export function portChannel(port: MessagePortLike): Channel {
  return new PortChannel(port);
}

class PortChannel extends Inbox implements Channel {
  readonly #port: MessagePortLike;

  /** A port does not tell; the protocol's credits bound what it holds. */
  readonly bufferedBytes = 0;

  constructor(port: MessagePortLike) {
    super();
    this.#port = port;
    listenPort(
      port,
      (value) => {
        // Nothing else is of the protocol.
        if (typeof value === 'string' || value instanceof Uint8Array) this.receive(value);
      },
      () => {
        this.end('the other side closed the connection');
      },
    );
  }

  send(message: string | Uint8Array): void {
    if (this.isClosed) return;
    this.#port.postMessage(typeof message === 'string' ? message : wholeBuffer(message));
  }

  close(reason = 'closed'): void {
    if (this.isClosed) return;
    this.#port.close();
    this.end(reason);
  }
}
