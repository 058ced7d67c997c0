/**
 * Memory of slabs and columns: pages that are there before they are written to, and that the garbage
 * collector does not count.
 *
 * ```
 *   take(n) ─ first of its size ──▶ fresh
 *   take(n) ─ again ──▶ the one ahead when the host has touched it, else fresh; then one more is begun
 * ```
 * It is shared memory, though no thread shares it: V8 counts plain buffers against a limit of some
 * 64 MB, which a flood of spans reaches many times a second, each time with a collection of the whole
 * heap that frees nothing. A page of fresh memory costs its first writer more than the copy into it,
 * so the host touches the next buffer on another thread.
 */
import type { TouchMemory } from '../config.ts';

/** Growth of plain memory at which V8 collects. */
const COLLECTED_BYTES = 64 << 20;

interface Ahead {
  buffer: SharedArrayBuffer | undefined;
  isReady: boolean;
}

export class Pages {
  readonly #touch: TouchMemory | undefined;
  /** What waits for the next `take` of its size; no buffer after the first `take` and after a drop. */
  readonly #ahead = new Map<number, Ahead>();
  #aheadBytes = 0;
  #markers: ArrayBuffer[] = [];
  #markerBytes = 0;

  /** Without a host that touches memory nothing is held ahead. */
  constructor(touch?: TouchMemory) {
    this.#touch = touch;
  }

  /** Bytes that are held ahead. */
  get aheadBytes(): number {
    return this.#aheadBytes;
  }

  /** Bytes that are counted in place of what was released, and have no pages. */
  get markedBytes(): number {
    return this.#markerBytes;
  }

  /** So many zeros. */
  take(byteLength: number): SharedArrayBuffer {
    const touch = this.#touch;
    if (touch === undefined) return new SharedArrayBuffer(byteLength);
    const ahead = this.#ahead.get(byteLength);
    if (ahead === undefined) {
      this.#ahead.set(byteLength, { buffer: undefined, isReady: false });
      return new SharedArrayBuffer(byteLength);
    }
    const { buffer, isReady } = ahead;
    // The host still writes zeros to one that is not ready: it stays for the next.
    if (buffer !== undefined && !isReady) return new SharedArrayBuffer(byteLength);
    this.#begin(ahead, byteLength, touch);
    if (buffer === undefined) return new SharedArrayBuffer(byteLength);
    this.#aheadBytes -= byteLength;
    return buffer;
  }

  /** Gives what is held ahead back to the system; false when there is nothing. */
  dropAhead(): boolean {
    for (const [byteLength, ahead] of this.#ahead) {
      if (ahead.buffer === undefined) continue;
      ahead.buffer = undefined;
      this.#aheadBytes -= byteLength;
      this.release(byteLength);
      return true;
    }
    return false;
  }

  /**
   * To be told of memory that nothing refers to any more. The collector is to come for it as it does for
   * plain memory, so plain memory of that size is counted in its place until it has come. Nobody writes
   * to that, so that it has no pages.
   */
  release(byteLength: number): void {
    if (this.#markerBytes >= COLLECTED_BYTES) {
      this.#markers = [];
      this.#markerBytes = 0;
    }
    this.#markers.push(new ArrayBuffer(byteLength));
    this.#markerBytes += byteLength;
  }

  #begin(ahead: Ahead, byteLength: number, touch: TouchMemory): void {
    const buffer = new SharedArrayBuffer(byteLength);
    ahead.buffer = buffer;
    ahead.isReady = false;
    this.#aheadBytes += byteLength;
    touch(new Uint8Array(buffer), () => {
      if (ahead.buffer === buffer) ahead.isReady = true;
    });
  }
}
