/** The message of a call read out of DATA frames, and the times after which calls are over. */
import { describe, expect, it, vi } from 'vitest';
import { Deadlines } from '../../electron/node/receiver/grpc-deadlines.ts';
import { MessageReader } from '../../electron/node/receiver/grpc-messages.ts';
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

const textOf = (reader: MessageReader): string => Buffer.concat(reader.chunks).toString();

describe('a message reader', () => {
  it('gives the same message however its bytes are cut', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seeded(seed);
    for (let round = 0; round < 400; round++) {
      const text = 'x'.repeat(Math.floor(random() * 3000)) + String(round);
      const bytes = framed(Buffer.from(text));
      const reader = new MessageReader(1 << 20);
      for (let at = 0; at < bytes.byteLength;) {
        expect(reader.state, `seed ${seed}`).toBe('partial');
        const step = 1 + Math.floor(random() * (round % 2 ? 7 : 2000));
        reader.write(readBuffer(bytes.subarray(at, at + step)));
        at += step;
      }
      expect([reader.state, reader.byteLength], `seed ${seed}`).toEqual(['whole', text.length]);
      expect(textOf(reader), `seed ${seed}`).toBe(text);
    }
  });

  it('takes an empty message as one that is whole with its framing', () => {
    const reader = new MessageReader(100);
    expect(reader.write(readBuffer(framed(Buffer.alloc(0))))).toBe('whole');
    expect(reader.chunks).toEqual([]);
  });

  it('hands the compressed flag on', () => {
    const reader = new MessageReader(100);
    reader.write(readBuffer(framed(Buffer.from('ok'), 1)));
    expect(reader.flag).toBe(1);
  });

  it('knows what is too long by its length alone, and keeps nothing of it', () => {
    const reader = new MessageReader(100);
    expect(reader.write(readBuffer(framed(Buffer.alloc(100)).subarray(0, 50)))).toBe('partial');
    const long = new MessageReader(100);
    expect(long.write(readBuffer(framed(Buffer.alloc(101)).subarray(0, 50)))).toBe('tooLarge');
    expect(long.write(readBuffer(Buffer.alloc(101)))).toBe('tooLarge');
    expect([long.announcedBytes, long.byteLength]).toEqual([101, 0]);
  });

  it('notices a byte after the message, in the same frame or in the next', () => {
    const bytes = framed(Buffer.from('one'));
    const same = new MessageReader(100);
    expect(same.write(readBuffer(Buffer.concat([bytes, Buffer.alloc(1)])))).toBe('tooMany');
    const next = new MessageReader(100);
    expect(next.write(readBuffer(bytes))).toBe('whole');
    expect(next.write(readBuffer(Buffer.alloc(0)))).toBe('whole');
    expect(next.write(readBuffer(Buffer.alloc(1)))).toBe('tooMany');
  });

  it('keeps views of the read buffers, but copies small parts of them', () => {
    const message = framed(Buffer.alloc(BUFFER_BYTES + 100, 7));
    const first = readBuffer(message.subarray(0, BUFFER_BYTES));
    const second = readBuffer(Buffer.concat([message.subarray(BUFFER_BYTES), Buffer.alloc(5000)]));
    const reader = new MessageReader(1 << 20);
    expect(reader.write(first)).toBe('partial');
    expect(reader.write(second.subarray(0, message.byteLength - BUFFER_BYTES))).toBe('whole');
    const [view, copy] = reader.chunks;
    expect(view?.buffer).toBe(first.buffer);
    expect(copy?.byteLength).toBe(message.byteLength - BUFFER_BYTES);
    expect(copy?.buffer.byteLength).toBe(copy?.byteLength);
  });
});

describe('deadlines', () => {
  function open() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const expired: string[] = [];
    return { expired, deadlines: new Deadlines<string>((item) => expired.push(item)) };
  }

  it('tell of each item once, the shortest first, whatever the order of adding', () => {
    const { expired, deadlines } = open();
    deadlines.add('long', 5_000);
    deadlines.add('short', 100);
    deadlines.add('middle', 1_000);
    vi.advanceTimersByTime(150);
    expect(expired).toEqual(['short']);
    vi.advanceTimersByTime(1_000);
    expect(expired).toEqual(['short', 'middle']);
    vi.advanceTimersByTime(10_000);
    expect(expired).toEqual(['short', 'middle', 'long']);
    vi.useRealTimers();
  });

  it('do not tell of what was deleted, nor of anything after the close', () => {
    const { expired, deadlines } = open();
    deadlines.add('deleted', 100);
    deadlines.add('left', 200);
    deadlines.delete('deleted');
    vi.advanceTimersByTime(150);
    deadlines.close();
    vi.advanceTimersByTime(10_000);
    expect(expired).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
