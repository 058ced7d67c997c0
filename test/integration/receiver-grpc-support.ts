/** gRPC by hand over HTTP/2: calls that no gRPC library would send. */
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { onTestFinished } from 'vitest';
import { GRPC_SERVICE, type Signal } from '../../proto/otlp/signal.ts';

/** A connection of its own, destroyed when the test ends. */
export function http2Session(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  // A server that closes under it is what some tests are about.
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

/** Opens a call of Export without sending a message. */
export function openCall(
  session: ClientHttp2Session,
  headers: Record<string, string> = {},
  signal: Signal = 'traces',
): ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': `/${GRPC_SERVICE[signal]}/Export`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
}

/** How a call ended, from its headers and trailers. */
export interface RawEnd {
  readonly httpStatus: unknown;
  readonly status: unknown;
  readonly message: unknown;
  /** base64 of a google.rpc.Status. */
  readonly details: unknown;
}

/** The end of a call. */
export async function callEnd(stream: ClientHttp2Stream): Promise<RawEnd> {
  let seen: Record<string, unknown> = {};
  stream.on('response', (got) => (seen = { ...seen, ...got }));
  stream.on('trailers', (got) => (seen = { ...seen, ...got }));
  stream.on('error', () => undefined);
  stream.resume();
  if (!stream.closed) await once(stream, 'close');
  return {
    httpStatus: seen[':status'],
    status: seen['grpc-status'],
    message: seen['grpc-message'],
    details: seen['grpc-status-details-bin'],
  };
}

/** One whole call. */
export function rawCall(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body: Buffer,
  signal: Signal = 'traces',
): Promise<RawEnd> {
  const stream = openCall(session, headers, signal);
  stream.end(body);
  return callEnd(stream);
}

/** A length-prefixed gRPC message. */
export function grpcMessage(body: Buffer, isCompressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed ? 1 : 0;
  head.writeUInt32BE(body.byteLength, 1);
  return Buffer.concat([head, body]);
}
