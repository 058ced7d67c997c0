/**
 * One trace with a span for every convention that the span panel recognises, in current and retired
 * names. `PANELS` lists the spans by id, with what each shows.
 */
import { FAILURES } from '../../demo/failures.mjs';
import { MODEL_CALLS } from './model-calls.mjs';
import { spanIdOf, TraceBuilder, traceIdOf } from './telemetry.mjs';

const SQL =
  "SELECT sku, on_hand, reserved FROM stock s LEFT JOIN depots d ON d.id = s.depot_id WHERE s.sku IN ($1, $2, $3) AND d.name = 'north' ORDER BY sku FOR UPDATE SKIP LOCKED";

/** Spans in the order they run: id, what the picture is called, and the span. */
const SPANS = [
  {
    id: 'http-client',
    title: 'HTTP call that was sent again and failed',
    service: 'payments',
    name: 'POST',
    kind: 'client',
    attributes: {
      'http.request.method': 'POST',
      'url.full': "http://psp.bakery.local:9090/v1/charges?note=it's%20due",
      'http.response.status_code': 503,
      'http.request.body.size': 412,
      'http.response.body.size': 18_204,
      'http.request.resend_count': 2,
      'http.request.header.content-type': ['application/json'],
      'http.request.header.accept': ['application/json', 'text/plain'],
      'http.response.header.retry-after': ['2'],
      'server.address': 'psp.bakery.local',
      'server.port': 9090,
      'network.protocol.version': '1.1',
      'error.type': '503',
    },
    error: '',
  },
  {
    id: 'http-server',
    title: 'HTTP request served',
    service: 'checkout',
    name: 'POST /v1/orders/{id}',
    kind: 'server',
    ok: true,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/v1/orders/{id}',
      'url.scheme': 'https',
      'url.path': '/v1/orders/8812',
      'url.query': 'dry_run=true',
      'server.address': 'shop.bakery.local',
      'server.port': 443,
      'client.address': '10.1.4.9',
      'http.response.status_code': 404,
      'http.response.body.size': 96,
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/143.0',
    },
  },
  {
    id: 'http-retired',
    title: 'HTTP call in retired names',
    service: 'storefront',
    name: 'HTTP GET',
    kind: 'client',
    attributes: {
      'http.method': 'GET',
      'http.scheme': 'http',
      'http.host': 'stock.bakery.local:8080',
      'http.target': '/api/stock?sku=rye-500',
      'http.status_code': 200,
      'http.flavor': '1.1',
      'http.response_content_length': 1204,
      'net.peer.name': 'stock.bakery.local',
      'net.peer.port': 8080,
      'net.peer.ip': '10.1.4.17',
      'net.transport': 'ip_tcp',
    },
  },
  {
    id: 'sql',
    title: 'SQL with parameters and rows',
    service: 'inventory',
    name: 'SELECT stock',
    kind: 'client',
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': 'bakery_dev',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'stock',
      'db.query.text': SQL,
      'db.query.parameter.0': 'sourdough-800',
      'db.query.parameter.1': 'rye-500',
      'db.query.parameter.2': 'brioche-6',
      'db.response.returned_rows': 3,
      'server.address': 'db.bakery.local',
      'server.port': 5432,
      'code.function.name': 'dev.bakery.inventory.ReservationService.reserve',
      'code.file.path': 'ReservationService.java',
      'code.line.number': 118,
    },
  },
  ...[0, 1, 2, 3, 4, 5].map((line) => ({
    id: `repeated-${line}`,
    ...(line === 0 && { title: 'A query that one trace repeats' }),
    service: 'checkout',
    name: 'INSERT order_lines',
    kind: 'client',
    attributes: {
      'db.system': 'postgresql',
      'db.name': 'bakery_dev',
      'db.statement':
        'INSERT INTO order_lines (order_id, sku, qty, unit_price) VALUES ($1, $2, $3, $4) RETURNING id',
      'db.sql.table': 'order_lines',
      'net.peer.name': 'db.bakery.local',
    },
  })),
  {
    id: 'mongo',
    title: 'MongoDB',
    service: 'catalog',
    name: 'find products',
    kind: 'client',
    attributes: {
      'db.system.name': 'mongodb',
      'db.namespace': 'catalog',
      'db.operation.name': 'find',
      'db.collection.name': 'products',
      'db.query.text':
        '{"find":"products","filter":{"tags":{"$in":["rye","?"]},"price":{"$lt":"?"},"active":true},"sort":{"rank":1},"limit":20}',
      'db.response.returned_rows': 20,
      'server.address': 'mongo.bakery.local',
      'server.port': 27017,
    },
  },
  {
    id: 'redis',
    title: 'Redis',
    service: 'cart',
    name: 'HGETALL cart:*',
    kind: 'client',
    attributes: {
      'db.system': 'redis',
      'db.statement': 'HGETALL cart:8812:lines',
      'db.redis.database_index': 2,
      'net.peer.name': 'redis.bakery.local',
      'net.peer.port': 6379,
    },
  },
  {
    id: 'rpc',
    title: 'RPC that failed',
    service: 'cart',
    name: 'bakery.cart.v1.CartService/GetCart',
    kind: 'client',
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': 'bakery.cart.v1.CartService',
      'rpc.method': 'GetCart',
      'rpc.grpc.status_code': 4,
      'rpc.request.metadata.x-tenant': ['north'],
      'server.address': 'cart.bakery.local',
      'server.port': 50_051,
    },
    error: 'deadline exceeded after 250 ms',
  },
  {
    id: 'messaging-send',
    title: 'A message sent',
    service: 'checkout',
    name: 'send orders.created',
    kind: 'producer',
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': 'orders.created',
      'messaging.destination.partition.id': '3',
      'messaging.kafka.offset': 88_120,
      'messaging.message.id': 'm-4471',
      'messaging.message.body.size': 2311,
    },
  },
  {
    id: 'messaging-batch',
    title: 'A batch with links to where its messages came from',
    service: 'mailer',
    name: 'process orders.created',
    kind: 'consumer',
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'orders.created',
      'messaging.consumer.group.name': 'mailer',
      'messaging.batch.message_count': 4,
    },
    links: (trace) => [
      { traceId: trace.traceId, spanId: trace.spanId('messaging-send') },
      {
        traceId: traceIdOf('shop 3'),
        spanId: spanIdOf('shop 3/publish'),
        attributes: { 'messaging.message.id': 'm-4470' },
      },
      {
        traceId: traceIdOf('never sent'),
        spanId: spanIdOf('never sent'),
        attributes: { 'messaging.message.id': 'm-4402' },
        droppedAttributesCount: 2,
      },
    ],
  },
  {
    id: 'faas',
    title: 'A cold function',
    service: 'labels',
    name: 'render-label',
    kind: 'client',
    attributes: {
      'faas.invoked_name': 'render-label',
      'faas.invoked_provider': 'aws',
      'faas.trigger': 'http',
      'faas.coldstart': true,
      'faas.invocation_id': 'af9d5aa4-a685-4c5f-a22b-444f80b3cc28',
    },
  },
  {
    id: 'flags',
    title: 'Feature flags',
    service: 'storefront',
    name: 'choose theme',
    attributes: {},
    events: [
      {
        name: 'feature_flag.evaluation',
        attributes: {
          'feature_flag.key': 'summer-theme',
          'feature_flag.provider.name': 'flagd',
          'feature_flag.result.variant': 'on',
          'feature_flag.result.reason': 'targeting_match',
          'feature_flag.context.id': 'user-17',
        },
      },
      {
        name: 'feature_flag',
        attributes: {
          'feature_flag.key': 'express-checkout',
          'feature_flag.provider_name': 'flagd',
          'feature_flag.variant': 'off',
        },
      },
    ],
  },
  {
    id: 'vitals',
    title: 'Web vitals',
    service: 'storefront',
    name: 'page vitals',
    attributes: { 'session.id': 's-88' },
    events: [
      ['lcp', 2140],
      ['cls', 0.27],
      ['inp', 96],
      ['ttfb', 1204],
    ].map(([name, value]) => ({
      name: 'browser.web_vital',
      attributes: { 'browser.web_vital.name': name, 'browser.web_vital.value': value },
    })),
  },
  ...MODEL_CALLS,
  {
    id: 'attributes',
    title: 'Attributes of every type',
    service: 'checkout',
    name: 'price basket',
    attributes: [
      ['order.id', 8812],
      ['order.total', 48.6],
      ['order.paid', true],
      ['order.tier', 'wholesale'],
      ['order.tier', 'retail'],
      ['order.note', ''],
      ['order.coupon', null],
      ['order.signature', { bytes: 'AAECAwQFBgcICQoLDA0ODw==' }],
      ['order.skus', ['rye-500', 'brioche-6', 'pretzel-4']],
      ['order.address', { street: 'Mill Lane 4', geo: { lat: 53.55, lon: 9.99 }, floors: [1, 2] }],
      [
        'order.json',
        '{"lines":[{"sku":"rye-500","qty":4},{"sku":"brioche-6","qty":2}],"gift":false}',
      ],
      ['order.big', 9007199254740993n.toString()],
      ['a.very.long.attribute.name.that.does.not.fit.its.column', 'value'],
      ['page', '<main>0123456789</main>\n'.repeat(41_667)],
    ],
    fields: { droppedAttributesCount: 3, droppedEventsCount: 12, droppedLinksCount: 1 },
  },
  {
    id: 'logs',
    title: 'Log records on the time of the span',
    service: 'checkout',
    name: 'charge',
    attributes: { 'psp.merchant': 'brot-und-butter', 'psp.amount': 48.6, retryable: true },
  },
  ...FAILURES.map(({ language, type, message, stack }, at) => ({
    id: `failure-${language}`,
    title: `An exception of ${language}`,
    service: `baker-${language}`,
    name: 'bake',
    attributes: {},
    error: message,
    exception: {
      // Older SDKs send a span event, newer ones a log record, and in between both.
      isEvent: at % 3 !== 1,
      isLog: at % 3 !== 0,
      attributes: {
        'exception.type': type,
        'exception.message': message,
        'exception.stacktrace': stack,
      },
    },
  })),
];

/** Pictures of the panel: the span's id and what it shows. */
export const PANELS = SPANS.filter(({ title }) => title !== undefined).map(({ id, title }) => ({
  id,
  title,
}));

/** Services of this trace that are no Node.js. */
export const CONVENTION_SERVICES = {
  checkout: { language: 'go', version: '1.14.0', scope: 'go.opentelemetry.io/otel' },
  inventory: { language: 'java', version: '3.2.0', scope: 'io.opentelemetry.jdbc' },
  payments: { language: 'python', version: '2.0.1', scope: 'opentelemetry.instrumentation.httpx' },
  risk: { language: 'python', version: '2.2.0', scope: 'opentelemetry.instrumentation.ollama' },
  storefront: { language: 'webjs', version: '5.0.0' },
  ...Object.fromEntries(
    ['nodejs', 'python', 'java', 'dotnet', 'go', 'ruby', 'php', 'rust'].map((language) => [
      `baker-${language}`,
      { language },
    ]),
  ),
};

const STEP_MS = 40;

/** The trace; `startNs` is when it began. */
export function conventionsTrace(startNs) {
  const trace = new TraceBuilder('conventions', startNs);
  trace.add('storefront', 'nightly review', 0, SPANS.length * STEP_MS + 20);
  SPANS.forEach((span, at) => {
    const from = 10 + at * STEP_MS;
    const to = from + (span.lengthMs ?? STEP_MS - 6);
    const { service, name, exception, events = [], links, ...more } = span;
    const failure = exception?.isEvent
      ? [{ ms: to - 2, name: 'exception', attributes: exception.attributes }]
      : [];
    trace.add(service, name, from, to, {
      ...more,
      parent: 'nightly review',
      events: [
        ...events.map((event, place) => ({
          ms: from + (event.after ?? 5 * (place + 1)),
          ...event,
        })),
        ...failure,
      ],
      links: links?.(trace) ?? [],
    });
    if (exception?.isLog === true) {
      const { attributes } = exception;
      trace.log(service, span.id, to - 2, 'error', attributes['exception.message'], { attributes });
    }
    for (const { after, level = 'info', body, ...rest } of span.logs ?? []) {
      trace.log(service, span.id, from + after, level, body, rest);
    }
  });
  addLogs(trace);
  return trace;
}

function addLogs(trace) {
  const from = 10 + SPANS.findIndex(({ id }) => id === 'logs') * STEP_MS;
  const at = (line) => ({
    attributes: {
      'code.file.path': '/src/checkout/internal/pay/charge.go',
      'code.line.number': line,
      'code.function.name': 'pay.(*Client).Charge',
    },
  });
  trace.log('checkout', 'logs', from + 1, 'debug', 'charging order 8812', at(41));
  trace.log('checkout', 'logs', from + 6, 'info', 'psp answered 503, waiting 10 ms', at(63));
  trace.log('checkout', 'logs', from + 17, 'warn', 'second attempt of 3', at(66));
  trace.log(
    'checkout',
    'logs',
    from + 29,
    'error',
    'charge was declined: insufficient funds',
    at(80),
  );
  trace.log('checkout', 'logs', from + 41, 'info', 'written after the span had ended');
}
