/** Readers of a store: every request once, while the oldest go and new ones come. */
import { describe, expect, it } from 'vitest';
import { decodeRequest } from '../support/otlp/proto-root.ts';
import { logsBody, openStore, spansBody, takeGood, traceHex } from '../support/store-bodies.ts';
import { flood, manyLogs, manySpans, MIB } from '../support/store-flood.ts';
import { gaugeBody } from '../support/store-metrics.ts';
import { readAll } from '../support/store-text.ts';

describe('a reader', () => {
  it('gives every request of its signals once, in order of arrival', () => {
    const { store } = openStore();
    const bodies = [
      { signal: 'traces', bytes: spansBody(manySpans(1)) },
      { signal: 'logs', bytes: logsBody(manyLogs(1)) },
      { signal: 'traces', bytes: spansBody(manySpans(2)) },
      { signal: 'metrics', bytes: gaugeBody(1, 1) },
    ] as const;
    for (const { signal, bytes } of bodies) takeGood(store, signal, bytes);
    expect(readAll(store)).toEqual(bodies);
    const reader = store.reader(['logs']);
    expect(reader.next()?.signal).toBe('logs');
    expect(reader.next()).toBeNull();
    expect(reader.lost).toBe(0);
  });

  it('counts what was evicted before it came, and leaves out what arrived since', () => {
    const { store } = openStore(4 * MIB);
    let next = flood(store, 1, 2);
    const reader = store.reader(['traces']);
    const expected = store.counters().spans.kept;
    let read = 0;
    for (let i = 0; i < 5; i++) read += spansIn(reader.next());
    next = flood(store, next, 2);
    for (let request = reader.next(); request !== null; request = reader.next()) {
      read += spansIn(request);
    }
    expect(read + reader.lost).toBe(expected);
    expect(reader.lost).toBeGreaterThan(0);
    expect(read).toBeGreaterThan(160);
    expect(next).toBeGreaterThan(1);
  });

  it('finds a protected trace that was moved meanwhile', () => {
    const { store } = openStore(4 * MIB);
    takeGood(store, 'traces', spansBody(manySpans(1)));
    const next = flood(store, 2, 2);
    store.setPinned(store.traces.find(traceHex(1)), true);
    const reader = store.reader(['traces']);
    flood(store, next, 2);
    const ids: string[] = [];
    for (let request = reader.next(); request !== null; request = reader.next()) {
      ids.push(...traceIdsIn(request));
    }
    expect(ids.filter((id) => id === traceHex(1))).toHaveLength(32);
  });
});

interface Request {
  readonly bytes: Uint8Array;
}

function traceIdsIn({ bytes }: Request): string[] {
  const { resourceSpans } = decodeRequest('traces', bytes) as {
    resourceSpans: { scopeSpans: { spans: { traceId: Uint8Array }[] }[] }[];
  };
  return resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId }) => Buffer.from(traceId).toString('hex')),
    ),
  );
}

function spansIn(request: Request | null): number {
  return request === null ? 0 : traceIdsIn(request).length;
}
