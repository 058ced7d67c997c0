/**
 * OTLP/JSON export requests as SDKs write them: compact, keys in one order, 64-bit integers as text,
 * zeros and empty lists written out.
 */
import { seeded } from '../../support/span-bodies.ts';

export type JsonSignal = 'traces' | 'logs' | 'metrics';

type Random = () => number;

const NOW_NS = 1_704_067_200_000_000_000n;
const SPANS_PER_TRACE = 32;

/** One request of `items` spans, log records or data points. */
export function jsonBody(signal: JsonSignal, items: number, seed: number): Uint8Array {
  const random = seeded(seed);
  const resource = {
    attributes: [
      text('service.name', `load-${seed % 8}`),
      text('service.instance.id', `load-${seed % 8}-1`),
    ],
    droppedAttributesCount: 0,
  };
  const scope = { name: 'load', version: '1.0.0' };
  return Buffer.from(JSON.stringify(request(signal, resource, scope, items, random)));
}

function request(
  signal: JsonSignal,
  resource: object,
  scope: object,
  items: number,
  random: Random,
): object {
  switch (signal) {
    case 'traces': {
      const made = spans(items, random);
      return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: made }] }] };
    }
    case 'logs': {
      const logRecords = Array.from({ length: items }, (_, i) => logRecord(i, random));
      return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] };
    }
    case 'metrics': {
      const metrics = [sum(items / 2, random), histogram(items / 2, random)];
      return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
    }
  }
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function hex(bytes: number, random: Random): string {
  const digits = Array.from({ length: bytes * 2 }, () => Math.floor(random() * 16).toString(16));
  return digits.join('');
}

function timeOf(random: Random): bigint {
  return NOW_NS + BigInt(Math.floor(random() * 5e9));
}

function spans(items: number, random: Random): object[] {
  let traceId = '';
  let rootId = '';
  return Array.from({ length: items }, (_, i) => {
    const start = timeOf(random);
    const spanId = hex(8, random);
    const isRoot = i % SPANS_PER_TRACE === 0;
    if (isRoot) {
      traceId = hex(16, random);
      rootId = spanId;
    }
    return {
      traceId,
      spanId,
      ...(isRoot ? {} : { parentSpanId: rootId }),
      name: ['GET /api/cart', 'SELECT stock', 'POST /charges', 'validate', 'render'][i % 5],
      kind: 1 + (i % 5),
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(Math.floor(random() * 2e8))),
      attributes: [
        text('http.request.method', random() < 0.7 ? 'GET' : 'POST'),
        text('url.full', `http://shop.local/api/products/${Math.floor(random() * 10_000)}`),
        { key: 'http.response.status_code', value: { intValue: random() < 0.95 ? 200 : 503 } },
        text('server.address', 'shop.local'),
        text('user.id', `u_${Math.floor(random() * 100_000)}`),
        text('db.query.text', 'SELECT sku, on_hand FROM stock WHERE sku = $1 FOR UPDATE'),
        { key: 'order.total', value: { doubleValue: random() * 100 } },
        { key: 'cache.hit', value: { boolValue: random() < 0.5 } },
      ],
      droppedAttributesCount: 0,
      events: [],
      droppedEventsCount: 0,
      status: { code: random() < 0.02 ? 2 : 0 },
      links: [],
      droppedLinksCount: 0,
    };
  });
}

function logRecord(index: number, random: Random): object {
  const timeUnixNano = String(timeOf(random));
  return {
    timeUnixNano,
    observedTimeUnixNano: timeUnixNano,
    severityNumber: [5, 9, 9, 9, 13, 17][Math.floor(random() * 6)],
    severityText: 'INFO',
    body: {
      stringValue: `request ${Math.floor(random() * 1e6)} handled in ${Math.floor(random() * 900)} ms`,
    },
    attributes: [
      text('http.request.method', 'GET'),
      text('url.path', `/api/products/${Math.floor(random() * 10_000)}`),
      text('thread.name', `worker-${Math.floor(random() * 16)}`),
      text('code.function.name', 'com.example.shop.Checkout.handle'),
    ],
    droppedAttributesCount: 0,
    ...(index % 4 === 0 ? {} : { flags: 1, traceId: hex(16, random), spanId: hex(8, random) }),
  };
}

function pointHead(random: Random): object {
  return {
    attributes: [
      text('http.request.method', 'GET'),
      text('http.route', `/api/products/${Math.floor(random() * 10_000)}`),
      text('server.address', `shop-${Math.floor(random() * 100)}.local`),
      text('network.protocol.version', '1.1'),
    ],
    startTimeUnixNano: String(NOW_NS),
    timeUnixNano: String(timeOf(random)),
  };
}

function sum(points: number, random: Random): object {
  return {
    name: 'http.server.traffic',
    description: 'Something that a server counts',
    unit: 'By',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: Array.from({ length: points }, () => ({
        ...pointHead(random),
        asDouble: random() * 1000,
      })),
    },
  };
}

const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

function histogram(points: number, random: Random): object {
  return {
    name: 'http.server.request.duration',
    description: 'How long a server takes',
    unit: 'ms',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: Array.from({ length: points }, () => {
        const bucketCounts = Array.from({ length: BOUNDS.length + 1 }, () =>
          Math.floor(random() * 50),
        );
        return {
          ...pointHead(random),
          count: bucketCounts.reduce((total, count) => total + count, 0),
          sum: random() * 1e6,
          bucketCounts,
          explicitBounds: BOUNDS,
          min: random(),
          max: random() * 1e4,
        };
      }),
    },
  };
}
