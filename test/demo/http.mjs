/** Instrumented HTTP between the demo's services: real sockets, real headers, real time. */
import { createServer, request } from 'node:http';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { outgoingHeaders } from './telemetry.mjs';

/** Ends a span with what went wrong; the exception becomes a span event. */
export function fail(span, error) {
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

/** Runs `work` inside a span and ends it, whatever happens. */
export async function inSpan(tracer, name, options, work) {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Serves `routes` ("POST /orders/{id}" -> async (params, body) => {status, body}) on a free port.
 * Resolves with the base URL and a close function.
 */
export function serve(telemetry, routes) {
  const table = Object.entries(routes).map(([route, handler]) => {
    const [method, path] = route.split(' ');
    const pattern = new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    return { method, path, pattern, handler };
  });
  const requests = telemetry.meter.createHistogram('http.server.request.duration', { unit: 's' });
  const active = telemetry.meter.createUpDownCounter('http.server.active_requests');
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing);
  });

  async function answer(incoming, outgoing) {
    const path = new URL(incoming.url, 'http://bakery.local').pathname;
    const found = table.find((r) => r.method === incoming.method && r.pattern.test(path));
    const attributes = {
      'http.request.method': incoming.method,
      'url.path': path,
      'url.scheme': 'http',
      ...(found && { 'http.route': found.path }),
    };
    const parent = propagation.extract(context.active(), incoming.headers);
    const started = performance.now();
    active.add(1);
    await context.with(parent, () =>
      telemetry.tracer.startActiveSpan(
        `${incoming.method} ${found?.path ?? path}`,
        { kind: SpanKind.SERVER, attributes },
        async (span) => {
          let result;
          try {
            const chunks = [];
            for await (const chunk of incoming) chunks.push(chunk);
            const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
            result = found
              ? await found.handler(found.pattern.exec(path)?.groups ?? {}, body)
              : { status: 404, body: { error: 'no such page' } };
          } catch (error) {
            fail(span, error);
            telemetry.log('error', `${incoming.method} ${path} failed: ${error.message}`, {
              'exception.type': error.name,
              'exception.message': error.message,
            });
            result = { status: error.status ?? 500, body: { error: error.message } };
          }
          span.setAttribute('http.response.status_code', result.status);
          if (result.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          outgoing.writeHead(result.status, { 'content-type': 'application/json' });
          outgoing.end(JSON.stringify(result.body));
          active.add(-1);
          requests.record((performance.now() - started) / 1000, {
            'http.request.method': incoming.method,
            'http.route': found?.path ?? 'none',
            'http.response.status_code': result.status,
          });
          span.end();
        },
      ),
    );
  }

  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      resolve({
        url: `http://127.0.0.1:${port}`,
        close: () =>
          new Promise((done) => {
            server.close(done);
            server.closeAllConnections();
          }),
      });
    });
  });
}

/** Calls another service inside a CLIENT span. Rejects when it answers 500 or more. */
export function call(telemetry, method, base, path, body) {
  const url = new URL(path, base);
  const attributes = {
    'http.request.method': method,
    'url.full': url.href,
    'server.address': url.hostname,
    'server.port': Number(url.port),
  };
  const options = { kind: SpanKind.CLIENT, attributes };
  return inSpan(telemetry.tracer, method, options, async (span) => {
    const { status, text } = await send(method, url, body);
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) {
      const error = new Error(`${method} ${url.pathname} answered ${status}`);
      error.name = 'UpstreamError';
      throw Object.assign(error, { status: 502 });
    }
    return JSON.parse(text);
  });
}

function send(method, url, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers: { ...outgoingHeaders(), 'content-type': 'application/json' } },
      (incoming) => {
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The active span's context, to be linked to later. */
export function activeSpanContext() {
  return trace.getActiveSpan()?.spanContext();
}
