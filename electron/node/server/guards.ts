/**
 * Who may talk to the UI port. A page of another origin can make a browser send requests here, so
 * every request and WebSocket upgrade is judged by what browsers do not let pages forge:
 *
 * - `Host` names this server (a rebound DNS name does not);
 * - `Origin`, when there is one, is this server's own; `Sec-Fetch-Site` names no other site;
 * - the token comes as `Authorization: Bearer` or in the cookie that the token was traded for.
 *
 * Cookies know no ports and `localhost:3000` counts as the same site, so the cookie alone proves
 * nothing: the Origin and Sec-Fetch-Site rules are what keeps other local pages out.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ApiError } from './api-error.ts';

export interface GuardOptions {
  readonly token: string;
  readonly port: number;
  /** Addresses bound; anything but loopback was asked for by the person. */
  readonly hosts: readonly string[];
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

export class Guards {
  readonly #tokenHash: Buffer;
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#tokenHash = hash(options.token);
  }

  /** The cookie that the page gets for the token; its name holds the port, as cookies know none. */
  get cookie(): string {
    return `${this.#cookieName}=${this.#options.token}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** Throws ApiError `forbidden` for a request that another origin made or that came by another name. */
  checkOrigin(headers: IncomingHttpHeaders): void {
    const host = headers.host ?? '';
    if (!this.#isOwnHost(host)) {
      throw new ApiError(
        'forbidden',
        `The Host header names ${host === '' ? 'nobody' : `"${host}"`}, which is not this server.`,
      );
    }
    const { origin } = headers;
    if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
      throw new ApiError('forbidden', `Pages of ${origin} may not use this server.`);
    }
    const site = headers['sec-fetch-site'];
    if (site === 'cross-site' || site === 'same-site') {
      throw new ApiError('forbidden', 'Pages of other origins may not use this server.');
    }
  }

  /** Throws ApiError `unauthorized` without a valid token or cookie. */
  checkToken(headers: IncomingHttpHeaders): void {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const given = bearer ?? readCookie(headers.cookie, this.#cookieName);
    if (given === undefined || !this.isToken(given)) {
      throw new ApiError(
        'unauthorized',
        'This needs the token: open the link that Flametail printed, or send it as "Authorization: Bearer".',
      );
    }
  }

  /** Compares in constant time. */
  isToken(text: string): boolean {
    return timingSafeEqual(hash(text), this.#tokenHash);
  }

  get #cookieName(): string {
    return `flametail-${this.#options.port}`;
  }

  #isOwnHost(host: string): boolean {
    const parsed = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(host);
    if (parsed === null) return false;
    const [, bracketed = '', port = '80'] = parsed;
    if (Number(port) !== this.#options.port) return false;
    const name = bracketed.replace(/^\[|\]$/g, '').toLowerCase();
    if (LOOPBACK_NAMES.has(name) || this.#options.hosts.includes(name)) return true;
    // Bound wider than loopback by --ui-host: any address of this machine may be what a client used.
    // An address cannot be rebound; only names can.
    const isWide = this.#options.hosts.some((bound) => bound === '0.0.0.0' || bound === '::');
    return isWide && isIP(name) !== 0;
  }
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
