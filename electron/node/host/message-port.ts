/**
 * The part of a MessagePort that hosts use, in the shape that both kinds share: worker_threads'
 * MessagePort (a message event is the value) and Electron's MessagePortMain (a message event holds
 * the value in `data`).
 */
import { MessagePort } from 'node:worker_threads';

export interface MessagePortLike {
  postMessage(message: unknown): void;
  /** `message` and `close`; both kinds declare it by overloads, which no common type fits. */
  on(...args: never[]): unknown;
  start(): void;
  close(): void;
}

/**
 * Listens to a port and starts it. `message` gets the posted values in order, whichever kind of port
 * it is; `closed` is called once, when either side closes or the process of the other side ends.
 */
export function listenPort(
  port: MessagePortLike,
  message: (value: unknown) => void,
  closed: () => void,
): void {
  const isNodePort = port instanceof MessagePort;
  const on = port.on.bind(port) as (event: string, listener: (event: unknown) => void) => void;
  let isClosed = false;
  on('message', (event) => {
    message(isNodePort ? event : (event as { data: unknown }).data);
  });
  on('close', () => {
    if (isClosed) return;
    isClosed = true;
    closed();
  });
  port.start();
}

/**
 * The bytes as an array that fills its whole buffer, which is not shared: structured clone copies the
 * buffer under a view, not the view alone, and shared memory not at all.
 */
export function wholeBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer
    ? bytes
    : Uint8Array.prototype.slice.call(bytes);
}
