/**
 * The one place that reaches into private fields of @grpc/grpc-js, for two things that it has no option
 * for: the HTTP/2 windows of its server, 64 KB, which cap one connection at a third of what it can do,
 * and its decoder, which joins the DATA frames of every message into fresh memory. A field that an
 * upgrade removes costs speed, never correctness (bench: ingest, gRPC).
 */
import type { Http2Server, Http2Session } from 'node:http2';
import { ServerCredentials, type Server } from '@grpc/grpc-js';

export interface WideInjector {
  readonly injector: ReturnType<Server['createConnectionInjector']>;
  /** The HTTP/2 server behind the injector; null when the field is gone. */
  readonly http2Server: Http2Server | null;
  /** False when a field is gone and the windows stay at 64 KB. */
  readonly isWide: boolean;
}

/** Opens a plaintext connection injector whose streams and sessions have `windowBytes` windows. */
export function openWideInjector(server: Server, windowBytes: number): WideInjector {
  const hasStreamWindow = raiseStreamWindow(server, windowBytes);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const http2Server = findHttp2Server(server);
  http2Server?.on('session', (session: Http2Session) => {
    if ('setLocalWindowSize' in session && typeof session.setLocalWindowSize === 'function') {
      session.setLocalWindowSize(windowBytes);
    }
  });
  return { injector, http2Server, isWide: hasStreamWindow && http2Server !== null };
}

/** `commonServerOptions` is what the server passes to `http2.createServer`. */
function raiseStreamWindow(server: Server, windowBytes: number): boolean {
  const options: unknown = Reflect.get(server, 'commonServerOptions');
  if (typeof options !== 'object' || options === null) return false;
  const settings: unknown = Reflect.get(options, 'settings');
  const kept = typeof settings === 'object' ? settings : {};
  return Reflect.set(options, 'settings', { ...kept, initialWindowSize: windowBytes });
}

/** `http2Servers` is the map that has a server for the injector, and no other here. */
function findHttp2Server(server: Server): Http2Server | null {
  const servers: unknown = Reflect.get(server, 'http2Servers');
  if (!(servers instanceof Map)) return null;
  const [first] = servers.keys();
  return first instanceof Object && 'on' in first ? (first as Http2Server) : null;
}

/** What the library asks of a decoder: whole messages, each behind its five bytes of framing. */
export interface Decoder {
  /** Throws to end the call with RESOURCE_EXHAUSTED and the error's message. */
  write(data: Buffer): Buffer[];
}

/** Gives a call, as interceptors get it, another decoder. False when the field is gone: it keeps its own. */
export function replaceDecoder(call: object, decoder: Decoder): boolean {
  const own: unknown = Reflect.get(call, 'decoder');
  if (typeof own !== 'object' || own === null || !('write' in own)) return false;
  return Reflect.set(call, 'decoder', decoder);
}
