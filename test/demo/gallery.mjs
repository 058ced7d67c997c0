/**
 * What the bakery does beyond HTTP: a risk service that asks a language model, order lines written one
 * by one, a message queue, a cold function, feature flags, web vitals, and failures in eight languages
 * with the stack traces that their SDKs send. Some spans carry retired names, or both, as in real life.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { inSpan } from './http.mjs';
import { FAILURES } from './failures.mjs';

const PAUSE_MS = 1500;

/** A chat with messages as structured values, and the tool that it calls. */
async function assess({ tracer }, random, order) {
  const question = `Order ${order}: wholesale, 36 × country sourdough, 12 × rye, new delivery address, 4th order this week. Similar orders: 7701, 7518, 6920 (all paid).`;
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'ollama',
    'gen_ai.request.model': 'llama3.2:3b',
    'gen_ai.request.temperature': 0.1,
    'gen_ai.request.max_tokens': 400,
    'gen_ai.system_instructions': JSON.stringify([
      { type: 'text', content: 'You score bakery orders for fraud. Reply with JSON only.' },
    ]),
    'gen_ai.input.messages': JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: question }] },
      {
        role: 'assistant',
        parts: [
          {
            type: 'tool_call',
            id: 'call_1',
            name: 'similar_orders',
            arguments: { order, limit: 3 },
          },
        ],
      },
      {
        role: 'tool',
        parts: [
          { type: 'tool_call_response', id: 'call_1', response: { paid: [7701, 7518, 6920] } },
        ],
      },
    ]),
  };
  await inSpan(tracer, 'chat llama3.2:3b', { kind: SpanKind.CLIENT, attributes }, async (span) => {
    await wait(20 + random() * 20);
    span.addEvent('gen_ai.first_token');
    await wait(60 + random() * 60);
    span.setAttributes({
      'gen_ai.response.model': 'llama3.2:3b',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 1142,
      'gen_ai.usage.cache_read.input_tokens': 928,
      'gen_ai.usage.output_tokens': 86,
      'gen_ai.output.messages': JSON.stringify([
        {
          role: 'assistant',
          parts: [
            {
              type: 'text',
              content:
                '{ "score": 0.08, "verdict": "allow",\n  "reasons": ["repeat buyer", "basket matches history"] }',
            },
          ],
          finish_reason: 'stop',
        },
      ]),
    });
  });
}

/** The same in the form of older SDKs: retired names, and one log record a message. */
async function assessOld({ tracer, log }, random) {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.system': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
  };
  await inSpan(tracer, 'chat gpt-4o-mini', { kind: SpanKind.CLIENT, attributes }, async (span) => {
    log('info', JSON.stringify({ content: 'Name the loaf of the day.' }), {
      'event.name': 'gen_ai.user.message',
      'gen_ai.system': 'openai',
    });
    await wait(30 + random() * 30);
    log(
      'info',
      JSON.stringify({ index: 0, message: { content: 'Rye, 500 g.' }, finish_reason: 'stop' }),
      {
        'event.name': 'gen_ai.choice',
        'gen_ai.system': 'openai',
      },
    );
    span.setAttributes({ 'gen_ai.usage.prompt_tokens': 41, 'gen_ai.usage.completion_tokens': 7 });
  });
}

/** Lines written one by one: the same insert again and again. */
async function persist({ tracer }, random, order) {
  await inSpan(tracer, 'persistOrder', {}, async () => {
    for (let line = 0; line < 4; line++) {
      const attributes = {
        'db.system.name': 'postgresql',
        'db.system': 'postgresql',
        'db.namespace': 'bakery_dev',
        'db.operation.name': 'INSERT',
        'db.collection.name': 'order_lines',
        'db.query.text':
          'INSERT INTO order_lines (order_id, sku, qty, unit_price) VALUES ($1, $2, $3, $4) RETURNING id',
        'db.query.parameter.$1': String(order),
        'db.query.parameter.$2': ['rye-500', 'brioche-6', 'pretzel-4', 'croissant-2'][line],
        'db.query.parameter.$3': String(4 + line),
        'db.query.parameter.$4': '3.40',
        'db.response.returned_rows': 1,
        'server.address': 'db.bakery.local',
        'code.function.name': 'orders.(*Store).Persist',
        'code.file.path': '/src/checkout/internal/orders/store.go',
        'code.line.number': 87,
      };
      await inSpan(tracer, 'INSERT order_lines', { kind: SpanKind.CLIENT, attributes }, () =>
        wait(3 + random() * 6),
      );
    }
  });
  const attributes = {
    'db.system': 'postgresql',
    'db.name': 'bakery_dev',
    'db.statement':
      "SELECT sku, on_hand, reserved FROM stock s LEFT JOIN depots d ON d.id = s.depot_id WHERE s.sku IN ('rye-500', 'brioche-6') AND d.name = 'north' ORDER BY sku FOR UPDATE SKIP LOCKED",
    'net.peer.name': 'db.bakery.local',
  };
  await inSpan(tracer, 'SELECT stock', { kind: SpanKind.CLIENT, attributes }, () => wait(4));
}

/** RPC, a queue, a function, flags and vitals. */
async function others({ tracer }, random) {
  const rpc = {
    'rpc.system.name': 'grpc',
    'rpc.method': 'bakery.cart.v1.CartService/GetCart',
    'rpc.grpc.status_code': 0,
  };
  await inSpan(tracer, 'cart.CartService/GetCart', { kind: SpanKind.CLIENT, attributes: rpc }, () =>
    wait(6),
  );
  const sent = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'publish',
    'messaging.destination.name': 'orders.created',
    'messaging.destination.partition.id': '3',
    'messaging.kafka.offset': 88_120,
    'messaging.message.id': `m-${Math.floor(random() * 1e6)}`,
  };
  await inSpan(
    tracer,
    'publish orders.created',
    { kind: SpanKind.PRODUCER, attributes: sent },
    () => wait(4),
  );
  const called = {
    'faas.invoked_name': 'render-label',
    'faas.invoked_provider': 'aws',
    'faas.trigger': 'http',
    'faas.coldstart': true,
    'faas.invocation_id': 'af9d5aa4-a685-4c5f-a22b-444f80b3cc28',
  };
  await inSpan(tracer, 'render-label', { kind: SpanKind.CLIENT, attributes: called }, () =>
    wait(12),
  );
  await inSpan(tracer, 'choose theme', {}, (span) => {
    span.addEvent('feature_flag.evaluation', {
      'feature_flag.key': 'summer-theme',
      'feature_flag.provider.name': 'flagd',
      'feature_flag.result.variant': 'on',
      'feature_flag.result.reason': 'targeting_match',
    });
  });
  await inSpan(tracer, 'page vitals', {}, (span) => {
    for (const [name, value] of [
      ['lcp', 2140],
      ['cls', 0.27],
      ['inp', 96],
    ]) {
      span.addEvent('browser.web_vital', {
        'browser.web_vital.name': name,
        'browser.web_vital.value': value,
      });
    }
  });
  const request = {
    'http.request.method': 'POST',
    'http.method': 'POST',
    'url.full': "https://psp.bakery.local/v1/charges?note=it's%20due",
    'http.url': "https://psp.bakery.local/v1/charges?note=it's%20due",
    'http.response.status_code': 503,
    'http.status_code': 503,
    'http.request.body.size': 412,
    'http.request.resend_count': 2,
    'http.request.header.content-type': ['application/json'],
    'http.response.header.retry-after': ['2'],
    'server.address': 'psp.bakery.local',
    'server.port': 443,
    'error.type': '503',
  };
  await inSpan(tracer, 'POST', { kind: SpanKind.CLIENT, attributes: request }, async (span) => {
    await wait(9);
    span.setStatus({ code: SpanStatusCode.ERROR });
  });
}

/** One failed span a language, each from a service whose SDK says that language. */
async function failAll(languages) {
  for (const { telemetry, type, message, stack, inLog } of languages) {
    await inSpan(telemetry.tracer, `bake in ${telemetry.language}`, {}, async (span) => {
      await wait(3);
      const attributes = {
        'exception.type': type,
        'exception.message': message,
        'exception.stacktrace': stack,
      };
      // Dup mode sends both; the viewer shows one.
      if (inLog) telemetry.log('error', message, attributes);
      span.addEvent('exception', attributes);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    });
  }
}

/**
 * Runs the gallery until it is closed: one trace about every two seconds.
 * @param {(name: string, version: string, protocol: string, language?: string) => object} define
 * @param {() => number} random
 */
export function startGallery(define, random) {
  const risk = define('risk', '2.2.0', 'http/json', 'python');
  const checkout = define('checkout', '1.14.0', 'http/protobuf', 'go');
  const bakers = FAILURES.map((failure, at) => ({
    ...failure,
    inLog: at % 3 === 0,
    telemetry: {
      ...define(`baker-${failure.language}`, '1.0.0', 'http/protobuf', failure.language),
      language: failure.language,
    },
  }));
  let running = true;
  let order = 9000;
  const loop = (async () => {
    while (running) {
      await context.with(ROOT_CONTEXT, () =>
        inSpan(checkout.tracer, 'nightly review', {}, async () => {
          await inSpan(risk.tracer, 'POST /assess', { kind: SpanKind.SERVER }, async () => {
            await assess(risk, random, order++);
            await assessOld(risk, random);
          });
          await persist(checkout, random, order);
          await others(checkout, random);
          await failAll(bakers);
        }),
      );
      await wait(PAUSE_MS);
    }
  })();
  return {
    async close() {
      running = false;
      await loop;
      await Promise.all(
        [risk, checkout, ...bakers.map((b) => b.telemetry)].map((t) => t.shutdown()),
      );
    },
  };
}
