/**
 * The schema through protobufjs: the slow, obvious codec that the fast ones are compared with.
 * Loaded once per process from `proto/`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { GRPC_SERVICE, type Signal } from '../../../proto/otlp/signal.ts';

const PROTO_DIR = fileURLToPath(new URL('../../../proto/', import.meta.url));

/** Names of request and response messages: Export<Word>Service{Request,Response}. */
const WORD: Readonly<Record<Signal, string>> = {
  traces: 'Trace',
  logs: 'Logs',
  metrics: 'Metrics',
  profiles: 'Profiles',
};

let loaded: protobuf.Root | undefined;

/** The whole schema, resolved. */
export function protoRoot(): protobuf.Root {
  if (loaded) return loaded;
  const root = new protobuf.Root();
  // Parsed file by file: the loader would take its own google.protobuf files instead of ours.
  for (const file of readdirSync(PROTO_DIR, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.proto')) protobuf.parse(readFileSync(join(PROTO_DIR, file), 'utf8'), root);
  }
  root.resolveAll();
  loaded = root;
  return root;
}

/** A message type by its full name, e.g. `opentelemetry.proto.trace.v1.Span`. */
export function protoType(fullName: string): protobuf.Type {
  return protoRoot().lookupType(fullName);
}

/** The request type of a signal. */
export function requestType(signal: Signal): protobuf.Type {
  return serviceType(signal, 'Request');
}

/** The response type of a signal. */
export function responseType(signal: Signal): protobuf.Type {
  return serviceType(signal, 'Response');
}

function serviceType(signal: Signal, end: 'Request' | 'Response'): protobuf.Type {
  const [packageName] = GRPC_SERVICE[signal].split(/\.\w+$/);
  return protoType(`${packageName}.Export${WORD[signal]}Service${end}`);
}

/**
 * Encodes a request given in lowerCamelCase; 64-bit integers may be bigints or numbers, ids and
 * bytes are Uint8Arrays.
 */
export function encodeRequest(signal: Signal, request: object): Uint8Array {
  return encodeMessage(requestType(signal), request);
}

/** Encodes any message given in the same form. */
export function encodeMessage(type: protobuf.Type, message: object): Uint8Array {
  return plainBytes(type.encode(type.fromObject(message)).finish());
}

/** A decoded message: set fields only, 64-bit integers as bigints, bytes as Uint8Arrays. */
export type Plain = Record<string, unknown>;

/** Decodes a request. Throws on what protobufjs refuses. */
export function decodeRequest(signal: Signal, bytes: Uint8Array): Plain {
  return decodeMessage(requestType(signal), bytes);
}

/** Decodes a response of a signal. */
export function decodeResponse(signal: Signal, bytes: Uint8Array): Plain {
  return decodeMessage(responseType(signal), bytes);
}

/** Decodes any message. */
export function decodeMessage(type: protobuf.Type, bytes: Uint8Array): Plain {
  return type.toObject(type.decode(plainBytes(bytes)), { longs: BigInt }) as Plain;
}

/** The same bytes, not as a Buffer: those never equal a Uint8Array in assertions. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
