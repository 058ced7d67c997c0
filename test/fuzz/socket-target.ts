/**
 * Hostile bytes over real sockets, against a whole `flametail serve` in this process: the receiver
 * over HTTP and gRPC, the API, the WebSocket. Every exchange has to end, no answer may be an internal
 * error, and afterwards the program serves and its counters add up.
 */
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { Client, credentials, status as grpcStatus } from '@grpc/grpc-js';
import { PROTOCOL_VERSION } from '../../proto/live/protocol.ts';
import { GRPC_SERVICE, HTTP_PATH, SIGNALS } from '../../proto/otlp/signal.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { openWorkspace, rawRequest, type Served } from '../support/serve-inline.ts';
import { Corpus } from './corpus.ts';
import { checkCounts, HANG_MS } from './exchange.ts';
import { assertFact, Finding, type Report } from './finding.ts';
import { nextMessage } from './live-target.ts';
import { mutateBytes } from './protobuf-mutator.ts';

const GRPC_ANSWERS: ReadonlySet<number> = new Set([
  grpcStatus.OK,
  grpcStatus.INVALID_ARGUMENT,
  grpcStatus.RESOURCE_EXHAUSTED,
]);

const METHODS = ['POST', 'POST', 'POST', 'GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE', 'post', 'PRI'];
const ENCODINGS = ['gzip', 'deflate', 'identity', 'br', 'gzip, gzip', 'GZIP', ''];
const TYPES = [
  'application/x-protobuf',
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/x-protobuf;;;=',
];
const API_PATHS = [
  'status',
  'traces?limit=5&q=a',
  'traces?cursor=%00&limit=1e9',
  `traces/${'a'.repeat(32)}`,
  'traces/__proto__',
  'export?format=otlp.jsonl&signal=logs&q=a',
  'export?format=otlp.pb.gz',
  `export?ids=${'a'.repeat(32)}`,
  'import',
  'import?format=otlp.pb',
  'clear',
  'session',
  '__proto__',
  'constructor/',
  '%00',
  '../../etc/passwd',
];
const ODD_HEADERS = [
  'Origin: http://evil.example',
  'Origin: null',
  'Transfer-Encoding: chunked',
  'Expect: 100-continue',
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x',
  `X-Long: ${'a'.repeat(20_000)}`,
  '__proto__: x',
  'Content-Length: 5',
  ': no name',
  'Cookie: a=b; ==; flametail-1=',
];

/** Runs a server, sends `rounds` exchanges of a seed, checks and stops it. Throws Finding. */
export async function fuzzSockets(seed: number, rounds: number): Promise<Report> {
  const random = seededRandom(seed);
  const workspace = await openWorkspace();
  let round = 0;
  try {
    const served = await workspace.start('--memory', '16MiB');
    const door = new Door(served, random);
    for (; round < rounds; round++) await door.exchange();
    await door.checkServes();
    door.close();
    return { inputs: rounds, detail: door.summary };
  } catch (error) {
    throw new Finding('sockets', seed, round, error);
  } finally {
    await workspace.close();
  }
}

class Door {
  readonly #served: Served;
  readonly #random: Random;
  readonly #corpus: Corpus;
  readonly #grpc: Client;
  readonly #answers = new Map<string, number>();

  constructor(served: Served, random: Random) {
    this.#served = served;
    this.#random = random;
    this.#corpus = new Corpus(random);
    const { otlpGrpc } = served.instance;
    this.#grpc = new Client(otlpGrpc, credentials.createInsecure());
  }

  /** How often each kind of answer came. */
  get summary(): string {
    return [...this.#answers].map(([answer, count]) => `${answer} × ${count}`).join(', ');
  }

  close(): void {
    this.#grpc.close();
  }

  async exchange(): Promise<void> {
    const { otlpHttp, otlpGrpc, ui } = this.#served.instance;
    switch (this.#random.below(9)) {
      case 0:
        return this.#overGrpc();
      case 1:
        return this.#raw(otlpGrpc, this.#http2(), true);
      case 2:
      case 3:
        return this.#raw(new URL(ui).host, this.#apiRequest(new URL(ui).host));
      case 4:
        return this.#raw(new URL(ui).host, this.#liveSocket(new URL(ui).host));
      default:
        return this.#raw(new URL(otlpHttp).host, this.#otlpRequest());
    }
  }

  /** A good request is taken, and nothing that came before has upset a count. */
  async checkServes(): Promise<void> {
    const { otlpHttp } = this.#served.instance;
    const good = await rawRequest(new URL(HTTP_PATH.logs, otlpHttp), {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"5"}]}]}]}',
    });
    assertFact(good.status === 200, `a good request is answered ${good.status}`);
    await checkCounts(this.#served);
  }

  #count(answer: string): void {
    this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
  }

  #overGrpc(): Promise<void> {
    const { signal, body } = this.#corpus.next();
    return new Promise((resolve, reject) => {
      this.#grpc.makeUnaryRequest(
        `/${GRPC_SERVICE[signal]}/Export`,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from(body),
        { deadline: Date.now() + HANG_MS },
        (error) => {
          const code = error?.code ?? 0;
          this.#count(`gRPC ${grpcStatus[code]}`);
          if (GRPC_ANSWERS.has(code)) resolve();
          else reject(new Error(`gRPC ${signal} is answered ${code}: ${error?.message ?? ''}`));
        },
      );
    });
  }

  #otlpRequest(): Buffer {
    const random = this.#random;
    const { signal, encoding, body } = this.#corpus.next();
    const path = random.chance(0.9) ? HTTP_PATH[signal] : HTTP_PATH[random.pick(SIGNALS)] + '/%00';
    const type = random.chance(0.8) ? TYPES[encoding === 'json' ? 1 : 0] : random.pick(TYPES);
    const coding = random.chance(0.5) ? 'identity' : random.pick(ENCODINGS);
    const packed = this.#packed(coding, body);
    const head = [`Content-Type: ${type}`, `Content-Encoding: ${coding}`];
    return this.#request(random.chance(0.9) ? 'POST' : random.pick(METHODS), path, head, packed);
  }

  #packed(coding: string, body: Uint8Array): Uint8Array {
    const packed = /gzip/i.test(coding)
      ? gzipSync(body)
      : coding === 'deflate'
        ? deflateSync(body)
        : body;
    return this.#random.chance(0.2) ? mutateBytes(new Uint8Array(packed), this.#random) : packed;
  }

  #apiRequest(host: string): Buffer {
    const random = this.#random;
    const head = [`Host: ${random.chance(0.95) ? host : 'evil.example'}`];
    if (random.chance(0.9)) head.push(`Authorization: Bearer ${this.#served.instance.token}`);
    const body = random.pick([
      this.#corpus.next().body,
      Buffer.from('{"signal":"logs"}'),
      Buffer.from('{"__proto__":{"signal":"all"},"constructor":1}'),
      Buffer.from('{"signal":["all"]}'),
      new Uint8Array(0),
    ]);
    const path = random.chance(0.05) ? '/live' : `/api/v1/${random.pick(API_PATHS)}`;
    return this.#request(random.pick(METHODS), path, head, body);
  }

  /** An upgrade with the token, and WebSocket frames of any kind, which nobody waits for. */
  #liveSocket(host: string): Buffer {
    const random = this.#random;
    const head =
      `GET /live HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Authorization: Bearer ${this.#served.instance.token}\r\n` +
      `Sec-WebSocket-Version: ${random.chance(0.97) ? 13 : random.below(20)}\r\n` +
      `Sec-WebSocket-Key: ${Buffer.from(random.bytes(16)).toString('base64')}\r\n\r\n`;
    const hello = JSON.stringify({ type: 'hello', version: PROTOCOL_VERSION, client: 'fuzz' });
    // The token's owner may move the ports; then there is nothing left to fuzz.
    const messages = Array.from({ length: random.below(8) }, () => nextMessage(random)).filter(
      (message) => typeof message !== 'string' || !message.includes('receiver'),
    );
    if (random.chance(0.9)) messages.unshift(hello);
    const frames = messages.map((message) => webSocketFrame(message, random));
    const whole = Buffer.concat([Buffer.from(head), ...frames]);
    return random.chance(0.1) ? Buffer.from(mutateBytes(new Uint8Array(whole), random)) : whole;
  }

  #request(method: string, path: string, head: string[], body: Uint8Array): Buffer {
    const random = this.#random;
    const lies = random.chance(0.1);
    const length = lies ? Math.max(0, body.length + random.pick([-5, 5, 2 ** 27])) : body.length;
    const lines = [`${method} ${path} HTTP/1.1`, ...head, `Content-Length: ${length}`];
    if (!head.some((line) => line.startsWith('Host:'))) lines.push('Host: localhost');
    if (random.chance(0.15)) lines.push(random.pick(ODD_HEADERS));
    const text = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
    const whole = Buffer.concat([text, body]);
    return random.chance(0.05) ? Buffer.from(mutateBytes(new Uint8Array(whole), random)) : whole;
  }

  /** The HTTP/2 preface and frames with random headers. */
  #http2(): Buffer {
    const random = this.#random;
    const frames = Array.from({ length: 1 + random.below(6) }, () => {
      const payload = random.bytes(random.below(60));
      const head = Buffer.alloc(9);
      head.writeUIntBE(random.chance(0.9) ? payload.length : random.below(2 ** 24), 0, 3);
      head[3] = random.below(12);
      head[4] = random.below(256);
      head.writeUInt32BE(random.chance(0.5) ? random.below(4) : random.below(2 ** 31), 5);
      return Buffer.concat([head, payload]);
    });
    return Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ...frames]);
  }

  /**
   * Sends bytes, ends its side, and waits for the other to end. HTTP/2 keeps a connection whose peer
   * has stopped sending, so there the client breaks it at the first answer.
   */
  async #raw(address: string, bytes: Buffer, breaks = false): Promise<void> {
    const { hostname, port } = new URL(`http://${address}`);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      const hang = setTimeout(() => {
        reject(new Error(`no end to ${JSON.stringify(bytes.toString('latin1').slice(0, 400))}`));
        socket.destroy();
      }, HANG_MS);
      let answer = '';
      socket.setEncoding('latin1').on('data', (part: string) => {
        if (answer.length < 1000) answer += part;
        if (breaks) socket.resetAndDestroy();
      });
      socket.on('error', () => undefined); // A reset is an answer, too.
      socket.on('close', () => {
        clearTimeout(hang);
        resolve(answer);
      });
      socket.end(bytes);
    });
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? (text === '' ? 'cut off' : 'bytes');
    this.#count(status);
    const isFine = !status.startsWith('5') || status === '503';
    assertFact(isFine, `${JSON.stringify(bytes.toString('latin1').slice(0, 400))} gets ${text}`);
  }
}

/** A frame of RFC 6455, masked as a client has to; one in ten is not what it should be. */
function webSocketFrame(message: string | Uint8Array, random: Random): Buffer {
  const payload = Buffer.from(message);
  const isOdd = random.chance(0.1);
  const opcode = isOdd ? random.below(16) : typeof message === 'string' ? 1 : 2;
  const first = (isOdd ? random.below(16) << 4 : 0x80) | opcode;
  const length = isOdd && random.chance(0.3) ? random.below(2 ** 31) : payload.length;
  const mask = random.bytes(4);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = (isOdd && random.chance(0.3) ? 0 : 0x80) | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  const masked = payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
  return Buffer.concat([head, mask, masked]);
}
