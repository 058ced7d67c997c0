/** Binding one port number on several addresses, all of them or none. */
import { readFileSync } from 'node:fs';
import { connect, isIPv4, type AddressInfo, type Server } from 'node:net';
import { MAX_CONNECTIONS, OWN_FILES } from './limits.ts';

/** How often a free port is drawn anew when its number is taken on another address. */
const DRAWS = 20;

/** An open port. `close` lets requests in progress end for a moment, then cuts them. */
export interface Endpoint {
  readonly port: number;
  readonly hosts: readonly string[];
  close(): Promise<void>;
}

/** What is listening: one server an address, all on one port. */
export interface Bound<S extends Server> {
  readonly port: number;
  /** Addresses really bound; ::1 is missing on a machine without IPv6. */
  readonly hosts: readonly string[];
  readonly servers: readonly S[];
}

/** A port that could not be bound. Nothing stays open behind it. */
export class BindError extends Error {
  /** `taken`: another socket has the port. `failed`: no right to it, or no such address. */
  readonly reason: 'taken' | 'failed';
  readonly host: string;
  readonly port: number;

  constructor(reason: 'taken' | 'failed', host: string, port: number, message: string) {
    super(message);
    this.name = 'BindError';
    this.reason = reason;
    this.host = host;
    this.port = port;
  }
}

/** A listener on this machine takes a connection at once; a closed port may not say so on Windows. */
const ASK_MS = 200;

/**
 * Where a socket on 127.0.0.1 may be opened beside one of another program on all addresses, and
 * would take half of its traffic: only asking tells that the port is taken.
 */
const ASKS_FIRST = process.platform !== 'linux';

/**
 * Binds `port` on every host with a server of `create` each. 0 draws a port that is free on all of
 * them. Throws BindError.
 */
export async function bindHosts<S extends Server>(
  create: () => S,
  hosts: readonly string[],
  port: number,
  asksFirst = ASKS_FIRST,
): Promise<Bound<S>> {
  const wanted = expandHosts(hosts);
  if (asksFirst && port !== 0) {
    for (const host of wanted) {
      if (await isAnswered(host, port)) throw takenError(host, port);
    }
  }
  for (let draw = 1; ; draw++) {
    const bound = await tryBind(create, wanted, port);
    if (!(bound instanceof BindError)) return bound;
    if (port !== 0 || bound.reason !== 'taken' || draw === DRAWS) throw bound;
  }
}

/** Stops accepting on every server; resolves when the last connection is gone. */
export async function closeServers(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
}

/**
 * Limits the connections of open servers and tells of those that were turned away: above the limit,
 * or because the system has no file descriptor left. A server goes on accepting after both.
 */
export function watchServers(
  servers: readonly Server[],
  tell: (label: string, message: string) => void,
): void {
  const limit = connectionLimit();
  for (const server of servers) {
    server.maxConnections = limit;
    server.on('drop', () =>
      tell('FULL', `More than ${limit} connections are open. A further one was closed.`),
    );
    // An error after binding is one of accepting; without a listener it would end the process.
    server.on('error', (error) => tell('ACCEPT', describeAcceptError(error)));
  }
}

/**
 * Connections of one server. A process without a file descriptor left closes new connections without
 * being told: the limit keeps it from there, four servers together, where the system says its own.
 */
function connectionLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
    return Math.max(16, Math.min(MAX_CONNECTIONS, Math.floor((files - OWN_FILES) / 4)));
  } catch {
    // Not Linux, where the usual limits are far above.
    return MAX_CONNECTIONS;
  }
}

function describeAcceptError(error: unknown): string {
  const code = errnoOf(error);
  if (code === 'EMFILE' || code === 'ENFILE') {
    return 'A client could not connect: too many files are open. Close connections, or raise the limit of open files (ulimit -n).';
  }
  return `A client could not connect: ${error instanceof Error ? error.message : String(error)}`;
}

function takenError(host: string, port: number): BindError {
  return new BindError('taken', host, port, `${host} port ${port} is taken`);
}

/** Whether some program takes connections on a port. */
function isAnswered(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ASK_MS });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}

function expandHosts(hosts: readonly string[]): readonly string[] {
  return [
    ...new Set(hosts.flatMap((host) => (host === 'localhost' ? ['127.0.0.1', '::1'] : [host]))),
  ];
}

async function tryBind<S extends Server>(
  create: () => S,
  hosts: readonly string[],
  port: number,
): Promise<Bound<S> | BindError> {
  const servers: S[] = [];
  const boundHosts: string[] = [];
  let boundPort = port;
  // `::` would also take the IPv4 side and collide with the IPv4 address of the same list.
  const ipv6Only = hosts.some((host) => isIPv4(host));
  for (const host of hosts) {
    const server = create();
    try {
      boundPort = await listenOn(server, host, boundPort, ipv6Only);
      servers.push(server);
      boundHosts.push(host);
    } catch (error) {
      if (host === '::1' && hosts.length > 1 && isAbsentAddress(error)) continue;
      await closeServers(servers);
      return toBindError(error, host, boundPort);
    }
  }
  return { port: boundPort, hosts: boundHosts, servers };
}

function listenOn(server: Server, host: string, port: number, ipv6Only: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only }, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isAbsentAddress(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

function toBindError(error: unknown, host: string, port: number): BindError {
  const code = errnoOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return takenError(host, port);
    case 'EACCES':
      return new BindError(
        'failed',
        host,
        port,
        `This account may not open port ${port}. Choose a port above 1023.`,
      );
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
      return new BindError(
        'failed',
        host,
        port,
        `This machine has no address ${host}. Choose another with --host.`,
      );
    default:
      return new BindError(
        'failed',
        host,
        port,
        `Port ${port} on ${host} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      );
  }
}
