/**
 * OTLP's unary calls on the HTTP/2 streams of the gRPC port.
 *
 * ```
 *   headers ─▶ type, path ─▶ engine behind? waits ─▶ DATA under the limits ─▶ end ─▶ inflate ─▶ ingest
 *      └ 415, UNIMPLEMENTED    └ UNAVAILABLE           └ RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED
 * ```
 * By hand, because a library for any gRPC service spends more on a call than the store does. Every way
 * out ends the call once and leaves one line in the log. A client that is refused gets a while to finish
 * its message, which is dropped: a stream that is reset while its client writes can make clients on Node
 * spin for ever.
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { GRPC_SERVICE, SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import { encodeSuccess } from '../../engine/wire/answers.ts';
import { COMPRESSION_HINT, parseCompression, type Codec } from './compression.ts';
import { freeBuffer } from './free-buffers.ts';
import {
  ACCEPTED_ENCODINGS,
  answerHttp,
  answerOk,
  answerStatus,
  noteGrpc,
  refusalDetails,
} from './grpc-answers.ts';
import { Deadlines } from './grpc-deadlines.ts';
import { MessageReader } from './grpc-messages.ts';
import { inflateNow, type Inflated } from './inflate.ts';
import { MAX_BODY_BYTES, lingerMs, type ReceiverTimeouts } from './limits.ts';
import type { Pressure } from './pressure.ts';
import { REFUSALS, RPC_CODE, type Refusal, type RpcCode } from './refusals.ts';
import {
  deliver,
  describeInvalidStrings,
  describePressure,
  describeRejections,
  type IngestTarget,
} from './target.ts';

/** What the calls of one endpoint share, from its opening to `close`. */
export class GrpcCalls {
  readonly engine: IngestTarget;
  readonly pressure: Pressure;
  readonly deadlines: Deadlines<Call>;
  readonly requestMs: number;
  /** How long the rest of a refused call is read and dropped. */
  readonly lingerMs: number;
  isClosed = false;

  constructor(engine: IngestTarget, pressure: Pressure, timeouts: ReceiverTimeouts) {
    this.engine = engine;
    this.pressure = pressure;
    this.requestMs = timeouts.requestMs;
    this.lingerMs = lingerMs(timeouts);
    this.deadlines = new Deadlines((call) => call.expire());
  }

  /** A `stream` listener. */
  readonly take = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    // Resets by the client; `close` follows.
    stream.on('error', ignore);
    // The client took the call back with its headers.
    if (stream.destroyed || stream.closed) return;
    new Call(this, stream, headers).start();
  };

  /** After it nothing reaches the engine, however far its call was. */
  close(): void {
    this.isClosed = true;
    this.deadlines.close();
  }
}

const GRPC_TYPE = /^application\/grpc(?:$|[+;])/i;

const SIGNAL_OF: ReadonlyMap<string, Signal> = new Map(
  SIGNALS.map((signal) => [`/${GRPC_SERVICE[signal]}/Export`, signal]),
);

function ignore(): void {
  // Nobody waits for it.
}

/** The names of the statuses that calls are refused with, for the log. */
const STATUS_NAME: ReadonlyMap<RpcCode, string> = new Map<RpcCode, string>([
  [RPC_CODE.invalidArgument, 'INVALID_ARGUMENT'],
  [RPC_CODE.deadlineExceeded, 'DEADLINE_EXCEEDED'],
  [RPC_CODE.resourceExhausted, 'RESOURCE_EXHAUSTED'],
  [RPC_CODE.unimplemented, 'UNIMPLEMENTED'],
  [RPC_CODE.internal, 'INTERNAL'],
  [RPC_CODE.unavailable, 'UNAVAILABLE'],
]);

const SMALLER_HINT = 'Send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).';

/** One call, from its headers until its stream is closed. */
class Call {
  readonly #calls: GrpcCalls;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #reader = new MessageReader(MAX_BODY_BYTES);
  #signal: Signal = 'traces';
  /** Bytes taken from the budget of all bodies. */
  #reserved = 0;
  #isOver = false;
  /** ms after which the client gives up, or the receiver does. */
  #limitMs = 0;

  constructor(calls: GrpcCalls, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#calls = calls;
    this.#stream = stream;
    this.#headers = headers;
  }

  start(): void {
    this.#stream.once('close', this.#onClose);
    const type = this.#headers['content-type'];
    if (type === undefined || !GRPC_TYPE.test(type)) {
      this.#refuseType(String(type));
      return;
    }
    const path = this.#headers[':path'] ?? '';
    const signal = SIGNAL_OF.get(path);
    const limitMs = readTimeout(this.#headers['grpc-timeout']);
    if (signal === undefined || this.#headers[':method'] !== 'POST') {
      const reason = `The server does not implement the method ${path}`;
      this.#refuseCode(RPC_CODE.unimplemented, reason, `The OTLP services are taken.`);
      return;
    }
    if (limitMs === null) {
      this.#refuse('malformed', `grpc-timeout cannot be read`);
      return;
    }
    this.#signal = signal;
    const { deadlines, pressure, requestMs } = this.#calls;
    this.#limitMs = Math.min(limitMs, requestMs);
    deadlines.add(this, this.#limitMs);
    if (pressure.retryAfterMs() === 0) this.#read();
    else void pressure.hold().then((canTake) => this.#endWait(canTake));
  }

  /** Called when the call took longer than it may, and when its refusal has had its time. */
  expire(): void {
    if (this.#isOver) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    else this.#refuse('tooSlow', `The call did not end within ${this.#limitMs / 1000} s.`);
  }

  #endWait(canTake: boolean): void {
    if (canTake) this.#read();
    else this.#refuse('overloaded', describePressure());
  }

  #read(): void {
    this.#stream.on('data', this.#onData);
    this.#stream.on('end', this.#onEnd);
  }

  readonly #onData = (data: Buffer): void => {
    // The rest of a call that was refused is dropped.
    if (this.#isOver) return;
    if (!this.#calls.pressure.inFlight.reserve(data.byteLength)) {
      this.#refuse('overloaded', 'Too many large bodies at once.');
      return;
    }
    this.#reserved += data.byteLength;
    const reader = this.#reader;
    const state = reader.write(data);
    if (state === 'tooLarge') {
      const sizes = `${reader.announcedBytes} bytes, above ${MAX_BODY_BYTES}`;
      this.#refuse('tooLarge', `The message is too large: ${sizes}`);
    } else if (state === 'tooMany') {
      this.#refuse('malformed', 'Export takes one message, and there are more bytes');
    }
  };

  readonly #onEnd = (): void => {
    if (this.#isOver) return;
    const { state, flag, announcedBytes, byteLength } = this.#reader;
    if (state !== 'whole') {
      const reason =
        announcedBytes === 0
          ? 'The call has no message'
          : `The message ends after ${byteLength} of ${announcedBytes} bytes`;
      this.#refuse('malformed', reason);
    } else if (flag === 0) {
      this.#ingest(this.#reader.chunks, byteLength);
    } else {
      this.#inflate(flag);
    }
  };

  readonly #onClose = (): void => {
    this.#letGo();
    this.#calls.deadlines.delete(this);
  };

  #letGo(): void {
    this.#isOver = true;
    this.#reader.drop();
    this.#calls.pressure.inFlight.release(this.#reserved);
    this.#reserved = 0;
  }

  #inflate(flag: number): void {
    const named = this.#headers['grpc-encoding'];
    const codec = parseCompression(typeof named === 'string' ? named : undefined);
    if (codec === null) {
      const reason = `The compression ${String(named).slice(0, 60)} is unknown`;
      this.#refuseCode(RPC_CODE.unimplemented, reason, COMPRESSION_HINT);
      return;
    }
    if (codec === 'identity' || flag !== 1) {
      const reason = 'The message says that it is compressed, and grpc-encoding does not say how';
      this.#refuse('malformed', flag === 1 ? reason : `The compressed flag is ${flag}, not 0 or 1`);
      return;
    }
    this.#inflateWith(codec);
  }

  #inflateWith(codec: Codec): void {
    const { chunks, byteLength } = this.#reader;
    const inflated = inflateNow(codec, chunks, byteLength);
    if (inflated !== null) {
      this.#ingestInflated(inflated);
      return;
    }
    void this.#calls.pressure.inflater
      .inflate(codec, chunks, byteLength)
      .then((later) => this.#ingestInflated(later));
  }

  #ingestInflated(inflated: Inflated): void {
    if (!inflated.ok) {
      this.#refuse(inflated.code, inflated.message);
      return;
    }
    const { bytes } = inflated;
    this.#ingest([bytes], bytes.byteLength);
    freeBuffer(bytes);
  }

  #ingest(chunks: readonly Uint8Array[], byteLength: number): void {
    // The client went away while this was inflated: it does not learn what becomes of it, and sends
    // it again.
    if (!this.#isOpen()) return;
    const { engine } = this.#calls;
    const signal = this.#signal;
    const delivery = deliver(engine, signal, chunks, byteLength, 'protobuf');
    if (!delivery.ok) {
      this.#refuse(delivery.code, delivery.message);
      return;
    }
    this.#isOver = true;
    const service = shortName(signal);
    const line = { bytes: byteLength, userAgent: this.#headers['user-agent'] };
    const { received: items, rejected } = delivery;
    const invalid = describeInvalidStrings(delivery.invalidStrings);
    if (rejected === 0) {
      answerOk(this.#stream);
      const outcome = invalid === '' ? 'ok' : 'warning';
      const message = invalid === '' ? `${service}.Export` : `${service}: ${invalid}`;
      noteGrpc(engine, { ...line, label: 'OK', outcome, message, items });
      return;
    }
    const reasons = describeRejections(signal, delivery);
    answerOk(this.#stream, encodeSuccess(signal, 'protobuf', { rejected, message: reasons }));
    const also = invalid === '' ? '' : ` ${invalid}.`;
    const message = `${service}: ${reasons}. The other ${items - rejected} were taken.${also}`;
    noteGrpc(engine, { ...line, label: 'PARTIAL', outcome: 'warning', message, items });
  }

  #isOpen(): boolean {
    if (this.#isOver || this.#calls.isClosed) return false;
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  /** True for the first refusal of an open call, which is answered next. */
  #beginRefusal(): boolean {
    if (!this.#isOpen()) return false;
    this.#letGo();
    this.#calls.deadlines.add(this, this.#calls.lingerMs);
    return true;
  }

  #refuseType(type: string): void {
    if (!this.#beginRefusal()) return;
    answerHttp(this.#stream, 415);
    const message = `The gRPC port got ${type.slice(0, 60)}. OTLP/gRPC is application/grpc.`;
    const userAgent = this.#headers['user-agent'];
    noteGrpc(this.#calls.engine, { label: '415', outcome: 'refused', message, userAgent });
  }

  #refuse(refusal: Refusal, message: string): void {
    if (!this.#beginRefusal()) return;
    const { rpcCode } = REFUSALS[refusal];
    const retryMs = this.#calls.pressure.retryAfterMs();
    const details = refusalDetails(refusal, message, retryMs === 0 ? undefined : retryMs);
    answerStatus(this.#stream, rpcCode, message, details);
    const hint = refusal === 'tooLarge' ? SMALLER_HINT : '';
    this.#note(rpcCode, message, hint);
  }

  /** A refusal that has no name of its own: HTTP has no such case. */
  #refuseCode(code: RpcCode, message: string, hint: string): void {
    if (!this.#beginRefusal()) return;
    answerStatus(this.#stream, code, message, { 'grpc-accept-encoding': ACCEPTED_ENCODINGS });
    this.#note(code, message, hint);
  }

  #note(code: RpcCode, reason: string, hint: string): void {
    const isBad = code === RPC_CODE.invalidArgument;
    const message = isBad ? `${shortName(this.#signal)}: ${reason}` : reason;
    noteGrpc(this.#calls.engine, {
      label: STATUS_NAME.get(code) ?? String(code),
      outcome: 'refused',
      message: hint === '' ? message : `${message}. ${hint}`,
      bytes: isBad ? this.#reader.byteLength : 0,
      userAgent: this.#headers['user-agent'],
    });
  }
}

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The ms of a `grpc-timeout`; Infinity without one, null when it cannot be read. */
function readTimeout(header: string | string[] | undefined): number | null {
  if (header === undefined) return Infinity;
  const [, digits, unit] = TIMEOUT.exec(String(header)) ?? [];
  if (digits === undefined || unit === undefined) return null;
  return Number(digits) * (UNIT_MS[unit] ?? 1);
}

/** TraceService, without its package. */
function shortName(signal: Signal): string {
  return GRPC_SERVICE[signal].slice(GRPC_SERVICE[signal].lastIndexOf('.') + 1);
}
