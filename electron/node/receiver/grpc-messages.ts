/**
 * Messages of gRPC calls as the DATA frames brought them, neither joined nor copied: the store copies
 * them once, into a slab.
 *
 * ```
 *   socket ─▶ read buffer, 64 KB ─▶ DATA frames, views of it ─▶ MessageDecoder ─▶ GrpcMessage
 * ```
 * The read buffers are left to the garbage collector: node:http2 says nowhere when it has read one to
 * the end, so that nobody else may free it.
 *
 * The library moves messages as Buffers from its decoder to `deserialize`. Ours moves a ticket, an
 * otherwise empty Buffer, and `take` changes it back into the message.
 */
import type { Decoder } from './grpc-private.ts';

/** A message; the chunks are its bytes in order. */
export interface GrpcMessage {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
}

/** The compressed flag and the length in front of every message. */
const FRAMING_BYTES = 5;
/**
 * A part below this share of its read buffer is copied: kept as a view, a byte in each of many buffers
 * would hold far more memory than the budget of bodies counts.
 */
const SMALLEST_SHARE = 1 / 8;

/** Tickets of messages that are on their way through the library. */
export class Tickets {
  readonly #messages = new Map<ArrayBufferLike, GrpcMessage>();

  issue(framing: Uint8Array, message: GrpcMessage): Buffer {
    const ticket = Buffer.from(new ArrayBuffer(FRAMING_BYTES));
    ticket.set(framing);
    this.#messages.set(ticket.buffer, message);
    return ticket;
  }

  /** The message of a ticket, or of bytes that the library decoded itself. */
  take(bytes: Buffer): GrpcMessage {
    const message = this.#messages.get(bytes.buffer);
    this.#messages.delete(bytes.buffer);
    return message ?? { chunks: [bytes], byteLength: bytes.byteLength };
  }

  /** For a ticket that nobody takes. */
  cancel(ticket: Buffer): void {
    this.#messages.delete(ticket.buffer);
  }
}

/** Cuts the DATA of one call into messages. `close` when the call is over. */
export class MessageDecoder implements Decoder {
  readonly #tickets: Tickets;
  readonly #maxBytes: number;
  readonly #framing = new Uint8Array(FRAMING_BYTES);
  #framed = 0;
  #missing = 0;
  #chunks: Uint8Array[] = [];
  #byteLength = 0;
  #issued: Buffer | undefined;

  constructor(tickets: Tickets, maxBytes: number) {
    this.#tickets = tickets;
    this.#maxBytes = maxBytes;
  }

  write(data: Buffer): Buffer[] {
    const tickets: Buffer[] = [];
    let at = 0;
    while (at < data.byteLength) {
      at = this.#framed < FRAMING_BYTES ? this.#readFraming(data, at) : this.#readMessage(data, at);
      if (this.#framed === FRAMING_BYTES && this.#missing === 0) tickets.push(this.#finish());
    }
    return tickets;
  }

  /** Lets go of a message that is not whole, or that the library never asked for. */
  close(): void {
    if (this.#issued !== undefined) this.#tickets.cancel(this.#issued);
    this.#chunks = [];
  }

  #readFraming(data: Buffer, from: number): number {
    let at = from;
    while (at < data.byteLength && this.#framed < FRAMING_BYTES) {
      this.#framing[this.#framed++] = data[at++] ?? 0;
    }
    if (this.#framed < FRAMING_BYTES) return at;
    const [, a = 0, b = 0, c = 0, d = 0] = this.#framing;
    this.#missing = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    if (this.#missing > this.#maxBytes) {
      throw new Error(`Received message larger than max (${this.#missing} vs ${this.#maxBytes})`);
    }
    return at;
  }

  #readMessage(data: Buffer, from: number): number {
    const to = Math.min(data.byteLength, from + this.#missing);
    const part = to - from === data.byteLength ? data : data.subarray(from, to);
    const isView = part.byteLength >= data.buffer.byteLength * SMALLEST_SHARE;
    this.#chunks.push(isView ? part : new Uint8Array(part));
    this.#byteLength += to - from;
    this.#missing -= to - from;
    return to;
  }

  #finish(): Buffer {
    const message: GrpcMessage = { chunks: this.#chunks, byteLength: this.#byteLength };
    this.#chunks = [];
    this.#byteLength = 0;
    this.#framed = 0;
    // A call has one message: with a second one, which ends it, the first was taken already.
    this.#issued = this.#tickets.issue(this.#framing, message);
    return this.#issued;
  }
}
