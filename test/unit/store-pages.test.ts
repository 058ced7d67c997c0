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
