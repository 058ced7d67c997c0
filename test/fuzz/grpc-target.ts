/**
 * gRPC by hand over HTTP/2: messages whose prefix lies, compressed and not, none or several in a call,
 * in pieces of any size, with odd headers, cut off, reset or left open. Every call ends with a status
 * that gRPC clients understand, and calls on the same connection go on.
 */
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { status as grpcStatus } from '@grpc/grpc-js';
import { GRPC_SERVICE } from '../../proto/otlp/signal.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { openWorkspace } from '../support/serve-inline.ts';
import { Corpus } from './corpus.ts';
import { checkCounts, HANG_MS } from './exchange.ts';
import { assertFact, Finding, type Report } from './finding.ts';
import { mutateBytes } from './protobuf-mutator.ts';

const ENCODINGS = [
  'identity',
  'gzip',
  'deflate',
  'zstd',
  'snappy',
  'br',
  'gzip,gzip',
  '',
  '\u00ff',
];
const TYPES = ['application/grpc', 'application/grpc+proto', 'application/grpc+json'];
const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ['grpc-timeout', '1n'],
  ['grpc-timeout', '99999999H'],
  ['grpc-timeout', '-1S'],
  ['grpc-timeout', 'soon'],
  ['grpc-accept-encoding', 'gzip,,,;q=1'],
  ['grpc-encoding-bin', '!'],
  ['x-bin', 'AAAA,!'],
  ['content-length', '3'],
  ['user-agent', 'x'.repeat(5000)],
];
/** What the receiver answers; a call that is cut off has no status at all. */
const STATUSES: ReadonlySet<number> = new Set([
  grpcStatus.OK,
  grpcStatus.INVALID_ARGUMENT,
  grpcStatus.DEADLINE_EXCEEDED,
  grpcStatus.RESOURCE_EXHAUSTED,
  grpcStatus.UNIMPLEMENTED,
]);

/** Makes `rounds` calls of a seed. Throws Finding. */
export async function fuzzGrpc(seed: number, rounds: number): Promise<Report> {
  const random = seededRandom(seed);
  const corpus = new Corpus(random);
  const workspace = await openWorkspace();
  const ends = new Map<string, number>();
  let session: ClientHttp2Session | undefined;
  let round = 0;
  try {
    const served = await workspace.start('--memory', '16MiB', '--no-journal');
    const url = `http://${served.instance.otlpGrpc}`;
    for (; round < rounds; round++) {
      if (session === undefined || session.closed || session.destroyed) session = open(url);
      const end = await call(session, corpus, random);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      if (random.chance(0.02)) session.destroy();
    }
    session?.destroy();
    session = open(url);
    const good = await ended(session, headersOf('application/grpc', 'identity'), (stream) => {
      stream.end(grpcMessage(Buffer.alloc(0)));
    });
    assertFact(good === '0', `a good call ends with ${good}`);
    await checkCounts(served);
    return { inputs: rounds, detail: [...ends].map(([end, n]) => `${end} × ${n}`).join(', ') };
  } catch (error) {
    throw new Finding('grpc', seed, round, error);
  } finally {
    session?.destroy();
    await workspace.close();
  }
}

function open(url: string): ClientHttp2Session {
  const session = connect(url);
  session.on('error', () => undefined); // What the peer thinks of a call shows in its end.
  return session;
}

type Headers = Record<string, string>;
type Stream = ReturnType<ClientHttp2Session['request']>;

function headersOf(type: string, encoding: string): Headers {
  const path = `/${GRPC_SERVICE.traces}/Export`;
  return { ':method': 'POST', ':path': path, 'content-type': type, 'grpc-encoding': encoding };
}

async function call(session: ClientHttp2Session, corpus: Corpus, random: Random): Promise<string> {
  const { signal, body } = corpus.next();
  const encoding = random.chance(0.5) ? 'identity' : random.pick(ENCODINGS);
  const headers: Headers = {
    ...headersOf(random.chance(0.95) ? TYPES[0] : random.pick(TYPES), encoding),
    ':path': `/${GRPC_SERVICE[signal]}/${random.chance(0.97) ? 'Export' : 'Import'}`,
    te: 'trailers',
  };
  if (random.chance(0.15)) {
    const [name, value] = random.pick(ODD_HEADERS);
    headers[name] = value;
  }
  const bytes = framed(body, random);
  const fate = random.below(20);
  const end = await ended(session, headers, (stream) => {
    for (let at = 0; at < bytes.length;) {
      const size = random.chance(0.7) ? bytes.length : 1 + random.below(200);
      stream.write(bytes.subarray(at, at + size));
      at += size;
    }
    if (fate === 0) stream.close(constants.NGHTTP2_CANCEL);
    else if (fate === 1) session.destroy();
    else stream.end();
  });
  // INTERNAL, for one, would be a failure of ours.
  const isKnown = end === 'cut off' || STATUSES.has(Number(end));
  assertFact(isKnown, `a call with ${JSON.stringify(headers)} ends with ${end}`);
  return end === 'cut off' ? end : (grpcStatus[Number(end)] ?? end);
}

function grpcMessage(body: Uint8Array, isCompressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed ? 1 : 0;
  head.writeUInt32BE(body.byteLength, 1);
  return Buffer.concat([head, body]);
}

/** Length-prefixed messages, mostly one, mostly true. */
function framed(body: Uint8Array, random: Random): Buffer {
  const count = random.chance(0.9) ? 1 : random.below(4);
  const messages = Array.from({ length: count }, () => {
    const isPacked = random.chance(0.3);
    const message = grpcMessage(isPacked ? gzipSync(body) : body, isPacked);
    if (random.chance(0.1)) message[0] = random.below(256);
    if (random.chance(0.15)) {
      const lie = message.readUInt32BE(1) + random.pick([-9, -1, 1, 9, 2 ** 20, 2 ** 31]);
      message.writeUInt32BE(Math.max(0, Math.min(lie, 2 ** 32 - 1)), 1);
    }
    return message;
  });
  const bytes = Buffer.concat(messages);
  return random.chance(0.1) ? Buffer.from(mutateBytes(new Uint8Array(bytes), random)) : bytes;
}

/** The grpc-status that a call ends with, or that it was cut off. Rejects when it does not end. */
function ended(
  session: ClientHttp2Session,
  headers: Headers,
  send: (stream: Stream) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let status: string | undefined;
    const note = (got: Record<string, unknown>): void => {
      if (got['grpc-status'] !== undefined) status = String(got['grpc-status']);
      else if (Number(got[':status']) >= 400) status ??= 'cut off'; // An answer of HTTP alone.
    };
    const hang = setTimeout(() => {
      reject(new Error(`no end to a call with ${JSON.stringify(headers)}`));
      stream.destroy();
    }, HANG_MS);
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => undefined); // A reset; `close` follows.
    stream.on('close', () => {
      clearTimeout(hang);
      resolve(status ?? 'cut off');
    });
    stream.resume();
    send(stream);
  });
}
