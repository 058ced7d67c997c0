/** The end of a connection that does not speak what its port speaks. */
import type { Duplex } from 'node:stream';

/**
 * Sends an answer and closes. What still comes is read and dropped, because unread bytes would turn the
 * close into a reset that takes the answer with it; a client that does not close its side is cut off
 * after `lingerMs`.
 */
export function endWith(socket: Duplex, answer: string, lingerMs: number): void {
  socket.end(answer);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(timer));
}
