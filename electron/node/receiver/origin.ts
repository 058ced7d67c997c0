/** Which web pages may post telemetry: those that this machine itself serves. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

const LOOPBACK_V4 = /^127(\.\d{1,3}){3}$/;

/** Seconds that a browser keeps the answer of a preflight; Chromium's own ceiling. */
const PREFLIGHT_MAX_AGE_S = '7200';

/**
 * True for `http(s)://` pages of localhost, *.localhost, 127.0.0.0/8 and [::1], on any port. `null`
 * (a sandboxed frame, a file) is anybody's, so it is not one of them.
 */
export function isLoopbackOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    LOOPBACK_V4.test(hostname)
  );
}

/**
 * Headers that let a page of an allowed origin read an answer. The origin is echoed, never `*`:
 * sendBeacon of older SDKs forces credentials, and then `*` does not count.
 */
export function corsHeaders(origin: string): OutgoingHttpHeaders {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After',
    vary: 'Origin',
  };
}

/** Headers that answer a preflight of an allowed origin. */
export function preflightHeaders(
  origin: string,
  request: IncomingHttpHeaders,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ...corsHeaders(origin),
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-max-age': PREFLIGHT_MAX_AGE_S,
  };
  // Exporters add headers of their own (authorization, traceparent): what is asked for is allowed.
  const asked = request['access-control-request-headers'];
  if (asked !== undefined) headers['access-control-allow-headers'] = asked;
  if (request['access-control-request-private-network'] === 'true') {
    headers['access-control-allow-private-network'] = 'true';
  }
  return headers;
}
