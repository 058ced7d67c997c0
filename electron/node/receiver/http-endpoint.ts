/** The OTLP/HTTP port: one node:http server an address, all with one handler. */
import { createServer, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { bindHosts, closeServers, watchServers, type Endpoint } from './bind.ts';
import { endWith } from './last-words.ts';
import { HttpHandler, type HttpHandlerOptions } from './http-handler.ts';
import {
  CLOSE_GRACE_MS,
  TCP_KEEP_ALIVE_MS,
  TIMEOUTS,
  checkIntervalMs,
  lingerMs,
  type ReceiverTimeouts,
} from './limits.ts';

/** What node:http reports of bytes that it cannot read as a request. */
type ClientError = Error & { readonly rawPacket?: Buffer; readonly code?: string };

/** A handler's options and where it is reached; port 0 takes a free one. */
export interface HttpEndpointOptions extends HttpHandlerOptions {
  readonly hosts: readonly string[];
  readonly port: number;
}

/** Opens the port on every host. Throws BindError; nothing stays open then. */
export async function openHttp(options: HttpEndpointOptions): Promise<Endpoint> {
  const handler = new HttpHandler(options);
  const timeouts = options.timeouts ?? TIMEOUTS;
  const onClientError = (error: ClientError, socket: Duplex) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refuseSlow(options, handler, timeouts, socket);
    else refuseProtocol(options, error, socket, timeouts);
  };
  const { port, hosts, servers } = await bindHosts(
    () => createHttpServer(handler, onClientError, timeouts),
    options.hosts,
    options.port,
  );
  watchServers(servers, (label, message) => note(options, label, 'warning', message));
  return {
    port,
    hosts,
    async close() {
      const closed = closeServers(servers);
      for (const server of servers) server.closeIdleConnections();
      const timer = setTimeout(() => {
        handler.close();
        for (const server of servers) server.closeAllConnections();
      }, CLOSE_GRACE_MS);
      await closed;
      clearTimeout(timer);
      handler.close();
    },
  };
}

function createHttpServer(
  handler: HttpHandler,
  onClientError: (error: ClientError, socket: Duplex) => void,
  timeouts: ReceiverTimeouts,
): Server {
  const server = createServer({
    keepAliveTimeout: timeouts.keepAliveMs,
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: checkIntervalMs(timeouts),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
  });
  server.on('request', handler.handle);
  server.on('clientError', onClientError);
  return server;
}

/** First byte of a TLS record with a ClientHello. */
const TLS_HANDSHAKE = 0x16;

/** Answers bytes that are not HTTP/1.1, and says in the log what they look like. */
function refuseProtocol(
  options: HttpEndpointOptions,
  error: ClientError,
  socket: Duplex,
  timeouts: ReceiverTimeouts,
): void {
  // Without bytes it is a connection that broke or idled, not a request.
  const first = error.rawPacket?.[0];
  if (first === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  const message = describeProtocol(options, error, first);
  note(options, '400', 'refused', message, error.rawPacket?.byteLength ?? 0);
  const answer = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${message}\n`;
  endWith(socket, answer, lingerMs(timeouts));
}

/** Closes a connection that took too long; one that never said anything needs no words. */
function refuseSlow(
  options: HttpEndpointOptions,
  handler: HttpHandler,
  timeouts: ReceiverTimeouts,
  socket: Duplex,
): void {
  const isInBody = handler.expire(socket);
  const hasSpoken = socket instanceof Socket && socket.bytesRead > 0;
  if (!hasSpoken || !socket.writable) {
    socket.destroy();
    return;
  }
  if (!isInBody) {
    const message = `A client did not end the headers of its request within ${timeouts.headersMs / 1000} s.`;
    note(options, '408', 'warning', message);
  }
  socket.end(
    'HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThe request took too long.\n',
    () => socket.destroy(),
  );
}

function note(
  options: HttpEndpointOptions,
  label: string,
  outcome: 'refused' | 'warning',
  message: string,
  bytes = 0,
): void {
  options.engine.noteRequest({
    timeMs: Date.now(),
    protocol: 'http',
    label,
    outcome,
    message,
    bytes,
    items: 0,
    userAgent: '',
  });
}

function describeProtocol(options: HttpEndpointOptions, error: ClientError, first: number): string {
  if (first === TLS_HANDSHAKE) {
    return 'A client tried TLS. This port speaks plain HTTP: use http:// in the endpoint.';
  }
  if (error.rawPacket?.toString('latin1', 0, 12) === 'PRI * HTTP/2') {
    const { grpcPort } = options.facts();
    const where = grpcPort === 0 ? 'the gRPC port' : `port ${grpcPort}`;
    return `A gRPC client connected to the HTTP port. Send OTLP/gRPC to ${where}, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.`;
  }
  return `A client sent something that is not a good HTTP request: ${error.message}.`;
}
