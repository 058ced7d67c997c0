/** Memory and garbage collection of this process, which runs with --expose-gc. */
import { medianOf, timeOf } from './stats.ts';

const COLLECTIONS = 5;

/** What is left after full collections: V8's heap, and what its objects hold outside of it. */
export async function heapBytes(): Promise<{ heapBytes: number; externalBytes: number }> {
  for (let i = 0; i < 3; i++) {
    collect();
    // Buffers that a collection found dead are freed on another thread, and counted in a later task.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapBytes: heapUsed, externalBytes: external };
}

/** The median time of a full collection, in ms. */
export function fullGcMs(): number {
  return medianOf(Array.from({ length: COLLECTIONS }, () => timeOf(collect)));
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('This needs node --expose-gc.');
  globalThis.gc();
}
