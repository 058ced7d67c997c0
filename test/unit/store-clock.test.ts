import { describe, expect, it } from 'vitest';
import { Rates } from '../../electron/engine/live/rates.ts';
import { receivingForMs } from '../../electron/engine/view/trace-rows.ts';
import { openStore, spansBody, takeGood, traceHex } from '../support/store-bodies.ts';
import { checkStore } from '../support/store-text.ts';

const HOUR_MS = 3_600_000;

/** A body of about 64 KB with one trace. */
function body(trace: number): Uint8Array {
  return spansBody([{ trace, id: 1, padding: 64 << 10 }]);
}

describe('a clock that jumps', () => {
  it('back does not change what is evicted: the first to arrive', () => {
    const { store, now } = openStore(4 << 20);
    for (let trace = 1; trace <= 20; trace++) takeGood(store, 'traces', body(trace));
    now.ms -= HOUR_MS;
    for (let trace = 21; trace <= 120; trace++) {
      now.ms += 10;
      takeGood(store, 'traces', body(trace));
      checkStore(store);
    }
    const kept = Array.from({ length: 120 }, (_, i) => i + 1).filter(
      (trace) => store.traces.find(traceHex(trace)) !== -1,
    );
    expect(kept.length).toBeGreaterThan(10);
    expect(kept).toEqual(Array.from(kept, (_, i) => 121 - kept.length + i));
    expect(store.oldestArrivalMs()).toBe(now.ms - (kept.length - 1) * 10);
  });

  it('an hour ahead and back leaves no oldest arrival in the future', () => {
    const { store, now } = openStore();
    now.ms += HOUR_MS;
    takeGood(store, 'traces', body(1));
    now.ms -= HOUR_MS;
    takeGood(store, 'traces', body(2));
    expect(store.oldestArrivalMs()).toBe(now.ms);
    now.ms += 2 * HOUR_MS;
    expect(store.oldestArrivalMs()).toBe(now.ms - HOUR_MS);
  });

  it('gives each trace the time of its own last arrival', () => {
    const { store, now } = openStore();
    takeGood(store, 'traces', body(1));
    now.ms -= HOUR_MS;
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 2 }]));
    expect(store.traces.get(store.traces.find(traceHex(1))).lastArrivalMs).toBe(now.ms);
  });

  it('back does not make a trace seem to be received for an hour', () => {
    const now = 1_700_000_000_000;
    expect(receivingForMs(false, now - 1000, now)).toBe(4000);
    expect(receivingForMs(false, now + 1000, now)).toBe(5000);
    expect(receivingForMs(false, now + HOUR_MS, now)).toBe(0);
    expect(receivingForMs(false, now - HOUR_MS, now)).toBe(0);
  });
});

describe('rates', () => {
  it('follow the monotonic clock alone', () => {
    let ticks = 10_000;
    let spans = 0;
    const rates = new Rates(
      () => new Map([['spans', spans]]),
      () => ticks,
    );
    rates.note();
    spans = 100;
    ticks += 1000;
    expect(rates.perSecond().get('spans')).toBe(50);
    ticks += 5000;
    expect(rates.perSecond().get('spans')).toBe(0);
  });
});
