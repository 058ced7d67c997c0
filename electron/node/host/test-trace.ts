/**
 * The test trace of the Connect screen: a checkout across four services with one failed charge and
 * its retry, as OTLP JSON bodies with current times. Times are ns relative to the start.
 */
import { randomBytes } from 'node:crypto';

interface TestSpan {
  readonly id: string;
  readonly parent: string;
  readonly service: string;
  readonly name: string;
  /** OTLP span kind: 1 internal, 2 server, 3 client. */
  readonly kind: 1 | 2 | 3;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly exception?: { readonly type: string; readonly message: string };
}

interface TestLog {
  readonly span: string;
  readonly atMs: number;
  readonly severity: 'INFO' | 'WARN' | 'ERROR';
  readonly body: string;
}

const SPANS: readonly TestSpan[] = [
  {
    id: 'root',
    parent: '',
    service: 'test-storefront',
    name: 'POST /checkout',
    kind: 2,
    startMs: 0,
    endMs: 212,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/checkout',
      'http.response.status_code': 200,
    },
  },
  {
    id: 'cart',
    parent: 'root',
    service: 'test-storefront',
    name: 'load cart',
    kind: 1,
    startMs: 4,
    endMs: 31,
    attributes: { 'cart.items': 3 },
  },
  {
    id: 'cart-db',
    parent: 'cart',
    service: 'test-storefront',
    name: 'SELECT cart_items',
    kind: 3,
    startMs: 8,
    endMs: 27,
    attributes: {
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT sku, quantity FROM cart_items WHERE cart_id = $1',
    },
  },
  {
    id: 'stock',
    parent: 'root',
    service: 'test-inventory',
    name: 'Inventory/Reserve',
    kind: 2,
    startMs: 36,
    endMs: 74,
    attributes: { 'rpc.system.name': 'grpc', 'rpc.method': 'Inventory/Reserve' },
  },
  {
    id: 'charge-1',
    parent: 'root',
    service: 'test-payments',
    name: 'POST /charges',
    kind: 2,
    startMs: 79,
    endMs: 121,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/charges',
      'http.response.status_code': 502,
      'error.type': '502',
    },
    exception: { type: 'GatewayError', message: 'The card network closed the connection' },
  },
  {
    id: 'charge-2',
    parent: 'root',
    service: 'test-payments',
    name: 'POST /charges',
    kind: 2,
    startMs: 131,
    endMs: 184,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/charges',
      'http.response.status_code': 201,
    },
  },
  {
    id: 'card-network',
    parent: 'charge-2',
    service: 'test-payments',
    name: 'authorize card',
    kind: 3,
    startMs: 136,
    endMs: 179,
    attributes: { 'server.address': 'cards.example', 'server.port': 443 },
  },
  {
    id: 'order-db',
    parent: 'root',
    service: 'test-storefront',
    name: 'INSERT orders',
    kind: 3,
    startMs: 187,
    endMs: 199,
    attributes: {
      'db.system.name': 'postgresql',
      'db.query.text': 'INSERT INTO orders VALUES ($1)',
    },
  },
  {
    id: 'mail',
    parent: 'root',
    service: 'test-mailer',
    name: 'queue receipt',
    kind: 2,
    startMs: 201,
    endMs: 209,
    attributes: { 'messaging.system': 'test-queue' },
  },
];

const LOGS: readonly TestLog[] = [
  { span: 'root', atMs: 2, severity: 'INFO', body: 'Checkout started with 3 items' },
  {
    span: 'charge-1',
    atMs: 119,
    severity: 'ERROR',
    body: 'Charge failed: the card network closed the connection',
  },
  { span: 'root', atMs: 126, severity: 'WARN', body: 'Charge failed with 502, trying once more' },
  { span: 'root', atMs: 210, severity: 'INFO', body: 'Order placed' },
];

const SEVERITY_NUMBER = { INFO: 9, WARN: 13, ERROR: 17 } as const;
const LENGTH_MS = 212;

export interface TestTrace {
  readonly traceId: string;
  /** OTLP JSON bodies for /v1/traces and /v1/logs. */
  readonly traces: string;
  readonly logs: string;
}

/** Builds the test trace so that it ends at `nowMs` (ms since the Unix epoch). Ids are random. */
export function buildTestTrace(nowMs: number): TestTrace {
  const traceId = randomBytes(16).toString('hex');
  const ids = new Map(SPANS.map((span) => [span.id, randomBytes(8).toString('hex')]));
  const time = (ms: number): string => `${Math.round(nowMs) - LENGTH_MS + ms}000000`;
  const context: Context = { traceId, ids, time };
  const services = [...new Set(SPANS.map((span) => span.service))];
  const resourceSpans = services.map((service) => ({
    resource: resource(service),
    scopeSpans: [
      {
        scope: { name: 'flametail.test' },
        spans: SPANS.filter((span) => span.service === service).map((s) => spanJson(s, context)),
      },
    ],
  }));
  const resourceLogs = services.flatMap((service) => {
    const logs = LOGS.filter((log) => serviceOf(log.span) === service);
    if (logs.length === 0) return [];
    const logRecords = logs.map((log) => logJson(log, context));
    return [
      {
        resource: resource(service),
        scopeLogs: [{ scope: { name: 'flametail.test' }, logRecords }],
      },
    ];
  });
  return {
    traceId,
    traces: JSON.stringify({ resourceSpans }),
    logs: JSON.stringify({ resourceLogs }),
  };
}

interface Context {
  readonly traceId: string;
  readonly ids: ReadonlyMap<string, string>;
  time(ms: number): string;
}

function serviceOf(spanId: string): string | undefined {
  return SPANS.find((span) => span.id === spanId)?.service;
}

function resource(service: string): unknown {
  return { attributes: attributes({ 'service.name': service, 'telemetry.sdk.name': 'flametail' }) };
}

function attributes(values: Readonly<Record<string, string | number>>): unknown[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));
}

function spanJson(span: TestSpan, { traceId, ids, time }: Context): unknown {
  const { exception } = span;
  return {
    traceId,
    spanId: ids.get(span.id),
    parentSpanId: ids.get(span.parent) ?? '',
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: time(span.startMs),
    endTimeUnixNano: time(span.endMs),
    attributes: attributes(span.attributes),
    ...(exception === undefined
      ? {}
      : {
          status: { code: 2, message: exception.message },
          events: [
            {
              timeUnixNano: time(span.endMs - 1),
              name: 'exception',
              attributes: attributes({
                'exception.type': exception.type,
                'exception.message': exception.message,
              }),
            },
          ],
        }),
  };
}

function logJson(log: TestLog, { traceId, ids, time }: Context): unknown {
  return {
    timeUnixNano: time(log.atMs),
    observedTimeUnixNano: time(log.atMs),
    severityNumber: SEVERITY_NUMBER[log.severity],
    severityText: log.severity,
    body: { stringValue: log.body },
    traceId,
    spanId: ids.get(log.span),
  };
}
