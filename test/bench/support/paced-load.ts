/** Requests at a steady pace over keep-alive connections, and when the last byte of each went out. */
import { Agent, request } from 'node:http';
import { HTTP_PATH, type Signal } from '../../../proto/otlp/signal.ts';

export class PacedSender {
  readonly #agent: Agent;
  readonly #port: number;

  constructor(port: number, connections: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /**
   * Sends a body. Resolves with the answer; `sent` is called with the time at which the last byte was
   * handed to the system. Rejects when the answer is not 200.
   */
  send(signal: Signal, body: Uint8Array, sent: (atMs: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const post = request({
        agent: this.#agent,
        host: '127.0.0.1',
        port: this.#port,
        path: HTTP_PATH[signal],
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-length': body.byteLength },
      });
      post.on('finish', () => sent(performance.now()));
      post.on('error', reject);
      post.on('response', (answer) => {
        answer.resume();
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`the receiver answered ${answer.statusCode}`));
        });
      });
      post.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/**
 * Calls `work` every `everyMs` until `untilMs` (of `performance.now()`), at most `atOnce` at a time: who is
 * late goes on at once. Resolves with how often when the last one is done.
 */
export async function pace(
  everyMs: number,
  untilMs: number,
  atOnce: number,
  work: () => Promise<void>,
): Promise<number> {
  const started = performance.now();
  let taken = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (;;) {
        const dueMs = started + taken * everyMs;
        if (dueMs >= untilMs) return;
        taken++;
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        await work();
      }
    }),
  );
  return taken;
}
