/**
 * Compressed bodies: groups 5, 17, 18 and 19 of the conformance list (what the Collector's receiver
 * tests for). We differ on purpose: too large is 413, not 400; `identity` is taken; lz4 is not, and
 * the answer says what is. There is no list of allowed compressions: all of them are.
 */
import { randomBytes } from 'node:crypto';
import { deflateRawSync, deflateSync, gzipSync, type ZlibOptions } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import { decompress } from 'fzstd';
import snappy from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { HTTP_PATH, SIGNALS } from '../../proto/otlp/signal.ts';
import { nativeZstd } from '../../electron/node/receiver/inflate.ts';
import { MAX_BODY_BYTES } from '../../electron/node/receiver/limits.ts';
import {
  CODINGS,
  ENCODINGS,
  SNAPPY_START,
  TYPE,
  fixture,
  repeatZstd,
  sampleBody,
  snappyChunk,
  statusOf,
  storeZstd,
} from './conformance-support.ts';
import { grpcMessage, http2Session, rawCall } from './receiver-grpc-support.ts';
import { send, startReceiver, type Answer } from './receiver-support.ts';

const MIB = 1024 * 1024;

function post(port: number, coding: string, body: Uint8Array, type = TYPE.json): Promise<Answer> {
  return send(port, { headers: { 'content-type': type, 'content-encoding': coding }, body });
}

describe.each(CODINGS)('$title (17)', ({ name, pack }) => {
  test.each(SIGNALS)('brings %s once, in both encodings', async (signal) => {
    const { target, httpPort } = await startReceiver();
    for (const encoding of ENCODINGS) {
      const bytes = sampleBody(signal, encoding);
      const answer = await send(httpPort, {
        path: HTTP_PATH[signal],
        headers: { 'content-type': TYPE[encoding], 'content-encoding': name },
        body: pack(bytes),
      });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, TYPE[encoding]]);
      expect(target.bodies.splice(0)).toEqual([{ signal, encoding, bytes }]);
    }
  });

  test('is whole when it is large', async () => {
    const { target, httpPort } = await startReceiver();
    const bytes = Buffer.concat([randomBytes(1_500_000), Buffer.alloc(5 * MIB, 'abcdefg')]);
    expect((await post(httpPort, name, pack(bytes))).status).toBe(200);
    expect(target.bodies[0].bytes.equals(bytes)).toBe(true);
  });

  test('over other bytes is 400 in the encoding of the request (5)', async () => {
    const { target, httpPort } = await startReceiver();
    const packed = pack(randomBytes(3000));
    const bodies = {
      'an uncompressed body': Buffer.from('{"resourceSpans":[]}'),
      'no body': Buffer.alloc(0),
      'a body cut short': packed.subarray(0, packed.byteLength - 20),
      'only the start of a body': packed.subarray(0, 3),
    };
    for (const [what, body] of Object.entries(bodies)) {
      for (const encoding of ENCODINGS) {
        const answer = await post(httpPort, name, body, TYPE[encoding]);
        expect([what, answer.status, answer.headers['content-type']]).toEqual([
          what,
          400,
          TYPE[encoding],
        ]);
        expect(statusOf(answer)).toMatchObject({ code: 3 });
        expect(statusOf(answer).message).toContain('not valid');
      }
    }
    expect(target.bodies).toHaveLength(0);
  });

  test('with any byte changed is answered, and soon', async () => {
    const { httpPort } = await startReceiver();
    const seed = randomBytes(4).readUInt32LE();
    const packed = pack(Buffer.from('the quick brown fox jumps '.repeat(40)));
    for (let round = 0; round < 60; round++) {
      const body = Buffer.from(packed);
      body[(seed + round * 7) % body.byteLength] ^= 1 << (round % 8);
      const { status } = await post(httpPort, name, body);
      expect([200, 400, 413], `seed ${seed}, round ${round}`).toContain(status);
    }
  });
});

describe('names', () => {
  test.each(['', 'identity', 'IDENTITY'])('`%s` is no compression', async (name) => {
    const { target, httpPort } = await startReceiver();
    expect((await post(httpPort, name, Buffer.from('{}'))).status).toBe(200);
    expect(target.bodies).toHaveLength(1);
  });

  test.each(['lz4', 'br', 'nonsense', 'gzip, gzip'])('`%s` is 400 with a hint', async (name) => {
    const { httpPort } = await startReceiver();
    for (const encoding of ENCODINGS) {
      const answer = await post(httpPort, name, Buffer.from('{}'), TYPE[encoding]);
      expect([answer.status, statusOf(answer).code]).toEqual([400, 3]);
      expect(statusOf(answer).message).toContain('Use gzip, zstd, deflate, snappy or none.');
    }
  });

  test('an unknown one without Content-Type is answered in JSON (6)', async () => {
    const { httpPort } = await startReceiver();
    const answer = await send(httpPort, { headers: { 'content-encoding': 'lz4' }, body: '{}' });
    expect([answer.status, answer.headers['content-type']]).toEqual([400, TYPE.json]);
  });

  test('deflate without the zlib header is refused, as the Collector does', async () => {
    const { httpPort } = await startReceiver();
    const answer = await post(httpPort, 'deflate', deflateRawSync(Buffer.alloc(500, 'abc')));
    expect(answer.status).toBe(400);
  });
});

describe('bombs (18)', () => {
  const tooLarge = Buffer.alloc(MAX_BODY_BYTES + 1);
  const bombs: readonly (readonly [string, string, Buffer])[] = [
    ['gzip', 'gzip', gzipSync(tooLarge, { level: 1 })],
    ['deflate', 'deflate', deflateSync(tooLarge, { level: 1 })],
    ['zstd that says its size', 'zstd', repeatZstd(513, true)],
    ['zstd that does not', 'zstd', repeatZstd(513, false)],
    [
      'zstd in many frames',
      'zstd',
      Buffer.concat(Array.from({ length: 9 }, () => repeatZstd(60, true))),
    ],
    ['a snappy block', 'snappy', Buffer.from(snappy.compress(tooLarge))],
    [
      'framed snappy',
      'snappy',
      Buffer.concat([
        SNAPPY_START,
        ...Array.from({ length: 1025 }, () => snappyChunk(0, tooLarge.subarray(0, 65536))),
      ]),
    ],
  ];
  test.each(bombs)('%s stops at 64 MiB with 413', async (_title, name, body) => {
    const { target, httpPort } = await startReceiver();
    const answer = await post(httpPort, name, body);
    expect([answer.status, statusOf(answer).code]).toEqual([413, 8]);
    expect(target.bodies).toHaveLength(0);
  });

  const liars: readonly (readonly [string, string, Buffer])[] = [
    ['a snappy block of 4 GiB', 'snappy', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 65])],
    ['a snappy block of 60 MiB', 'snappy', Buffer.from([0x80, 0x80, 0x80, 0x1e, 0, 65])],
    ['a zstd frame of 60 MiB', 'zstd', Buffer.from('28b52ffd80380000c0030900000041', 'hex')],
    ['a zstd window of 1 GiB', 'zstd', Buffer.from('28b52ffd00a00100004100', 'hex')],
  ];
  test.each(liars)(
    '%s in a few bytes is refused before memory is set aside',
    async (_, name, body) => {
      const { httpPort } = await startReceiver();
      await post(httpPort, name, body);
      const before = process.memoryUsage().arrayBuffers;
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => post(httpPort, name, body)),
      );
      for (const { status } of answers) expect([400, 413]).toContain(status);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
    },
  );

  test('a zstd frame of nothing but tiny blocks is refused, not chewed for hours', async () => {
    const { httpPort } = await startReceiver();
    const block = Buffer.from([(1 << 3) | 2, 0, 0, 65]);
    const body = Buffer.concat([
      Buffer.from('28b52ffd0068', 'hex'),
      ...Array.from({ length: 20_000 }, () => block),
      Buffer.from([1, 0, 0]),
    ]);
    const answer = await post(httpPort, 'zstd', body);
    expect(answer.status).toBe(400);
    expect(statusOf(answer).message).toContain('too many small blocks');
  });

  test.each([
    ['zstd', repeatZstd(512, true)],
    ['zstd', repeatZstd(512, false)],
    ['snappy', Buffer.from(snappy.compress(Buffer.alloc(MAX_BODY_BYTES, 7)))],
  ])('%s of exactly 64 MiB is taken', async (name, body) => {
    const { target, httpPort } = await startReceiver();
    expect((await post(httpPort, name, body)).status).toBe(200);
    expect(target.bodies[0].bytes.equals(Buffer.alloc(MAX_BODY_BYTES, 7))).toBe(true);
  });
});

describe('zstd as its own program writes it', () => {
  const lines = Buffer.from(
    Array.from({ length: 40_000 }, (_, at) => `line ${(at * at) % 997} of the log\n`).join(''),
  );
  test.each([
    ['with size and checksum', 'lines.zst', lines],
    ['from a stream, without size', 'lines-stream.zst', lines],
    ['at level 19', 'lines-19.zst', lines],
    ['of a request', 'traces-sdk.pb.zst', fixture('otlp/traces-sdk.pb')],
    ['in two frames', 'two-frames.zst', Buffer.from('hello again')],
  ])('%s is inflated', async (_title, file, bytes) => {
    const { target, httpPort } = await startReceiver();
    expect((await post(httpPort, 'zstd', fixture(`compression/${file}`))).status).toBe(200);
    expect(target.bodies[0].bytes.equals(bytes)).toBe(true);
  });

  test('a frame that may be skipped is skipped', async () => {
    const { target, httpPort } = await startReceiver();
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const body = Buffer.concat([skippable, storeZstd(Buffer.from('{}')), skippable]);
    expect((await post(httpPort, 'zstd', body)).status).toBe(200);
    expect(target.bodies[0].bytes.toString()).toBe('{}');
  });
});

describe('zstd of the platform', () => {
  // Stands for node:zlib of Node 22, which inflates one frame up to `maxOutputLength`.
  const inflate = (wire: Uint8Array, { maxOutputLength = 0 }: ZlibOptions) => {
    const bytes = Buffer.from(decompress(wire));
    if (bytes.byteLength > maxOutputLength) {
      throw Object.assign(new RangeError('too large'), { code: 'ERR_BUFFER_TOO_LARGE' });
    }
    return bytes;
  };
  const decoder = nativeZstd(
    inflate,
    (wire, options) => new Promise((resolve) => resolve(inflate(wire, options))),
  );

  test('inflates all frames, on the spot and in the pool', async () => {
    const wire = fixture('compression/two-frames.zst');
    expect(decoder.now(wire, 11).toString()).toBe('hello again');
    expect((await decoder.later(wire, 11)).toString()).toBe('hello again');
  });

  test('stops at the limit of all frames together', async () => {
    const wire = fixture('compression/two-frames.zst');
    for (const maxBytes of [10, 6, 5]) {
      expect(() => decoder.now(wire, maxBytes)).toThrow();
      await expect(decoder.later(wire, maxBytes)).rejects.toThrow();
    }
  });
});

describe('framed snappy', () => {
  const good = Buffer.from('{"resourceSpans":[]}'.repeat(20));
  const stream = (...chunks: Buffer[]) => Buffer.concat([SNAPPY_START, ...chunks]);

  test('passes over padding and repeated starts', async () => {
    const { target, httpPort } = await startReceiver();
    const body = stream(
      snappyChunk(0, good),
      snappyChunk(0xfe, good),
      SNAPPY_START,
      snappyChunk(1, good),
    );
    expect((await post(httpPort, 'snappy', body)).status).toBe(200);
    expect(target.bodies[0].bytes.equals(Buffer.concat([good, good]))).toBe(true);
  });

  const wrongSum = snappyChunk(0, good);
  wrongSum[4] ^= 1;
  test.each([
    ['a wrong checksum', stream(wrongSum), 'checksum'],
    ['a chunk that may not be skipped', stream(snappyChunk(0x02, good)), 'unknown kind'],
    ['a chunk above 64 KB', stream(snappyChunk(1, Buffer.alloc(65537))), 'larger than 64 KB'],
    ['a length past the end', stream(snappyChunk(1, good).subarray(0, 30)), 'cut off'],
  ])('with %s is 400', async (_title, body, reason) => {
    const { httpPort } = await startReceiver();
    const answer = await post(httpPort, 'x-snappy-framed', body);
    expect([answer.status, statusOf(answer).code]).toEqual([400, 3]);
    expect(statusOf(answer).message).toContain(reason);
  });
});

describe('gRPC', () => {
  test.each(CODINGS.filter(({ name }) => ['gzip', 'deflate', 'zstd', 'snappy'].includes(name)))(
    '$title brings every signal once',
    async ({ name, pack }) => {
      const { target, grpcPort } = await startReceiver();
      const session = http2Session(grpcPort);
      for (const signal of SIGNALS) {
        const bytes = sampleBody(signal, 'protobuf');
        const body = grpcMessage(pack(bytes), true);
        const { status } = await rawCall(session, { 'grpc-encoding': name }, body, signal);
        expect(status).toBe('0');
        expect(target.bodies.splice(0)).toEqual([{ signal, encoding: 'protobuf', bytes }]);
      }
    },
  );

  test.each(CODINGS)('$title over other bytes is INVALID_ARGUMENT', async ({ name }) => {
    const { target, grpcPort } = await startReceiver();
    const body = grpcMessage(Buffer.from([1, 2, 3]), true);
    const call = await rawCall(http2Session(grpcPort), { 'grpc-encoding': name }, body);
    expect(call.status).toBe(String(grpc.status.INVALID_ARGUMENT));
    expect((await target.line('INVALID_ARGUMENT')).message).toContain('not valid');
  });

  test.each([
    ['gzip', gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1), { level: 1 })],
    ['zstd', repeatZstd(513, true)],
  ])('a %s bomb is RESOURCE_EXHAUSTED', async (name, bomb) => {
    const { target, grpcPort } = await startReceiver();
    const body = grpcMessage(bomb, true);
    const call = await rawCall(http2Session(grpcPort), { 'grpc-encoding': name }, body);
    expect(call.status).toBe(String(grpc.status.RESOURCE_EXHAUSTED));
    expect(target.bodies).toHaveLength(0);
  });

  test('a plain message under a grpc-encoding is taken as it is', async () => {
    const { target, grpcPort } = await startReceiver();
    const bytes = sampleBody('traces', 'protobuf');
    const session = http2Session(grpcPort);
    const call = await rawCall(session, { 'grpc-encoding': 'gzip' }, grpcMessage(bytes));
    expect(call.status).toBe('0');
    expect(target.bodies[0].bytes.equals(bytes)).toBe(true);
  });

  test('a header of ours from outside means nothing', async () => {
    const { target, grpcPort } = await startReceiver();
    const body = grpcMessage(Buffer.from('as it is'));
    const call = await rawCall(http2Session(grpcPort), { 'x-flametail-stream': '1' }, body);
    expect([call.status, target.bodies[0].bytes.toString()]).toEqual(['0', 'as it is']);
  });
});
