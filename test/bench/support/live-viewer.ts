/** A client of the live protocol at the built program, over a real WebSocket. */
import WebSocket from 'ws';
import type { Channel } from '../../../proto/live/channel.ts';
import { LiveClient } from '../../../proto/live/client.ts';
import type { Program } from '../../support/program.ts';

/** Connects as a page does, and grants credit for every frame at once. */
export async function openViewer(program: Program): Promise<LiveClient> {
  const socket = new WebSocket(`${program.ready.ui.replace('http', 'ws')}live`, {
    headers: { authorization: `Bearer ${program.ready.token}` },
  });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const client = new LiveClient(channelOf(socket), { name: 'bench' });
  await client.welcome;
  return client;
}

function channelOf(socket: WebSocket): Channel {
  return {
    send: (message) => socket.send(message),
    onMessage: (handler) => {
      socket.on('message', (data: Buffer, isBinary) => {
        handler(isBinary ? new Uint8Array(data) : data.toString());
      });
    },
    onClose: (handler) => {
      socket.on('close', () => handler('closed'));
    },
    close: () => socket.close(),
    bufferedBytes: 0,
  };
}
