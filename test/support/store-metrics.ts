/** Metric requests for store tests. */
import { encodeRequest } from './otlp/proto-root.ts';
import { EPOCH } from './store-bodies.ts';

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });

/** One point of a gauge in one of many series, and one of a counter in a single one. */
export function gaugeBody(series: number, value: number, service = 'svc'): Uint8Array {
  return metricsBody(service, [
    {
      name: 'queue.length',
      unit: '{item}',
      gauge: {
        dataPoints: [
          {
            timeUnixNano: EPOCH + BigInt(value),
            asInt: value,
            attributes: [text('queue', `q${series}`), text('padding', 'x'.repeat(300))],
          },
        ],
      },
    },
    {
      name: 'requests',
      unit: '1',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ timeUnixNano: EPOCH + BigInt(value), asDouble: value / 2 }],
      },
    },
  ]);
}

/** A request of these Metric messages under one resource and scope. */
export function metricsBody(service: string, metrics: readonly object[]): Uint8Array {
  return encodeRequest('metrics', {
    resourceMetrics: [
      {
        resource: { attributes: [text('service.name', service)] },
        scopeMetrics: [{ scope: { name: 'meter', version: '2' }, metrics }],
      },
    ],
  });
}
