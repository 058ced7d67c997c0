/** Clients of the live protocol over a real WebSocket. */
import { WebSocket } from 'ws';
import type { Channel } from '../../proto/live/channel.ts';
import { LiveClient, type LiveClientOptions } from '../../proto/live/client.ts';

/** What a client needs to know of a program: the ready line has it. */
export interface LiveDoor {
  readonly ui: string;
  readonly token: string;
}

/** A WebSocket to the live channel of a program, with its token. */
export function openLiveSocket({ ui, token }: LiveDoor): WebSocket {
  const url = new URL('live', ui);
  url.protocol = 'ws:';
  const headers = { authorization: `Bearer ${token}` };
  return new WebSocket(url, { headers, perMessageDeflate: false });
}

/** A client of the live protocol over a socket of its own. */
export function openLiveClient(
  door: LiveDoor,
  options: LiveClientOptions = { name: 'test' },
): LiveClient {
  return new LiveClient(socketChannel(openLiveSocket(door)), options);
}

/** A channel over a WebSocket, which may still be connecting. */
export function socketChannel(socket: WebSocket): Channel {
  const waiting: (string | Uint8Array)[] = [];
  socket.on('open', () => {
    for (const message of waiting.splice(0)) socket.send(message);
  });
  socket.on('error', () => undefined); // `close` follows, and tells.
  return {
    bufferedBytes: 0,
    send: (message) => {
      if (socket.readyState === WebSocket.CONNECTING) waiting.push(message);
      else if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    onMessage: (handler) => {
      socket.on('message', (data: Buffer, isBinary) => {
        handler(isBinary ? new Uint8Array(data) : data.toString());
      });
    },
    onClose: (handler) => {
      socket.on('close', (code, reason) => {
        handler(reason.toString() || String(code));
      });
    },
    close: () => {
      socket.close();
    },
  };
}
