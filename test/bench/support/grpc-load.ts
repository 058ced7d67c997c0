/**
 * OTLP/gRPC load over bare node:http2, one session a connection and one request in flight on each: cheap
 * enough that the receiver is what is measured.
 */
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import type { LoadOptions, Sent } from '../../support/http-load.ts';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const PREFIX_BYTES = 5;

export interface GrpcLoadOptions extends Omit<LoadOptions, 'headers'> {
  /** Whether the bodies are gzip; told in the prefix and the header of every message. */
  readonly isGzip: boolean;
}

/** Keeps `connections` requests in flight while there is more. Rejects when a connection fails. */
export async function grpcLoad(options: GrpcLoadOptions): Promise<Sent> {
  const latenciesMs: number[] = [];
  let refused = 0;
  const sessions = await Promise.all(
    Array.from({ length: options.connections }, () => open(options.port)),
  );
  const started = performance.now();
  await Promise.all(
    sessions.map(async (session) => {
      while (options.more()) {
        const body = options.next();
        const sentAt = performance.now();
        const isTaken = await send(session, body, options.isGzip);
        latenciesMs.push(performance.now() - sentAt);
        if (!isTaken) refused++;
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const session of sessions) session.close();
  return { requests: latenciesMs.length, seconds, latenciesMs, refused };
}

function open(port: number): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    // The server's windows have to be known before the first body is cut to them.
    session.once('remoteSettings', () => resolve(session));
  });
}

function send(session: ClientHttp2Session, body: Uint8Array, isGzip: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(isGzip ? { 'grpc-encoding': 'gzip' } : {}),
    });
    let status: string | undefined;
    const note = (headers: IncomingHttpHeaders): void => {
      const said = headers['grpc-status'];
      if (typeof said === 'string') status = said;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', reject);
    stream.on('close', () => resolve(status === '0'));
    stream.resume();
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix[0] = isGzip ? 1 : 0;
    prefix.writeUInt32BE(body.byteLength, 1);
    stream.write(prefix);
    stream.end(body);
  });
}
