/**
 * Orders of the bakery: many traces of one shape with seeded times, so that lists, strips and merged
 * flames have something to show. Orders after `CHANGE` run a build whose charge is slower.
 */
import { TraceBuilder } from './telemetry.mjs';

export const SHOP_SERVICES = {
  'storefront-web': { language: 'webjs', version: '5.0.0' },
  'api-gateway': { language: 'nodejs', version: '2.3.1' },
  checkout: { language: 'go', version: '1.14.0' },
  cart: { language: 'dotnet', version: '1.9.0' },
  inventory: { language: 'java', version: '3.2.0' },
  payments: { language: 'python', version: '2.0.1' },
  risk: { language: 'python', version: '2.2.0' },
  mailer: { language: 'ruby', version: '0.9.4' },
};

/** Orders, and the first one of the slower build. */
export const ORDERS = 260;
export const CHANGE = 150;
/** Between two orders. */
export const GAP_MS = 3000;

/** A generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const db = (system, query, rows) => ({
  kind: 'client',
  attributes: {
    'db.system.name': system,
    'db.namespace': 'bakery_dev',
    'db.query.text': query,
    ...(rows !== undefined && { 'db.response.returned_rows': rows }),
    'server.address': `${system}.bakery.local`,
  },
});

const http = (method, url, status) => ({
  'http.request.method': method,
  'url.full': url,
  'http.response.status_code': status,
});

/** Whether an order is charged twice, because the first attempt fails. */
export const isRetried = (number) => seeded(number * 7919)() < 0.09;

/** One order; `startNs` is when it began. */
export function order(number, startNs) {
  const random = seeded(number * 7919);
  const trace = new TraceBuilder(`shop ${number}`, startNs);
  const hasFailed = random() < 0.09; // As isRetried has it.
  const slow = (number >= CHANGE ? 1.55 : 1) * (random() < 0.04 ? 2.4 : 1);
  let at = 0;
  /** Lengths vary by a fifth. */
  const for_ = (ms) => ms * (0.8 + random() * 0.4);
  const span = (service, name, from, to, parent, more = {}) =>
    trace.add(service, name, from, to, { parent, ...more });

  at += 12;
  const session = at + for_(24);
  span('api-gateway', 'session.verify', at, session, 'POST /api/checkout');
  span(
    'api-gateway',
    'GET session:*',
    at + 5,
    session - 6,
    'session.verify',
    db('redis', 'GET session:88'),
  );
  at = session + 8;
  const ordersFrom = at;
  const cartTo = at + for_(150);
  span('checkout', 'validateCart', at, cartTo, 'POST /v1/orders');
  span('cart', 'cart.CartService/GetCart', at + 6, at + 66, 'validateCart', {
    kind: 'client',
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': 'cart.CartService/GetCart',
      'rpc.grpc.status_code': 0,
    },
  });
  span(
    'cart',
    'HGETALL cart:*',
    at + 12,
    at + 21,
    'cart.CartService/GetCart',
    db('redis', 'HGETALL cart:8812'),
  );
  span('inventory', 'POST /reserve', at + 70, cartTo - 6, 'validateCart', { kind: 'server' });
  span(
    'inventory',
    'SELECT stock FOR UPDATE',
    at + 78,
    cartTo - 24,
    'POST /reserve',
    db(
      'postgresql',
      "SELECT sku, on_hand FROM stock WHERE sku IN ($1, $2) AND depot = 'north' FOR UPDATE",
      2,
    ),
  );
  at = cartTo + 6;
  const riskTo = at + for_(380);
  span('risk', 'POST /assess', at, riskTo, 'POST /v1/orders', { kind: 'server' });
  span('risk', 'embeddings nomic-embed-text', at + 4, at + 40, 'POST /assess', {
    attributes: {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.request.model': 'nomic-embed-text',
    },
  });
  span('risk', 'chat llama3.2:3b', at + 60, riskTo - 8, 'POST /assess', {
    kind: 'client',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ollama',
      'gen_ai.request.model': 'llama3.2:3b',
      'gen_ai.usage.input_tokens': 1142,
      'gen_ai.usage.output_tokens': 86,
    },
  });
  at = riskTo + 8;
  const chargeFrom = at;
  const attempts = hasFailed ? 2 : 1;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const failed = attempt < attempts || (hasFailed && random() < 0.5);
    const to = at + for_(210) * slow;
    const id = `POST /charges ${attempt}`;
    const error = failed ? { error: 'psp-sandbox did not answer within 200 ms' } : {};
    span('payments', 'POST /charges', at, to, 'charge', { id, kind: 'server', ...error });
    span('payments', 'psp.authorize', at + 4, to - 4, id, {
      id: `psp ${attempt}`,
      kind: 'client',
      attributes: {
        ...http('POST', 'http://localhost:9090/psp/authorize', failed ? 504 : 200),
        'psp.merchant': 'brot-und-butter',
        'psp.amount': 48.6,
        'order.tier': number % 3 === 0 ? 'wholesale' : 'retail',
      },
      events: failed
        ? [
            {
              ms: to - 6,
              name: 'exception',
              attributes: {
                'exception.type': 'httpx.ReadTimeout',
                'exception.message': 'psp-sandbox did not answer within 200 ms',
              },
            },
          ]
        : [],
      ...error,
    });
    trace.log(
      'payments',
      `psp ${attempt}`,
      at + 6,
      'debug',
      `authorize order ${8000 + number}, attempt ${attempt}`,
    );
    trace.log(
      'payments',
      `psp ${attempt}`,
      to - 5,
      failed ? 'error' : 'info',
      failed ? 'psp-sandbox did not answer within 200 ms' : 'authorized 48.60 EUR',
    );
    at = to + (attempt < attempts ? 100 : 6);
  }
  span('checkout', 'charge', chargeFrom - 4, at, 'POST /v1/orders');
  span('checkout', 'persistOrder', at + 4, at + 46, 'POST /v1/orders');
  for (let line = 0; line < 4; line++) {
    const from = at + 8 + line * 9;
    span('checkout', 'INSERT INTO order_lines', from, from + 6, 'persistOrder', {
      id: `line ${line}`,
      ...db('postgresql', 'INSERT INTO order_lines (order_id, sku, qty) VALUES ($1, $2, $3)'),
    });
  }
  at += 52;
  span('checkout', 'publish orders.created', at, at + 14, 'POST /v1/orders', {
    id: 'publish',
    kind: 'producer',
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'orders.created',
    },
  });
  span('mailer', 'process orders.created', at + 10, at + 49, 'publish', { kind: 'consumer' });
  at += 16;
  span('checkout', 'POST /v1/orders', ordersFrom - 4, at, 'POST /api/checkout', { kind: 'server' });
  span('api-gateway', 'POST /api/checkout', 8, at + 8, 'submit order', {
    kind: 'server',
    attributes: http('POST', 'http://localhost:3000/api/checkout', 200),
  });
  trace.add('storefront-web', 'submit order', 0, at + 24, {
    attributes: { 'session.id': `s-${number}`, 'app.build': number < CHANGE ? 4111 : 4127 },
  });
  trace.log(
    'api-gateway',
    'POST /api/checkout',
    9,
    'info',
    `POST /api/checkout from 10.1.4.${number % 250}`,
  );
  trace.log(
    'checkout',
    'persistOrder',
    at - 40,
    'info',
    `order ${8000 + number} stored with 4 lines`,
    { attributes: { 'order.id': 8000 + number } },
  );
  if (slow > 2)
    trace.log('payments', 'charge', at - 50, 'warn', 'psp-sandbox is slow, 3 calls in a queue');
  return trace;
}

/** A batch job of many spans, some below a parent that never arrives. */
export function nightlyJob(startNs) {
  const random = seeded(20_261);
  const trace = new TraceBuilder('nightly job', startNs);
  trace.add('checkout', 'settle the day', 0, 60_000);
  for (let batch = 0; batch < 60; batch++) {
    const from = batch * 990 + random() * 40;
    const parent = `batch ${batch}`;
    trace.add('checkout', 'settle batch', from, from + 940, {
      id: parent,
      parent: batch % 20 === 7 ? 'never sent' : 'settle the day',
    });
    for (let item = 0; item < 100; item++) {
      const start = from + 4 + item * 9.2;
      trace.add(
        item % 4 === 0 ? 'payments' : 'inventory',
        item % 4 === 0 ? 'psp.capture' : 'UPDATE stock',
        start,
        start + 3 + random() * 12,
        {
          id: `${parent}/${item}`,
          parent,
          ...(random() < 0.01 && { error: 'declined' }),
        },
      );
    }
  }
  return trace;
}
