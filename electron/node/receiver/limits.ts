/** Sizes and times of the receiver. */

/** A request body, on the wire and after decompression: the limit that OTLP 1.11 recommends. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Bodies being read or inflated at once, all connections together. Beyond it the receiver asks
 * clients to come back instead of growing: four bodies of the largest size fit.
 */
export const MAX_IN_FLIGHT_BYTES = 4 * MAX_BODY_BYTES;

/**
 * Large bodies inflated at once. Each may become 64 MiB however small it came: the others wait as
 * what they came as.
 */
export const MAX_SLOW_INFLATES = 2;

/**
 * Connections of one address of one port. A thousand idle ones are fine; a leak of them is said
 * before the process runs out of file descriptors.
 */
export const MAX_CONNECTIONS = 2_000;
/** Open files that are not connections of the receiver: the UI's, captures, the program itself. */
export const OWN_FILES = 128;
/** Calls in progress on one gRPC connection; the client keeps the others back. */
export const MAX_CONCURRENT_CALLS = 256;

/**
 * SDKs export every 5 s. A server that closes idle connections just then, as node:http does by
 * itself, loses the race against the next batch.
 */
export const KEEP_ALIVE_MS = 120_000;
/** For the headers of a request, from its first byte. */
export const HEADERS_TIMEOUT_MS = 60_000;
/** For a whole request: a slow upload of 64 MiB, not a forgotten one. */
export const REQUEST_TIMEOUT_MS = 300_000;

/** The times above, as a receiver is given them. */
export interface ReceiverTimeouts {
  readonly keepAliveMs: number;
  readonly headersMs: number;
  readonly requestMs: number;
}

/** What a receiver has when nothing else is asked for. */
export const TIMEOUTS: ReceiverTimeouts = {
  keepAliveMs: KEEP_ALIVE_MS,
  headersMs: HEADERS_TIMEOUT_MS,
  requestMs: REQUEST_TIMEOUT_MS,
};

/** How often connections are held against these times. */
export function checkIntervalMs(timeouts: ReceiverTimeouts): number {
  return Math.max(50, Math.ceil(Math.min(timeouts.headersMs, timeouts.requestMs, 30_000) / 4));
}

/** A connection that says nothing for this long is asked by TCP whether its client still exists. */
export const TCP_KEEP_ALIVE_MS = 60_000;

/**
 * How long the rest of a refused body is read and dropped, so that its sender gets to read the
 * answer: closing a socket with unread bytes resets it and the answer with it.
 */
export const LINGER_MS = 5_000;

/** The same for a connection that is given up: not longer than a client may take to say something. */
export function lingerMs(timeouts: ReceiverTimeouts): number {
  return Math.min(LINGER_MS, timeouts.headersMs);
}

/** What requests in progress get to end when the receiver closes. */
export const CLOSE_GRACE_MS = 500;

/** HTTP/2 stream and session windows: at 64 KB one connection waits more than it sends. */
export const GRPC_WINDOW_BYTES = 8 * 1024 * 1024;
/** MiB that node:http2 may hold for one session: its window unread, and the headers of its calls. */
export const GRPC_SESSION_MIB = 64;
