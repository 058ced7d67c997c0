/** The live protocol over WebSocket: a plain pipe between a page's socket and a port of the engine. */
import type { WebSocket } from 'ws';
import type { Channel } from '../../../proto/live/channel.ts';

/** WebSocket close codes (RFC 6455, 7.4.1). */
const CLOSE = { normal: 1000, goingAway: 1001, unsupportedData: 1003 } as const;

/**
 * Joins the two until either closes. Nothing is queued here: the page's credits bound what the
 * engine sends, and `ws` bounds what a page may send in one message.
 */
export function joinSocket(socket: WebSocket, channel: Channel): void {
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    // Clients speak in control messages alone.
    if (isBinary) socket.close(CLOSE.unsupportedData, 'control messages are text');
    else channel.send(data.toString());
  });
  socket.on('close', () => {
    channel.close('the page closed the connection');
  });
  socket.on('error', () => {
    socket.terminate(); // A broken frame or connection; `close` follows.
  });
  channel.onMessage((message) => {
    socket.send(message);
  });
  channel.onClose((reason) => {
    socket.close(CLOSE.goingAway, reason.slice(0, 60));
  });
}
