/**
 * Load for crash tests: numbered batches over OTLP/HTTP, in protobuf and JSON, as spans and as log
 * records, small and large, and a note of which were acknowledged. What comes back is looked up in an export.
 */
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { seeded } from './span-bodies.ts';

const ITEMS_PER_BATCH = 20;

interface Batch {
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly isGzip: boolean;
}

/** Every so many batches one is large: the journal writes it on another thread, and gzip as it came. */
const LARGE_EVERY = 21;
/** Of half a byte each, so that gzip leaves more than the journal writes at once. */
const LARGE_DIGITS = 100_000;

/** Sends until it is stopped or refused. Each batch's items carry its number: `batch 17`. */
export class JournalLoad {
  readonly #acknowledged: number[] = [];
  #noteFirst = (): void => undefined;
  #next = 1;
  #isStopped = false;

  /**
   * Runs `senders` at once against a port. `first` resolves with the first acknowledgement, `ended`
   * when all senders have stopped.
   */
  run(httpPort: number, senders: number): { first: Promise<void>; ended: Promise<void> } {
    this.#isStopped = false;
    const agent = new Agent({ keepAlive: true, maxSockets: senders });
    const first = new Promise<void>((resolve) => {
      this.#noteFirst = resolve;
    });
    const sending = Array.from({ length: senders }, () => this.#send(httpPort, agent));
    const ended = Promise.all(sending).then(() => {
      agent.destroy();
    });
    return { first, ended };
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Numbers of all batches that were acknowledged so far. */
  get acknowledged(): readonly number[] {
    return this.#acknowledged;
  }

  async #send(httpPort: number, agent: Agent): Promise<void> {
    while (!this.#isStopped) {
      const number = this.#next++;
      if (!(await post(httpPort, agent, batchOf(number)))) return;
      this.#acknowledged.push(number);
      this.#noteFirst();
    }
  }
}

/** The numbers of batches that an export holds whole. */
export function batchesIn(exported: string): Set<number> {
  const items = new Map<number, number>();
  for (const [, digits] of exported.matchAll(/"batch (\d+)"/g)) {
    const number = Number(digits);
    items.set(number, (items.get(number) ?? 0) + 1);
  }
  return new Set([...items].filter(([, count]) => count >= ITEMS_PER_BATCH).map(([n]) => n));
}

function post(
  port: number,
  agent: Agent,
  { path, contentType, body, isGzip }: Batch,
): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': contentType,
      'content-length': body.byteLength,
      ...(isGzip && { 'content-encoding': 'gzip' }),
    };
    const sent = request(
      { host: '127.0.0.1', port, path, method: 'POST', agent, headers },
      (response) => {
        response.resume();
        response.on('end', () => {
          resolve(response.statusCode === 200);
        });
        response.on('error', () => {
          resolve(false);
        });
      },
    );
    sent.on('error', () => {
      resolve(false); // The receiver is gone: what these tests are about.
    });
    sent.end(body);
  });
}

function batchOf(number: number): Batch {
  const text = `batch ${number}`;
  const isLog = number % 3 === 0;
  const isJson = number % 5 === 0;
  const path = isLog ? '/v1/logs' : '/v1/traces';
  const time = `${Date.now()}000000`;
  const id = (bytes: number, item: number): string =>
    (number * ITEMS_PER_BATCH + item).toString(16).padStart(bytes * 2, '0');
  const isLarge = number % LARGE_EVERY === 7;
  const attributes = isLarge ? [{ key: 'digits', value: { stringValue: digits(number) } }] : [];
  const items = Array.from({ length: ITEMS_PER_BATCH }, (_, item) =>
    isLog
      ? {
          timeUnixNano: time,
          body: { stringValue: text },
          attributes: item === 0 ? attributes : [],
        }
      : {
          traceId: id(16, item),
          spanId: id(8, item),
          name: text,
          startTimeUnixNano: time,
          endTimeUnixNano: time,
          attributes: item === 0 ? attributes : [],
        },
  );
  const json = isLog
    ? { resourceLogs: [{ scopeLogs: [{ logRecords: items }] }] }
    : { resourceSpans: [{ scopeSpans: [{ spans: items }] }] };
  const body = Buffer.from(JSON.stringify(json));
  const isGzip = isLarge && number % 2 === 0;
  const onWire = (bytes: Uint8Array): Uint8Array =>
    isGzip ? gzipSync(bytes, { level: 1 }) : bytes;
  if (isJson) return { path, contentType: 'application/json', body: onWire(body), isGzip };
  const encoded = jsonToProto(isLog ? 'logs' : 'traces', body);
  if (!encoded.ok) throw new Error(encoded.message);
  return { path, contentType: 'application/x-protobuf', body: onWire(encoded.bytes), isGzip };
}

/** Hexadecimal digits in no order. */
function digits(seed: number): string {
  const random = seeded(seed);
  const words = Array.from({ length: LARGE_DIGITS / 8 }, () => Math.floor(random() * 2 ** 32));
  return words.map((word) => word.toString(16).padStart(8, '0')).join('');
}
