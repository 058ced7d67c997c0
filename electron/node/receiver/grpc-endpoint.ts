/**
 * The OTLP/gRPC port: HTTP/2 without TLS. Sockets are opened here and handed to a server of node:http2,
 * so that binding and closing are exact, and a client that speaks something else gets a sentence.
 */
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { bindHosts, closeServers, watchServers, type Endpoint } from './bind.ts';
import { noteGrpc } from './grpc-answers.ts';
import { GrpcCalls } from './grpc-calls.ts';
import { endDeadSessions } from './grpc-sessions.ts';
import { endWith } from './last-words.ts';
import {
  CLOSE_GRACE_MS,
  GRPC_SESSION_MIB,
  GRPC_WINDOW_BYTES,
  MAX_CONCURRENT_CALLS,
  TCP_KEEP_ALIVE_MS,
  TIMEOUTS,
  lingerMs,
  type ReceiverTimeouts,
} from './limits.ts';
import { SERVER_NAME } from './port-holder.ts';
import type { Pressure } from './pressure.ts';
import type { IngestTarget } from './target.ts';

/** What the port serves and where; port 0 takes a free one. */
export interface GrpcEndpointOptions {
  readonly engine: IngestTarget;
  /** Shared by all endpoints of a receiver. */
  readonly pressure: Pressure;
  readonly timeouts?: ReceiverTimeouts;
  readonly version: string;
  /** 0 when the HTTP port is not open. */
  readonly httpPort: () => number;
  readonly hosts: readonly string[];
  readonly port: number;
}

/** Opens the port on every host. Throws BindError; nothing stays open then. */
export async function openGrpc(options: GrpcEndpointOptions): Promise<Endpoint> {
  const { engine, pressure, timeouts = TIMEOUTS } = options;
  const calls = new GrpcCalls(engine, pressure, timeouts);
  const http2Server = createHttp2Server({
    settings: { initialWindowSize: GRPC_WINDOW_BYTES, maxConcurrentStreams: MAX_CONCURRENT_CALLS },
    maxSessionMemory: GRPC_SESSION_MIB,
  });
  const sessions = new Set<ServerHttp2Session>();
  http2Server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setLocalWindowSize(GRPC_WINDOW_BYTES);
  });
  http2Server.on('stream', calls.take);
  const endWatch = endDeadSessions(http2Server, timeouts.headersMs);
  const sockets = new Set<Socket>();
  const createListener = () =>
    createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS },
      (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        // A reset by the client; HTTP/2 cleans up its own side on close.
        socket.on('error', () => socket.destroy());
        socket.setTimeout(timeouts.headersMs, () => socket.destroy());
        socket.once('readable', () => {
          socket.setTimeout(0);
          if (isHttp2(options, socket)) http2Server.emit('connection', socket);
        });
      },
    );
  const { port, hosts, servers } = await bindHosts(
    createListener,
    options.hosts,
    options.port,
  ).catch((error: unknown) => {
    calls.close();
    endWatch();
    throw error;
  });
  watchServers(servers, (label, message) =>
    noteGrpc(engine, { label, outcome: 'warning', message, userAgent: '' }),
  );
  return {
    port,
    hosts,
    async close() {
      const closed = closeServers(servers);
      const timer = setTimeout(() => destroyAll(sockets), CLOSE_GRACE_MS);
      await Promise.all([...sessions].map(endSession));
      calls.close();
      destroyAll(sockets);
      await closed;
      clearTimeout(timer);
      endWatch();
    },
  };
}

/** Takes no more calls; resolves when those in progress are over. */
function endSession(session: ServerHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    if (session.destroyed) resolve();
    else session.close(resolve);
  });
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy();
}

/**
 * Looks at the first bytes of a connection and puts them back. HTTP/2 opens with `PRI * HTTP/2.0`;
 * anything else is answered here with a sentence, in HTTP/1.1, and closed.
 */
function isHttp2(options: GrpcEndpointOptions, socket: Socket): boolean {
  const first: unknown = socket.read();
  if (!Buffer.isBuffer(first)) return false;
  const isPreface = 'PRI * HTTP/2.0'.startsWith(first.toString('latin1', 0, 14));
  if (isPreface) {
    socket.unshift(first);
    return true;
  }
  const httpPort = options.httpPort();
  const isHttp1 = /^[A-Z]+ \S+ HTTP\/1/.test(first.toString('latin1', 0, 2048));
  // A browser, or another Flametail that asks who has the port, needs no line in the log.
  const isQuestion = isHttp1 && first.toString('latin1', 0, 6) === 'GET / ';
  const message = isHttp1
    ? `This port speaks OTLP/gRPC. Send OTLP/HTTP to ${httpPort === 0 ? 'the HTTP port' : `http://localhost:${httpPort}`}, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc.`
    : 'A client sent something that is not plain HTTP/2. This port speaks OTLP/gRPC without TLS: use http:// in the endpoint, or the insecure option.';
  if (!isQuestion) {
    noteGrpc(options.engine, { label: '400', outcome: 'refused', message, userAgent: '' });
  }
  const server = `${SERVER_NAME}${options.version}`;
  const answer = `HTTP/1.1 400 Bad Request\r\nServer: ${server}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${message}\n`;
  endWith(socket, answer, lingerMs(options.timeouts ?? TIMEOUTS));
  return false;
}
