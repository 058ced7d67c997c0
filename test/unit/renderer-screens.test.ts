import { describe, expect, it } from 'vitest';
import {
  NO_JOURNAL,
  type MetricRow,
  type RequestEntry,
  type StatusMeta,
} from '../../proto/live/topics.ts';
import {
  collectorLines,
  highlightLine,
  variableLines,
} from '../../renderer/features/connect/commands.ts';
import { endpointOf, readinessOf, stepsOf } from '../../renderer/features/connect/readiness.ts';
import { mergeRequests, REQUEST_LIMIT } from '../../renderer/features/connect/request-log.ts';
import { captureFileName } from '../../renderer/features/frame/capture.svelte.ts';
import {
  droppedItems,
  invalidStrings,
  liveLabel,
  memoryLevel,
} from '../../renderer/features/frame/live-label.ts';
import {
  currentValue,
  formatValue,
  groupMetrics,
} from '../../renderer/features/metrics/metric-text.ts';
import { sparkScale } from '../../renderer/features/metrics/sparkline.ts';
import { exportQuery, importMessage } from '../../renderer/session/browser-host.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

function status(changes: Partial<StatusMeta> = {}): StatusMeta {
  const none = { received: 0, kept: 0, evicted: 0, cleared: 0, rejected: 0, duplicates: 0 };
  const receiver = { state: 'listening', hosts: ['127.0.0.1', '::1'], message: '' } as const;
  return {
    version: '0.1.0',
    uptimeMs: 1000,
    receivers: [
      { ...receiver, protocol: 'http', port: 14318 },
      { ...receiver, protocol: 'grpc', port: 14317 },
    ],
    memory: { budgetBytes: 1000, usedBytes: 100, rawBytes: 50 },
    signals: { spans: none, logRecords: none, dataPoints: none, profiles: none },
    rates: { spans: 0, logRecords: 0, dataPoints: 0, profiles: 0 },
    counts: { traces: 0, logRecords: 0, metrics: 0, services: 0, processes: 0 },
    oldestMs: null,
    requestsRefused: 0,
    invalidStrings: { strings: 0, uncheckedBytes: 0 },
    operations: [],
    journal: NO_JOURNAL,
    ...changes,
  };
}

const received = (
  count: number,
  evicted = 0,
  rejected = 0,
  cleared = 0,
): StatusMeta['signals']['spans'] => ({
  received: count,
  kept: count - evicted - rejected,
  evicted,
  cleared,
  rejected,
  duplicates: 0,
});

describe('the live control', () => {
  it('listens until something arrives', () => {
    expect(liveLabel('open', status(), undefined).word).toBe('Listening');
  });

  it('shows the rate of the first signal that flows', () => {
    const base = status();
    const busy = status({
      signals: { ...base.signals, logRecords: received(5) },
      rates: { ...base.rates, logRecords: 96 },
    });
    expect(liveLabel('open', busy, undefined)).toMatchObject({ look: 'live', detail: '96 logs/s' });
  });

  it('counts what is new while paused', () => {
    expect(liveLabel('open', status(), 1240)).toEqual({
      look: 'paused',
      word: 'Paused,',
      detail: '1,240 new',
    });
  });

  it('does not call itself live without a connection', () => {
    expect(liveLabel('reconnecting', status(), undefined).look).toBe('away');
    expect(liveLabel('silent', status(), undefined).word).toBe('Not answering');
  });

  it('counts evicted and rejected items as dropped, duplicates and cleared ones not', () => {
    const base = status();
    const { count, reasons } = droppedItems(
      status({ signals: { ...base.signals, spans: received(100, 27, 2, 20) } }),
    );
    expect(count).toBe(9);
    expect(reasons).toContain('7 evicted');
    expect(reasons).toContain('2 rejected');
    expect(reasons).toContain('20 cleared');
  });

  it('tells of strings that were not UTF-8, and of what nobody looked at', () => {
    const of = (strings: number, uncheckedBytes: number) =>
      invalidStrings(status({ invalidStrings: { strings, uncheckedBytes } }));
    expect(of(0, 5_000_000)).toBeNull();
    expect(of(1, 0)?.meaning).toMatch(/^1 string came with invalid UTF-8/);
    expect(of(1, 0)?.meaning).not.toContain('not checked');
    const many = of(1200, 5_000_000);
    expect(many?.count).toBe(1200);
    expect(plain(many?.meaning ?? '')).toMatch(/MB of a flood were not checked\.$/);
  });

  it('warns when memory is nearly full', () => {
    const at = (usedBytes: number): string =>
      memoryLevel(status({ memory: { budgetBytes: 1000, usedBytes, rawBytes: 0 } })).level;
    expect([at(799), at(800), at(950)]).toEqual(['ok', 'high', 'full']);
  });
});

describe('Connect', () => {
  const withHttpTaken = status({
    receivers: status().receivers.map((receiver) =>
      receiver.protocol === 'http' ? { ...receiver, state: 'taken' } : receiver,
    ),
  });

  it('points to the real HTTP port', () => {
    expect(endpointOf(status())).toEqual({
      url: 'http://localhost:14318',
      protocol: 'http/protobuf',
    });
  });

  it('points to gRPC when only that is open', () => {
    expect(endpointOf(withHttpTaken)).toEqual({ url: 'http://localhost:14317', protocol: 'grpc' });
  });

  it('says when other computers can send', () => {
    const open = status({
      receivers: status().receivers.map((receiver) => ({ ...receiver, hosts: ['0.0.0.0'] })),
    });
    expect(readinessOf(status()).line).toBe('Listening on this computer only.');
    expect(readinessOf(open).line).toContain('other computers');
  });

  it('ticks only steps that happened', () => {
    expect(stepsOf(undefined)).toEqual({ isUp: false, hasSender: false, hasTrace: false });
    const counts = { ...status().counts, services: 1 };
    expect(stepsOf(status({ counts }))).toEqual({ isUp: true, hasSender: true, hasTrace: false });
  });

  it('writes the variables for each shell', () => {
    const endpoint = endpointOf(status());
    expect(variableLines('sh', endpoint)[0]).toBe(
      'export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:14318',
    );
    expect(variableLines('PowerShell', endpoint)[1]).toBe(
      '$env:OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"',
    );
    expect(variableLines('.env', endpoint)[2]).toBe('OTEL_BSP_SCHEDULE_DELAY=200');
  });

  it('configures a Collector exporter for the open protocol', () => {
    expect(collectorLines(endpointOf(status())).join('\n')).toContain(
      'otlphttp/flametail:\n    endpoint: http://localhost:14318',
    );
    expect(collectorLines(endpointOf(withHttpTaken)).join('\n')).toContain(
      'otlp/flametail:\n    endpoint: localhost:14317',
    );
  });

  it('loses no character of a line when it colours it', () => {
    const lines = [
      'export A=b  # why',
      '$env:A = "b c"  # why',
      'NODE_OPTIONS="--require x" \\',
      '# only a remark',
      'npm start',
    ];
    for (const line of lines) {
      const pieces = highlightLine(line);
      expect(pieces.map(({ text }) => text).join('')).toBe(line);
    }
  });

  it('replaces a repeated line and keeps the newest lines', () => {
    const entry = (ordinal: number, repeats = 1): RequestEntry => ({
      ordinal,
      timeMs: 0,
      protocol: 'http',
      label: 'OK',
      outcome: 'ok',
      message: '',
      bytes: 0,
      items: 0,
      userAgent: '',
      repeats,
    });
    const merged = mergeRequests([entry(1), entry(2)], [entry(2, 5), entry(3)], false);
    expect(merged.map(({ ordinal, repeats }) => [ordinal, repeats])).toEqual([
      [1, 1],
      [2, 5],
      [3, 1],
    ]);
    expect(mergeRequests(merged, [entry(9)], true).map(({ ordinal }) => ordinal)).toEqual([9]);
    const many = Array.from({ length: 300 }, (_, ordinal) => entry(ordinal));
    expect(mergeRequests([], many, false).length).toBe(REQUEST_LIMIT);
  });
});

describe('metrics in words', () => {
  const row = (changes: Partial<MetricRow>): MetricRow => ({
    id: 1,
    name: 'm',
    description: '',
    unit: '',
    kind: 'gauge',
    monotonic: false,
    temporality: 'unspecified',
    service: 'a',
    scope: 's',
    seriesCount: 1,
    pointCount: 5,
    last: '0',
    lastMs: 0,
    isRate: false,
    ...changes,
  });

  it.each([
    [0.0241, 's', '24.1 ms'],
    [318e6, 'By', '318 MB'],
    [42, '%', '42.0%'],
    [17, '{request}', '17'],
    [0.42, '1', '0.42'],
    [21.5, 'Cel', '21.5 Cel'],
  ])('shows %d in %s as %s', (value, unit, text) => {
    expect(plain(formatValue(value, unit))).toBe(text);
  });

  it('shows rates of counters and means of histograms', () => {
    expect(currentValue(row({ last: '5.4', isRate: true, unit: '{attempt}' }))).toEqual({
      value: '5.4/s',
      about: 'attempt',
    });
    const { value, about } = currentValue(row({ last: 'count 1204, mean 0.0241', unit: 's' }));
    expect([plain(value), about]).toEqual(['24.1 ms', 'mean of 1,204 values']);
  });

  it('groups by service and scope in the order of the catalog', () => {
    const groups = groupMetrics([
      row({ service: 'a', scope: 'x' }),
      row({ service: 'b', scope: 'x' }),
      row({ service: 'a', scope: 'x' }),
    ]);
    expect(groups.map((group) => [group.service, group.metrics.map(({ index }) => index)])).toEqual(
      [
        ['a', [0, 2]],
        ['b', [1]],
      ],
    );
  });

  it('starts a sparkline at zero unless its values hardly vary', () => {
    expect(sparkScale(Float32Array.of(5, 10, NaN)).low).toBe(0);
    expect(sparkScale(Float32Array.of(100, 101)).low).toBeGreaterThan(90);
    expect(sparkScale(Float32Array.of(-5, 5)).low).toBe(-5);
  });

  it('only grows a scale that is known', () => {
    const known = { low: 0, high: 100 };
    expect(sparkScale(Float32Array.of(0, 10), known)).toEqual(known);
    expect(sparkScale(Float32Array.of(NaN), known)).toEqual(known);
  });
});

describe('files', () => {
  it('names a capture by its time and form', () => {
    const at = new Date(2026, 6, 31, 4, 2, 5);
    expect(captureFileName(at, 'otlp.jsonl', true)).toBe('flametail-20260731-040205.otlp.jsonl.gz');
  });

  it('asks the API for what was chosen', () => {
    const choice = { fileName: 'x', format: 'otlp.pb', gzip: true } as const;
    const selection = { type: 'traces', traceIds: ['a', 'b'] };
    expect(exportQuery({ ...choice, selection }).toString()).toBe('format=otlp.pb.gz&ids=a%2Cb');
  });

  it('asks the API for a filter with its brush', () => {
    const filter = { text: 'a', services: [], notServices: [] };
    const brush = { fromNs: '1', toNs: '2', minNs: 0, maxNs: 5 };
    const selection = { type: 'filter', signal: 'traces', filter, brush };
    const choice = { fileName: 'x', format: 'otlp.pb', gzip: false, selection } as const;
    expect(exportQuery(choice).get('brush')).toBe('1,2,0,5');
  });

  it('tells what an import brought', () => {
    expect(importMessage('a.jsonl', { spans: 1204, logRecords: 0 }, 0)).toBe(
      'a.jsonl: 1,204 spans.',
    );
    expect(importMessage('a.jsonl', {}, 2)).toBe('a.jsonl: nothing to read. 2 parts skipped.');
  });
});
