import { describe, expect, it } from 'vitest';
import type { Signal } from '../../proto/otlp/signal.ts';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';
import { logsBody, openStore, spansBody, take, takeGood } from '../support/store-bodies.ts';
import { checkStore, printTraces, readAll } from '../support/store-text.ts';

const GOOD: readonly { readonly signal: Signal; readonly body: Uint8Array }[] = [
  {
    signal: 'traces',
    body: spansBody([
      { trace: 1, id: 1, name: 'kept' },
      { trace: 1, id: 2, parent: 1, padding: 140, service: 'db' },
      { trace: 2, id: 3 },
    ]),
  },
  { signal: 'logs', body: logsBody([{ trace: 1, span: 2 }, { text: 'x'.repeat(200) }]) },
  ...SIGNALS.map((signal) => ({
    signal,
    body: encodeRequest(signal, randomRequest(signal, seededRandom(7), { density: 0.8 })),
  })),
];

describe('a body that is cut off', () => {
  it.each(GOOD)('($signal) leaves nothing or whole items', ({ signal, body }) => {
    for (let length = 0; length < body.length; length++) {
      const { store } = openStore(4 << 20);
      const before = store.memory();
      const result = take(store, signal, body.slice(0, length));
      checkStore(store);
      if (result.ok) {
        expect(result.received).toBe(result.accepted + result.rejected + result.duplicates);
        continue;
      }
      expect(result.code).toBe('malformed');
      expect(result.message).toMatch(/ \(at byte \d+\)/);
      expect(result.offset).toBeLessThanOrEqual(length);
      expect(store.memory().rawBytes).toBe(before.rawBytes);
      expect(printTraces(store)).toEqual([]);
      expect(readAll(store)).toEqual([]);
    }
  });
});

describe('bytes that are changed at random', () => {
  it('are taken or refused, and the store stays sound', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seededRandom(seed);
      const { store } = openStore(4 << 20);
      for (let i = 0; i < 500; i++) {
        const { signal, body } = random.pick(GOOD);
        const changed = body.slice();
        for (let n = 1 + random.below(3); n > 0; n--)
          changed[random.below(body.length)] = random.below(256);
        const kept = store.counters();
        const result = take(store, signal, changed);
        if (!result.ok) expect(store.counters(), `seed ${seed}`).toEqual(kept);
      }
      checkStore(store);
      printTraces(store);
      for (const { signal, bytes } of readAll(store)) {
        const again = openStore(4 << 20).store;
        expect(take(again, signal as Signal, bytes), `seed ${seed}`).toMatchObject({ ok: true });
      }
    }
  });

  it('after which good requests are taken as ever', () => {
    const { store } = openStore();
    take(store, 'traces', GOOD[0].body.slice(0, 50));
    takeGood(store, 'traces', GOOD[0].body);
    expect(printTraces(store)).toHaveLength(5);
    expect(readAll(store)).toEqual([{ signal: 'traces', bytes: GOOD[0].body }]);
  });
});

describe('an error of a body', () => {
  it('names the field and counts its offset from the first byte of the body', () => {
    const { store } = openStore();
    takeGood(store, 'traces', GOOD[0].body);
    // ResourceSpans of 20 bytes holding ScopeSpans of 18, holding a Span that claims 100.
    const body = Uint8Array.from([0x0a, 20, 0x12, 18, 0x12, 100, ...new Array<number>(16).fill(8)]);
    expect(take(store, 'traces', body)).toEqual({
      ok: false,
      code: 'malformed',
      message: 'Span reaches past the end of its message (at byte 6), in ResourceSpans',
      offset: 6,
    });
  });
});

describe('random requests over the whole schema', () => {
  it('come out of the store as they went in', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      const signal = random.pick(SIGNALS);
      const body = encodeRequest(signal, randomRequest(signal, random));
      const { store } = openStore(4 << 20);
      const result = takeGood(store, signal, body);
      checkStore(store);
      if (result.accepted === 0 || result.rejected + result.duplicates > 0) continue;
      expect(readAll(store), `seed ${seed}`).toEqual([{ signal, bytes: body }]);
    }
  });
});
