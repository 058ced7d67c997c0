/** The OTLP/HTTP port: one node:http server an address, all with one handler. */
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { bindHosts, closeServers, type Endpoint } from './bind.ts';
import { HttpHandler, type HttpHandlerOptions } from './http-handler.ts';
import { CLOSE_GRACE_MS, HEADERS_TIMEOUT_MS, KEEP_ALIVE_MS, REQUEST_TIMEOUT_MS } from './limits.ts';

/** What node:http reports of bytes that it cannot read as a request. */
type ClientError = Error & { readonly rawPacket?: Buffer };

/** A handler's options and where it is reached; port 0 takes a free one. */
export interface HttpEndpointOptions extends HttpHandlerOptions {
  readonly hosts: readonly string[];
  readonly port: number;
}

/** Opens the port on every host. Throws BindError; nothing stays open then. */
export async function openHttp(options: HttpEndpointOptions): Promise<Endpoint> {
  const handler = new HttpHandler(options);
  const onClientError = (error: ClientError, socket: Duplex) =>
    refuseProtocol(options, error, socket);
  const { port, hosts, servers } = await bindHosts(
    () => createHttpServer(handler, onClientError),
    options.hosts,
    options.port,
  );
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
): Server {
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    noDelay: true,
  });
  server.on('request', handler.handle);
  server.on('clientError', onClientError);
  return server;
}

/** First byte of a TLS record with a ClientHello. */
const TLS_HANDSHAKE = 0x16;

/** Answers bytes that are not HTTP/1.1, and says in the log what they look like. */
function refuseProtocol(options: HttpEndpointOptions, error: ClientError, socket: Duplex): void {
  // Without bytes it is a connection that broke or idled, not a request.
  const first = error.rawPacket?.[0];
  if (first === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  const message = describeProtocol(options, error, first);
  options.engine.noteRequest({
    timeMs: Date.now(),
    protocol: 'http',
    label: '400',
    outcome: 'refused',
    message,
    bytes: error.rawPacket?.byteLength ?? 0,
    items: 0,
    userAgent: '',
  });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${message}\n`,
  );
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
