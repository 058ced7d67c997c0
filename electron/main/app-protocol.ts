/**
 * app://flametail/, the origin of the page: files of dist/renderer and nothing else, with the same
 * strict headers that browser mode sends.
 */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { CustomScheme } from 'electron';

export const APP_SCHEME = 'app';
export const APP_ORIGIN = 'app://flametail';
export const APP_URL = `${APP_ORIGIN}/index.html`;

/** `standard` gives workers and relative URLs an origin, `supportFetchAPI` lets the page fetch. */
export const APP_SCHEME_PRIVILEGES: CustomScheme = {
  scheme: APP_SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true },
};

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.map': 'application/json; charset=utf-8',
};

/** True for URLs of our own page, of whatever path. */
export function isAppUrl(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return (
    parsed !== null &&
    parsed.protocol === `${APP_SCHEME}:` &&
    parsed.host === 'flametail' &&
    parsed.username === '' &&
    parsed.password === ''
  );
}

/** The file that a URL of ours names, or the HTTP status that refuses it. Touches no disk. */
export function resolveAppFile(root: string, url: string): { path: string } | { status: number } {
  if (!isAppUrl(url)) return { status: 403 };
  let name: string;
  try {
    name = decodeURIComponent(new URL(url).pathname);
  } catch {
    // A percent sign that escapes nothing.
    return { status: 400 };
  }
  // Backslashes separate folders on Windows, and a zero byte ends a path for the system below.
  if (name.includes('\\') || name.includes('\0')) return { status: 403 };
  const path = normalize(join(root, name === '/' ? 'index.html' : name));
  return path.startsWith(root.endsWith(sep) ? root : root + sep) ? { path } : { status: 403 };
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: SECURITY_HEADERS });
}

/** Answers one request for app://; `root` is the folder of the built page. */
export async function answerAppRequest(root: string, request: Request): Promise<Response> {
  if (request.method !== 'GET') return refuse(405);
  const file = resolveAppFile(root, request.url);
  if ('status' in file) return refuse(file.status);
  const contentType = CONTENT_TYPES[extname(file.path).toLowerCase()];
  if (contentType === undefined) return refuse(404);
  try {
    const bytes = await readFile(file.path);
    const headers = { ...SECURITY_HEADERS, 'content-type': contentType };
    return new Response(new Uint8Array(bytes), { status: 200, headers });
  } catch {
    // A missing file and a folder look the same from the page.
    return refuse(404);
  }
}
