/**
 * Byte strings behind each other in one buffer. Their owner knows where each lies and packs the arena
 * anew when it is full: into a larger buffer, unless much of it was released.
 */
export class ByteArena {
  #held = new Uint8Array(4096);
  #used = 0;
  #released = 0;
  #packed = this.#held;
  #packedUsed = 0;

  /** The buffer that offsets count in; another one after packing. */
  get bytesHeld(): Uint8Array {
    return this.#held;
  }

  get bytes(): number {
    return this.#held.length;
  }

  hasRoom(length: number): boolean {
    return this.#used + length <= this.#held.length;
  }

  /** Copies bytes to the end; returns their offset. */
  append(bytes: Uint8Array, start: number, length: number): number {
    const at = this.#used;
    if (length < 64) {
      // A short copy loop is cheaper than making a view for `set`.
      const held = this.#held;
      for (let i = 0; i < length; i++) held[at + i] = bytes[start + i];
    } else {
      this.#held.set(bytes.subarray(start, start + length), at);
    }
    this.#used = at + length;
    return at;
  }

  /** Says that so many bytes are not needed any more. */
  release(length: number): void {
    this.#released += length;
  }

  /** Begins to pack; room for `length` more bytes is there afterwards. */
  startPacking(length: number): void {
    const live = this.#used - this.#released + length;
    this.#packed = new Uint8Array(Math.max(4096, Math.ceil(live * 1.5)));
    this.#packedUsed = 0;
  }

  /** Takes a byte string along; returns its new offset. */
  repack(offset: number, length: number): number {
    const at = this.#packedUsed;
    this.#packed.set(this.#held.subarray(offset, offset + length), at);
    this.#packedUsed = at + length;
    return at;
  }

  endPacking(): void {
    this.#held = this.#packed;
    this.#used = this.#packedUsed;
    this.#released = 0;
  }
}
