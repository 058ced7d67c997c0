/** Writing answers of the HTTP port: media types, CORS, and what is left of a body. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { BodyEncoding } from '../../engine/config.ts';
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
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...(origin !== undefined && corsHeaders(origin)),
    ...more,
  });
  response.end(body);
  if (!request.complete) linger(request);
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
