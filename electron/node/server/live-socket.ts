/** The live protocol over WebSocket: a plain pipe between a page's socket and a port of the engine. */
import type { WebSocket } from 'ws';
import type { Channel } from '../../../proto/live/channel.ts';

/** WebSocket close codes (RFC 6455, 7.4.1). */
const CLOSE = { normal: 1000, goingAway: 1001, unsupportedData: 1003 } as const;

/**
 * What may wait for a page that does not read. Credits bound the frames among it; beyond this nothing
 * more is read from the page, so that answers to its requests cannot pile up either.
 */
export const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/**
 * Joins the two until either closes. Nothing is queued here but what the page has not read, and `ws`
 * bounds what a page may send in one message.
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
    socket.send(message, () => {
      if (socket.isPaused && socket.bufferedAmount < MAX_UNREAD_BYTES / 2) socket.resume();
    });
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.pause();
  });
  channel.onClose((reason) => {
    socket.close(CLOSE.goingAway, reason.slice(0, 60));
  });
}
