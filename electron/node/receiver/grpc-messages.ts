/**
 * Messages of gRPC calls as the DATA frames brought them, neither joined nor copied: the store copies
 * them once, into a slab.
 *
 * ```
 *   socket ─▶ read buffer, 64 KB ─▶ DATA frames, views of it ─▶ MessageDecoder ─▶ GrpcMessage
 *                  ▲                                                                  │ release
 *                  └────────────── ReadBuffers: freed once nobody reads it ◀──────────┘
 * ```
 * The library moves messages as Buffers from its decoder to `deserialize`. Ours moves a ticket, an
 * otherwise empty Buffer, and `take` changes it back into the message.
 */
import { freeWhole } from './free-buffers.ts';
import type { Decoder } from './grpc-private.ts';

/** A message; the chunks are its bytes in order, the taker's until `release`. */
export interface GrpcMessage {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
  release(): void;
}

/** The compressed flag and the length in front of every message. */
const FRAMING_BYTES = 5;
/** With more open streams than this, looking at each of them for every buffer is no gain. */
const MAX_LOOKED_AT = 32;
/**
 * A part below this share of its read buffer is copied: kept as a view, a byte in each of many buffers
 * would hold far more memory than the budget of bodies counts.
 */
const SMALLEST_SHARE = 1 / 8;

/** What the buffers of a session ask of its streams: whether one has DATA that nobody was given. */
export interface Undelivered {
  readonly readableLength: number;
}

/**
 * The read buffers of one HTTP/2 session, freed when they are read to the end: the garbage collector
 * would run twenty times a second for them, and hand out cold memory.
 *
 * A buffer is in use by node:http2 itself until DATA of a later one arrives, so the newest is never
 * freed here. Those that a stream may still have queued are left to the garbage collector.
 */
export class ReadBuffers {
  readonly streams = new Set<Undelivered>();
  #newest: ArrayBufferLike | undefined;
  /** Messages that hold views of a buffer. */
  readonly #holders = new Map<ArrayBufferLike, number>();

  /** DATA comes from this buffer; `isNew` when a message begins to hold a view of it. */
  hold(buffer: ArrayBufferLike, isNew: boolean): void {
    if (isNew) this.#holders.set(buffer, (this.#holders.get(buffer) ?? 0) + 1);
    if (buffer === this.#newest) return;
    const previous = this.#newest;
    this.#newest = buffer;
    if (previous !== undefined && !this.#holders.has(previous)) this.#free([previous]);
  }

  /** A message does not read these buffers any more. */
  release(buffers: readonly ArrayBufferLike[]): void {
    const unused: ArrayBufferLike[] = [];
    for (const buffer of buffers) {
      const holders = (this.#holders.get(buffer) ?? 1) - 1;
      if (holders > 0) {
        this.#holders.set(buffer, holders);
        continue;
      }
      this.#holders.delete(buffer);
      if (buffer !== this.#newest) unused.push(buffer);
    }
    if (unused.length > 0) this.#free(unused);
  }

  #free(buffers: readonly ArrayBufferLike[]): void {
    if (this.streams.size > MAX_LOOKED_AT) return;
    for (const stream of this.streams) if (stream.readableLength > 0) return;
    freeWhole(buffers);
  }
}

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
    return message ?? { chunks: [bytes], byteLength: bytes.byteLength, release: nothing };
  }

  /** For a ticket that nobody takes. */
  cancel(ticket: Buffer): void {
    const message = this.#messages.get(ticket.buffer);
    this.#messages.delete(ticket.buffer);
    message?.release();
  }
}

/** Cuts the DATA of one call into messages. `close` when the call is over. */
export class MessageDecoder implements Decoder {
  readonly #tickets: Tickets;
  readonly #buffers: ReadBuffers;
  readonly #maxBytes: number;
  readonly #framing = new Uint8Array(FRAMING_BYTES);
  #framed = 0;
  #missing = 0;
  #chunks: Uint8Array[] = [];
  #held: ArrayBufferLike[] = [];
  #byteLength = 0;
  #issued: Buffer | undefined;

  constructor(tickets: Tickets, buffers: ReadBuffers, maxBytes: number) {
    this.#tickets = tickets;
    this.#buffers = buffers;
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
    this.#buffers.release(this.#held);
    this.#held = [];
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
    const { buffer } = data;
    const isView = part.byteLength >= buffer.byteLength * SMALLEST_SHARE;
    const isNew = isView && this.#held.at(-1) !== buffer;
    if (isNew) this.#held.push(buffer);
    this.#buffers.hold(buffer, isNew);
    this.#chunks.push(isView ? part : new Uint8Array(part));
    this.#byteLength += to - from;
    this.#missing -= to - from;
    return to;
  }

  #finish(): Buffer {
    const held = this.#held;
    const message: GrpcMessage = {
      chunks: this.#chunks,
      byteLength: this.#byteLength,
      release: () => this.#buffers.release(held),
    };
    this.#held = [];
    this.#chunks = [];
    this.#byteLength = 0;
    this.#framed = 0;
    // A call has one message: with a second one, which ends it, the first was taken already.
    this.#issued = this.#tickets.issue(this.#framing, message);
    return this.#issued;
  }
}

/** Bytes that the library decoded are its own. */
function nothing(): void {}
