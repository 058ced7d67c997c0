/** A request as a curl command. Every part is one shell word: telemetry must not run anything. */
import { shellQuoted } from '../../../base/shell-quote.ts';
import type { HttpContent } from './http.ts';

/** Headers that curl sets itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['host', 'content-length', 'connection']);

/** Methods and header names (RFC 9110, 5.6.2); curl reads a file for a header that starts with @. */
const TOKEN = /^[\w!#$%&'*+.^`|~][\w!#$%&'*+.^`|~-]*$/;

/** The command for POSIX shells; null when there is no address to call. */
export function curlCommand({ method, url, requestHeaders }: HttpContent): string | null {
  if (!/^https?:\/\//i.test(url)) return null;
  const parts = ['curl'];
  if (method === 'HEAD') parts.push('--head');
  else if (method !== 'GET' && TOKEN.test(method)) parts.push(`--request ${shellQuoted(method)}`);
  // Brackets and braces in an address are text, not ranges.
  if (/[[\]{}]/.test(url)) parts.push('--globoff');
  parts.push(shellQuoted(url));
  for (const { name, values } of requestHeaders) {
    if (OWN_HEADERS.has(name.toLowerCase()) || !TOKEN.test(name)) continue;
    for (const value of values) parts.push(`--header ${shellQuoted(`${name}: ${value}`)}`);
  }
  return parts.join(' \\\n  ');
}
