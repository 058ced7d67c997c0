/** Fresh memory gets its pages in the thread pool, where the engine's thread does not wait for them. */
import { closeSync, openSync, read } from 'node:fs';
import type { TouchMemory } from '../../engine/config.ts';

/** What an engine is given for its life; `close` it after the engine. */
export interface Toucher {
  /** Undefined where the system has no file of zeros (Windows). */
  readonly touch: TouchMemory | undefined;
  close(): void;
}

/**
 * Reading zeros is the one thing that node:fs does on another thread with memory that is given to it,
 * and that leaves the memory as it was. Never throws.
 */
export function openToucher(path = '/dev/zero'): Toucher {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    // Memory that nobody touched is slower and nothing else.
    return { touch: undefined, close: () => undefined };
  }
  let running = 0;
  let isClosed = false;
  const settle = (): void => {
    if (isClosed && running === 0) closeSync(file);
  };
  return {
    touch: (bytes, done) => {
      if (isClosed) return;
      running++;
      // A read that fails has left the memory as it is: fresh, and as good.
      read(file, bytes, 0, bytes.byteLength, null, () => {
        running--;
        done();
        settle();
      });
    },
    close: () => {
      isClosed = true;
      settle();
    },
  };
}
