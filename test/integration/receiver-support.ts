/** A receiver over a target that only records, and raw clients for its two ports. */
import { request, type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { GRPC_SERVICE, type Signal } from '../../proto/otlp/signal.ts';
import type { ReceiverState } from '../../proto/live/topics.ts';
import type { BodyEncoding, IngestResult } from '../../electron/engine/config.ts';
import type { ReceiverTimeouts } from '../../electron/node/receiver/limits.ts';
import {
  Receiver,
  type IngestTarget,
  type RequestLine,
} from '../../electron/node/receiver/receiver.ts';

/** A full success of one item. */
export const ONE_TAKEN: IngestResult = {
  ok: true,
  received: 1,
  accepted: 1,
  rejected: 0,
  duplicates: 0,
  rejections: [],
  invalidStrings: 0,
};

/** Keeps a copy of every body and every line; answers what `answer` says. */
export class RecordingTarget implements IngestTarget {
  readonly bodies: { signal: Signal; encoding: BodyEncoding; bytes: Buffer }[] = [];
  readonly lines: RequestLine[] = [];
  answer: () => IngestResult = () => ONE_TAKEN;
  readonly #waiting: {
    matches: (line: RequestLine) => boolean;
    resolve: (l: RequestLine) => void;
  }[] = [];

  ingest(
    signal: Signal,
    chunks: readonly Uint8Array[],
    byteLength: number,
    encoding: BodyEncoding,
  ): IngestResult {
    const result = this.answer();
    const bytes = Buffer.concat(chunks);
    if (bytes.byteLength !== byteLength) throw new Error('byteLength is not that of the chunks');
    if (result.ok) this.bodies.push({ signal, encoding, bytes });
    return result;
  }

  pressureMs(): number {
    return 0;
  }

  noteRequest(line: RequestLine): void {
    this.lines.push(line);
    for (const waiting of this.#waiting) if (waiting.matches(line)) waiting.resolve(line);
  }

  /** The first line with this label, now or once it comes. */
  line(label: string): Promise<RequestLine> {
    const matches = (line: RequestLine) => line.label === label;
    const found = this.lines.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }
}

export interface Started {
  readonly receiver: Receiver;
  readonly target: RecordingTarget;
  readonly changes: ReceiverState[];
  readonly httpPort: number;
  readonly grpcPort: number;
}

/** A receiver on free ports, closed when the test ends. */
export async function startReceiver(
  target = new RecordingTarget(),
  timeouts?: ReceiverTimeouts,
): Promise<Started> {
  const changes: ReceiverState[] = [];
  const receiver = new Receiver({
    engine: target,
    onState: (state) => changes.push(state),
    version: '1.2.3',
    uiUrl: () => 'http://127.0.0.1:4319/',
    ...(timeouts && { timeouts }),
  });
  onTestFinished(() => receiver.close());
  const [http, rpc] = await receiver.listen({
    httpPort: 0,
    grpcPort: 0,
    hosts: ['127.0.0.1', '::1'],
  });
  if (http?.state !== 'listening' || rpc?.state !== 'listening') {
    throw new Error(`no free port: ${http?.message} ${rpc?.message}`);
  }
  return { receiver, target, changes, httpPort: http.port, grpcPort: rpc.port };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sent {
  readonly host?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent with Content-Length. */
  readonly body?: Uint8Array | string;
  /** Sent chunked instead, one write each. */
  readonly chunks?: readonly Uint8Array[];
  /** A connection of its own when absent. */
  readonly agent?: Agent;
}

/** One HTTP request. */
export function send(port: number, sent: Sent): Promise<Answer> {
  const { host = '127.0.0.1', method = 'POST', path = '/v1/traces', headers = {} } = sent;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host, port, method, path, headers, agent: sent.agent ?? false },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(parts),
          }),
        );
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    for (const chunk of sent.chunks ?? []) outgoing.write(chunk);
    outgoing.end(sent.body);
  });
}

/** Sends raw bytes and gives back all that comes until the other side closes. */
export function sendRaw(port: number, bytes: Uint8Array | string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => (text += part));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

const asBytes = (bytes: Buffer): Buffer => bytes;

/** What a gRPC call ended with; code 0 has a body. */
export interface GrpcAnswer {
  readonly code: number;
  readonly message: string;
  readonly body: Buffer;
  readonly metadata: grpc.Metadata;
}

/** A gRPC client of its own connection, closed when the test ends. */
export function grpcClient(port: number, options: grpc.ClientOptions = {}): grpc.Client {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** Calls Export of a signal, or of any full method path. */
export function callExport(
  client: grpc.Client,
  signalOrPath: Signal | `/${string}`,
  body: Buffer,
): Promise<GrpcAnswer> {
  const path = signalOrPath.startsWith('/')
    ? signalOrPath
    : `/${GRPC_SERVICE[signalOrPath as Signal]}/Export`;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asBytes, asBytes, body, (error, reply) => {
      resolve({
        code: error?.code ?? 0,
        message: error?.details ?? '',
        body: reply ?? Buffer.alloc(0),
        metadata: error?.metadata ?? new grpc.Metadata(),
      });
    });
  });
}

/** Opens a connection, or says why it cannot be: 'open' or an errno name. */
export function probe(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve('open');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
