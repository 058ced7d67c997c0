/**
 * The OTLP/gRPC port. Sockets are ours and are handed to the @grpc/grpc-js server, so that binding
 * and closing are exact, and so that a client that speaks something else gets a sentence.
 */
import { createServer, type Socket } from 'node:net';
import {
  logVerbosity,
  Metadata,
  Server,
  ServerInterceptingCall,
  setLogVerbosity,
  type ServerInterceptor,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { GRPC_SERVICE, SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import { encodeSuccess } from '../../engine/wire/answers.ts';
import { bindHosts, closeServers, watchServers, type Endpoint } from './bind.ts';
import { freeBuffer } from './free-buffers.ts';
import type { GrpcMessage } from './grpc-messages.ts';
import { endDeadSessions } from './grpc-sessions.ts';
import { GrpcStreams, noteGrpc, statusDetails } from './grpc-streams.ts';
import { endWith } from './last-words.ts';
import { inflateNow, type Inflated } from './inflate.ts';
import {
  CLOSE_GRACE_MS,
  GRPC_WINDOW_BYTES,
  MAX_BODY_BYTES,
  MAX_CONCURRENT_CALLS,
  TCP_KEEP_ALIVE_MS,
  TIMEOUTS,
  lingerMs,
  type ReceiverTimeouts,
} from './limits.ts';
import { SERVER_NAME } from './port-holder.ts';
import { openWideInjector } from './grpc-private.ts';
import type { Pressure } from './pressure.ts';
import { REFUSALS, RPC_CODE, type Refusal } from './refusals.ts';
import {
  deliver,
  describeInvalidStrings,
  describePressure,
  describeRejections,
  type IngestTarget,
} from './target.ts';

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

type Call = ServerUnaryCall<GrpcMessage, Buffer>;
type Reply = sendUnaryData<Buffer>;

/** What the handlers of a port work with. */
interface Port {
  readonly engine: IngestTarget;
  readonly pressure: Pressure;
  readonly streams: GrpcStreams;
  /** After this nothing reaches the engine, however far its call was. */
  isClosed: boolean;
}

/** Opens the port on every host. Throws BindError; nothing stays open then. */
export async function openGrpc(options: GrpcEndpointOptions): Promise<Endpoint> {
  const { engine, pressure, timeouts = TIMEOUTS } = options;
  const streams = new GrpcStreams({ engine, pressure, timeouts });
  const adopt: ServerInterceptor = (_method, call) => {
    streams.adopt(call);
    // The library calls no more of it than the interface; a wrapper around each call is garbage.
    return call as ServerInterceptingCall;
  };
  // The library writes odd headers of clients to the terminal as they are, escapes too.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    'grpc.max_receive_message_length': MAX_BODY_BYTES,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
    // Channelz keeps counters of every call for a debug service that nobody asks.
    'grpc.enable_channelz': 0,
    interceptors: [adopt, holdWhileBehind(pressure)],
  });
  const own: Port = { engine, pressure, streams, isClosed: false };
  for (const signal of SIGNALS) addSignal(server, signal, own);
  const { injector, http2Server } = openWideInjector(server, GRPC_WINDOW_BYTES);
  http2Server?.prependListener('stream', streams.watch);
  const endWatch =
    http2Server === null ? undefined : endDeadSessions(http2Server, timeouts.headersMs);
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
          if (isHttp2(options, socket)) injector.injectConnection(socket);
        });
      },
    );
  const { port, hosts, servers } = await bindHosts(
    createListener,
    options.hosts,
    options.port,
  ).catch((error: unknown) => {
    streams.close();
    endWatch?.();
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
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      own.isClosed = true;
      destroyAll(sockets);
      await closed;
      clearTimeout(timer);
      streams.close();
      endWatch?.();
      server.forceShutdown();
    },
  };
}

/** Keeps calls waiting before their body is read, for a while, when the engine is behind. */
function holdWhileBehind(pressure: Pressure): ServerInterceptor {
  return (_method, call) => {
    if (pressure.retryAfterMs() === 0) return call as ServerInterceptingCall;
    return new ServerInterceptingCall(call, {
      start: (next) => {
        void pressure.hold().then((canTake) => {
          if (canTake) next();
          else
            call.sendStatus(
              refusalStatus('overloaded', describePressure(), pressure.retryAfterMs()),
            );
        });
      },
    });
  };
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy();
}

/** Bytes go out as they are, and came in so: decoding belongs to the engine. */
function asBytes(bytes: Buffer): Buffer {
  return bytes;
}

function addSignal(server: Server, signal: Signal, port: Port): void {
  const path = `/${GRPC_SERVICE[signal]}/Export`;
  const takeMessage = (bytes: Buffer): GrpcMessage => port.streams.tickets.take(bytes);
  const definition: ServiceDefinition = {
    Export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asBytes,
      requestDeserialize: takeMessage,
      responseSerialize: asBytes,
      responseDeserialize: asBytes,
    },
  };
  server.addService(definition, {
    Export: (call: Call, reply: Reply) => handleExport(signal, port, call, reply),
  });
}

function handleExport(signal: Signal, port: Port, call: Call, reply: Reply): void {
  const { chunks, byteLength } = call.request;
  const codec = port.streams.codecOf(call.metadata);
  if (codec === undefined) {
    // The client went away: it does not learn what becomes of this, and sends it again.
    return;
  }
  if (codec === null) {
    ingest(signal, port, call, chunks, byteLength, reply);
    return;
  }
  const inflated = inflateNow(codec, chunks, byteLength);
  if (inflated === null) {
    void port.pressure.inflater.inflate(codec, chunks, byteLength).then((later) => {
      if (!port.isClosed && !call.cancelled) ingestInflated(signal, port, call, later, reply);
    });
    return;
  }
  ingestInflated(signal, port, call, inflated, reply);
}

function ingestInflated(
  signal: Signal,
  port: Port,
  call: Call,
  inflated: Inflated,
  reply: Reply,
): void {
  if (!inflated.ok) {
    refuseBody(signal, port, call, inflated.code, inflated.message, reply);
    return;
  }
  const { bytes } = inflated;
  ingest(signal, port, call, [bytes], bytes.byteLength, reply);
  freeBuffer(bytes);
}

/** The full success of every signal is the empty message. */
const FULL_SUCCESS = Buffer.from(encodeSuccess('traces', 'protobuf'));

function ingest(
  signal: Signal,
  port: Port,
  call: Call,
  chunks: readonly Uint8Array[],
  byteLength: number,
  reply: Reply,
): void {
  const { engine } = port;
  const delivery = deliver(engine, signal, chunks, byteLength, 'protobuf');
  if (!delivery.ok) {
    refuseBody(signal, port, call, delivery.code, delivery.message, reply);
    return;
  }
  const service = shortName(signal);
  const line = { bytes: byteLength, userAgent: call.metadata.get('user-agent')[0] };
  const { received: items, rejected } = delivery;
  const invalid = describeInvalidStrings(delivery.invalidStrings);
  if (rejected === 0) {
    reply(null, FULL_SUCCESS);
    const outcome = invalid === '' ? 'ok' : 'warning';
    const message = invalid === '' ? `${service}.Export` : `${service}: ${invalid}`;
    noteGrpc(engine, { ...line, label: 'OK', outcome, message, items });
    return;
  }
  const reasons = describeRejections(signal, delivery);
  reply(null, Buffer.from(encodeSuccess(signal, 'protobuf', { rejected, message: reasons })));
  const also = invalid === '' ? '' : ` ${invalid}.`;
  const message = `${service}: ${reasons}. The other ${items - rejected} were taken.${also}`;
  noteGrpc(engine, { ...line, label: 'PARTIAL', outcome: 'warning', message, items });
}

function refuseBody(
  signal: Signal,
  port: Port,
  call: Call,
  refusal: Refusal,
  reason: string,
  reply: Reply,
): void {
  reply(refusalStatus(refusal, reason, port.pressure.retryAfterMs()));
  // Other codes are those that the library sends too: the watch of the streams has them all.
  if (REFUSALS[refusal].rpcCode !== RPC_CODE.invalidArgument) return;
  noteGrpc(port.engine, {
    label: 'INVALID_ARGUMENT',
    outcome: 'refused',
    message: `${shortName(signal)}: ${reason}`,
    bytes: call.request.byteLength,
    userAgent: call.metadata.get('user-agent')[0],
  });
}

/** TraceService, without its package. */
function shortName(signal: Signal): string {
  return GRPC_SERVICE[signal].slice(GRPC_SERVICE[signal].lastIndexOf('.') + 1);
}

function refusalStatus(refusal: Refusal, message: string, retryMs: number) {
  const metadata = new Metadata();
  const details = statusDetails(refusal, message, retryMs === 0 ? undefined : retryMs);
  metadata.set('grpc-status-details-bin', details);
  return { code: REFUSALS[refusal].rpcCode, details: message, metadata };
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
