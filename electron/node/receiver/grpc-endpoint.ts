/**
 * The OTLP/gRPC port. Sockets are ours and are handed to the @grpc/grpc-js server, so that binding
 * and closing are exact, and so that a client that speaks something else gets a sentence.
 */
import { createServer, type Socket } from 'node:net';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import {
  Metadata,
  Server,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { GRPC_SERVICE, SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import { encodeStatus, encodeSuccess } from '../../engine/wire/answers.ts';
import { bindHosts, closeServers, type Endpoint } from './bind.ts';
import { CLOSE_GRACE_MS, GRPC_WINDOW_BYTES, MAX_BODY_BYTES } from './limits.ts';
import { SERVER_NAME } from './port-holder.ts';
import { openWideInjector } from './raise-windows.ts';
import { REFUSALS, RPC_CODE, type Refusal } from './refusals.ts';
import {
  clipUserAgent,
  deliver,
  describeRejections,
  type IngestTarget,
  type RequestLine,
} from './target.ts';

/** What the port serves and where; port 0 takes a free one. */
export interface GrpcEndpointOptions {
  readonly engine: IngestTarget;
  readonly version: string;
  /** 0 when the HTTP port is not open. */
  readonly httpPort: () => number;
  readonly hosts: readonly string[];
  readonly port: number;
}

type Call = ServerUnaryCall<Buffer, Buffer>;
type Reply = sendUnaryData<Buffer>;

/** Opens the port on every host. Throws BindError; nothing stays open then. */
export async function openGrpc(options: GrpcEndpointOptions): Promise<Endpoint> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_BODY_BYTES,
    // Channelz keeps counters of every call for a debug service that nobody asks.
    'grpc.enable_channelz': 0,
  });
  for (const signal of SIGNALS) addSignal(server, signal, options.engine);
  const { injector, http2Server } = openWideInjector(server, GRPC_WINDOW_BYTES);
  http2Server?.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
    watchRefusals(options.engine, stream, headers),
  );
  const sockets = new Set<Socket>();
  const createListener = () =>
    createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // A reset by the client; HTTP/2 cleans up its own side on close.
      socket.on('error', () => socket.destroy());
      socket.once('readable', () => {
        if (isHttp2(options, socket)) injector.injectConnection(socket);
      });
    });
  const { port, hosts, servers } = await bindHosts(createListener, options.hosts, options.port);
  return {
    port,
    hosts,
    async close() {
      const closed = closeServers(servers);
      const timer = setTimeout(() => destroyAll(sockets), CLOSE_GRACE_MS);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      destroyAll(sockets);
      await closed;
      clearTimeout(timer);
      server.forceShutdown();
    },
  };
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy();
}

/** Bytes go in and out as they are: decoding belongs to the engine, and its errors are ours to name. */
function asBytes(bytes: Buffer): Buffer {
  return bytes;
}

function addSignal(server: Server, signal: Signal, engine: IngestTarget): void {
  const path = `/${GRPC_SERVICE[signal]}/Export`;
  const definition: ServiceDefinition = {
    Export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asBytes,
      requestDeserialize: asBytes,
      responseSerialize: asBytes,
      responseDeserialize: asBytes,
    },
  };
  server.addService(definition, {
    Export: (call: Call, reply: Reply) => handleExport(signal, engine, call, reply),
  });
}

/** The full success of every signal is the empty message. */
const FULL_SUCCESS = Buffer.from(encodeSuccess('traces', 'protobuf'));

function handleExport(signal: Signal, engine: IngestTarget, call: Call, reply: Reply): void {
  const body = call.request;
  const delivery = deliver(engine, signal, [body], body.byteLength, 'protobuf');
  const service = GRPC_SERVICE[signal].slice(GRPC_SERVICE[signal].lastIndexOf('.') + 1);
  const line = { bytes: body.byteLength, userAgent: call.metadata.get('user-agent')[0] };
  if (!delivery.ok) {
    refuse(delivery.code, delivery.message, reply);
    // Other codes are those that the library sends too: `watchRefusals` has them all.
    if (REFUSALS[delivery.code].rpcCode === RPC_CODE.invalidArgument) {
      const message = `${service}: ${delivery.message}`;
      note(engine, { ...line, label: 'INVALID_ARGUMENT', outcome: 'refused', message });
    }
    return;
  }
  const { received: items, rejected } = delivery;
  if (rejected === 0) {
    reply(null, FULL_SUCCESS);
    note(engine, { ...line, label: 'OK', outcome: 'ok', message: `${service}.Export`, items });
    return;
  }
  const reasons = describeRejections(signal, delivery);
  reply(null, Buffer.from(encodeSuccess(signal, 'protobuf', { rejected, message: reasons })));
  const message = `${service}: ${reasons}. The other ${items - rejected} were taken.`;
  note(engine, { ...line, label: 'PARTIAL', outcome: 'warning', message, items });
}

function refuse(refusal: Refusal, message: string, reply: Reply): void {
  const { rpcCode } = REFUSALS[refusal];
  const metadata = new Metadata();
  const status = encodeStatus('protobuf', {
    code: rpcCode,
    message,
    ...(rpcCode === RPC_CODE.invalidArgument && {
      fieldViolations: [{ field: 'body', description: message }],
    }),
  });
  metadata.set('grpc-status-details-bin', Buffer.from(status));
  reply({ code: rpcCode, details: message, metadata });
}

/** Names of the statuses that the library answers with by itself, and of our own failures. */
const STATUS_NAME: ReadonlyMap<number, string> = new Map<number, string>([
  [RPC_CODE.resourceExhausted, 'RESOURCE_EXHAUSTED'],
  [RPC_CODE.unimplemented, 'UNIMPLEMENTED'],
  [RPC_CODE.internal, 'INTERNAL'],
]);

/**
 * Logs what never reaches a handler: unknown services, oversized messages, broken compression. One
 * look at what was sent when the stream closes.
 */
function watchRefusals(
  engine: IngestTarget,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  stream.once('close', () => {
    const sent = { ...stream.sentHeaders, ...stream.sentTrailers };
    const userAgent = headers['user-agent'];
    if (sent[':status'] === 415) {
      const type = String(headers['content-type']).slice(0, 60);
      const message = `The gRPC port got ${type}. OTLP/gRPC is application/grpc.`;
      note(engine, { label: '415', outcome: 'refused', message, userAgent });
      return;
    }
    const label = STATUS_NAME.get(Number(sent['grpc-status']));
    if (label === undefined) return;
    const reason = decodeMessage(String(sent['grpc-message'] ?? ''));
    const hint = HINTS.get(label);
    const message = hint === undefined ? reason : `${reason}. ${hint}`;
    note(engine, { label, outcome: 'refused', message, userAgent });
  });
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['UNIMPLEMENTED', 'The OTLP services are taken, plain or with gzip or deflate.'],
  ['RESOURCE_EXHAUSTED', 'Send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).'],
]);

/** grpc-message is percent-encoded. */
function decodeMessage(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Not percent-encoded after all: shown as it is.
    return encoded;
  }
}

type NoteParts = Pick<RequestLine, 'label' | 'outcome' | 'message'> & {
  readonly bytes?: number;
  readonly items?: number;
  readonly userAgent: unknown;
};

function note(engine: IngestTarget, parts: NoteParts): void {
  engine.noteRequest({
    timeMs: Date.now(),
    protocol: 'grpc',
    label: parts.label,
    outcome: parts.outcome,
    message: parts.message,
    bytes: parts.bytes ?? 0,
    items: parts.items ?? 0,
    userAgent: clipUserAgent(parts.userAgent),
  });
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
    note(options.engine, { label: '400', outcome: 'refused', message, userAgent: '' });
  }
  const server = `${SERVER_NAME}${options.version}`;
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nServer: ${server}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${message}\n`,
  );
  // Unread bytes would turn the close into a reset that takes the answer with it.
  socket.resume();
  return false;
}
