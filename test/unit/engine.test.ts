import { describe, expect, it } from 'vitest';
import type { Engine } from '../../electron/engine/engine.ts';
import type { Selection } from '../../proto/live/topics.ts';
import { SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import { decodeRequest, type Plain } from '../support/otlp/proto-root.ts';
import {
  createEngine,
  filterOf,
  secondNs,
  sendLogs,
  sendMetric,
  sendSpans,
  traceIdOf,
} from '../support/live-engine.ts';

/** Reads a selection to its end: signal and item names of each request. */
function exported(engine: Engine, selection: Selection): string[] {
  const reader = engine.reader(selection);
  const found: string[] = [];
  for (let step = reader.next(); step !== null; step = reader.next()) {
    if (step === 'searching') continue;
    found.push(...itemNames(step.signal, decodeRequest(step.signal, step.bytes)));
  }
  reader.close();
  return found;
}

function itemNames(signal: Signal, request: Plain): string[] {
  const text = JSON.stringify(request, (_, value: unknown) =>
    typeof value === 'bigint' || value instanceof Uint8Array ? String(value) : value,
  );
  const pattern = signal === 'logs' ? /"body":\{"stringValue":"(.*?)"/g : /"name":"(.*?)"/g;
  return [...text.matchAll(pattern)]
    .map((match) => match[1])
    .filter((name) => name !== 'test' && name !== 'm')
    .map((name) => `${signal} ${name}`);
}

function filled(): Engine {
  const { engine } = createEngine();
  sendSpans(engine, [
    { trace: 1, id: 1, name: 'one' },
    { trace: 2, id: 1, name: 'two', service: 'pay' },
    { trace: 1, id: 2, parent: 1, name: 'one child' },
  ]);
  sendLogs(engine, [
    { body: 'log of one', trace: 1, span: 1 },
    { body: 'alone', service: 'pay' },
  ]);
  const gauge = { dataPoints: [{ timeUnixNano: secondNs(1), asInt: 1 }] };
  sendMetric(engine, { name: 'depth', gauge });
  return engine;
}

describe('engine', () => {
  it('exports everything of the chosen signals', () => {
    const engine = filled();
    expect(exported(engine, { type: 'all', signals: SIGNALS }).sort()).toEqual([
      'logs alone',
      'logs log of one',
      'metrics depth',
      'traces one',
      'traces one child',
      'traces two',
    ]);
    expect(exported(engine, { type: 'all', signals: ['metrics'] })).toEqual(['metrics depth']);
  });

  it('exports traces with their log records', () => {
    const engine = filled();
    const selection = { type: 'traces', traceIds: [traceIdOf(1), traceIdOf(9)] } as const;
    expect(exported(engine, selection)).toEqual([
      'traces one',
      'traces one child',
      'logs log of one',
    ]);
  });

  it('exports what a filter matches', () => {
    const engine = filled();
    const by = (signal: Signal, text: string, services: readonly string[] = []): Selection => ({
      type: 'filter',
      signal,
      filter: filterOf(text, services),
    });
    expect(exported(engine, by('traces', 'child'))).toEqual(['traces one', 'traces one child']);
    expect(exported(engine, by('traces', '', ['pay']))).toEqual(['traces two']);
    expect(exported(engine, by('logs', 'ALONE'))).toEqual(['logs alone']);
    expect(exported(engine, by('metrics', 'dep'))).toEqual(['metrics depth']);
    expect(exported(engine, by('metrics', 'other'))).toEqual([]);
    expect(exported(engine, by('profiles', 'any'))).toEqual([]);
  });

  it('exports what lies in a brush, with and without a query', () => {
    const { engine } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'early', start: 10, end: 15 },
      { trace: 2, id: 1, name: 'inside', start: 20, end: 25 },
      { trace: 3, id: 1, name: 'slow', start: 20, end: 520 },
      { trace: 4, id: 1, name: 'late', start: 30, end: 35 },
    ]);
    const brush = {
      fromNs: String(secondNs(0) + 20n),
      toNs: String(secondNs(0) + 30n),
      minNs: 0,
      maxNs: 100,
    };
    const by = (text: string, over: Partial<typeof brush> = {}): Selection => ({
      type: 'filter',
      signal: 'traces',
      filter: filterOf(text, []),
      brush: { ...brush, ...over },
    });
    expect(exported(engine, by(''))).toEqual(['traces inside']);
    expect(exported(engine, by('', { maxNs: 1000 }))).toEqual(['traces inside', 'traces slow']);
    expect(exported(engine, by('late'))).toEqual([]);
    expect(exported(engine, by('inside'))).toEqual(['traces inside']);
  });

  it('takes JSON bodies as it takes protobuf ones', () => {
    const { engine } = createEngine();
    const span = {
      traceId: traceIdOf(5),
      spanId: 'b000000000000001',
      name: 'from json',
      startTimeUnixNano: '1700000000000000001',
      endTimeUnixNano: '1700000000000000002',
    };
    const request = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    const bytes = new TextEncoder().encode(JSON.stringify(request));
    const halves = [bytes.slice(0, 40), bytes.slice(40)];
    const result = engine.ingest('traces', halves, bytes.length, 'json');
    expect(result).toMatchObject({ ok: true, received: 1, accepted: 1 });
    expect(exported(engine, { type: 'all', signals: ['traces'] })).toEqual(['traces from json']);
  });

  it('refuses a malformed body and says where', () => {
    const { engine } = createEngine();
    const body = new TextEncoder().encode('{"resourceSpans": [');
    expect(engine.ingest('traces', [body], body.length, 'json')).toMatchObject({
      ok: false,
      code: 'malformed',
    });
    const cut = Uint8Array.of(10, 200, 1);
    expect(engine.ingest('traces', [cut], cut.length, 'protobuf')).toMatchObject({
      ok: false,
      code: 'malformed',
    });
    expect(engine.status().signals.spans.received).toBe(0);
  });

  it('folds equal neighbours of the receiver log and counts refusals', () => {
    const { engine } = createEngine();
    const refusal = {
      timeMs: 1,
      protocol: 'http',
      label: '415',
      outcome: 'refused',
      message: 'Send protobuf or JSON.',
      bytes: 5,
      items: 0,
      userAgent: 'curl',
    } as const;
    for (let i = 0; i < 3; i++) engine.noteRequest({ ...refusal, timeMs: i });
    expect(engine.status().requestsRefused).toBe(3);
  });

  it('shows the host status it was given', () => {
    const { engine } = createEngine();
    const receiver = {
      protocol: 'http',
      state: 'listening',
      port: 4318,
      hosts: ['127.0.0.1'],
      message: '',
    } as const;
    engine.setHostStatus({ receivers: [receiver], operations: [] });
    expect(engine.status().receivers).toEqual([receiver]);
  });
});
