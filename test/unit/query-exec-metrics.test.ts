import { describe, expect, it } from 'vitest';
import { compile } from '../../electron/engine/query/compile.ts';
import { openExport } from '../../electron/engine/query/export-reader.ts';
import { MetricMatcher } from '../../electron/engine/query/match-metrics.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { logsBody, openStore, spansBody, takeGood } from '../support/store-bodies.ts';

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });

function metricStore(): Store {
  const { store } = openStore();
  const resourceMetrics = ['eu', 'us'].map((region) => ({
    resource: {
      attributes: [text('service.name', `shop-${region}`), text('cloud.region', region)],
    },
    scopeMetrics: [
      {
        scope: { name: 'meter', attributes: [text('tier', region)] },
        metrics: [
          {
            name: `http.duration.${region}`,
            description: 'How long requests took',
            unit: 's',
            gauge: { dataPoints: [{ timeUnixNano: 1, asDouble: 1 }] },
          },
        ],
      },
    ],
  }));
  takeGood(store, 'metrics', encodeRequest('metrics', { resourceMetrics }));
  return store;
}

function names(store: Store, query: string): string[] {
  const compiled = compile({ text: query, services: [], notServices: [] }, 'metrics', RE2);
  if (!compiled.ok) throw new Error(compiled.error.message);
  const matcher = new MetricMatcher(store, compiled.query);
  return store.metrics.entries.filter((each) => matcher.matches(each)).map(({ name }) => name);
}

describe('a query of metrics', () => {
  const store = metricStore();
  const both = ['http.duration.eu', 'http.duration.us'];

  it.each([
    ['name:*.eu', ['http.duration.eu']],
    ['service:shop-us', ['http.duration.us']],
    ['scope:meter', both],
    ['scope.tier:eu', ['http.duration.eu']],
    ['cloud.region:eu', ['http.duration.eu']],
    ['resource.cloud.region!=eu', ['http.duration.us']],
    ['"REQUESTS took" -cloud.region~^u', ['http.duration.eu']],
    ['has:cloud.region (us or nowhere)', ['http.duration.us']],
    ['status:error', []],
    ['-trace.spans>1', both],
  ])('%s', (query, expected) => {
    expect(names(store, query)).toEqual(expected);
  });
});

describe('an export by query', () => {
  const clock = { nowMs: () => 0, ticksMs: () => 0 };
  const requests = (store: Store, signal: 'traces' | 'logs', query: string): number => {
    const filter = { text: query, services: [], notServices: [] };
    const reader = openExport(store, clock, RE2, { type: 'filter', signal, filter });
    let count = 0;
    for (let next = reader.next(); next !== null; next = reader.next()) {
      if (next !== 'searching') count++;
    }
    return count;
  };

  it('has the whole traces and the log records that match', () => {
    const { store } = openStore();
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, status: 2 }]));
    takeGood(store, 'logs', logsBody([{ severity: 17 }, { severity: 9 }]));
    expect(requests(store, 'traces', 'status:error')).toBe(1);
    expect(requests(store, 'traces', 'status:ok')).toBe(0);
    expect(requests(store, 'logs', 'level:error')).toBe(1);
  });

  it('says what is wrong with a query when it is read', () => {
    const { store } = openStore();
    expect(() => requests(store, 'logs', 'level:loud')).toThrow(
      /wrong at character 7: level is one/,
    );
  });
});
