/**
 * One OTLP/HTTP request from its headers to its answer: origin, path, method, media type, encoding,
 * body, inflate, ingest. The first check that fails answers; the rest of the body is dropped.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { BodyEncoding } from '../../engine/config.ts';
import { encodeStatus, encodeSuccess, type StatusAnswer } from '../../engine/wire/answers.ts';
import { BodyReader, type BodyEnd } from './body.ts';
import { COMPRESSION_HINT, parseCompression, type Codec, type Compression } from './compression.ts';
import { freeBuffer } from './free-buffers.ts';
import { MEDIA_TYPE, answer, answerSuccess, encodingOf, type Exchange } from './http-answer.ts';
import { inflateNow, type Inflated } from './inflate.ts';
import { MAX_BODY_BYTES, TIMEOUTS, type ReceiverTimeouts } from './limits.ts';
import { isLoopbackOrigin, preflightHeaders } from './origin.ts';
import { pathHint, pathOf, showPath, signalOfPath } from './paths.ts';
import { SERVER_NAME } from './port-holder.ts';
import type { Pressure } from './pressure.ts';
import { REFUSALS, RETRY_DELAY_MS, type Refusal } from './refusals.ts';
import {
  clipUserAgent,
  deliver,
  describeInvalidStrings,
  describePressure,
  describeRejections,
  type Delivery,
  type IngestTarget,
  type RequestLine,
} from './target.ts';
import { welcomeJson, welcomeText, type WelcomeFacts } from './welcome.ts';

const BOTH_TYPES = 'application/x-protobuf or application/json';

/** An exchange whose body is wanted. */
interface Delivering extends Exchange {
  readonly signal: Signal;
  readonly encoding: BodyEncoding;
  readonly compression: Compression;
}

/** What the handler of a port works with. */
export interface HttpHandlerOptions {
  readonly engine: IngestTarget;
  /** Shared by all endpoints of a receiver. */
  readonly pressure: Pressure;
  readonly timeouts?: ReceiverTimeouts;
  /** Read at each `GET /`. */
  readonly facts: () => WelcomeFacts;
}

/** Handles every request of the HTTP port. Never throws; `close` makes it refuse what comes late. */
export class HttpHandler {
  readonly #engine: IngestTarget;
  readonly #facts: () => WelcomeFacts;
  readonly #pressure: Pressure;
  readonly #requestMs: number;
  /** Connections whose request body is being read. */
  readonly #reading = new Set<Duplex>();
  /** Those of them that ran out of time. */
  readonly #expired = new WeakSet<Duplex>();
  /** Of the body that was ingested last. */
  #lastSocket: WeakRef<Duplex> | undefined;
  #isClosed = false;

  constructor(options: HttpHandlerOptions) {
    this.#engine = options.engine;
    this.#pressure = options.pressure;
    this.#requestMs = (options.timeouts ?? TIMEOUTS).requestMs;
    this.#facts = options.facts;
  }

  /** After this nothing reaches the engine, however far its request was. */
  close(): void {
    this.#isClosed = true;
  }

  /** A connection ran out of time: true when it was in a body, whose end tells the log why. */
  expire(socket: Duplex): boolean {
    if (!this.#reading.has(socket)) return false;
    this.#expired.add(socket);
    return true;
  }

  /** The `request` listener of node:http. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request.url ?? '/');
    const origin = request.headers.origin;
    if (origin !== undefined && !isLoopbackOrigin(origin)) {
      this.#refuseOrigin({ request, response, path, origin: undefined }, origin);
      return;
    }
    const exchange: Exchange = { request, response, path, origin };
    switch (request.method) {
      case 'POST':
        this.#post(exchange);
        break;
      case 'OPTIONS':
        this.#preflight(exchange);
        break;
      case 'GET':
      case 'HEAD':
        if (path === '/') {
          this.#welcome(exchange);
          break;
        }
        this.#refuseMethod(exchange);
        break;
      default:
        this.#refuseMethod(exchange);
    }
  };

  #post(exchange: Exchange): void {
    const { request, response, path, origin } = exchange;
    const encoding = encodingOf(request.headers['content-type']);
    const signal = signalOfPath(path);
    if (signal === null) {
      const message = `There is nothing at ${showPath(path)}. ${pathHint(path)}`;
      this.#refuse(exchange, encoding ?? 'json', 'unknownPath', message);
      return;
    }
    const compression = parseCompression(request.headers['content-encoding']);
    if (compression === null) {
      const named = String(request.headers['content-encoding']).slice(0, 40);
      const message = `Content-Encoding ${named} is not supported. ${COMPRESSION_HINT}`;
      this.#refuse(exchange, encoding ?? 'json', 'badCompression', message);
      return;
    }
    if (encoding === null) {
      this.#refuseType(exchange);
      return;
    }
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      this.#refuse(exchange, encoding, 'tooLarge', TOO_LARGE);
      return;
    }
    const retryMs = this.#pressure.retryAfterMs();
    if (retryMs > 0) {
      this.#refuse(exchange, encoding, 'overloaded', describePressure(), 0, retryMs);
      return;
    }
    // Spelled out: a spread is taken apart key by key.
    const delivering: Delivering = {
      request,
      response,
      path,
      origin,
      signal,
      encoding,
      compression,
    };
    const { socket } = request;
    this.#reading.add(socket);
    new BodyReader(request, this.#pressure.inFlight, (how, body) => {
      this.#reading.delete(socket);
      this.#bodyRead(delivering, how, body);
    });
  }

  #bodyRead(exchange: Delivering, how: BodyEnd, body: BodyReader): void {
    switch (how) {
      case 'complete':
        this.#ingestBody(exchange, body);
        return;
      case 'tooLarge':
        body.release();
        this.#refuse(exchange, exchange.encoding, 'tooLarge', TOO_LARGE);
        return;
      case 'overloaded':
        body.release();
        this.#refuse(exchange, exchange.encoding, 'overloaded', OVERLOADED);
        return;
      case 'aborted': {
        const isLate = this.#expired.has(exchange.request.socket);
        const why = isLate
          ? `the body did not end within ${this.#requestMs / 1000} s, after`
          : 'the client went away after';
        const message = `${exchange.path}: ${why} ${body.byteLength} bytes of the body. Nothing was kept.`;
        const label = isLate ? '408' : 'ABORTED';
        this.#note(exchange, { label, outcome: 'warning', message }, body.byteLength);
        body.release();
      }
    }
  }

  #ingestBody(exchange: Delivering, body: BodyReader): void {
    const { compression } = exchange;
    if (compression === 'identity') {
      this.#ingest(exchange, body.chunks, body.byteLength, body);
      return;
    }
    const inflated = inflateNow(compression, body.chunks, body.byteLength);
    if (inflated === null) {
      void this.#ingestLater(exchange, compression, body);
      return;
    }
    this.#ingestInflated(exchange, inflated, body);
  }

  async #ingestLater(exchange: Delivering, codec: Codec, body: BodyReader): Promise<void> {
    const inflated = await this.#pressure.inflater.inflate(codec, body.chunks, body.byteLength);
    this.#ingestInflated(exchange, inflated, body);
  }

  #ingestInflated(exchange: Delivering, inflated: Inflated, body: BodyReader): void {
    if (!inflated.ok) {
      body.release();
      this.#refuse(exchange, exchange.encoding, inflated.code, inflated.message);
      return;
    }
    const { bytes } = inflated;
    this.#ingest(exchange, [bytes], bytes.byteLength, body, bytes);
  }

  /** The body, and what it was inflated to, are free again when the journal has them. */
  #ingest(
    exchange: Delivering,
    chunks: readonly Uint8Array[],
    byteLength: number,
    body: BodyReader,
    inflated?: Uint8Array,
  ): void {
    const { signal, encoding, compression } = exchange;
    if (this.#isClosed) {
      body.release();
      exchange.response.destroy();
      return;
    }
    const isGzip = compression === 'gzip' && encoding === 'protobuf';
    const delivery = deliver(this.#engine, signal, chunks, byteLength, encoding, {
      isAlone: this.#isAlone(exchange.request.socket),
      ...(isGzip && { gzip: { chunks: body.chunks, byteLength: body.byteLength } }),
    });
    const free = (): void => {
      body.release();
      if (inflated !== undefined) freeBuffer(inflated);
    };
    if (!delivery.ok) {
      free();
      this.#refuse(exchange, encoding, delivery.code, delivery.message, byteLength);
      return;
    }
    const kept = (): void => {
      free();
      this.#acknowledge(exchange, delivery, byteLength);
    };
    if (this.#engine.whenKept === undefined) kept();
    else this.#engine.whenKept(kept);
  }

  /** One sender that waits for each answer gains nothing from another thread. */
  #isAlone(socket: Duplex): boolean {
    const isSame = this.#lastSocket?.deref() === socket;
    if (!isSame) this.#lastSocket = new WeakRef(socket);
    return isSame && this.#reading.size === 0;
  }

  #acknowledge(
    exchange: Delivering,
    delivery: Extract<Delivery, { ok: true }>,
    byteLength: number,
  ): void {
    const { signal, encoding, path } = exchange;
    const { received: items, rejected } = delivery;
    const invalid = describeInvalidStrings(delivery.invalidStrings);
    if (rejected === 0) {
      answerSuccess(exchange, encoding);
      const line =
        invalid === ''
          ? ({ label: 'OK', outcome: 'ok', message: `${path} as ${encoding}` } as const)
          : ({ label: 'OK', outcome: 'warning', message: `${path}: ${invalid}` } as const);
      this.#note(exchange, line, byteLength, items);
      return;
    }
    const reasons = describeRejections(signal, delivery);
    const body = encodeSuccess(signal, encoding, { rejected, message: reasons });
    answer(exchange, 200, MEDIA_TYPE[encoding], body);
    const also = invalid === '' ? '' : ` ${invalid}.`;
    const message = `${path}: ${reasons}. The other ${items - rejected} were taken.${also}`;
    this.#note(exchange, { label: 'PARTIAL', outcome: 'warning', message }, byteLength, items);
  }

  #refuse(
    exchange: Exchange,
    encoding: BodyEncoding,
    refusal: Refusal,
    message: string,
    byteLength = 0,
    retryMs = RETRY_DELAY_MS,
  ): void {
    const { httpStatus, rpcCode } = REFUSALS[refusal];
    const status: StatusAnswer = {
      code: rpcCode,
      message,
      // The specification asks for BadRequest with 400.
      ...(httpStatus === 400 && { fieldViolations: [{ field: 'body', description: message }] }),
      ...(refusal === 'overloaded' && { retryDelayMs: retryMs }),
    };
    const headers: OutgoingHttpHeaders =
      refusal === 'overloaded' ? { 'retry-after': String(Math.ceil(retryMs / 1000)) } : {};
    answer(exchange, httpStatus, MEDIA_TYPE[encoding], encodeStatus(encoding, status), headers);
    this.#noteRefused(exchange, httpStatus, message, byteLength);
  }

  #refuseOrigin(exchange: Exchange, origin: string): void {
    const shown = origin.slice(0, 100);
    const message = `A web page of ${shown} may not send telemetry here. Only pages of localhost may.`;
    const encoding = encodingOf(exchange.request.headers['content-type']) ?? 'json';
    this.#refuse(exchange, encoding, 'foreignOrigin', message);
  }

  /** 415 and 405 are plain text: what encoding the client reads is not known. */
  #refuseType(exchange: Exchange): void {
    const sent = exchange.request.headers['content-type'];
    const shown = sent === undefined ? 'without Content-Type' : `as ${sent.slice(0, 60)}`;
    const message = `${exchange.path} was sent ${shown}. Use ${BOTH_TYPES}.`;
    answer(exchange, 415, 'text/plain', `Unsupported media type: use ${BOTH_TYPES}\n`);
    this.#noteRefused(exchange, 415, message);
  }

  #refuseMethod(exchange: Exchange): void {
    const { request, path } = exchange;
    const shown = showPath(path);
    if (path !== '/' && signalOfPath(path) === null) {
      const message = `There is nothing at ${shown}. ${pathHint(path)}`;
      answer(exchange, 404, 'text/plain', `${message}\n`);
      this.#noteRefused(exchange, 404, message);
      return;
    }
    const message = `${request.method ?? ''} ${shown} is not supported. OTLP/HTTP is sent with POST.`;
    answer(exchange, 405, 'text/plain', `${message}\n`, { allow: 'POST, OPTIONS' });
    this.#noteRefused(exchange, 405, message);
  }

  #preflight(exchange: Exchange): void {
    const { request, response, path, origin } = exchange;
    const headers =
      origin === undefined ? { allow: 'POST, OPTIONS' } : preflightHeaders(origin, request.headers);
    response.writeHead(204, headers).end();
    const message = `${showPath(path)} from ${origin ?? 'a client without Origin'}, allowed`;
    this.#note(exchange, { label: 'OPTIONS', outcome: 'info', message });
  }

  #welcome(exchange: Exchange): void {
    const facts = this.#facts();
    const wantsJson = exchange.request.headers.accept?.includes('application/json') === true;
    const type = wantsJson ? 'application/json' : 'text/plain; charset=utf-8';
    const body = wantsJson ? welcomeJson(facts) : welcomeText(facts);
    answer(exchange, 200, type, body, { server: `${SERVER_NAME}${facts.version}` });
  }

  #noteRefused(exchange: Exchange, status: number, message: string, byteLength = 0): void {
    this.#note(exchange, { label: String(status), outcome: 'refused', message }, byteLength);
  }

  #note(
    exchange: Exchange,
    line: Pick<RequestLine, 'label' | 'outcome' | 'message'>,
    bytes = 0,
    items = 0,
  ): void {
    this.#engine.noteRequest({
      timeMs: Date.now(),
      protocol: 'http',
      label: line.label,
      outcome: line.outcome,
      message: line.message,
      bytes,
      items,
      userAgent: clipUserAgent(exchange.request.headers['user-agent']),
    });
  }
}

const TOO_LARGE =
  'The body is larger than 64 MiB. Send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).';
const OVERLOADED = 'Too many large bodies at once. Send this one again in a second.';
