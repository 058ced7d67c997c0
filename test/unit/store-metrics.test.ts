import { describe, expect, it } from 'vitest';
import { SLOT_MASK, POINT_FLAG } from '../../electron/engine/store/schema.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import { METRIC_KIND } from '../../proto/otlp/signal.ts';
import { decodeRequest } from '../support/otlp/proto-root.ts';
import { EPOCH, openStore, takeGood } from '../support/store-bodies.ts';
import { gaugeBody, metricsBody } from '../support/store-metrics.ts';
import { checkStore, readAll } from '../support/store-text.ts';

/** "name: values of a series, oldest first" per series. */
function printSeries(store: Store): string[] {
  return store.metrics.entries.flatMap((metric) =>
    metric.series.map((series) => {
      const values: number[] = [];
      for (let row = store.metrics.seriesOf(series).lastPoint; row !== -1;) {
        const segment = store.points.at(row);
        values.unshift(segment.value[row & SLOT_MASK]);
        row = segment.previous[row & SLOT_MASK];
      }
      return `${metric.name}: ${values.join(' ')}`;
    }),
  );
}

/** What the export test reads of a request. */
interface Exported {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly gauge: { readonly dataPoints: readonly { readonly asInt: string }[] };
        readonly metadata?: readonly { readonly value: { readonly stringValue: string } }[];
      }[];
    }[];
  }[];
}

describe('data points', () => {
  it('are linked along their series', () => {
    const { store } = openStore();
    takeGood(store, 'metrics', gaugeBody(1, 10));
    takeGood(store, 'metrics', gaugeBody(2, 20));
    expect(takeGood(store, 'metrics', gaugeBody(1, 30))).toMatchObject({
      received: 2,
      accepted: 2,
    });
    expect(printSeries(store)).toEqual([
      'queue.length: 10 30',
      'queue.length: 20',
      'requests: 5 10 15',
    ]);
    expect(store.metrics.entries[0]).toMatchObject({
      unit: '{item}',
      kind: METRIC_KIND.gauge,
      pointCount: 3,
    });
    expect(store.metrics.entries[1]).toMatchObject({ temporality: 2, monotonic: true });
    expect(store.points.at(0).flags[0]).toBe(POINT_FLAG.isInt);
    checkStore(store);
  });

  it('of every kind have their sum and count', () => {
    const { store } = openStore();
    const times = { timeUnixNano: EPOCH + 5n, startTimeUnixNano: EPOCH };
    const body = metricsBody('svc', [
      {
        name: 'h',
        histogram: {
          aggregationTemporality: 1,
          dataPoints: [{ ...times, count: 3, sum: 1.5, bucketCounts: [1, 2], explicitBounds: [1] }],
        },
      },
      {
        name: 'e',
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [{ ...times, count: 4, sum: 2.5, scale: 3, positive: { bucketCounts: [4] } }],
        },
      },
      { name: 's', summary: { dataPoints: [{ ...times, count: 5, sum: 3.5 }] } },
      { name: 'none', gauge: { dataPoints: [{ ...times, flags: 1 }] } },
    ]);
    takeGood(store, 'metrics', body);
    const segment = store.points.at(0);
    expect([...segment.sampleCount.subarray(0, 4)]).toEqual([3, 4, 5, NaN]);
    expect([...segment.value.subarray(0, 4)]).toEqual([1.5, 2.5, 3.5, NaN]);
    expect(segment.flags[3]).toBe(POINT_FLAG.noRecordedValue);
    expect(store.metrics.entries.map(({ kind }) => kind)).toEqual([9, 10, 11, 5]);
  });

  it('are one series per resource and per attributes', () => {
    const { store } = openStore();
    takeGood(store, 'metrics', gaugeBody(1, 1, 'a'));
    takeGood(store, 'metrics', gaugeBody(1, 2, 'b'));
    expect(store.metrics.entries).toHaveLength(4);
    expect(printSeries(store)).toHaveLength(4);
  });

  it('of one metric name keep the newest description', () => {
    const { store } = openStore();
    const body = (description: string): Uint8Array =>
      metricsBody('svc', [{ name: 'm', description, gauge: { dataPoints: [{ asInt: 1 }] } }]);
    takeGood(store, 'metrics', body('first'));
    takeGood(store, 'metrics', body('second'));
    expect(store.metrics.entries.map(({ description }) => description)).toEqual(['second']);
  });

  it('take their series with them when they are evicted', () => {
    const { store } = openStore(4 << 20);
    const sent: number[] = [];
    for (let i = 0; store.counters().dataPoints.evicted < 20_000; i++) {
      takeGood(store, 'metrics', gaugeBody(i, i));
      sent.push(i);
    }
    checkStore(store);
    const [gauge, counter] = store.metrics.entries;
    expect(gauge.pointCount).toBe(gauge.series.length);
    expect(counter.series).toHaveLength(1);
    expect(counter.pointCount).toBe(store.metrics.seriesOf(counter.series[0]).pointCount);
    expect(printSeries(store).at(-1)).toBe(
      `requests: ${sent
        .slice(-counter.pointCount)
        .map((i) => i / 2)
        .join(' ')}`,
    );
    store.clear('metrics');
    expect(store.metrics.entries).toEqual([]);
    checkStore(store);
  });

  it('go back into their metrics when rows are exported', () => {
    const { store } = openStore();
    const body = gaugeBody(1, 10);
    takeGood(store, 'metrics', body);
    takeGood(store, 'metrics', gaugeBody(2, 20));
    expect(decodeRequest('metrics', store.rowsRequest('metrics', [0, 1]))).toEqual(
      decodeRequest('metrics', body),
    );
  });

  it('go back with the metadata that they came with', () => {
    const { store } = openStore();
    const metric = (name: string, value: number, ...metadata: string[]): object => ({
      name,
      gauge: { dataPoints: [{ timeUnixNano: EPOCH + BigInt(value), asInt: value }] },
      metadata: metadata.map((text) => ({ key: 'prometheus.type', value: { stringValue: text } })),
    });
    const body = metricsBody('svc', [metric('a', 1, 'gauge', 'info'), metric('b', 2)]);
    const later = metricsBody('svc', [metric('b', 3), metric('a', 4, 'unknown'), metric('a', 5)]);
    takeGood(store, 'metrics', gaugeBody(1, 10));
    takeGood(store, 'metrics', body);
    takeGood(store, 'metrics', later);
    const exported = decodeRequest('metrics', store.rowsRequest('metrics', [2, 3, 4, 5, 6]));
    const printed = (request: unknown): string[] => {
      const text = JSON.stringify(request, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      const { resourceMetrics } = JSON.parse(text) as Exported;
      return resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) =>
          metrics.map(({ name, gauge, metadata = [] }) =>
            [
              name,
              ...gauge.dataPoints.map((p) => p.asInt),
              ...metadata.map((m) => m.value.stringValue),
            ].join(' '),
          ),
        ),
      );
    };
    expect(printed(exported)).toEqual(['a 1 gauge info', 'b 2 3', 'a 4 unknown', 'a 5']);
  });

  it('with attributes in pieces are one series all the same', () => {
    const { store } = openStore();
    const attribute = [0x3a, 3, 0x0a, 1, 0x61];
    const other = [0x3a, 3, 0x0a, 1, 0x62];
    const time = [0x19, 1, 0, 0, 0, 0, 0, 0, 0];
    const points = [
      [...attribute, ...other, ...time],
      [...attribute, ...time, ...other],
    ];
    const gauge = points.flatMap((point) => [0x0a, point.length, ...point]);
    const metric = [0x0a, 1, 0x6d, 0x2a, gauge.length, ...gauge];
    const scope = [0x12, metric.length, ...metric];
    const resource = [0x12, scope.length, ...scope];
    takeGood(store, 'metrics', Uint8Array.from([0x0a, resource.length, ...resource]));
    expect(printSeries(store)).toEqual(['m: NaN NaN']);
  });

  it('of a retired kind are refused', () => {
    const { store } = openStore();
    // Metric { name: "m", int_gauge (4): { data_points: [{}] } }
    const metric = [0x0a, 1, 0x6d, 0x22, 2, 0x0a, 0];
    const scope = [0x12, metric.length, ...metric];
    const resource = [0x12, scope.length, ...scope];
    const body = Uint8Array.from([0x0a, resource.length, ...resource]);
    expect(takeGood(store, 'metrics', body)).toMatchObject({ accepted: 0, rejected: 1 });
    expect(readAll(store)).toEqual([]);
  });

  it('of a retired kind beside others are in no export', () => {
    for (const kind of [4, 6, 8]) {
      const { store } = openStore();
      // Two retired points, of a metric of their own and of one that has a gauge too.
      const retired = [(kind << 3) | 2, 4, 0x0a, 0, 0x0a, 0];
      const gauge = [0x2a, 2, 0x0a, 0];
      const requestOf = (...metrics: readonly (readonly number[])[]): Uint8Array => {
        const scope = metrics.flatMap((metric) => [0x12, metric.length, ...metric]);
        const resource = [0x12, scope.length, ...scope];
        return Uint8Array.from([0x0a, resource.length, ...resource]);
      };
      const name = [0x0a, 1, 0x6d];
      const body = requestOf([...name, ...retired], [...name, ...gauge, ...retired]);
      expect(takeGood(store, 'metrics', body)).toMatchObject({ accepted: 1, rejected: 4 });
      expect(store.counters().dataPoints).toMatchObject({ received: 5, kept: 1, rejected: 4 });
      expect(readAll(store)).toEqual([
        { signal: 'metrics', bytes: requestOf([...name, ...gauge]) },
      ]);
      checkStore(store);
    }
  });
});
