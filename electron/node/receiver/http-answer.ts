/** Writing answers of the HTTP port: media types, CORS, and what is left of a body. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { BodyEncoding } from '../../engine/config.ts';
import { encodeSuccess } from '../../engine/wire/answers.ts';
import { LINGER_MS } from './limits.ts';
import { corsHeaders } from './origin.ts';

/** The bare media type that an answer in an encoding has. */
export const MEDIA_TYPE: Readonly<Record<BodyEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** One request on its way; `origin` is an allowed one, or undefined when no page sent it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly origin: string | undefined;
}

/** The encoding that a Content-Type names: case and parameters do not count. */
export function encodingOf(contentType: string | undefined): BodyEncoding | null {
  if (contentType === undefined) return null;
  // What nearly every request has, compared without cutting strings.
  if (contentType === MEDIA_TYPE.protobuf) return 'protobuf';
  if (contentType === MEDIA_TYPE.json) return 'json';
  const [type = ''] = contentType.split(';', 1);
  switch (type.trim().toLowerCase()) {
    case MEDIA_TYPE.protobuf:
      return 'protobuf';
    case MEDIA_TYPE.json:
      return 'json';
    default:
      return null;
  }
}

/** Answers an exchange, unless its client is gone. */
export function answer(
  exchange: Exchange,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  more: OutgoingHttpHeaders = {},
): void {
  const { request, response, origin } = exchange;
  if (response.destroyed) return;
  const byteLength = Buffer.byteLength(body);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': byteLength,
    ...(origin !== undefined && corsHeaders(origin)),
    ...more,
  });
  endWith(response, body, byteLength);
  if (!request.complete) linger(request);
}

/** The answer of nearly every request: status 200 and nothing else to say. */
export function answerSuccess(exchange: Exchange, encoding: BodyEncoding): void {
  const { response, origin } = exchange;
  if (origin !== undefined || response.destroyed) {
    answer(exchange, 200, MEDIA_TYPE[encoding], FULL_SUCCESS[encoding]);
    return;
  }
  const body = FULL_SUCCESS[encoding];
  response.writeHead(200, SUCCESS_HEADERS[encoding]);
  endWith(response, body, body.byteLength);
}

/** An empty body that is passed all the same is a second piece to write. */
function endWith(response: ServerResponse, body: string | Uint8Array, byteLength: number): void {
  if (byteLength === 0) response.end();
  else response.end(body);
}

/** The full success of every signal is the same few bytes. */
const FULL_SUCCESS: Readonly<Record<BodyEncoding, Uint8Array>> = {
  protobuf: encodeSuccess('traces', 'protobuf'),
  json: encodeSuccess('traces', 'json'),
};

/** Names and values in turn, which node:http writes as they are. */
const SUCCESS_HEADERS: Readonly<Record<BodyEncoding, string[]>> = {
  protobuf: successHeaders('protobuf'),
  json: successHeaders('json'),
};

function successHeaders(encoding: BodyEncoding): string[] {
  const length = String(FULL_SUCCESS[encoding].byteLength);
  return ['content-type', MEDIA_TYPE[encoding], 'content-length', length];
}

/** Drops the rest of a body that was answered early, then closes when it takes too long. */
function linger(request: IncomingMessage): void {
  request.on('error', () => {
    // The client stopped sending after it had its answer.
  });
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}
