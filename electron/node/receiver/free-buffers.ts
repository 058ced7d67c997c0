/**
 * Frees the memory of request bodies at once. The garbage collector counts them against a limit of some
 * 64 MB, which a busy receiver reaches sixteen times a second, each time with a full collection; and
 * what it frees later comes back as cold pages.
 */
import { MessageChannel } from 'node:worker_threads';

/** A closed port still takes what it is sent, as its specification says, and drops it. */
const drain = closedPort();

/**
 * Gives the memory of `chunks` back; they have no bytes afterwards. The caller owns them, and every
 * view of them. Chunks that are a part of a larger buffer are left to the garbage collector.
 */
export function freeBuffers(chunks: readonly Uint8Array[]): void {
  const buffers: ArrayBufferLike[] = [];
  for (const { buffer, byteLength } of chunks) {
    // Node's pools are shared by many small buffers; a chunk that fills its buffer has it alone.
    if (byteLength >= SMALLEST && byteLength === buffer.byteLength) buffers.push(buffer);
  }
  if (buffers.length > 0) freeWhole(buffers);
}

/** Below it the garbage collector does as well, and a pool could be hit. */
const SMALLEST = 16 * 1024;

/** Gives the memory under `bytes` back, also when it fills only a part of it. The caller owns it all. */
export function freeBuffer(bytes: Uint8Array): void {
  freeWhole([bytes.buffer]);
}

/** Gives whole buffers back, but for small ones. The caller owns them, and every view of them. */
function freeWhole(buffers: readonly ArrayBufferLike[]): void {
  const large = buffers.filter(
    (buffer): buffer is ArrayBuffer =>
      buffer.byteLength >= SMALLEST && buffer instanceof ArrayBuffer,
  );
  if (large.length > 0) drain.postMessage(undefined, large);
}

function closedPort() {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
