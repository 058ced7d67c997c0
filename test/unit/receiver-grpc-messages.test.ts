/** Messages cut out of DATA frames, and the read buffers under them. */
import { describe, expect, it } from 'vitest';
import {
  MessageDecoder,
  ReadBuffers,
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
  const buffers = new ReadBuffers();
  const decoder = new MessageDecoder(tickets, buffers, maxBytes);
  const write = (data: Buffer): GrpcMessage[] =>
    // As the library takes the framing off.
    decoder.write(data).map((ticket) => tickets.take(ticket.subarray(5)));
  return { tickets, buffers, decoder, write };
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

describe('read buffers', () => {
  const full = (): Buffer => readBuffer(framed(Buffer.alloc(BUFFER_BYTES - 5, 7)));

  it('are freed when their message is released and a later one came', () => {
    const { write } = open();
    const [first, second, third] = [full(), full(), full()];
    const [one] = write(first);
    one?.release();
    expect(first.byteLength, 'node:http2 may still read the newest').toBe(BUFFER_BYTES);
    const [two] = write(second);
    expect(first.byteLength).toBe(0);
    const [three] = write(third);
    expect(second.byteLength, 'its message is not released').toBe(BUFFER_BYTES);
    two?.release();
    expect(second.byteLength).toBe(0);
    three?.release();
    expect(third.byteLength).toBe(BUFFER_BYTES);
  });

  it('are kept while another call holds a part of them', () => {
    const tickets = new Tickets();
    const buffers = new ReadBuffers();
    const [a, b] = [1, 2].map(() => new MessageDecoder(tickets, buffers, 1 << 20));
    const half = framed(Buffer.alloc(BUFFER_BYTES / 2));
    const shared = readBuffer(Buffer.concat([half, half.subarray(0, 20_000)]));
    const tail = readBuffer(half.subarray(20_000));
    const take = (decoder: MessageDecoder | undefined, data: Buffer) =>
      decoder?.write(data).map((ticket) => tickets.take(ticket.subarray(5)))[0];
    take(a, shared.subarray(0, half.byteLength))?.release();
    expect(take(b, shared.subarray(half.byteLength))).toBeUndefined();
    const message = take(b, tail);
    expect(shared.byteLength).toBeGreaterThan(0);
    message?.release();
    expect(shared.byteLength).toBe(0);
  });

  it('are not kept for a few bytes', () => {
    const { decoder, buffers, write } = open();
    write(readBuffer(framed(Buffer.alloc(300)).subarray(0, 5)));
    const large = full();
    decoder.write(large.subarray(0, 100));
    buffers.hold(new ArrayBuffer(10), false);
    expect(large.byteLength).toBe(0);
    expect(textOf(write(readBuffer(Buffer.alloc(200, 'y')))[0])).toHaveLength(300);
  });

  it('are left alone while a stream has DATA that it was not given', () => {
    const { buffers, write } = open();
    const paused = { readableLength: 1 };
    buffers.streams.add(paused);
    const [first, second, third, fourth] = [full(), full(), full(), full()];
    write(first)[0]?.release();
    const [two] = write(second);
    two?.release();
    write(third)[0]?.release();
    expect([first.byteLength, second.byteLength]).toEqual([BUFFER_BYTES, BUFFER_BYTES]);
    paused.readableLength = 0;
    write(fourth);
    expect(third.byteLength).toBe(0);
  });

  it('are let go by a call that ends in the middle of its message', () => {
    const { decoder, write } = open();
    const cut = readBuffer(framed(Buffer.alloc(2 * BUFFER_BYTES)).subarray(0, BUFFER_BYTES));
    expect(write(cut)).toEqual([]);
    write(readBuffer(Buffer.alloc(BUFFER_BYTES)));
    decoder.close();
    expect(cut.byteLength).toBe(0);
  });
});
