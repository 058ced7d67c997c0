/** The built page, with the headers that keep everything foreign out of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';

/** Serves a file of the folder; calls `next` when there is none. */
export type StaticHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void;

/** Reads the folder's list of files once: the build does not change under a running server. */
export function staticFiles(folder: string): StaticHandler {
  return sirv(folder, {
    etag: true,
    // Names under assets/ hold a hash of their content.
    setHeaders: (response, path) => {
      response.setHeader(
        'cache-control',
        path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
}

/** Headers of every answer, refusals too: nothing in it may be run, shown elsewhere or guessed at. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('content-security-policy', NOTHING_ALLOWED);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('x-frame-options', 'DENY');
}

/** Lets the answer be our own page. `host` is the request's checked Host header. */
export function allowOwnPage(response: ServerResponse, host: string): void {
  response.setHeader('content-security-policy', contentSecurityPolicy(host));
}

const NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'";

function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "worker-src 'self'",
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
