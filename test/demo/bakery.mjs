/**
 * The demo program: a bakery's web shop in five services that really call each other over HTTP and a
 * queue. It has what a real system has: nested and parallel calls, a database seen only from its
 * callers, retries, failures with stack traces, a worker that links to the requests it serves, long
 * and late spans, logs at every level, and every kind of instrument.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { context, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { startGallery } from './gallery.mjs';
import { activeSpanContext, call, fail, inSpan, serve } from './http.mjs';
import { startTelemetry } from './telemetry.mjs';

const PRODUCTS = ['sourdough-800', 'rye-500', 'brioche-6', 'pretzel-4', 'croissant-2'];

/** A table in memory behind CLIENT spans with database attributes, as a driver would make them. */
function openDatabase(telemetry, random) {
  const rows = new Map(PRODUCTS.map((sku, index) => [sku, { sku, onHand: 40 + index * 10 }]));
  const latency = telemetry.meter.createHistogram('db.client.operation.latency', { unit: 'ms' });
  const used = telemetry.meter.createObservableGauge('db.client.connection.used');
  let connections = 0;
  used.addCallback((result) => result.observe(connections, { 'db.system.name': 'postgresql' }));
  return async function query(operation, collection, text, work) {
    const attributes = {
      'db.system.name': 'postgresql',
      'db.namespace': 'bakery_dev',
      'db.operation.name': operation,
      'db.collection.name': collection,
      'db.query.text': text,
      'server.address': 'db.bakery.local',
      'server.port': 5432,
    };
    const started = performance.now();
    const options = { kind: SpanKind.CLIENT, attributes };
    return inSpan(telemetry.tracer, `${operation} ${collection}`, options, async (span) => {
      connections++;
      try {
        await wait(2 + random() * (random() < 0.05 ? 120 : 14));
        const result = work(rows);
        span.setAttribute('db.response.returned_rows', Array.isArray(result) ? result.length : 1);
        return result;
      } finally {
        connections--;
        latency.record(performance.now() - started, { 'db.operation.name': operation });
      }
    });
  };
}

async function startInventory(telemetry, random) {
  const query = openDatabase(telemetry, random);
  const text = 'SELECT sku, on_hand FROM stock WHERE sku = $1 FOR UPDATE';
  return serve(telemetry, {
    'GET /products': async () => {
      const rows = await query('SELECT', 'stock', 'SELECT sku, on_hand FROM stock', (all) => [
        ...all.values(),
      ]);
      telemetry.log('debug', `listed ${rows.length} products`, { cache: 'miss' });
      return { status: 200, body: rows };
    },
    'POST /reserve': async (_, { lines }) => {
      for (const sku of lines) {
        await query('SELECT', 'stock', text, (all) => all.get(sku));
        await query(
          'UPDATE',
          'stock',
          'UPDATE stock SET on_hand = on_hand - 1 WHERE sku = $1',
          () => 1,
        );
      }
      if (random() < 0.1) telemetry.log('warn', 'connection pool 31 of 32 in use', { waiters: 6 });
      return { status: 200, body: { reserved: lines.length } };
    },
  });
}

async function startPayments(telemetry, random) {
  const attempts = telemetry.meter.createCounter('payments.attempts', { unit: '{attempt}' });
  return serve(telemetry, {
    'POST /charges': async (_, { order, amount }) => {
      await inSpan(
        telemetry.tracer,
        'psp.authorize',
        { kind: SpanKind.CLIENT, attributes: { 'psp.amount': amount, 'psp.currency': 'EUR' } },
        async () => {
          await wait(20 + random() * 60);
          const refused = random() < 0.18;
          attempts.add(1, { outcome: refused ? 'timeout' : 'ok' });
          if (!refused) return;
          const error = new Error('psp-sandbox did not answer within 200 ms');
          error.name = 'ReadTimeout';
          telemetry.log('error', `ReadTimeout from psp-sandbox order=${order}`, {
            'exception.type': error.name,
            'exception.message': error.message,
            'exception.stacktrace': error.stack,
            timeout_ms: 200,
          });
          throw Object.assign(error, { status: 503 });
        },
      );
      telemetry.log('info', 'charge captured', { order, amount });
      return { status: 201, body: { order, captured: amount } };
    },
  });
}

/** The worker: takes orders off a queue in batches, in traces of its own that link to the requests. */
function startMailer(telemetry, random) {
  const queue = [];
  const depth = telemetry.meter.createObservableUpDownCounter('messaging.queue.depth');
  depth.addCallback((result) => result.observe(queue.length, { queue: 'orders.created' }));
  const handled = telemetry.meter.createHistogram('messaging.process.latency', { unit: 'ms' });
  let running = true;
  const loop = (async () => {
    while (running) {
      await wait(700);
      const batch = queue.splice(0, 8);
      if (batch.length === 0) continue;
      const options = {
        kind: SpanKind.CONSUMER,
        links: batch.map((m) => ({ context: m.spanContext, attributes: { order: m.order } })),
        attributes: {
          'messaging.system': 'bakery-queue',
          'messaging.destination.name': 'orders.created',
          'messaging.operation.type': 'process',
          'messaging.batch.message_count': batch.length,
        },
      };
      const started = performance.now();
      await context.with(ROOT_CONTEXT, () =>
        inSpan(telemetry.tracer, 'process orders.created', options, async (span) => {
          for (const message of batch) {
            await wait(4 + random() * 18);
            span.addEvent('mail.sent', { order: message.order });
            telemetry.log('info', 'sent order confirmation', { order: message.order });
          }
        }),
      );
      handled.record(performance.now() - started);
    }
  })();
  return {
    send: (order) => queue.push({ order, spanContext: activeSpanContext() }),
    async close() {
      running = false;
      await loop;
    },
  };
}

async function startGateway(telemetry, random, { inventory, payments, mailer }) {
  const orders = telemetry.meter.createCounter('orders.placed', { unit: '{order}' });
  const basket = telemetry.meter.createHistogram('orders.basket_value', { unit: 'EUR' });
  let nextOrder = 8800;

  async function charge(order, amount) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(telemetry, 'POST', payments.url, '/charges', { order, amount });
      } catch (error) {
        if (attempt === 2) throw error;
        telemetry.log('warn', `retry ${attempt} of 1 in 50 ms`, { order });
        await inSpan(telemetry.tracer, 'retry.backoff', {}, () => wait(50));
      }
    }
  }

  return serve(telemetry, {
    'GET /api/products': async () => ({
      status: 200,
      body: await call(telemetry, 'GET', inventory.url, '/products'),
    }),
    'POST /api/checkout': async (_, { lines }) => {
      const order = nextOrder++;
      const amount = Math.round(lines.length * 487 + random() * 900) / 100;
      await inSpan(telemetry.tracer, 'validate basket', {}, () => wait(2 + random() * 6));
      const [, risk] = await Promise.all([
        call(telemetry, 'POST', inventory.url, '/reserve', { lines }),
        inSpan(telemetry.tracer, 'assess risk', {}, async (span) => {
          await wait(15 + random() * 40);
          const score = Math.round(random() * 100) / 100;
          span.setAttributes({ 'risk.score': score, 'risk.model': 'rules-4', 'risk.allow': true });
          return score;
        }),
      ]);
      await charge(order, amount);
      mailer.send(order);
      orders.add(1, { tier: random() < 0.2 ? 'wholesale' : 'retail' });
      basket.record(amount);
      telemetry.log('info', 'order placed', { order, amount, risk, lines: lines.length });
      return { status: 201, body: { order, amount } };
    },
  });
}

/** A slow job whose root ends long after its children were received: late and long spans. */
function startNightly(telemetry, random) {
  let running = true;
  const loop = (async () => {
    while (running) {
      await context.with(ROOT_CONTEXT, () =>
        inSpan(telemetry.tracer, 'reindex catalogue', {}, async (root) => {
          for (let page = 1; page <= 6 && running; page++) {
            const attributes = { page };
            await inSpan(telemetry.tracer, 'index page', { attributes }, () =>
              wait(300 + random() * 500),
            );
          }
          root.setAttribute('pages', 6);
        }),
      );
      if (running) await wait(4000);
    }
  })();
  return {
    async close() {
      running = false;
      await loop;
    },
  };
}

/**
 * Starts every service and a crowd of shoppers.
 * @param {{http: string, grpc: string}} endpoints where the telemetry goes
 * @param {{requestsPerSecond: number, random?: () => number, gallery?: boolean}} options
 * @returns {Promise<{requests: () => number, stop: () => Promise<void>}>} `stop` flushes everything
 */
export async function startBakery(
  endpoints,
  { requestsPerSecond, random = Math.random, gallery = false },
) {
  const define = (name, version, protocol, language) =>
    startTelemetry({ name, version, protocol, language }, endpoints);
  const web = define('storefront-web', '4.2.0', 'http/json');
  const gatewayTelemetry = define('api-gateway', '2.7.1', 'http/protobuf');
  const inventoryTelemetry = define('inventory', '3.2.0', 'grpc');
  const paymentsTelemetry = define('payments', '0.9.2', 'http/protobuf');
  const mailerTelemetry = define('mailer', '1.4.0', 'grpc');

  const inventory = await startInventory(inventoryTelemetry, random);
  const payments = await startPayments(paymentsTelemetry, random);
  const mailer = startMailer(mailerTelemetry, random);
  const nightly = startNightly(inventoryTelemetry, random);
  const corner = gallery ? startGallery(define, random) : undefined;
  const gateway = await startGateway(gatewayTelemetry, random, { inventory, payments, mailer });
  const memory = web.meter.createGauge('storefront.memory.used', { unit: 'By' });

  let running = true;
  let requests = 0;
  const open = new Set();

  async function shop() {
    memory.record(process.memoryUsage().heapUsed);
    const checkout = random() < 0.35;
    const lines = PRODUCTS.filter(() => random() < 0.5);
    const name = checkout ? 'submit order' : 'browse products';
    const attributes = {
      'session.id': `s_${1000 + Math.floor(random() * 9000)}`,
      'user.id': `u_${2000 + Math.floor(random() * 400)}`,
      'browser.language': random() < 0.5 ? 'de-DE' : 'en-GB',
      'basket.lines': lines.length,
      'basket.skus': lines,
      'feature.express': random() < 0.3,
    };
    await web.tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      web.log('info', checkout ? 'submit clicked' : 'page opened', {
        page: checkout ? '/basket' : '/',
      });
      span.addEvent('interaction', { target: checkout ? 'button#submit' : 'a.products' });
      let status = checkout ? 201 : 200;
      try {
        if (checkout) await call(web, 'POST', gateway.url, '/api/checkout', { lines });
        else await call(web, 'GET', gateway.url, '/api/products');
      } catch (error) {
        status = error.status ?? 500;
        fail(span, error);
        web.log('error', `could not ${name}`, { reason: error.message });
      }
      span.setAttribute('http.response.status_code', status);
      span.end();
    });
    requests++;
  }

  const crowd = (async () => {
    while (running) {
      const visit = shop().finally(() => open.delete(visit));
      open.add(visit);
      await wait(1000 / requestsPerSecond);
    }
  })();

  return {
    requests: () => requests,
    async stop() {
      running = false;
      await crowd;
      await Promise.allSettled(open);
      await Promise.all([nightly.close(), mailer.close(), corner?.close()]);
      await Promise.all([gateway.close(), payments.close(), inventory.close()]);
      await Promise.all(
        [web, gatewayTelemetry, inventoryTelemetry, paymentsTelemetry, mailerTelemetry].map((t) =>
          t.shutdown(),
        ),
      );
    },
  };
}
