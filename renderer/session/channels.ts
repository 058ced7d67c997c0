/** The live channel over a WebSocket and over a MessagePort. */
import type { Channel } from '../../proto/live/channel.ts';
import { Inbox } from '../../proto/live/inbox.ts';

/** Hands on what is of the protocol. */
function receive(inbox: Inbox, data: unknown): void {
  if (typeof data === 'string' || data instanceof Uint8Array) inbox.receive(data);
  else if (data instanceof ArrayBuffer) inbox.receive(new Uint8Array(data));
}

/** A channel over an open WebSocket, whose `binaryType` becomes 'arraybuffer'. */
export function socketChannel(socket: WebSocket): Channel {
  const inbox = new Inbox();
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    receive(inbox, event.data);
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
    receive(inbox, event.data);
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
