/**
 * OTLP/gRPC: groups 12 and 13 of the conformance list (what the Collector's receiver tests for), per
 * signal. We differ on purpose: messages of up to 64 MiB are taken without being asked for, as OTLP
 * 1.11 recommends, and a broken compression is bad data, INVALID_ARGUMENT, not INTERNAL.
 */
import { constants } from 'node:http2';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GRPC_SERVICE, SIGNALS } from '../../proto/otlp/signal.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { sampleBody } from './conformance-support.ts';
import { startEngine } from './receiver-engine-support.ts';
import { encodeStatus } from '../../electron/engine/wire/answers.ts';
import { MAX_BODY_BYTES } from '../../electron/node/receiver/limits.ts';
import {
  callEnd,
  grpcMessage as message,
  http2Session,
  openCall,
  rawCall,
} from './receiver-grpc-support.ts';
import {
  RecordingTarget,
  callExport,
  grpcClient,
  send,
  sendRaw,
  startReceiver,
} from './receiver-support.ts';

describe('exports', () => {
  for (const signal of SIGNALS) {
    test(`${signal} arrive once, plain and gzipped`, async () => {
      const { target, grpcPort } = await startReceiver();
      for (const algorithm of [
        grpc.compressionAlgorithms.identity,
        grpc.compressionAlgorithms.gzip,
        grpc.compressionAlgorithms.deflate,
      ]) {
        const client = grpcClient(grpcPort, { 'grpc.default_compression_algorithm': algorithm });
        const bytes = randomBytes(5000);
        const answer = await callExport(client, signal, bytes);
        expect([answer.code, answer.body.byteLength]).toEqual([0, 0]);
        expect(target.bodies.splice(0)).toEqual([{ signal, encoding: 'protobuf', bytes }]);
      }
    });
  }

  test('an export of 63 MiB is taken, one above 64 MiB is RESOURCE_EXHAUSTED', async () => {
    const { target, grpcPort } = await startReceiver();
    const client = grpcClient(grpcPort);
    const large = Buffer.alloc(MAX_BODY_BYTES + 1, 1);
    const taken = await callExport(client, 'logs', large.subarray(0, 63 * 1024 * 1024));
    expect(taken.code).toBe(0);
    expect(target.bodies.splice(0)[0]?.bytes.byteLength).toBe(63 * 1024 * 1024);
    const refused = await callExport(client, 'logs', large);
    expect(refused.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
    // With a RetryInfo the client would send it again, for ever.
    expect(refused.metadata.get('grpc-status-details-bin')).toEqual([]);
    expect(await target.line('RESOURCE_EXHAUSTED')).toMatchObject({ outcome: 'refused' });
    expect(target.bodies).toHaveLength(0);
  });

  test('rejected items make a partial success', async () => {
    const { target, grpcPort } = await startReceiver();
    target.answer = () => ({
      ok: true,
      received: 3,
      accepted: 2,
      rejected: 1,
      duplicates: 0,
      rejections: [{ reason: 'span_id is not 8 bytes', count: 1 }],
      invalidStrings: 0,
    });
    const answer = await callExport(grpcClient(grpcPort), 'traces', Buffer.alloc(2));
    expect(answer.code).toBe(0);
    expect(answer.body.toString()).toContain('1 span rejected: span_id is not 8 bytes (1)');
    expect(await target.line('PARTIAL')).toMatchObject({ protocol: 'grpc', items: 3 });
  });
});

describe('refused exports', () => {
  test('bad bytes are INVALID_ARGUMENT with the place as BadRequest', async () => {
    const { target, grpcPort } = await startReceiver();
    const reason = 'field 3 of Span at byte 117 reaches past the end';
    target.answer = () => ({ ok: false, code: 'malformed', message: reason, offset: 117 });
    const answer = await callExport(grpcClient(grpcPort), 'traces', Buffer.from('junk'));
    expect([answer.code, answer.message]).toEqual([grpc.status.INVALID_ARGUMENT, reason]);
    const status = encodeStatus('protobuf', {
      code: 3,
      message: reason,
      fieldViolations: [{ field: 'body', description: reason }],
    });
    expect(answer.metadata.get('grpc-status-details-bin')).toEqual([Buffer.from(status)]);
    expect(target.lines.filter((line) => line.outcome === 'refused')).toMatchObject([
      { label: 'INVALID_ARGUMENT', message: `TraceService: ${reason}`, bytes: 4 },
    ]);
  });

  test.each(SIGNALS)(
    'taken, too large, failed, behind, taken: two of %s are kept (12)',
    async (signal) => {
      let asked = 0;
      let isBehind = false;
      const target = Object.assign(new RecordingTarget(), {
        // The engine falls behind while the message is read: the second time it is asked.
        pressureMs: () => (isBehind && asked++ % 2 === 1 ? 2000 : 0),
      });
      const { grpcPort } = await startReceiver(target);
      const client = grpcClient(grpcPort);
      const good = target.answer;
      const codes: number[] = [];
      for (const kind of ['taken', 'too large', 'failed', 'behind', 'taken'] as const) {
        isBehind = kind === 'behind';
        target.answer = () => {
          if (kind === 'failed') throw new Error('broken');
          if (kind !== 'too large') return good();
          return { ok: false, code: 'tooLarge', message: 'larger than memory', offset: -1 };
        };
        codes.push((await callExport(client, signal, sampleBody(signal, 'protobuf'))).code);
      }
      const { RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE } = grpc.status;
      expect(codes).toEqual([0, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE, 0]);
      expect(target.bodies).toHaveLength(2);
      expect((await target.line('INTERNAL')).message).toContain('broken');
      const refused = target.lines.filter(({ outcome }) => outcome === 'refused');
      expect(refused).toHaveLength(3);
    },
  );

  test('50,000 spans in one message arrive as they were sent (13)', async () => {
    const { engine, grpcPort } = await startEngine();
    const spans = Array.from({ length: 50_000 }, (_, at) => {
      const spanId = Buffer.alloc(8);
      spanId.writeUInt32BE(at + 1, 4);
      return { traceId: Buffer.alloc(16, 9), spanId, name: `step ${at}` };
    });
    const body = Buffer.from(
      encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    );
    expect((await callExport(grpcClient(grpcPort), 'traces', body)).code).toBe(0);
    const reader = engine.reader({ type: 'all', signals: ['traces'] });
    const request = reader.next();
    reader.close();
    if (request === null || request === 'searching') throw new Error('nothing is stored');
    expect(body.equals(request.bytes)).toBe(true);
  });

  test('an unknown service or method is UNIMPLEMENTED and in the log', async () => {
    const { target, grpcPort } = await startReceiver();
    const client = grpcClient(grpcPort);
    for (const path of [
      `/${GRPC_SERVICE.traces}/Import`,
      '/jaeger.api_v2.Collector/PostSpans',
    ] as const) {
      expect((await callExport(client, path, Buffer.alloc(1))).code).toBe(
        grpc.status.UNIMPLEMENTED,
      );
    }
    const line = await target.line('UNIMPLEMENTED');
    expect(line.message).toContain(`/${GRPC_SERVICE.traces}/Import`);
    expect(line.userAgent).toMatch(/grpc-node-js/);
  });

  test('broken gzip, an unknown compression and a wrong media type get their status', async () => {
    const { target, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const junk = message(randomBytes(50), true);
    const broken = await rawCall(session, { 'grpc-encoding': 'gzip' }, junk);
    expect(broken.status).toBe(String(grpc.status.INVALID_ARGUMENT));
    const unknown = await rawCall(session, { 'grpc-encoding': 'br' }, junk);
    expect(unknown.status).toBe(String(grpc.status.UNIMPLEMENTED));
    const type = await rawCall(session, { 'content-type': 'application/json' }, junk);
    expect(type.httpStatus).toBe(415);
    expect((await target.line('415')).message).toContain('application/json');
    const good = await rawCall(session, {}, message(Buffer.from('ok')));
    expect(good.status).toBe('0');
    expect(target.bodies).toHaveLength(1);
  });
});

describe('calls that no library would send', () => {
  const ok = message(Buffer.from('ok'));

  test.each([
    ['no message', Buffer.alloc(0), 'The call has no message'],
    ['half of the framing', ok.subarray(0, 3), 'The call has no message'],
    ['half of a message', ok.subarray(0, 6), 'The message ends after 1 of 2 bytes'],
    ['two messages', Buffer.concat([ok, ok]), 'Export takes one message'],
    ['an unknown flag', Buffer.from([2, 0, 0, 0, 0]), 'The compressed flag is 2'],
    ['an unnamed compression', message(Buffer.from('ok'), true), 'grpc-encoding does not say how'],
  ])('%s is INVALID_ARGUMENT', async (_name, bytes, reason) => {
    const { target, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const end = await rawCall(session, {}, bytes);
    expect(end.status).toBe(String(grpc.status.INVALID_ARGUMENT));
    expect((await target.line('INVALID_ARGUMENT')).message).toContain(reason);
    expect((await rawCall(session, {}, ok)).status).toBe('0');
    expect(target.bodies).toHaveLength(1);
  });

  test('an empty message is one', async () => {
    const { target, grpcPort } = await startReceiver();
    expect((await rawCall(http2Session(grpcPort), {}, message(Buffer.alloc(0)))).status).toBe('0');
    expect(target.bodies).toHaveLength(1);
  });

  test('a message may be plain whatever compression the headers name', async () => {
    const { target, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    for (const encoding of ['gzip', 'br']) {
      expect((await rawCall(session, { 'grpc-encoding': encoding }, ok)).status).toBe('0');
    }
    expect(target.bodies.map(({ bytes }) => bytes.toString())).toEqual(['ok', 'ok']);
  });

  test('a call ends with DEADLINE_EXCEEDED when its own time is over', async () => {
    const { target, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const long = openCall(session, { 'grpc-timeout': '1H' });
    const short = openCall(session, { 'grpc-timeout': '30m' });
    short.write(ok.subarray(0, 4));
    expect((await callEnd(short)).status).toBe(String(grpc.status.DEADLINE_EXCEEDED));
    expect((await target.line('DEADLINE_EXCEEDED')).message).toContain('within 0.03 s');
    long.end(ok);
    expect((await callEnd(long)).status).toBe('0');
  });

  test.each(['soon', '-1S', '1', '123456789S', ''])(
    'the deadline %j cannot be read: INVALID_ARGUMENT',
    async (timeout) => {
      const { grpcPort } = await startReceiver();
      const end = await rawCall(http2Session(grpcPort), { 'grpc-timeout': timeout }, ok);
      expect(end.status).toBe(String(grpc.status.INVALID_ARGUMENT));
    },
  );

  test('GET is UNIMPLEMENTED, and a path of odd letters comes back percent-encoded', async () => {
    const { grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const get = openCall(session, { ':method': 'GET' });
    expect((await callEnd(get)).status).toBe(String(grpc.status.UNIMPLEMENTED));
    const odd = await rawCall(session, { ':path': '/\u00e9%' }, ok);
    expect(odd.status).toBe(String(grpc.status.UNIMPLEMENTED));
    expect(odd.message).toMatch(/ method \/%C3%[0-9A-F]{2}.*%25$/);
  });

  test('application/grpc with a suffix or parameters is gRPC, its longer cousins are not', async () => {
    const { grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const end = (type: string) => rawCall(session, { 'content-type': type }, ok);
    expect((await end('application/grpc+proto')).status).toBe('0');
    expect((await end('Application/gRPC; charset=utf-8')).status).toBe('0');
    expect((await end('application/grpc-web')).httpStatus).toBe(415);
  });

  test('more headers than a session may hold end the call, not the receiver', async () => {
    const { target, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const headers = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`x-${at}`, 'h'.repeat(300)]),
    );
    await expect(rawCall(session, headers, ok)).rejects.toThrow('ENHANCE_YOUR_CALM');
    expect((await rawCall(http2Session(grpcPort), {}, ok)).status).toBe('0');
    expect(target.bodies).toHaveLength(1);
  });
});

describe('connections', () => {
  test('a stream that is reset in the middle of a message leaves the receiver alive', async () => {
    const { target, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const stream = openCall(session);
    stream.write(message(randomBytes(1000)).subarray(0, 300));
    await new Promise((resolve) => session.ping(resolve));
    stream.close(constants.NGHTTP2_CANCEL);
    await once(stream, 'close');
    expect((await callExport(grpcClient(grpcPort), 'traces', Buffer.alloc(1))).code).toBe(0);
    expect(target.bodies).toHaveLength(1);
  });

  test('HTTP/1.1 on the gRPC port is told of the right one', async () => {
    const { target, httpPort, grpcPort } = await startReceiver();
    const headers = { 'content-type': 'application/x-protobuf' };
    const answer = await send(grpcPort, { headers, body: randomBytes(100_000) });
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain(`Send OTLP/HTTP to http://localhost:${httpPort}`);
    expect((await target.line('400')).protocol).toBe('grpc');
  });

  test('TLS on the gRPC port is told that the port is plain', async () => {
    const { target, grpcPort } = await startReceiver();
    await sendRaw(grpcPort, Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5]));
    expect((await target.line('400')).message).toContain('without TLS');
  });

  test('a preface that comes in pieces is a gRPC connection', async () => {
    const { grpcPort } = await startReceiver();
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    const goaway = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const { connect } = await import('node:net');
    const socket = connect(grpcPort, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.setNoDelay(true);
    socket.write(preface.slice(0, 1));
    await once(socket, 'connect');
    socket.write(preface.slice(1));
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const [first] = (await once(socket, 'data')) as [Buffer];
    // The answer opens with a SETTINGS frame, type 4.
    expect(first[3]).toBe(4);
    socket.end(goaway);
  });
});

describe('windows', () => {
  test('a client sees 8 MB windows', async () => {
    const { grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const [settings] = (await once(session, 'remoteSettings')) as [{ initialWindowSize: number }];
    expect(settings.initialWindowSize).toBe(8 * 1024 * 1024);
    await rawCall(session, {}, message(Buffer.from('ok')));
    expect(session.state.remoteWindowSize).toBeGreaterThan(7 * 1024 * 1024);
  });

  test('a large message comes unjoined', async () => {
    let parts = 0;
    class CountingTarget extends RecordingTarget {
      override ingest(...body: Parameters<RecordingTarget['ingest']>) {
        parts = body[1].length;
        return super.ingest(...body);
      }
    }
    const target = new CountingTarget();
    const { grpcPort } = await startReceiver(target);
    const bytes = Buffer.alloc(200_000, 'span');
    expect((await callExport(grpcClient(grpcPort), 'traces', bytes)).code).toBe(0);
    expect(parts).toBeGreaterThan(1);
    expect(target.bodies[0]?.bytes.equals(bytes)).toBe(true);
  });
});

test('the recording target refuses wrong lengths', () => {
  const target = new RecordingTarget();
  expect(() => target.ingest('traces', [Buffer.alloc(2)], 3, 'json')).toThrow('byteLength');
});
