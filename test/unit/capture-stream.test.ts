import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { HostFailure } from '../../electron/node/host/failure.ts';
import {
  CHUNK_BYTES,
  StreamReader,
  readStream,
  writeStream,
} from '../../electron/node/host/stream.ts';

async function* counted(total: number, size: number, taken: { count: number }) {
  for (; taken.count < total; taken.count++) yield new Uint8Array(size).fill(taken.count);
}

async function readAll(reader: StreamReader): Promise<number[]> {
  const lengths: number[] = [];
  for await (const bytes of reader) lengths.push(bytes.byteLength);
  return lengths;
}

describe('a byte stream over a port', () => {
  it('delivers all bytes in order and gives the writer the answer', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = new StreamReader(port2);
    const written = writeStream(port1, counted(20, 10, { count: 0 }));
    const firsts: number[] = [];
    for await (const bytes of reader) firsts.push(bytes[0]);
    reader.done({ items: 20 });
    expect(firsts).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await written).toEqual({ items: 20 });
  });

  it('cuts long writes into chunks', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = new StreamReader(port2);
    const written = writeStream(port1, counted(1, CHUNK_BYTES * 2 + 1, { count: 0 }));
    expect(await readAll(reader)).toEqual([CHUNK_BYTES, CHUNK_BYTES, 1]);
    reader.done(null);
    await written;
  });

  it('asks its source for no more than the reader pulls', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = readStream(port2);
    const taken = { count: 0 };
    const written = writeStream(port1, counted(1000, 1, taken));
    written.catch(() => undefined);
    for (let i = 0; i < 3; i++) await reader.next();
    expect(taken.count).toBeLessThan(12);
    await reader.return(undefined);
    await expect(written).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('stops the writer when the reader leaves its loop, and closes the source', async () => {
    const { port1, port2 } = new MessageChannel();
    let isClosed = false;
    async function* source() {
      try {
        for (;;) yield new Uint8Array(1);
      } finally {
        isClosed = true;
      }
    }
    const written = writeStream(port1, source());
    written.catch(() => undefined);
    for await (const _ of readStream(port2)) break;
    await expect(written).rejects.toBeInstanceOf(HostFailure);
    expect(isClosed).toBe(true);
  });

  it('tells the writer why its reader stopped', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = new StreamReader(port2);
    const written = writeStream(port1, counted(1000, 1, { count: 0 }));
    written.catch(() => undefined);
    for await (const _ of reader) break;
    reader.stop({ code: 'badFile', message: 'no such format' });
    await expect(written).rejects.toMatchObject({ code: 'badFile', message: 'no such format' });
  });

  it('passes an error of the source on to the reader', async () => {
    const { port1, port2 } = new MessageChannel();
    async function* source() {
      yield new Uint8Array(1);
      throw new HostFailure({ code: 'io', message: 'the disk is gone' });
    }
    const written = writeStream(port1, source());
    written.catch(() => undefined);
    await expect(readAll(new StreamReader(port2))).rejects.toMatchObject({ code: 'io' });
    await expect(written).rejects.toMatchObject({ code: 'io' });
  });

  it('ends both sides when the writer is cancelled while nobody reads', async () => {
    const { port1, port2 } = new MessageChannel();
    const abort = new AbortController();
    const reader = new StreamReader(port2);
    const written = writeStream(port1, counted(1000, 1, { count: 0 }), abort.signal);
    written.catch(() => undefined);
    abort.abort();
    await expect(written).rejects.toMatchObject({ code: 'cancelled' });
    await expect(readAll(reader)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('fails on both sides when the port closes in between', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = new StreamReader(port2);
    const written = writeStream(port1, counted(1000, 1, { count: 0 }));
    written.catch(() => undefined);
    const read = readAll(reader);
    read.catch(() => undefined);
    port1.close();
    await expect(written).rejects.toMatchObject({ code: 'failed' });
    await expect(read).rejects.toMatchObject({ code: 'failed' });
  });
});
