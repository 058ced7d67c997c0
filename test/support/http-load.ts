/** OTLP/HTTP load over raw sockets: cheap enough that the receiver is what is measured. */
import { connect, type Socket } from 'node:net';

export interface Sent {
  readonly requests: number;
  readonly seconds: number;
  /** Time from the first byte written to the answer, per request. */
  readonly latenciesMs: readonly number[];
  readonly refused: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Asked before each request; false ends the connection that asked. */
  readonly more: () => boolean;
  readonly headers: string;
  /** The next body to send; called once a request. */
  readonly next: () => Uint8Array;
}

/** Keeps `connections` requests in flight while there is more. Rejects when a connection fails. */
export async function httpLoad(options: LoadOptions): Promise<Sent> {
  const latenciesMs: number[] = [];
  let refused = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: options.connections }, () =>
      pump(options, (latencyMs, ok) => {
        latenciesMs.push(latencyMs);
        if (!ok) refused++;
      }),
    ),
  );
  const seconds = (performance.now() - started) / 1000;
  return { requests: latenciesMs.length, seconds, latenciesMs, refused };
}

/** A `more` that says yes for a while. */
export function forMs(durationMs: number): () => boolean {
  const until = performance.now() + durationMs;
  return () => performance.now() < until;
}

/** A `more` that says yes a number of times. */
export function times(count: number): () => boolean {
  let left = count;
  return () => left-- > 0;
}

function pump(
  options: LoadOptions,
  answered: (latencyMs: number, ok: boolean) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(options.port, '127.0.0.1');
    socket.setNoDelay(true);
    let sentAt = 0;
    let pending = '';
    const send = (): void => {
      if (!options.more()) {
        socket.end();
        resolve();
        return;
      }
      sentAt = performance.now();
      write(socket, options.headers, options.next());
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const head = pending.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? 0);
      if (pending.length < head + 4 + length) return;
      answered(performance.now() - sentAt, pending.startsWith('HTTP/1.1 200'));
      pending = '';
      send();
    });
  });
}

function write(socket: Socket, headers: string, body: Uint8Array): void {
  socket.cork();
  socket.write(
    `POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-protobuf\r\n${headers}content-length: ${body.byteLength}\r\n\r\n`,
  );
  socket.write(body);
  socket.uncork();
}
