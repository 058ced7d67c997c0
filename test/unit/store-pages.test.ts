import { describe, expect, it } from 'vitest';
import { Pages } from '../../electron/engine/store/pages.ts';
import { Store } from '../../electron/engine/store/store.ts';
import { openToucher } from '../../electron/node/host/touch-memory.ts';
import { spanBody } from '../support/span-bodies.ts';

/** A host that touches when it is told to. */
class Host {
  readonly begun: { bytes: Uint8Array; done: () => void }[] = [];
  readonly touch = (bytes: Uint8Array, done: () => void): void => {
    this.begun.push({ bytes, done });
  };

  finish(): void {
    for (const { done } of this.begun.splice(0)) done();
  }
}

describe('pages', () => {
  it('holds nothing ahead for a size that was wanted once', () => {
    const host = new Host();
    const pages = new Pages(host.touch);
    expect(pages.take(4096).byteLength).toBe(4096);
    expect(host.begun).toHaveLength(0);
    expect(pages.aheadBytes).toBe(0);
  });

  it('hands out what the host has touched, and begins the next', () => {
    const host = new Host();
    const pages = new Pages(host.touch);
    pages.take(4096);
    pages.take(4096);
    const [first] = host.begun;
    host.finish();
    expect(pages.take(4096)).toBe(first?.bytes.buffer);
    expect(host.begun).toHaveLength(1);
    expect(pages.aheadBytes).toBe(4096);
  });

  it('never hands out memory that the host still writes zeros to', () => {
    const host = new Host();
    const pages = new Pages(host.touch);
    pages.take(4096);
    pages.take(4096);
    const [first] = host.begun;
    expect(pages.take(4096)).not.toBe(first?.bytes.buffer);
    expect(host.begun).toHaveLength(1);
    host.finish();
    expect(pages.take(4096)).toBe(first?.bytes.buffer);
  });

  it('does not hand out what was dropped, however late the host is done with it', () => {
    const host = new Host();
    const pages = new Pages(host.touch);
    pages.take(4096);
    pages.take(4096);
    const [first] = host.begun;
    expect(pages.dropAhead()).toBe(true);
    expect(pages.dropAhead()).toBe(false);
    expect(pages.aheadBytes).toBe(0);
    host.finish();
    expect(pages.take(4096)).not.toBe(first?.bytes.buffer);
  });
});

describe('released memory', () => {
  it('is collected, though the collector does not count it', async () => {
    const pages = new Pages();
    const held: SharedArrayBuffer[] = [];
    const released: WeakRef<SharedArrayBuffer>[] = [];
    // Nobody writes to these, so that they are numbers and no memory.
    for (let count = 0; count < 40; count++) held.push(pages.take(8 << 20));
    for (let turn = 0; turn < 100; turn++) await litter();
    for (let count = 0; count < 100; count++) {
      const oldest = held.shift();
      if (oldest !== undefined) released.push(new WeakRef(oldest));
      pages.release(8 << 20);
      held.push(pages.take(8 << 20));
      await litter();
    }
    // Without being told the collector comes for none of them.
    expect(released.filter((one) => one.deref() !== undefined).length).toBeLessThan(80);
  });
});

let litterbin: object[] = [];

/** Makes garbage, so that what is held grows old. */
async function litter(): Promise<void> {
  litterbin = Array.from({ length: 20_000 }, (_, at) => ({ at }));
  await new Promise(setImmediate);
  litterbin = litterbin.slice(0, 1);
}

describe('a store whose host touches memory', () => {
  it('counts what is held ahead, and stays within its budget', async () => {
    const toucher = openToucher();
    const memoryBytes = 8 << 20;
    const clock = { nowMs: () => 1, ticksMs: () => 1 };
    const store = new Store({ memoryBytes, clock, touch: toucher.touch });
    const body = spanBody(512, 1);
    for (let round = 0; round < 200; round++) {
      body.freshen();
      const result = store.ingest('traces', [body.bytes], body.bytes.byteLength);
      expect(result).toMatchObject({ ok: true, accepted: 512 });
      expect(store.memory().usedBytes).toBeLessThanOrEqual(memoryBytes);
      await new Promise(setImmediate);
    }
    const { received, kept, evicted } = store.counters().spans;
    expect(kept + evicted).toBe(received);
    const newest = store.reader(['traces']);
    let last = newest.next();
    for (let next = last; next !== null; next = newest.next()) last = next;
    expect(last?.bytes).toEqual(new Uint8Array(body.bytes));
    toucher.close();
  });

  it('does without a host where there is no file of zeros', () => {
    expect(openToucher('/there/is/no/such/file').touch).toBeUndefined();
  });
});
