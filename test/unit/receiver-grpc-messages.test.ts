/** Messages cut out of DATA frames. */
import { describe, expect, it } from 'vitest';
import {
  MessageDecoder,
  Tickets,
  type GrpcMessage,
} from '../../electron/node/receiver/grpc-messages.ts';
import { seeded } from '../support/span-bodies.ts';

const BUFFER_BYTES = 64 * 1024;

function framed(bytes: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
}

/** A read buffer as the socket gives it. */
function readBuffer(content: Uint8Array): Buffer {
  const buffer = Buffer.from(new ArrayBuffer(content.byteLength));
  buffer.set(content);
  return buffer;
}

function open(maxBytes = 1 << 20) {
  const tickets = new Tickets();
  const decoder = new MessageDecoder(tickets, maxBytes);
  const write = (data: Buffer): GrpcMessage[] =>
    // As the library takes the framing off.
    decoder.write(data).map((ticket) => tickets.take(ticket.subarray(5)));
  return { decoder, write };
}

const textOf = (message: GrpcMessage | undefined): string =>
  Buffer.concat(message?.chunks ?? []).toString();

describe('a message decoder', () => {
  it('gives the same messages however their bytes are cut', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seeded(seed);
    const texts = ['one', '', 'x'.repeat(3000), 'last'];
    const stream = Buffer.concat(texts.map((text) => framed(Buffer.from(text))));
    for (let round = 0; round < 200; round++) {
      const { write } = open();
      const got: string[] = [];
      for (let at = 0; at < stream.byteLength;) {
        const step = 1 + Math.floor(random() * (round % 2 ? 7 : 2000));
        const part = readBuffer(stream.subarray(at, at + step));
        got.push(...write(part).map(textOf));
        at += step;
      }
      expect(got, `seed ${seed}`).toEqual(texts);
    }
  });

  it('hands the compressed flag on and refuses what is too long by its length alone', () => {
    const { decoder } = open(100);
    expect(decoder.write(readBuffer(framed(Buffer.from('ok'), 1)))[0]?.[0]).toBe(1);
    const long = framed(Buffer.alloc(101)).subarray(0, 5);
    expect(() => decoder.write(readBuffer(long))).toThrow(
      'Received message larger than max (101 vs 100)',
    );
  });

  it('takes bytes that the library decoded itself as they are', () => {
    const bytes = Buffer.from('joined');
    expect(textOf(new Tickets().take(bytes))).toBe('joined');
  });
});

describe('the chunks of a message', () => {
  it('are views of the read buffers, but for small parts of them', () => {
    const { write } = open();
    const message = framed(Buffer.alloc(BUFFER_BYTES + 100, 7));
    const first = readBuffer(message.subarray(0, BUFFER_BYTES));
    const second = readBuffer(Buffer.concat([message.subarray(BUFFER_BYTES), Buffer.alloc(5000)]));
    expect(write(first)).toEqual([]);
    const [whole] = write(second);
    const [view, copy] = whole?.chunks ?? [];
    expect(view?.buffer).toBe(first.buffer);
    expect(copy?.byteLength).toBe(message.byteLength - BUFFER_BYTES);
    expect(copy?.buffer.byteLength).toBe(copy?.byteLength);
  });
});
