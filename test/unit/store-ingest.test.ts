import { describe, expect, it } from 'vitest';
import { SLOT_MASK, SPAN_FLAG } from '../../electron/engine/store/schema.ts';
import { decodeRequest, encodeRequest } from '../support/otlp/proto-root.ts';
import {
  EPOCH,
  logsBody,
  openStore,
  spanMessage,
  spansBody,
  take,
  takeGood,
  traceBytes,
  traceHex,
} from '../support/store-bodies.ts';
import { chain, checkStore, printTraces, readAll } from '../support/store-text.ts';

describe('services', () => {
  const bodyOf = (attributes: readonly (readonly [string, object])[], span: number): Uint8Array =>
    encodeRequest('traces', {
      resourceSpans: [
        {
          resource: { attributes: attributes.map(([key, value]) => ({ key, value })) },
          scopeSpans: [{ spans: [{ traceId: traceBytes(1), spanId: traceBytes(span).slice(8) }] }],
        },
      ],
    });

  it('count processes, not the ways in which one process encodes its resource', () => {
    const { store } = openStore();
    const name = ['service.name', { stringValue: 'web' }] as const;
    const first = ['service.instance.id', { stringValue: 'a' }] as const;
    const pid = (value: number) => ['process.pid', { intValue: value }] as const;
    const sent = [
      [name, first],
      [first, name],
      [name, first, pid(7)],
      [name, pid(7)],
      [name, pid(8)],
      [pid(8), name],
    ];
    sent.forEach((attributes, index) => {
      const body = bodyOf(attributes, index + 1);
      expect(store.ingest('traces', [body], body.length)).toMatchObject({ ok: true, accepted: 1 });
    });
    expect(store.services().map((service) => [service.name, service.processes])).toEqual([
      ['web', 3],
    ]);
  });
});

describe('spans', () => {
  it('are there when ingest returns, under their trace', () => {
    const { store } = openStore();
    const result = takeGood(
      store,
      'traces',
      spansBody([
        { trace: 1, id: 2, parent: 1, start: 2, end: 8, service: 'db', status: 2 },
        { trace: 1, id: 1, start: 0, end: 10, service: 'web', kind: 2 },
      ]),
    );
    expect(result).toEqual({
      ok: true,
      received: 2,
      accepted: 2,
      rejected: 0,
      duplicates: 0,
      rejections: [],
      invalidStrings: 0,
    });
    expect(printTraces(store)).toEqual([
      `${traceHex(1)} spans 2 errors 1 roots 1 logs 0 start 0 for 10 root span 1 services db,web`,
      '  0000000000000002 span 2 kind 1 status 2 2–8 in db/lib parent 0000000000000001',
      '  0000000000000001 span 1 kind 2 status 0 0–10 in web/lib parent none',
    ]);
    checkStore(store);
  });

  it('name the service of the root first', () => {
    const { store } = openStore();
    takeGood(
      store,
      'traces',
      spansBody([
        { trace: 1, id: 2, parent: 1, service: 'db' },
        { trace: 1, id: 1, service: 'web' },
      ]),
    );
    const row = store.traces.find(traceHex(1));
    expect(store.traces.services(row, 5).map((str) => store.strings.get(str))).toEqual([
      'web',
      'db',
    ]);
    expect(store.traces.services(row, 1)).toHaveLength(1);
  });

  it('find a parent that arrives in a later request', () => {
    const { store } = openStore();
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 2, parent: 1 }]));
    expect(printTraces(store)[1]).toContain('parent none');
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1 }]));
    expect(printTraces(store)[1]).toContain('parent 0000000000000001');
  });

  it('with a zero parent id are roots', () => {
    const { store } = openStore();
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 2, parent: 0 }]));
    expect(store.traces.get(store.traces.find(traceHex(1))).rootCount).toBe(1);
  });

  it('are found by id and kind', () => {
    const { store } = openStore();
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 7, kind: 3 }]));
    const trace = store.traces.find(traceHex(1));
    expect(store.spans.find(trace, 0, 7)).toBeGreaterThanOrEqual(0);
    expect(store.spans.find(trace, 0, 7, 2)).toBe(-1);
    expect(store.spans.find(trace, 0, 8)).toBe(-1);
  });

  it('carry exception, remote parent and bad times as flags', () => {
    const { store } = openStore();
    const span = {
      ...spanMessage({ trace: 1, id: 1, parent: 9, start: 10, end: 5 }),
      flags: 0x301,
      events: [
        { timeUnixNano: EPOCH, name: 'retry' },
        { timeUnixNano: EPOCH, name: 'exception' },
      ],
      links: [{ traceId: traceBytes(2), spanId: new Uint8Array(8).fill(1) }],
    };
    takeGood(
      store,
      'traces',
      encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    );
    const segment = store.spans.at(0);
    expect(segment.flags[0]).toBe(
      SPAN_FLAG.remoteParent | SPAN_FLAG.hasException | SPAN_FLAG.badTime,
    );
    expect([segment.eventCount[0], segment.linkCount[0]]).toEqual([2, 1]);
    expect(store.strings.get(store.resources.service(segment.resourceOf(0)))).toBe(
      'unknown_service',
    );
  });

  it('take the resource that stands behind them', () => {
    const { store } = openStore();
    const scopes = encodeRequest('traces', {
      resourceSpans: [{ scopeSpans: [{ spans: [spanMessage({ trace: 1, id: 1 })] }] }],
    });
    const resource = encodeRequest('traces', {
      resourceSpans: [
        { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'late' } }] } },
      ],
    });
    // Both have one ResourceSpans with a short length: join what is inside.
    const inside = [...scopes.subarray(skipHead(scopes)), ...resource.subarray(skipHead(resource))];
    takeGood(store, 'traces', Uint8Array.from([0x0a, ...varint(inside.length), ...inside]));
    expect(printTraces(store)[0]).toContain('services late');
  });
});

describe('single spans are refused with a reason', () => {
  const good = spanMessage({ trace: 1, id: 1 });
  const cases: readonly [string, object][] = [
    ['trace_id is not 16 bytes', { ...good, traceId: new Uint8Array(15).fill(1) }],
    ['trace_id is not 16 bytes', { ...good, traceId: new Uint8Array(0) }],
    ['trace_id is all zero', { ...good, traceId: new Uint8Array(16) }],
    ['span_id is not 8 bytes', { ...good, spanId: new Uint8Array(9).fill(1) }],
    ['span_id is all zero', { ...good, spanId: new Uint8Array(8) }],
    [
      'parent_span_id is neither empty nor 8 bytes',
      { ...good, parentSpanId: new Uint8Array(3).fill(1) },
    ],
  ];
  it.each(cases)('%s', (reason, bad) => {
    const { store } = openStore();
    const other = spanMessage({ trace: 2, id: 2, padding: 150 });
    const body = encodeRequest('traces', {
      resourceSpans: [{ scopeSpans: [{ spans: [bad, other, bad] }] }],
    });
    const result = takeGood(store, 'traces', body);
    expect(result).toMatchObject({ received: 3, accepted: 1, rejected: 2 });
    expect(result.rejections).toEqual([{ reason, count: 2 }]);
    expect(printTraces(store)[1]).toContain('span 2');
    checkStore(store);
    const [kept] = readAll(store);
    expect(decodeRequest('traces', kept.bytes)).toEqual(
      decodeRequest(
        'traces',
        encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans: [other] }] }] }),
      ),
    );
  });

  it('and leave nothing behind when no item is left', () => {
    const { store } = openStore();
    const before = store.memory();
    const body = spansBody([{ trace: 0, id: 1, service: 'nobody' }]);
    expect(takeGood(store, 'traces', body)).toMatchObject({ accepted: 0, rejected: 1 });
    expect(store.memory().rawBytes).toBe(before.rawBytes);
    expect(store.resources.count).toBe(0);
    expect(store.services()).toEqual([]);
    expect(readAll(store)).toEqual([]);
    checkStore(store);
  });
});

describe('duplicate spans', () => {
  it('that are identical are counted and their bytes go', () => {
    const { store } = openStore();
    const body = spansBody([{ trace: 1, id: 1 }]);
    takeGood(store, 'traces', body);
    expect(takeGood(store, 'traces', body)).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(store.counters().spans).toEqual({
      received: 2,
      kept: 1,
      evicted: 0,
      cleared: 0,
      rejected: 0,
      duplicates: 1,
    });
    expect(readAll(store)).toHaveLength(1);
    checkStore(store);
  });

  it('with a later end replace the earlier span, which leaves its trace', () => {
    const { store } = openStore();
    takeGood(
      store,
      'traces',
      spansBody([
        { trace: 1, id: 1, end: 5, status: 2, name: 'open' },
        { trace: 1, id: 2, parent: 1 },
      ]),
    );
    printTraces(store);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, end: 50, name: 'done' }]));
    expect(printTraces(store)).toEqual([
      `${traceHex(1)} spans 2 errors 0 roots 1 logs 0 start 0 for 50 root done services svc`,
      '  0000000000000002 span 2 kind 1 status 0 0–10 in svc/lib parent 0000000000000001',
      '  0000000000000001 done kind 1 status 0 0–50 in svc/lib parent none',
    ]);
    expect(store.counters().spans).toMatchObject({ received: 3, kept: 2, duplicates: 1 });
    const old = store.spans.at(0);
    expect([old.flags[0] & SPAN_FLAG.superseded, old.trace[0]]).toEqual([1, -1]);
    expect(readAll(store).map(({ bytes }) => bytes)).toEqual([
      spansBody([{ trace: 1, id: 2, parent: 1 }]),
      spansBody([{ trace: 1, id: 1, end: 50, name: 'done' }]),
    ]);
    checkStore(store);
  });

  it('with an earlier end are dropped', () => {
    const { store } = openStore();
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, end: 50, name: 'done' }]));
    const result = takeGood(
      store,
      'traces',
      spansBody([
        { trace: 1, id: 1, end: 5, name: 'open' },
        { trace: 1, id: 3 },
      ]),
    );
    expect(result).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(printTraces(store)[2]).toContain('span 3');
    checkStore(store);
  });

  it('inside one body count too, and the longer of two wins', () => {
    const { store } = openStore();
    const result = takeGood(
      store,
      'traces',
      spansBody([
        { trace: 1, id: 1 },
        { trace: 1, id: 1, padding: 9 },
        { trace: 1, id: 1 },
      ]),
    );
    expect(result).toMatchObject({ received: 3, accepted: 2, duplicates: 1 });
    expect(store.counters().spans).toMatchObject({ received: 3, kept: 1, duplicates: 2 });
    const lengths = [0, 1].map((slot) => {
      const segment = store.spans.at(slot);
      return store.batches.lengthOf(segment.batchOf(slot), segment.offset[slot]);
    });
    expect(lengths[1]).toBeGreaterThan(lengths[0]);
    checkStore(store);
  });

  it('of client and server kind share the id and are both kept', () => {
    const { store } = openStore();
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, kind: 3, service: 'web' }]));
    takeGood(
      store,
      'traces',
      spansBody([
        { trace: 1, id: 1, kind: 2, service: 'api' },
        { trace: 1, id: 2, parent: 1, service: 'api' },
      ]),
    );
    const lines = printTraces(store);
    expect(lines[1]).toMatch(/kind 3 .* shared$/);
    expect(lines[2]).toMatch(/kind 2 .* shared$/);
    const trace = store.traces.find(traceHex(1));
    const child = store.spans.find(trace, 0, 2);
    const parent = store.spans.at(child).parentRowOf(child & SLOT_MASK);
    expect(parent).toBe(store.spans.find(trace, 0, 1, 2));
    checkStore(store);
  });
});

describe('log records', () => {
  it('hang on their trace, which is listed with its first span', () => {
    const { store } = openStore();
    takeGood(store, 'logs', logsBody([{ trace: 1, span: 3, severity: 17 }, { text: 'alone' }]));
    const row = store.traces.find(traceHex(1));
    expect(store.traces.get(row)).toMatchObject({ spanCount: 0, logCount: 1 });
    expect(store.traces.count).toBe(0);
    takeGood(store, 'traces', spansBody([{ trace: 2, id: 1 }]));
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 3 }]));
    expect(printTraces(store).filter((line) => !line.startsWith(' '))).toHaveLength(2);
    expect(chain(store.logs, store.traces.get(row).firstLog)).toHaveLength(1);
    expect(store.logs.at(0).trace[1]).toBe(-1);
    checkStore(store);
  });

  it('without any time have the time of arrival', () => {
    const { store, now } = openStore();
    takeGood(store, 'logs', logsBody([{ text: 'now' }]));
    const segment = store.logs.at(0);
    const ms = (segment.timeHi[0] * 4294967296 + segment.timeLo[0]) / 1e6;
    expect(Math.abs(ms - now.ms)).toBeLessThan(0.001);
  });

  it('with a broken trace id are kept without one', () => {
    const { store } = openStore();
    const record = { traceId: new Uint8Array(7).fill(1), spanId: new Uint8Array(8) };
    const body = encodeRequest('logs', {
      resourceLogs: [{ scopeLogs: [{ logRecords: [record, { traceId: new Uint8Array(16) }] }] }],
    });
    expect(takeGood(store, 'logs', body)).toMatchObject({ accepted: 2, rejected: 0 });
    expect([...store.logs.at(0).trace.subarray(0, 2)]).toEqual([-1, -1]);
  });
});

describe('whole bodies', () => {
  it('may be empty', () => {
    const { store } = openStore();
    expect(take(store, 'traces', new Uint8Array(0))).toMatchObject({ ok: true, received: 0 });
    expect(readAll(store)).toEqual([]);
  });

  it('above half of the budget are refused as too large', () => {
    const { store } = openStore(4 << 20);
    const body = new Uint8Array((2 << 20) + 1);
    expect(take(store, 'logs', body)).toMatchObject({ ok: false, code: 'tooLarge' });
    checkStore(store);
  });

  it('that nest values too deeply are refused as too deep', () => {
    const { store } = openStore();
    // protobufjs does not encode this: AnyValue.array_value.values, 80 times.
    let value = field(1, new Uint8Array(300).fill(0x78));
    for (let i = 0; i < 80; i++) value = field(5, field(1, value));
    const span = field(9, [...field(1, [0x6b]), ...field(2, value)]);
    const body = Uint8Array.from(field(1, field(2, field(2, span))));
    expect(take(store, 'traces', body)).toMatchObject({ ok: false, code: 'tooDeep' });
    expect(store.counters().spans.received).toBe(0);
  });

  it('of profiles are kept and counted', () => {
    const { store } = openStore();
    const body = encodeRequest('profiles', {
      resourceProfiles: [{ scopeProfiles: [{ profiles: [{}, { timeUnixNano: 5 }] }] }],
      dictionary: { stringTable: ['', 'cpu'] },
    });
    expect(takeGood(store, 'profiles', body)).toMatchObject({ received: 2, accepted: 2 });
    expect(readAll(store)).toEqual([{ signal: 'profiles', bytes: body }]);
    expect(store.counters().profiles.kept).toBe(2);
  });
});

function skipHead(body: Uint8Array): number {
  let at = 1;
  while (body[at] >= 0x80) at++;
  return at + 1;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** A length-delimited field. */
function field(number: number, payload: ArrayLike<number>): number[] {
  return [(number << 3) | 2, ...varint(payload.length), ...Array.from(payload)];
}
