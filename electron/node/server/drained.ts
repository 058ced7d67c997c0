/** Waiting for a slow reader. */
import type { Writable } from 'node:stream';

/** Resolves when the stream takes more, or is closed and never will. Call it after a false `write`. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stream.off('drain', settle);
      stream.off('close', settle);
      resolve();
    };
    stream.on('drain', settle);
    stream.on('close', settle);
    if (stream.destroyed) settle();
  });
}
