/**
 * What the receiver does with gRPC calls beneath the library, on their HTTP/2 streams: it counts the
 * bytes that the library buffers, ends calls that never end, takes compression over (the library's
 * own has no common budget and knows neither zstd nor snappy), and tells the log of refusals that
 * reach no handler.
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Metadata } from '@grpc/grpc-js';
import { encodeStatus } from '../../engine/wire/answers.ts';
import { COMPRESSION_HINT, parseCompression, type Codec } from './compression.ts';
import { MessageDecoder, Tickets } from './grpc-messages.ts';
import { replaceDecoder } from './grpc-private.ts';
import { MAX_BODY_BYTES, checkIntervalMs, type ReceiverTimeouts } from './limits.ts';
import type { Pressure } from './pressure.ts';
import { REFUSALS, RETRY_DELAY_MS, RPC_CODE, type Refusal } from './refusals.ts';
import { clipUserAgent, type IngestTarget, type RequestLine } from './target.ts';

/** Where a handler finds the stream of its call; a client's own header of this name is dropped. */
const STREAM_HEADER = 'x-flametail-stream';
/** The library's name for no compression: what it is told when the receiver inflates. */
const UNTOUCHED = 'identity';

/** What is known of a call from its stream. */
interface OpenStream {
  readonly stream: ServerHttp2Stream;
  readonly openedMs: number;
  /** The compression that its headers name; a message may still be plain. */
  readonly codec: Codec | null;
  /** Bytes taken from the budget of all bodies. */
  bytes: number;
  /** The flag in front of the message. */
  isCompressed: boolean;
}

/** What a watch works with. */
export interface GrpcStreamsOptions {
  readonly engine: IngestTarget;
  readonly pressure: Pressure;
  readonly timeouts: ReceiverTimeouts;
}

/** Watches the streams of one endpoint, from its opening to `close`. */
export class GrpcStreams {
  readonly #options: GrpcStreamsOptions;
  readonly #open = new Map<number, OpenStream>();
  readonly #timer: NodeJS.Timeout;
  #lastId = 0;
  #newest: ServerHttp2Stream | undefined;
  /** What the library's handlers get instead of joined messages. */
  readonly tickets = new Tickets();

  constructor(options: GrpcStreamsOptions) {
    this.#options = options;
    const everyMs = checkIntervalMs(options.timeouts);
    this.#timer = setInterval(() => this.#endOld(), everyMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** A `stream` listener that has to run before the library's: it changes the headers. */
  readonly watch = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    // The client took the call back with its headers. The library answers odd ones at once, and an
    // answer on a closed stream is an exception that nobody catches.
    if (stream.destroyed || stream.closed) {
      stream.respond = () => undefined;
      return;
    }
    const id = ++this.#lastId;
    const codec = takeCompression(headers);
    if (codec !== null) headers[STREAM_HEADER] = String(id);
    else Reflect.deleteProperty(headers, STREAM_HEADER);
    const openedMs = performance.now();
    const open: OpenStream = { stream, openedMs, codec, bytes: 0, isCompressed: false };
    this.#open.set(id, open);
    this.#newest = stream;
    stream.on('data', (data: Buffer) => this.#count(open, data));
    stream.once('close', () => {
      this.#open.delete(id);
      this.#options.pressure.inFlight.release(open.bytes);
      noteRefusal(this.#options.engine, stream, headers['user-agent'], headers['content-type']);
    });
  };

  /**
   * Takes the reading of messages over from the library. To be called with every call that it makes of
   * the stream it was just given.
   */
  adopt(call: object): void {
    const stream = this.#newest;
    this.#newest = undefined;
    if (stream === undefined) return;
    const decoder = new MessageDecoder(this.tickets, MAX_BODY_BYTES);
    if (replaceDecoder(call, decoder)) stream.once('close', () => decoder.close());
  }

  /**
   * The codec that the message of a call needs, null for a plain one; undefined when its stream is
   * gone.
   */
  codecOf(metadata: Metadata): Codec | null | undefined {
    const [id] = metadata.get(STREAM_HEADER);
    if (id === undefined) return null;
    const open = this.#open.get(Number(id));
    if (open === undefined) return undefined;
    return open.isCompressed ? open.codec : null;
  }

  #count(open: OpenStream, data: Buffer): void {
    if (open.bytes === 0) open.isCompressed = data[0] === 1;
    if (this.#options.pressure.inFlight.reserve(data.byteLength)) open.bytes += data.byteLength;
    else refuseStream(open.stream, 'overloaded', 'Too many large bodies at once.');
  }

  #endOld(): void {
    const { requestMs } = this.#options.timeouts;
    const until = performance.now() - requestMs;
    for (const { stream, openedMs } of this.#open.values()) {
      // In the order of their opening: the rest is younger.
      if (openedMs > until) return;
      refuseStream(stream, 'tooSlow', `The call did not end within ${requestMs / 1000} s.`);
    }
  }
}

/** Takes a compression that the receiver undoes out of the headers; null leaves it to the library. */
function takeCompression(headers: IncomingHttpHeaders): Codec | null {
  const named = headers['grpc-encoding'];
  if (typeof named !== 'string') return null;
  const codec = parseCompression(named);
  if (codec === null || codec === 'identity') return null;
  headers['grpc-encoding'] = UNTOUCHED;
  return codec;
}

/** The google.rpc.Status of a refusal, for `grpc-status-details-bin`. */
export function statusDetails(refusal: Refusal, message: string, retryMs = RETRY_DELAY_MS): Buffer {
  const { rpcCode } = REFUSALS[refusal];
  return Buffer.from(
    encodeStatus('protobuf', {
      code: rpcCode,
      message,
      ...(rpcCode === RPC_CODE.invalidArgument && {
        fieldViolations: [{ field: 'body', description: message }],
      }),
      ...(refusal === 'overloaded' && { retryDelayMs: retryMs }),
    }),
  );
}

/** Ends a call from beneath the library, which finds its stream closed. */
function refuseStream(stream: ServerHttp2Stream, refusal: Refusal, message: string): void {
  if (stream.destroyed || stream.closed) return;
  if (!stream.headersSent) {
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc+proto',
        'grpc-status': String(REFUSALS[refusal].rpcCode),
        'grpc-message': encodeURI(message),
        'grpc-status-details-bin': statusDetails(refusal, message).toString('base64'),
      },
      { endStream: true },
    );
  }
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Names of the statuses that end a call without its handler, and of our own failures. */
const STATUS_NAME: ReadonlyMap<number, string> = new Map<number, string>([
  [RPC_CODE.deadlineExceeded, 'DEADLINE_EXCEEDED'],
  [RPC_CODE.resourceExhausted, 'RESOURCE_EXHAUSTED'],
  [RPC_CODE.unimplemented, 'UNIMPLEMENTED'],
  [RPC_CODE.internal, 'INTERNAL'],
  [RPC_CODE.unavailable, 'UNAVAILABLE'],
]);

const HINTS: ReadonlyMap<string, string> = new Map([
  ['UNIMPLEMENTED', `The OTLP services are taken. ${COMPRESSION_HINT}`],
  ['RESOURCE_EXHAUSTED', 'Send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).'],
]);

/**
 * Logs what never reaches a handler: unknown services, oversized messages, calls that were ended. One
 * look at what was sent when the stream closes.
 */
function noteRefusal(
  engine: IngestTarget,
  stream: ServerHttp2Stream,
  userAgent: unknown,
  contentType: string | undefined,
): void {
  const { sentHeaders: head, sentTrailers: tail } = stream;
  const status = tail?.['grpc-status'] ?? head?.['grpc-status'];
  if (status === RPC_CODE.ok) return;
  if (head?.[':status'] === 415) {
    const type = String(contentType).slice(0, 60);
    const message = `The gRPC port got ${type}. OTLP/gRPC is application/grpc.`;
    noteGrpc(engine, { label: '415', outcome: 'refused', message, userAgent });
    return;
  }
  const label = STATUS_NAME.get(Number(status));
  if (label === undefined) return;
  const reason = decodeText(String(tail?.['grpc-message'] ?? head?.['grpc-message'] ?? ''));
  const hint = HINTS.get(label);
  const message = hint === undefined ? reason : `${reason}. ${hint}`;
  noteGrpc(engine, { label, outcome: 'refused', message, userAgent });
}

/** grpc-message is percent-encoded. */
function decodeText(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Not percent-encoded after all: shown as it is.
    return encoded;
  }
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
