/**
 * The HTTP API under /api/v1. Handlers are clients of the live protocol and of the host's streams:
 * the API can do nothing that the page cannot.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Selection } from '../../../proto/live/topics.ts';
import { SIGNALS } from '../../../proto/otlp/signal.ts';
import type { EngineHost } from '../host/engine-host.ts';
import { HostFailure } from '../host/failure.ts';
import { ApiError, sendJson, sendText } from './api-error.ts';
import {
  checkQuery,
  listLogs,
  listMetrics,
  listSpans,
  listTraces,
  metricSeries,
  type ListCall,
} from './api-lists.ts';
import { isFormat, isSignal, mediaType, readExport } from './api-query.ts';
import { drained } from './drained.ts';
import type { EngineClient } from './engine-client.ts';
import type { Guards } from './guards.ts';

/** What a request is, as the routes see it. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The part of the path that the route leaves open. */
  readonly rest: string;
}

type Handler = (call: Call) => Promise<void>;

/** JSON bodies of calls are small; files are streamed. */
const MAX_JSON_BYTES = 64 * 1024;

export class Api {
  readonly #host: EngineHost;
  readonly #client: EngineClient;
  readonly #guards: Guards;
  readonly #uiPort: number;
  /** `METHOD path`; a path that ends with / takes the rest. */
  readonly #routes: Readonly<Record<string, Handler>>;

  constructor(host: EngineHost, client: EngineClient, guards: Guards, uiPort: number) {
    this.#host = host;
    this.#client = client;
    this.#guards = guards;
    this.#uiPort = uiPort;
    this.#routes = {
      'GET status': (call) => this.#status(call),
      'GET traces': (call) => this.#list(call, listTraces),
      'GET traces/': (call) => this.#trace(call),
      'GET spans': (call) => this.#list(call, listSpans),
      'GET logs': (call) => this.#list(call, listLogs),
      'GET metrics': (call) => this.#list(call, listMetrics),
      'GET metrics/': (call) => this.#metric(call),
      'GET query': (call) => this.#list(call, checkQuery),
      'GET export': (call) => this.#export(call),
      'POST import': (call) => this.#import(call),
      'POST clear': (call) => this.#clear(call),
    };
  }

  /** Answers a request to /api/v1/`path`. Rejects with an error to answer with. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname.slice('/api/v1/'.length);
    if (path === 'session') return this.#session(request, response);
    this.#guards.checkToken(request.headers);
    const slash = path.indexOf('/');
    const name = slash < 0 ? path : path.slice(0, slash + 1);
    const rest = slash < 0 ? '' : path.slice(slash + 1);
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const handler = this.#routes[`${method} ${name}`];
    if (handler !== undefined) return handler({ request, response, query: url.searchParams, rest });
    const allowed = ['GET', 'POST'].filter((other) => `${other} ${name}` in this.#routes);
    if (allowed.length === 0) throw new ApiError('notFound', `There is no /api/v1/${path}.`);
    response.setHeader('allow', allowed.join(', '));
    throw new ApiError('methodNotAllowed', `/api/v1/${path} takes ${allowed.join(' and ')}.`);
  }

  /** Trades the token for the cookie. */
  async #session(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      throw new ApiError('methodNotAllowed', '/api/v1/session takes POST.');
    }
    const { token } = await readJson(request);
    if (typeof token !== 'string' || !this.#guards.isToken(token)) {
      throw new ApiError('unauthorized', 'This token is not the one of this run.');
    }
    response.setHeader('set-cookie', this.#guards.cookie);
    sendJson(response, 200, {});
  }

  async #status({ response }: Call): Promise<void> {
    const [status, sources] = await Promise.all([
      this.#client.live.request('status.get', {}),
      this.#client.sources(),
    ]);
    const portOf = (protocol: 'http' | 'grpc'): number | null =>
      status.receivers.find((r) => r.protocol === protocol && r.state === 'listening')?.port ??
      null;
    sendJson(response, 200, {
      version: status.version,
      uptimeMs: status.uptimeMs,
      ports: { http: portOf('http'), grpc: portOf('grpc'), ui: this.#uiPort },
      memory: status.memory,
      signals: status.signals,
      invalidStrings: status.invalidStrings,
      sources: sources.services,
    });
  }

  async #list({ response, query }: Call, list: ListCall): Promise<void> {
    sendJson(response, 200, await list(this.#client.live, query));
  }

  async #metric({ response, query, rest }: Call): Promise<void> {
    if (rest !== 'series') {
      throw new ApiError('notFound', `There is no /api/v1/metrics/${rest}.`);
    }
    sendJson(response, 200, await metricSeries(this.#client.live, query));
  }

  async #trace({ response, rest }: Call): Promise<void> {
    const { json } = await this.#client.live.request('trace.json', { traceId: rest });
    sendText(response, 200, 'application/json', json);
  }

  async #export({ request, response, query }: Call): Promise<void> {
    const exported = readExport(query);
    await this.#checkSelection(exported.selection);
    const fileName = `flametail.${exported.format}${exported.gzip ? '.gz' : ''}`;
    const label = query.get('label') ?? fileName;
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-type', mediaType(exported));
    response.setHeader('content-disposition', `attachment; filename="${fileName}"`);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    await this.#client.guarded((signal) =>
      sendChunks(response, this.#host.export(exported, label, signal)),
    );
  }

  /** A wrong query is answered before the first byte of the file. */
  async #checkSelection(selection: Selection): Promise<void> {
    if (selection.type !== 'filter' || selection.filter.text.trim() === '') return;
    // Profiles have no fields of their own: their filters are read like those of logs.
    const target = selection.signal === 'profiles' ? 'logs' : selection.signal;
    const { text } = selection.filter;
    const { error } = await this.#client.live.request('query.check', { text, target });
    if (error !== null) {
      throw new ApiError('badQuery', error.message, { from: error.from, to: error.to });
    }
  }

  async #import({ request, response, query }: Call): Promise<void> {
    const format = query.get('format') ?? 'auto';
    if (format !== 'auto' && !isFormat(format)) {
      throw new ApiError('badRequest', `Unknown format "${format}". Leave it out, or use auto.`);
    }
    const label = query.get('label') ?? 'import';
    const totalBytes = Number(request.headers['content-length'] ?? 0);
    const result = await this.#client.guarded((signal) =>
      this.#host.import(label, totalBytes, bodyOf(request), signal),
    );
    sendJson(response, 200, result);
  }

  async #clear({ request, response }: Call): Promise<void> {
    const { signal } = await readJson(request);
    if (signal !== 'all' && !isSignal(signal)) {
      throw new ApiError('badRequest', `"signal" is one of all, ${SIGNALS.join(', ')}.`);
    }
    sendJson(response, 200, await this.#client.live.request('clear', { signal }));
  }
}

/** The body, left open when its reader stops early, so that the refusal can still be answered. */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch {
    throw new HostFailure({
      code: 'cancelled',
      message: 'The sender went away before the file was complete.',
    });
  }
}

/** A client that goes away ends the loop early, which cancels the operation behind the source. */
async function sendChunks(
  response: ServerResponse,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of source) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

/** A JSON object body; an empty body is an empty object. */
async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    if (length > MAX_JSON_BYTES) throw new ApiError('tooLarge', 'The body is too long.');
    chunks.push(chunk);
  }
  if (length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new ApiError('badRequest', 'The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError('badRequest', 'The body is not a JSON object.');
  }
  return value as Record<string, unknown>;
}
