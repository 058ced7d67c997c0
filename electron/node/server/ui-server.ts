/**
 * The UI port of browser mode: the built page, the HTTP API and the live WebSocket, on every address
 * of the port. See guards.ts for who may use it.
 *
 * Life cycle: `listen` binds the port, `serve` gives it an engine; requests in between are answered
 * 503. `close` ends every connection.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { MAX_CONTROL_LENGTH } from '../../../proto/live/protocol.ts';
import type { EngineHost } from '../host/engine-host.ts';
import { portChannel } from '../host/port-channel.ts';
import { bindHosts, closeServers, type Bound } from '../receiver/bind.ts';
import { Api } from './api.ts';
import { ApiError, sendError, sendJson, sendText, toApiError } from './api-error.ts';
import { EngineClient } from './engine-client.ts';
import { Guards } from './guards.ts';
import { joinSocket } from './live-socket.ts';
import {
  allowOwnPage,
  setSecurityHeaders,
  staticFiles,
  type StaticHandler,
} from './static-files.ts';

export interface UiServerOptions {
  readonly token: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly hosts: readonly string[];
  readonly version: string;
  /** Folder of the built page. */
  readonly pageFolder: string;
}

/** How long the rest of a refused body is read. */
const DRAIN_MS = 2000;

export class UiServer {
  readonly #options: UiServerOptions;
  readonly #bound: Bound<Server>;
  readonly #guards: Guards;
  readonly #files: StaticHandler;
  readonly #sockets: WebSocketServer;
  #engine:
    { readonly host: EngineHost; readonly api: Api; readonly client: EngineClient } | undefined;

  /**
   * Reads the page and binds the port on all addresses or on none. Rejects with BindError
   * (receiver/bind.ts), and when there is no page.
   */
  static async listen(options: UiServerOptions): Promise<UiServer> {
    const files = await staticFiles(options.pageFolder);
    const bound = await bindHosts(() => createServer(), options.hosts, options.port);
    return new UiServer(options, files, bound);
  }

  private constructor(options: UiServerOptions, files: StaticHandler, bound: Bound<Server>) {
    this.#options = options;
    this.#bound = bound;
    const { token, hosts } = options;
    this.#guards = new Guards({ token, hosts, port: bound.port });
    this.#files = files;
    this.#sockets = new WebSocketServer({
      noServer: true,
      // UTF-8 takes at most three bytes for a UTF-16 unit.
      maxPayload: MAX_CONTROL_LENGTH * 3,
      perMessageDeflate: false,
    });
    for (const server of bound.servers) {
      server.requestTimeout = 0; // An import may take as long as it takes.
      server.on('request', (request, response) => {
        this.#onRequest(request, response);
      });
      server.on('upgrade', (request, socket, head) => {
        this.#onUpgrade(request, socket, head);
      });
    }
  }

  get port(): number {
    return this.#bound.port;
  }

  /** The page's address, without the token. */
  get url(): string {
    const [host = '127.0.0.1'] = this.#bound.hosts;
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `http://${name.includes(':') ? `[${name}]` : name}:${this.port}/`;
  }

  serve(host: EngineHost): void {
    const client = new EngineClient(host);
    this.#engine = { host, client, api: new Api(host, client, this.#guards, this.port) };
  }

  async close(): Promise<void> {
    this.#engine?.client.close();
    for (const socket of this.#sockets.clients) socket.terminate();
    const closed = closeServers(this.#bound.servers);
    for (const server of this.#bound.servers) server.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      sendError(response, toApiError(error));
      drain(request);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(response);
    this.#checkSender(request);
    allowOwnPage(response, request.headers.host ?? '');
    const url = parseUrl(request);
    if (url.pathname === '/healthz') {
      sendJson(response, 200, { status: 'ok', version: this.#options.version });
    } else if (url.pathname.startsWith('/api/v1/')) {
      await this.#running().api.handle(request, response, url);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      throw new ApiError('methodNotAllowed', 'The page is only there to be read.');
    } else if (!this.#files(url.pathname, request, response)) {
      sendText(response, 404, 'text/plain', 'There is no such page. The UI is at /.\n');
    }
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      this.#checkSender(request);
      if (parseUrl(request).pathname !== '/live') {
        throw new ApiError('notFound', 'The live protocol is at /live.');
      }
      this.#guards.checkToken(request.headers);
      const { host } = this.#running();
      const channel = portChannel(host.connect());
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        joinSocket(webSocket, channel);
      });
      // A handshake that ws refuses itself never gets a web socket.
      socket.on('close', () => {
        channel.close('the connection ended');
      });
    } catch (error) {
      refuseUpgrade(socket, toApiError(error));
    }
  }

  #checkSender(request: IncomingMessage): void {
    // RFC 9112, 3.2: a request has one Host. Of several, node:http shows the first alone.
    if ((request.headersDistinct.host ?? []).length > 1) {
      throw new ApiError('badRequest', 'The request has more than one Host header.');
    }
    this.#guards.checkOrigin(request.headers);
  }

  #running(): { readonly host: EngineHost; readonly api: Api } {
    if (this.#engine?.host.isRunning !== true) {
      throw new ApiError('unavailable', 'The engine is starting. Try again in a moment.');
    }
    return this.#engine;
  }
}

/**
 * Reads on what the client still sends, so that it gets to read the answer; one that does not come
 * to an end is cut off.
 */
function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), DRAIN_MS);
  request.once('close', () => {
    clearTimeout(timer);
  });
}

function parseUrl(request: IncomingMessage): URL {
  // The base only completes the request's path; the Host header was judged before.
  const path = request.url ?? '/';
  if (!path.startsWith('/') || !URL.canParse(path, 'http://localhost')) {
    throw new ApiError('badRequest', 'The request names no valid path.');
  }
  return new URL(path, 'http://localhost');
}

function refuseUpgrade(socket: Duplex, error: ApiError): void {
  const body = JSON.stringify({ error: { code: error.code, message: error.message } });
  socket.end(
    `HTTP/1.1 ${error.status} ${error.code}\r\n` +
      'Connection: close\r\n' +
      'Content-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
