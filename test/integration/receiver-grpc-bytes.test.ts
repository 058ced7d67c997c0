/**
 * Every byte of gRPC messages arrives, however their DATA is cut: many streams at once with frames in
 * between each other, padded frames, large HEADERS, pauses, and streams that are reset in the middle.
 * FLAMETAIL_STRESS says how many messages a session sends.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { seeded } from '../support/span-bodies.ts';
import { RecordingTarget, startReceiver } from './receiver-support.ts';

const MESSAGES = Number(process.env['FLAMETAIL_STRESS'] ?? 60);
const SESSIONS = 3;
const IN_FLIGHT = 24;
const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const seed = Number(process.env['FLAMETAIL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const random = seeded(seed);
const upTo = (max: number): number => Math.floor(random() * max);

const digestOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/** A message behind its five bytes of framing: mostly of usual sizes, now and then of megabytes. */
function message(): { digest: string; framed: Buffer } {
  const size = random() < 0.06 ? upTo(3 << 20) : random() < 0.5 ? upTo(3000) : upTo(300_000);
  const bytes = randomBytes(size);
  const framing = Buffer.alloc(5);
  framing.writeUInt32BE(size, 1);
  return { digest: digestOf(bytes), framed: Buffer.concat([framing, bytes]) };
}

async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, {
    paddingStrategy: constants.PADDING_STRATEGY_MAX,
  });
  onTestFinished(() => session.destroy());
  await once(session, 'remoteSettings');
  return session;
}

function openCall(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
    'x-padding': 'h'.repeat(upTo(6000)),
  });
  stream.on('error', () => undefined); // Of those that are reset.
  return stream;
}

/** Writes in parts, lets others go between them, and ends or resets. Resolves with the status. */
async function send(session: ClientHttp2Session, framed: Buffer, isReset: boolean) {
  const stream = openCall(session);
  let status: unknown;
  const note = (headers: Record<string, unknown>): void => {
    status = headers['grpc-status'] ?? status;
  };
  stream.on('response', note);
  stream.on('trailers', note);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.resume();
  const stop = isReset ? upTo(framed.byteLength) : framed.byteLength;
  for (let at = 0; at < stop;) {
    const step = random() < 0.3 ? 1 + upTo(40) : 1 + upTo(90_000);
    const end = Math.min(stop, at + step);
    if (!stream.write(framed.subarray(at, end)) && random() < 0.5) {
      await Promise.race([once(stream, 'drain'), closed]);
    }
    at = end;
    if (random() < 0.4) await new Promise(setImmediate);
  }
  if (isReset) stream.close(constants.NGHTTP2_CANCEL);
  else stream.end();
  await closed;
  return status;
}

test(
  'every byte of every message arrives, however it is cut and whoever is reset beside it',
  async () => {
    const target = new RecordingTarget();
    const { grpcPort } = await startReceiver(target);
    const sent: string[] = [];
    await Promise.all(
      Array.from({ length: SESSIONS }, async () => {
        const session = await openSession(grpcPort);
        let left = MESSAGES;
        const sender = async (): Promise<void> => {
          while (left-- > 0) {
            const { digest, framed } = message();
            const isReset = random() < 0.15;
            const status = await send(session, framed, isReset);
            if (isReset) continue;
            expect(status, `seed ${seed}`).toBe('0');
            sent.push(digest);
          }
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
      }),
    );
    const got = target.bodies.map(({ bytes }) => digestOf(bytes));
    expect(got.sort(), `seed ${seed}`).toEqual(sent.sort());
  },
  30_000 + MESSAGES * 500,
);
