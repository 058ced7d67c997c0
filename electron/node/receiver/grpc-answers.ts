/** How calls of the gRPC port end: headers, message, trailers, and the line in the log. */
import type {
  OutgoingHttpHeaders,
  ServerHttp2Stream,
  ServerStreamResponseOptions,
} from 'node:http2';
import { encodeStatus, encodeSuccess } from '../../engine/wire/answers.ts';
import { REFUSALS, RETRY_DELAY_MS, RPC_CODE, type Refusal, type RpcCode } from './refusals.ts';
import { clipUserAgent, type IngestTarget, type RequestLine } from './target.ts';

const CONTENT_TYPE = 'application/grpc+proto';
/** What a client may compress with, said with every refusal of a compression. */
export const ACCEPTED_ENCODINGS = 'identity,gzip,deflate,zstd,snappy';

const HEAD: OutgoingHttpHeaders = { ':status': 200, 'content-type': CONTENT_TYPE };
const WITH_TRAILERS: ServerStreamResponseOptions = { waitForTrailers: true };
const OK: OutgoingHttpHeaders = { 'grpc-status': String(RPC_CODE.ok) };

/** A message behind its five bytes of framing. */
function framed(bytes: Uint8Array): Buffer {
  const message = Buffer.alloc(5 + bytes.byteLength);
  message.writeUInt32BE(bytes.byteLength, 1);
  message.set(bytes, 5);
  return message;
}

/** The full success of every signal is the empty message. */
const FULL_SUCCESS = framed(encodeSuccess('traces', 'protobuf'));

function sendOk(this: ServerHttp2Stream): void {
  if (!this.destroyed && !this.closed) this.sendTrailers(OK);
}

/** Ends a call with OK and a response message, the empty one when absent. The stream is open. */
export function answerOk(stream: ServerHttp2Stream, message?: Uint8Array): void {
  stream.on('wantTrailers', sendOk);
  stream.respond(HEAD, WITH_TRAILERS);
  stream.end(message === undefined ? FULL_SUCCESS : framed(message));
}

/**
 * Ends a call with a status alone. The stream is open; what is still to come of the message is read and
 * dropped, until the caller closes the stream.
 */
export function answerStatus(
  stream: ServerHttp2Stream,
  code: RpcCode,
  message: string,
  more: OutgoingHttpHeaders = {},
): void {
  const status = { 'grpc-status': String(code), 'grpc-message': encodeText(message), ...more };
  stream.respond({ ...HEAD, ...status }, { endStream: true });
  stream.resume();
}

/** The same for a call that is none of gRPC: an HTTP status alone. */
export function answerHttp(stream: ServerHttp2Stream, httpStatus: number): void {
  stream.respond({ ':status': httpStatus }, { endStream: true });
  stream.resume();
}

/**
 * The headers that say more of a refusal than its code: a google.rpc.Status where it has details.
 * `retryMs` is what an overloaded receiver asks clients to wait.
 */
export function refusalDetails(
  refusal: Refusal,
  message: string,
  retryMs = RETRY_DELAY_MS,
): OutgoingHttpHeaders {
  const { rpcCode } = REFUSALS[refusal];
  const isInvalid = rpcCode === RPC_CODE.invalidArgument;
  if (!isInvalid && refusal !== 'overloaded') return {};
  const status = encodeStatus('protobuf', {
    code: rpcCode,
    message,
    ...(isInvalid && { fieldViolations: [{ field: 'body', description: message }] }),
    ...(refusal === 'overloaded' && { retryDelayMs: retryMs }),
  });
  return { 'grpc-status-details-bin': Buffer.from(status).toString('base64') };
}

/** Longer texts are cut: some repeat what a client sent, and all headers together have a limit. */
const MAX_TEXT_LENGTH = 2_000;

/** A `grpc-message`: UTF-8, percent-encoded where it is not printable ASCII. */
function encodeText(text: string): string {
  const bytes = Buffer.from(text.slice(0, MAX_TEXT_LENGTH)).toString('latin1');
  return bytes.replace(
    /[^ -$&-~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** What differs between two lines of the gRPC port. */
export type GrpcNote = Pick<RequestLine, 'label' | 'outcome' | 'message'> & {
  readonly bytes?: number;
  readonly items?: number;
  readonly userAgent: unknown;
};

/** Adds a line to the receiver log. */
export function noteGrpc(engine: IngestTarget, parts: GrpcNote): void {
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
