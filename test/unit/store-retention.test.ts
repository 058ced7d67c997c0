import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  logsBody,
  openStore,
  spansBody,
  takeGood,
  traceHex,
  type SpanSpec,
} from '../support/store-bodies.ts';
import { flood, manyLogs, manySpans, MIB } from '../support/store-flood.ts';
import { gaugeBody } from '../support/store-metrics.ts';
import { chain, checkStore, printTraces, readAll, spanName } from '../support/store-text.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of all array buffers that somebody holds. */
function heldBytes(): number {
  // Buffers are freed on another thread after a collection; the next one waits for that.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe('a malformed body', () => {
  it.each([
    ['of the usual size', 100],
    ['larger than a slab', 3 * 1024],
  ])('%s evicts nothing, however full the newest slab is', (_name, kilobytes) => {
    const { store } = openStore(8 * MIB);
    let trace = flood(store, 1, 16);
    const broken = spansBody(manySpans(9999, kilobytes)).subarray(0, -1);
    // A slab holds 256 KB: in some of these rounds the body wants a new one, in the others not.
    for (let round = 0; round < 10; round++) {
      takeGood(store, 'traces', spansBody(manySpans(trace++)));
      const before = { memory: store.memory(), counts: store.counters(), text: printTraces(store) };
      expect(store.ingest('traces', [broken], broken.length).ok).toBe(false);
      const after = { memory: store.memory(), counts: store.counters(), text: printTraces(store) };
      expect(after).toEqual(before);
    }
    checkStore(store);
  });
});

describe('a small budget filled 20 times over', () => {
  it('keeps memory flat, counters exact and nothing dangling', () => {
    const budget = 8 * MIB;
    const { store } = openStore(budget);
    let sent = 0;
    let spans = 0;
    let heldOnce = 0;
    for (let i = 1; sent < 20 * budget; i++) {
      if (heldOnce === 0 && sent > 2 * budget) heldOnce = heldBytes() - store.pages.markedBytes;
      const bodies = [
        spansBody(manySpans(i)),
        logsBody(manyLogs(i)),
        gaugeBody(i % 400, i),
      ] as const;
      takeGood(store, 'traces', bodies[0]);
      takeGood(store, 'logs', bodies[1]);
      takeGood(store, 'metrics', bodies[2]);
      sent += bodies.reduce((sum, body) => sum + body.length, 0);
      spans += 32;
      expect(store.memory().usedBytes).toBeLessThanOrEqual(budget);
      if (i % 97 === 0) checkStore(store);
    }
    checkStore(store);
    expect(heldBytes() - store.pages.markedBytes - heldOnce).toBeLessThan(budget / 16);
    expect(store.counters().spans.received).toBe(spans);
    expect(store.counters().spans.kept).toBeGreaterThan(500);
    expect(store.memory().rawBytes).toBeGreaterThan(budget / 2);
    const kept = readAll(store).filter(({ signal }) => signal === 'traces');
    expect(kept.length * 32).toBe(store.counters().spans.kept);
  });
});

describe('eviction', () => {
  it('takes the oldest first and says which traces lost spans', () => {
    const { store } = openStore(4 * MIB);
    const big = manySpans(1, 200);
    takeGood(store, 'traces', spansBody(big.slice(0, 16)));
    takeGood(store, 'traces', spansBody(manySpans(2, 200)));
    takeGood(store, 'traces', spansBody(big.slice(16)));
    let i = 3;
    while (store.counters().spans.evicted === 0)
      takeGood(store, 'traces', spansBody(manySpans(i++)));
    const row = store.traces.find(traceHex(1));
    expect(store.traces.get(row)).toMatchObject({
      spanCount: 16,
      partlyEvicted: true,
      evictedCount: 16,
      rootCount: 1,
    });
    expect(store.spans.find(row, 0, 1)).toBe(-1);
    checkStore(store);
  });

  it('of log records alone counts no span of the trace as evicted', () => {
    const { store } = openStore(4 * MIB);
    for (let i = 0; store.counters().logRecords.evicted === 0; i++) {
      if (i === 1) takeGood(store, 'traces', spansBody([{ trace: 1, id: 1 }]));
      takeGood(store, 'logs', logsBody(manyLogs(1, 64)));
    }
    const row = store.traces.find(traceHex(1));
    expect(store.traces.get(row)).toMatchObject({ partlyEvicted: true, evictedCount: 0 });
  });

  it('forgets what it counted with a trace that is gone, and begins anew when it comes again', () => {
    const { store } = openStore(4 * MIB);
    takeGood(store, 'traces', spansBody(manySpans(1, 4)));
    store.clear('all');
    expect(store.traces.find(traceHex(1))).toBe(-1);
    takeGood(store, 'traces', spansBody(manySpans(1, 4)));
    const row = store.traces.find(traceHex(1));
    expect(store.traces.get(row)).toMatchObject({ spanCount: 32, evictedCount: 0 });
  });

  it('counts the cleared spans of a trace whose log records are still there', () => {
    const { store } = openStore(4 * MIB);
    takeGood(store, 'traces', spansBody(manySpans(1, 4)));
    takeGood(store, 'logs', logsBody(manyLogs(1, 4)));
    store.clear('traces');
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 100 }]));
    const row = store.traces.find(traceHex(1));
    expect(store.traces.get(row)).toMatchObject({ spanCount: 1, evictedCount: 32 });
  });

  it('unresolves parents that went', () => {
    const { store } = openStore(4 * MIB);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, padding: 250_000 }]));
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 2, parent: 1, padding: 250_000 }]));
    expect(printTraces(store)[2]).toContain('parent 0000000000000001');
    for (let i = 2; store.counters().spans.evicted === 0; i++) {
      takeGood(store, 'traces', spansBody(manySpans(i)));
    }
    expect(printTraces(store)[1]).toContain('span 2');
    expect(printTraces(store)[1]).toContain('parent none');
  });

  it('of a replaced span leaves the one that replaced it in its trace', () => {
    const { store } = openStore(4 * MIB);
    const rows = store.spans.segmentRows;
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, end: 5 }]));
    let i = 2;
    for (; store.spans.end < rows * 2.5; i++)
      takeGood(store, 'traces', spansBody(manySpans(i, 10)));
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, end: 50 }]));
    // Until the rows of the first segment are other spans, and nobody has looked at the trace.
    while ((store.spans.segments[0]?.baseOrdinal ?? 0) === 0) {
      takeGood(store, 'traces', spansBody(manySpans(i++, 10)));
    }
    const trace = store.traces.find(traceHex(1));
    expect(chain(store.spans, store.traces.firstSpanOf(trace))).toEqual([
      store.spans.find(trace, 0, 1),
    ]);
    checkStore(store);
  });

  it('of a flood of logs leaves spans below their share', () => {
    const { store } = openStore(8 * MIB);
    takeGood(store, 'traces', spansBody(manySpans(1)));
    for (let i = 0; i < 800; i++) takeGood(store, 'logs', logsBody(manyLogs(900 + i)));
    expect(store.counters().logRecords.evicted).toBeGreaterThan(0);
    expect(store.counters().spans).toMatchObject({ kept: 32, evicted: 0, cleared: 0 });
  });

  it('of a flood of one signal leaves the others below their share', () => {
    const bodies = {
      traces: (i: number) => spansBody(manySpans(i)),
      logs: (i: number) => logsBody(manyLogs(i)),
      metrics: (i: number) => gaugeBody(i % 50, i),
    };
    const signals = ['traces', 'logs', 'metrics'] as const;
    const kind = { traces: 'spans', logs: 'logRecords', metrics: 'dataPoints' } as const;
    for (const flooding of signals) {
      const { store } = openStore(8 * MIB);
      for (const signal of signals) takeGood(store, signal, bodies[signal](1));
      for (let i = 2; store.counters()[kind[flooding]].evicted === 0; i++) {
        takeGood(store, flooding, bodies[flooding](i));
      }
      for (let i = 2; i < 100; i++) takeGood(store, flooding, bodies[flooding](1000 + i));
      for (const signal of signals) {
        if (signal === flooding) continue;
        expect(store.counters()[kind[signal]], `${signal} under ${flooding}`).toMatchObject({
          evicted: 0,
        });
      }
      checkStore(store);
    }
  });

  it('of log records that each name a trace leaves spans below their share', () => {
    const { store } = openStore(8 * MIB);
    takeGood(store, 'traces', spansBody(manySpans(1)));
    for (let body = 0; store.counters().logRecords.evicted < 30_000; body++) {
      const logs = Array.from({ length: 256 }, (_, i) => ({ trace: 1000 + body * 256 + i }));
      takeGood(store, 'logs', logsBody(logs));
    }
    expect(store.counters().spans).toMatchObject({ kept: 32, evicted: 0 });
    checkStore(store);
  });

  it('of a runaway trace takes other traces, says so, and leaves pinned ones and other signals', () => {
    const { store } = openStore(4 * MIB);
    for (let i = 1; i <= 20; i++) takeGood(store, 'traces', spansBody(manySpans(i, 4)));
    takeGood(store, 'logs', logsBody(manyLogs(50, 8)));
    takeGood(store, 'metrics', gaugeBody(1, 1));
    store.setPinned(store.traces.find(traceHex(7)), true);
    const runaway = (body: number): SpanSpec[] =>
      Array.from({ length: 64 }, (_, i) => ({ trace: 99, id: body * 64 + i + 1, padding: 500 }));
    for (let body = 0; body < 300; body++) takeGood(store, 'traces', spansBody(runaway(body)));
    checkStore(store);
    const { spans, logRecords, dataPoints } = store.counters();
    const trace = store.traces.get(store.traces.find(traceHex(99)));
    expect(trace).toMatchObject({
      partlyEvicted: true,
      spanCount: spans.kept - 32,
      evictedCount: 300 * 64 - (spans.kept - 32),
    });
    expect(spans.evicted).toBe(20 * 32 + 300 * 64 - spans.kept);
    expect([logRecords.evicted, dataPoints.evicted]).toEqual([0, 0]);
    expect(store.traces.count).toBe(2);
    expect(store.traces.get(store.traces.find(traceHex(7)))).toMatchObject({
      spanCount: 32,
      partlyEvicted: false,
    });
  });

  it('keeps a single body near half of the budget', () => {
    const { store } = openStore(8 * MIB);
    flood(store, 10, 8);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, padding: 3.9 * MIB }]));
    expect(store.traces.find(traceHex(1))).not.toBe(-1);
    flood(store, 1000, 2);
    checkStore(store);
    expect(store.memory().usedBytes).toBeLessThanOrEqual(8 * MIB);
  });

  it('forgets strings, resources and services that nothing names', () => {
    const { store } = openStore(4 * MIB);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, name: 'once', service: 'gone' }]));
    expect(store.services().map(({ name }) => name)).toEqual(['gone']);
    flood(store, 10, 8);
    expect(store.strings.find('once')).toBe(-1);
    expect(store.services().map(({ name }) => name)).not.toContain('gone');
  });
});

describe('protected traces', () => {
  it('keep spans and log records through any flood', () => {
    const { store } = openStore(4 * MIB);
    takeGood(store, 'traces', spansBody(manySpans(1, 8)));
    takeGood(store, 'logs', logsBody(manyLogs(1, 8)));
    const row = store.traces.find(traceHex(1));
    const { ordinal } = store.traces.get(row);
    store.setPinned(row, true);
    const before = printTraces(store);
    for (let i = 2; i < 400; i++) {
      takeGood(store, 'traces', spansBody(manySpans(i)));
      takeGood(store, 'logs', logsBody(manyLogs(i)));
    }
    checkStore(store);
    expect(store.counters().spans.evicted).toBeGreaterThan(1000);
    expect(store.counters().logRecords.evicted).toBeGreaterThan(1000);
    expect(store.traces.isLive(row, ordinal)).toBe(true);
    expect(store.traces.get(row)).toMatchObject({
      spanCount: 32,
      logCount: 32,
      partlyEvicted: false,
      evictedCount: 0,
    });
    expect(printTraces(store).slice(0, before.length)).toEqual(before);
    expect(store.services().find(({ name }) => name === 'svc 1')?.spansAccepted).toBe(
      32 * Array.from({ length: 399 }, (_, i) => i + 1).filter((i) => i % 5 === 1).length,
    );
  });

  it('stay when everything is cleared, and go once they are let go', () => {
    const { store } = openStore(4 * MIB);
    for (let i = 1; i <= 20; i++) takeGood(store, 'traces', spansBody(manySpans(i, 4)));
    const row = store.traces.find(traceHex(7));
    store.hold(row);
    store.clear('all');
    checkStore(store);
    expect(store.traces.count).toBe(1);
    expect(store.counters().spans).toMatchObject({
      received: 640,
      kept: 32,
      evicted: 608,
      cleared: 608,
    });
    expect(
      chain(store.spans, store.traces.firstSpanOf(row)).map((span) => spanName(store, span)),
    ).toHaveLength(32);
    store.release(row);
    store.clear('traces');
    checkStore(store);
    expect(store.traces.count).toBe(0);
    expect(store.counters().spans).toMatchObject({
      received: 640,
      kept: 0,
      evicted: 640,
      cleared: 640,
    });
    expect(readAll(store)).toEqual([]);
    expect(store.oldestArrivalMs()).toBeNull();
  });

  it('go on counting the spans that were evicted before they were pinned', () => {
    const { store } = openStore(4 * MIB);
    const big = manySpans(1, 200);
    takeGood(store, 'traces', spansBody(big.slice(0, 16)));
    takeGood(store, 'traces', spansBody(manySpans(2, 200)));
    takeGood(store, 'traces', spansBody(big.slice(16)));
    let i = 3;
    while (store.counters().spans.evicted === 0)
      takeGood(store, 'traces', spansBody(manySpans(i++)));
    const row = store.traces.find(traceHex(1));
    store.setPinned(row, true);
    for (; i < 400; i++) takeGood(store, 'traces', spansBody(manySpans(i)));
    store.clear('all');
    expect(store.traces.get(row)).toMatchObject({
      spanCount: 16,
      evictedCount: 16,
      partlyEvicted: true,
    });
    checkStore(store);
  });

  it('beyond their share of the budget are evicted like others, and say so', () => {
    const { store } = openStore(4 * MIB);
    for (let i = 0; i < 60; i++) {
      takeGood(store, 'traces', spansBody([{ trace: 1, id: i + 1, padding: 60_000 }]));
      if (i === 0) store.setPinned(store.traces.find(traceHex(1)), true);
    }
    flood(store, 10, 4);
    checkStore(store);
    const row = store.traces.find(traceHex(1));
    expect(row).not.toBe(-1);
    const { spanCount, evictedCount, partlyEvicted } = store.traces.get(row);
    expect(partlyEvicted).toBe(true);
    expect(spanCount + evictedCount).toBe(60);
    expect(store.memory().usedBytes).toBeLessThan(4.5 * MIB);
  });
});
