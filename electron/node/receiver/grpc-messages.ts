/**
 * Messages of gRPC calls as the DATA frames brought them, neither joined nor copied: the store copies
 * them once, into a slab.
 *
 * ```
 *   socket ─▶ read buffer, 64 KB ─▶ DATA frames, views of it ─▶ MessageReader ─▶ chunks
 * ```
 * The read buffers are left to the garbage collector: node:http2 says nowhere when it has read one to
 * the end, so that nobody else may free it.
 */

/** The compressed flag and the length in front of every message. */
const FRAMING_BYTES = 5;
/**
 * A part below this share of its read buffer is copied: kept as a view, a byte in each of many buffers
 * would hold far more memory than the budget of bodies counts.
 */
const SMALLEST_SHARE = 1 / 8;

/**
 * How far a call is: `partial` needs more bytes, `whole` has its one message, `tooLarge` announced one
 * above the limit, `tooMany` went on after it. The last two do not change any more.
 */
export type MessageState = 'partial' | 'whole' | 'tooLarge' | 'tooMany';

/** Reads the one message of a unary call out of its DATA frames. */
export class MessageReader {
  readonly #maxBytes: number;
  #framed = 0;
  #announced = 0;
  #flag = 0;
  #state: MessageState = 'partial';
  #chunks: Uint8Array[] = [];
  #byteLength = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get state(): MessageState {
    return this.#state;
  }

  /** The bytes of the message in order, as far as they came. */
  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  /** Bytes in `chunks`. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** The length that the framing announces; 0 before it is whole. */
  get announcedBytes(): number {
    return this.#announced;
  }

  /** The byte in front of the length: 0 plain, 1 compressed, no other is defined. */
  get flag(): number {
    return this.#flag;
  }

  /** Takes the next bytes; they may not change as long as the chunks are in use. */
  write(data: Buffer): MessageState {
    let at = 0;
    if (this.#state === 'partial' && this.#framed < FRAMING_BYTES) at = this.#readFraming(data);
    if (this.#state === 'partial' && this.#framed === FRAMING_BYTES) at = this.#readBody(data, at);
    if (this.#state === 'whole' && at < data.byteLength) this.#state = 'tooMany';
    return this.#state;
  }

  /** Lets go of the bytes. */
  drop(): void {
    this.#chunks = [];
  }

  #readFraming(data: Buffer): number {
    let at = 0;
    for (; at < data.byteLength && this.#framed < FRAMING_BYTES; at++) {
      const byte = data[at] ?? 0;
      if (this.#framed++ === 0) this.#flag = byte;
      else this.#announced = this.#announced * 256 + byte;
    }
    if (this.#announced > this.#maxBytes) this.#state = 'tooLarge';
    return at;
  }

  #readBody(data: Buffer, from: number): number {
    const to = Math.min(data.byteLength, from + this.#announced - this.#byteLength);
    if (to > from) {
      const part = to - from === data.byteLength ? data : data.subarray(from, to);
      const isView = part.byteLength >= data.buffer.byteLength * SMALLEST_SHARE;
      this.#chunks.push(isView ? part : new Uint8Array(part));
      this.#byteLength += to - from;
    }
    if (this.#byteLength === this.#announced) this.#state = 'whole';
    return to;
  }
}
