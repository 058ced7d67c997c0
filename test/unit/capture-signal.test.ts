import { describe, expect, it } from 'vitest';
import { SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import { classifyRequest } from '../../electron/node/capture/request-signal.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

function classify(signal: Signal, item: object): string {
  const [resources, scopes, items] = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
    profiles: ['resourceProfiles', 'scopeProfiles', 'profiles'],
  }[signal] as [string, string, string];
  const request = { [resources]: [{ [scopes]: [{ [items]: [item] }] }] };
  const classified = classifyRequest(encodeRequest(signal, request));
  return classified.type === 'signal' ? classified.signal : classified.type;
}

const traceId = Buffer.alloc(16, 7);
const spanId = Buffer.alloc(8, 9);

describe('telling the signal of a protobuf request', () => {
  it('knows a span by its ids and times', () => {
    expect(classify('traces', { traceId, spanId, name: 'GET /' })).toBe('traces');
    expect(classify('traces', { startTimeUnixNano: '1', endTimeUnixNano: '2' })).toBe('traces');
  });

  it('knows a log record by its times, severity, ids or body', () => {
    expect(classify('logs', { timeUnixNano: '1' })).toBe('logs');
    expect(classify('logs', { observedTimeUnixNano: '1', body: { stringValue: 'x' } })).toBe(
      'logs',
    );
    expect(classify('logs', { severityNumber: 9 })).toBe('logs');
    expect(classify('logs', { body: { stringValue: 'connection refused' } })).toBe('logs');
    expect(classify('logs', { attributes: [{ key: 'a', value: { intValue: '1' } }] })).toBe('logs');
    expect(classify('logs', { traceId, spanId })).toBe('logs');
  });

  it('knows a metric of every kind by its data', () => {
    const point = { timeUnixNano: '5' };
    const dataPoints = [{ ...point, asDouble: 1 }];
    expect(classify('metrics', { name: 'a', gauge: { dataPoints } })).toBe('metrics');
    expect(classify('metrics', { name: 'b', sum: { dataPoints, aggregationTemporality: 2 } })).toBe(
      'metrics',
    );
    expect(classify('metrics', { name: 'c', histogram: { dataPoints: [point] } })).toBe('metrics');
    expect(classify('metrics', { name: 'd', exponentialHistogram: { dataPoints: [point] } })).toBe(
      'metrics',
    );
    expect(classify('metrics', { name: 'e', summary: { dataPoints: [point] } })).toBe('metrics');
  });

  it('is not fooled by a metric whose name and description are as long as ids', () => {
    const metric = { name: 'x'.repeat(16), description: 'y'.repeat(8), unit: 's' };
    const dataPoints = [{ timeUnixNano: '5', asInt: '3' }];
    expect(classify('metrics', { ...metric, gauge: { dataPoints } })).toBe('metrics');
    expect(classify('metrics', { ...metric, sum: { dataPoints } })).toBe('metrics');
  });

  it('knows profiles by their dictionary', () => {
    const request = { resourceProfiles: [], dictionary: { stringTable: ['', 'cpu'] } };
    expect(classifyRequest(encodeRequest('profiles', request))).toEqual({
      type: 'signal',
      signal: 'profiles',
    });
  });

  it('finds nothing to import in a request without items', () => {
    expect(classifyRequest(new Uint8Array())).toEqual({ type: 'empty' });
    expect(classifyRequest(encodeRequest('traces', { resourceSpans: [{}] }))).toEqual({
      type: 'empty',
    });
  });

  it('does not guess when an item says nothing', () => {
    expect(classify('traces', {})).toBe('unknown');
    expect(classify('traces', { name: 'only a name' })).toBe('unknown');
  });

  it('does not take the parts of a profile for data of a metric', () => {
    expect(classify('profiles', { attributeIndices: [10, 0] })).toBe('unknown');
    expect(classify('profiles', { periodType: { unitStrindex: 3 } })).not.toBe('metrics');
    expect(classify('profiles', { periodType: {}, timeUnixNano: '5' })).toBe('profiles');
  });

  it('never throws on bytes that are no request', () => {
    expect(classifyRequest(Buffer.from([0x0a, 0xff])).type).toBe('unknown');
    expect(classifyRequest(Buffer.from('hello, world')).type).toBe('unknown');
  });

  it('classifies random requests of every signal right, or not at all', () => {
    const seed = Date.now() >>> 0;
    const random = seededRandom(seed);
    const told = { traces: 0, logs: 0, metrics: 0, profiles: 0 };
    for (let round = 0; round < 400; round++) {
      for (const signal of SIGNALS) {
        const bytes = encodeRequest(signal, randomRequest(signal, random));
        const classified = classifyRequest(bytes);
        if (classified.type !== 'signal') continue;
        expect(classified.signal, `seed ${seed}, round ${round}`).toBe(signal);
        told[signal]++;
      }
    }
    // Many random requests hold no items at all.
    for (const signal of SIGNALS) expect(told[signal], `seed ${seed}`).toBeGreaterThan(20);
  });
});
