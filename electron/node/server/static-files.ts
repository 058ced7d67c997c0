/**
 * The built page, with the headers that keep everything foreign out of it. Its files are read once,
 * at the start: a build that is replaced under a running server changes nothing there, and page and
 * engine are always of one version. Source maps stay out.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

/** Answers GET and HEAD of a path of the page; false when it has no such file. */
export type StaticHandler = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) => boolean;

interface PageFile {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly etag: string;
}

const START = '/index.html';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Reads the files of the page: half a megabyte. Rejects when the folder holds none. */
export async function staticFiles(folder: string): Promise<StaticHandler> {
  const files = await readFiles(folder);
  if (!files.has(START)) {
    throw new Error(`There is no page in ${folder}. Run \`npm run build\`, or install again.`);
  }
  return (path, request, response) => {
    const name = path === '/' ? START : path;
    const file = files.get(name);
    if (file === undefined) return false;
    response.setHeader('etag', file.etag);
    // Names under assets/ hold a hash of their content.
    response.setHeader(
      'cache-control',
      name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304).end();
      return true;
    }
    response.setHeader('content-type', file.mediaType);
    response.setHeader('content-length', file.bytes.byteLength);
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : file.bytes);
    return true;
  };
}

/** Files by their path in a URL. Hidden ones and source maps are left out. */
async function readFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const read = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !/\.map$/.test(entry.name))
    .map(async ({ parentPath, name }): Promise<[string, PageFile]> => {
      const path = join(parentPath, name);
      const bytes = await readFile(path);
      const mediaType = MEDIA_TYPES[extname(name)] ?? 'application/octet-stream';
      const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
      return [`/${relative(folder, path).replaceAll(sep, '/')}`, { bytes, mediaType, etag }];
    });
  return new Map(await Promise.all(read));
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
