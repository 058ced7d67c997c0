/** The live protocol over the WebSocket of the running instance. */
import WebSocket from 'ws';
import type { Channel } from '../../../proto/live/channel.ts';
import { LiveClient } from '../../../proto/live/client.ts';
import { CliError, EXIT } from './exit.ts';
import type { Instance } from './instance.ts';

/** Connects and waits for the welcome. Throws CliError when the instance does not answer. */
export async function connectLive({ ui, token }: Instance): Promise<LiveClient> {
  const url = new URL('live', ui);
  url.protocol = 'ws:';
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  const client = new LiveClient(socketChannel(socket), { name: 'tail' });
  try {
    await client.welcome;
    return client;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.failed, `The instance at ${url.host}: ${reason}`);
  }
}

function socketChannel(socket: WebSocket): Channel {
  let reason = 'the connection ended';
  const early: string[] = [];
  socket.on('open', () => {
    for (const message of early.splice(0)) socket.send(message);
  });
  socket.on('error', (error) => {
    reason = error.message; // `close` follows.
  });
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.CONNECTING) early.push(String(message));
      else if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    onMessage: (handler) => {
      socket.on('message', (data: Buffer, isBinary) => {
        handler(isBinary ? data : data.toString());
      });
    },
    onClose: (handler) => {
      socket.on('close', (_, said) => {
        handler(said.length > 0 ? said.toString() : reason);
      });
    },
    close: () => {
      socket.close();
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
  };
}
