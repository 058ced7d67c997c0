import { request } from 'node:http';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HTTP_PATH, SIGNALS } from '../../proto/otlp/signal.ts';
import { openHttp } from '../../electron/node/receiver/http-endpoint.ts';
import {
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  MAX_BODY_BYTES,
  MAX_IN_FLIGHT_BYTES,
  REQUEST_TIMEOUT_MS,
} from '../../electron/node/receiver/limits.ts';
import { Pressure } from '../../electron/node/receiver/pressure.ts';
import { RecordingTarget, send, sendRaw, startReceiver, type Answer } from './receiver-support.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };
/** A valid protobuf request body: resource_spans with an empty message. */
const BODY = Buffer.from([0x0a, 0x00]);

interface StatusJson {
  code: number;
  message: string;
  details?: { '@type': string; retryDelay?: string }[];
}

function statusOf(answer: Answer): StatusJson {
  expect(answer.headers['content-type']).toBe('application/json');
  return JSON.parse(answer.body.toString()) as StatusJson;
}

/** code and message of a protobuf google.rpc.Status: fields 1 (varint) and 2 (string). */
function protobufStatusOf(answer: Answer): { code: number; message: string } {
  expect(answer.headers['content-type']).toBe('application/x-protobuf');
  const { body } = answer;
  expect([body[0], body[2]]).toEqual([0x08, 0x12]);
  const isLong = body[3] > 127;
  const length = isLong ? (body[3] & 127) + (body[4] << 7) : body[3];
  const start = isLong ? 5 : 4;
  return { code: body[1], message: body.toString('utf8', start, start + length) };
}

describe('accepted requests', () => {
  const types = [
    ['protobuf', 'application/x-protobuf', ''],
    ['json', 'application/json', '{}'],
    ['json', 'application/json; charset=utf-8', '{}'],
    ['json', 'Application/JSON', '{}'],
  ] as const;
  const codings = [
    ['', (bytes: Buffer) => bytes],
    ['identity', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['GZIP', (bytes: Buffer) => gzipSync(bytes)],
    ['deflate', (bytes: Buffer) => deflateSync(bytes)],
  ] as const;

  for (const signal of SIGNALS) {
    test(`${signal} arrive once, in both encodings and every compression`, async () => {
      const { target, httpPort } = await startReceiver();
      for (const [encoding, type, success] of types) {
        for (const [coding, pack] of codings) {
          const bytes = randomBytes(3000);
          const answer = await send(httpPort, {
            path: HTTP_PATH[signal],
            headers: { 'content-type': type, ...(coding && { 'content-encoding': coding }) },
            body: pack(bytes),
          });
          expect(answer.status).toBe(200);
          expect(answer.headers['content-type']).toBe(type.toLowerCase().split(';')[0]);
          expect(answer.body.toString()).toBe(success);
          expect(target.bodies.splice(0)).toEqual([{ signal, encoding, bytes }]);
        }
      }
    });
  }

  test('profiles are taken on /v1/profiles too', async () => {
    const { target, httpPort } = await startReceiver();
    await send(httpPort, { path: '/v1/profiles', headers: PROTOBUF, body: BODY });
    expect(target.bodies[0]?.signal).toBe('profiles');
  });

  test('an empty body is an empty request', async () => {
    const { target, httpPort } = await startReceiver();
    const answer = await send(httpPort, { headers: PROTOBUF });
    expect([answer.status, answer.body.byteLength]).toEqual([200, 0]);
    expect(target.bodies[0]?.bytes.byteLength).toBe(0);
  });

  test('a chunked body arrives whole, over IPv6 too', async () => {
    const { target, httpPort } = await startReceiver();
    const chunks = [randomBytes(10), randomBytes(100_000), randomBytes(1)];
    const answer = await send(httpPort, { host: '::1', headers: PROTOBUF, chunks });
    expect(answer.status).toBe(200);
    expect(target.bodies[0]?.bytes).toEqual(Buffer.concat(chunks));
  });

  test('pipelined requests on one connection are answered in order', async () => {
    const { target, httpPort } = await startReceiver();
    const one = (path: string, more = '') =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${more}\r\n{}`;
    const text = await sendRaw(
      httpPort,
      one('/v1/traces') + one('/nope') + one('/v1/logs', 'Connection: close\r\n'),
    );
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
    expect(target.bodies.map((body) => body.signal)).toEqual(['traces', 'logs']);
  });

  test('rejected items make a partial success with the reasons', async () => {
    const { target, httpPort } = await startReceiver();
    target.answer = () => ({
      ok: true,
      received: 10,
      accepted: 8,
      rejected: 2,
      duplicates: 0,
      rejections: [{ reason: 'trace_id is not 16 bytes', count: 2 }],
    });
    const answer = await send(httpPort, { headers: JSON_TYPE, body: '{}' });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: {
        rejectedSpans: '2',
        errorMessage: '2 spans rejected: trace_id is not 16 bytes (2)',
      },
    });
    expect(target.lines.at(-1)).toMatchObject({ label: 'PARTIAL', outcome: 'warning', items: 10 });
  });

  test('equal requests leave equal lines, so that the log can fold them', async () => {
    const { target, httpPort } = await startReceiver();
    const headers = { ...PROTOBUF, 'user-agent': 'OTel-OTLP-Exporter-JavaScript/0.223.1' };
    await send(httpPort, { headers, body: BODY });
    await send(httpPort, { headers, body: BODY });
    const lines = target.lines.filter((line) => line.label === 'OK');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      protocol: 'http',
      message: '/v1/traces as protobuf',
      bytes: 2,
      items: 1,
      userAgent: 'OTel-OTLP-Exporter-JavaScript/0.223.1',
    });
    expect({ ...lines[1], timeMs: 0 }).toEqual({ ...lines[0], timeMs: 0 });
  });
});

describe('refused requests', () => {
  const refusals = [
    ['malformed', 400, 3],
    ['tooDeep', 400, 3],
    ['unsupported', 400, 3],
    ['tooLarge', 413, 8],
  ] as const;
  for (const [code, status, rpcCode] of refusals) {
    test(`a body the engine finds ${code} is answered ${status} in its own encoding`, async () => {
      const { target, httpPort } = await startReceiver();
      target.answer = () => ({ ok: false, code, message: 'field 3 is cut at byte 7', offset: 7 });
      const json = statusOf(await send(httpPort, { headers: JSON_TYPE, body: '1234' }));
      expect(json).toMatchObject({ code: rpcCode, message: 'field 3 is cut at byte 7' });
      if (status === 400) expect(json.details?.[0]?.['@type']).toMatch('google.rpc.BadRequest');
      const answer = await send(httpPort, { headers: PROTOBUF, body: 'junk' });
      expect(answer.status).toBe(status);
      expect(protobufStatusOf(answer)).toEqual({
        code: rpcCode,
        message: 'field 3 is cut at byte 7',
      });
      expect(target.lines.at(-1)).toMatchObject({ label: String(status), outcome: 'refused' });
    });
  }

  test('a failure of the engine is 500 and the receiver goes on', async () => {
    const { target, httpPort } = await startReceiver();
    target.answer = () => {
      throw new Error('row out of range');
    };
    const answer = await send(httpPort, { headers: JSON_TYPE, body: '{}' });
    expect([answer.status, statusOf(answer).code]).toEqual([500, 13]);
    target.answer = new RecordingTarget().answer;
    expect((await send(httpPort, { headers: JSON_TYPE, body: '{}' })).status).toBe(200);
    expect(target.bodies).toHaveLength(1);
  });

  for (const type of [undefined, 'text/plain', 'nonsense', 'application/x-www-form-urlencoded']) {
    test(`Content-Type ${type} is answered 415 with both types`, async () => {
      const { target, httpPort } = await startReceiver();
      const answer = await send(httpPort, {
        headers: type ? { 'content-type': type } : {},
        body: BODY,
      });
      expect([answer.status, answer.headers['content-type']]).toEqual([415, 'text/plain']);
      expect(answer.body.toString()).toMatch(/application\/x-protobuf or application\/json/);
      expect(target.lines.at(-1)?.message).toContain('Use application/x-protobuf');
      expect(target.bodies).toHaveLength(0);
    });
  }

  for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
    test(`${method} is answered 405 and told of POST`, async () => {
      const { httpPort } = await startReceiver();
      const answer = await send(httpPort, { method, headers: JSON_TYPE });
      expect([answer.status, answer.headers['content-type']]).toEqual([405, 'text/plain']);
      expect(answer.headers.allow).toBe('POST, OPTIONS');
      expect(answer.body.toString()).toContain('POST');
    });
  }

  const hints = [
    ['/', 'add the path /v1/traces'],
    ['/v1/trace', 'Did you mean /v1/traces?'],
    ['/v1/logs/v1/logs', 'SDKs append it'],
    ['/api/metrics', 'Did you mean /v1/metrics?'],
    ['/favicon', 'posted to /v1/traces, /v1/logs and /v1/metrics'],
  ] as const;
  for (const [path, hint] of hints) {
    test(`POST ${path} is answered 404 with a hint`, async () => {
      const { httpPort } = await startReceiver();
      const json = await send(httpPort, { path, headers: JSON_TYPE, body: '{}' });
      expect([json.status, statusOf(json).code]).toEqual([404, 5]);
      expect(statusOf(json).message).toContain(hint);
      const protobuf = await send(httpPort, { path, headers: PROTOBUF, body: BODY });
      expect(protobufStatusOf(protobuf).message).toContain(hint);
    });
  }

  const badBodies = [
    ['gzip', Buffer.from('{"resourceSpans":[]}'), 'not valid gzip'],
    ['gzip', gzipSync(randomBytes(2000)).subarray(0, 900), 'not valid gzip'],
    ['gzip', Buffer.alloc(0), 'not valid gzip'],
    ['deflate', randomBytes(500), 'not valid deflate'],
    ['gzip', randomBytes(1_500_000), 'not valid gzip'],
    ['lz4', BODY, 'lz4 is not supported'],
    ['gzip, gzip', BODY, 'not supported'],
  ] as const;
  for (const [coding, body, reason] of badBodies) {
    test(`Content-Encoding ${coding} over ${body.byteLength} other bytes is 400`, async () => {
      const { target, httpPort } = await startReceiver();
      const coded = { 'content-encoding': coding };
      const json = await send(httpPort, { headers: { ...JSON_TYPE, ...coded }, body });
      expect([json.status, statusOf(json).code]).toEqual([400, 3]);
      expect(statusOf(json).message).toContain(reason);
      const protobuf = await send(httpPort, { headers: { ...PROTOBUF, ...coded }, body });
      expect(protobufStatusOf(protobuf).code).toBe(3);
      expect(target.bodies).toHaveLength(0);
    });
  }

  test('a long unknown path is cut in answers and lines', async () => {
    const { target, httpPort } = await startReceiver();
    await send(httpPort, { path: `/${'x'.repeat(8000)}`, headers: JSON_TYPE, body: '{}' });
    expect(target.lines.at(-1)?.message.length).toBeLessThan(300);
  });
});

describe('sizes', () => {
  test('a body of exactly 64 MiB is taken, one byte more is 413', async () => {
    const { target, httpPort } = await startReceiver();
    const bytes = Buffer.alloc(MAX_BODY_BYTES + 1, 7);
    const exact = await send(httpPort, { headers: PROTOBUF, body: bytes.subarray(1) });
    expect(exact.status).toBe(200);
    expect(target.bodies.splice(0)[0]?.bytes.byteLength).toBe(MAX_BODY_BYTES);
    const declared = await send(httpPort, { headers: PROTOBUF, body: bytes });
    expect([declared.status, protobufStatusOf(declared).code]).toEqual([413, 8]);
    const chunked = await send(httpPort, { headers: JSON_TYPE, chunks: [bytes] });
    expect([chunked.status, statusOf(chunked).code]).toEqual([413, 8]);
    expect(target.bodies).toHaveLength(0);
  });

  test('a gzip bomb stops at the cap', async () => {
    const { target, httpPort } = await startReceiver();
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1));
    expect(bomb.byteLength).toBeLessThan(100_000);
    const headers = { ...PROTOBUF, 'content-encoding': 'gzip' };
    const answer = await send(httpPort, { headers, body: bomb });
    expect([answer.status, protobufStatusOf(answer).code]).toEqual([413, 8]);
    expect(target.bodies).toHaveLength(0);
  });

  test('a large compressed body is inflated whole', async () => {
    const { target, httpPort } = await startReceiver();
    const bytes = Buffer.concat([randomBytes(1_500_000), Buffer.alloc(20_000_000)]);
    const headers = { ...PROTOBUF, 'content-encoding': 'gzip' };
    const answer = await send(httpPort, { headers, body: gzipSync(bytes, { level: 1 }) });
    expect(answer.status).toBe(200);
    expect(target.bodies[0]?.bytes.equals(bytes)).toBe(true);
  });

  test('bodies beyond the budget of all connections are told to come back', async () => {
    const target = new RecordingTarget();
    const pressure = new Pressure(target);
    const { inFlight } = pressure;
    const facts = () => ({ version: '', uiUrl: '', httpPort: 0, grpcPort: 0 });
    const options = { engine: target, pressure, facts, hosts: ['127.0.0.1'], port: 0 };
    const endpoint = await openHttp(options);
    onTestFinished(() => endpoint.close());
    inFlight.reserve(MAX_IN_FLIGHT_BYTES - 1);
    const refused = await send(endpoint.port, { headers: JSON_TYPE, body: '{}' });
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(statusOf(refused).code).toBe(14);
    expect(statusOf(refused).details?.[0]?.retryDelay).toBe('1s');
    inFlight.release(MAX_IN_FLIGHT_BYTES - 1);
    expect((await send(endpoint.port, { headers: JSON_TYPE, body: '{}' })).status).toBe(200);
    expect(inFlight.reserve(MAX_IN_FLIGHT_BYTES)).toBe(true);
  });
});

describe('connections', () => {
  test('idle connections outlive the 5 s between two exports of an SDK', async () => {
    expect(KEEP_ALIVE_MS).toBeGreaterThanOrEqual(65_000);
    expect(REQUEST_TIMEOUT_MS).toBeGreaterThanOrEqual(HEADERS_TIMEOUT_MS);
    const { httpPort } = await startReceiver();
    const answer = await send(httpPort, {
      headers: { ...JSON_TYPE, connection: 'keep-alive' },
      body: '{}',
    });
    expect(answer.headers['keep-alive']).toBe(`timeout=${KEEP_ALIVE_MS / 1000}`);
  });

  test('a refused body leaves its connection usable', async () => {
    const { httpPort } = await startReceiver();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports: (number | undefined)[] = [];
    for (const path of ['/nope', '/v1/traces']) {
      const outgoing = request({
        host: '127.0.0.1',
        port: httpPort,
        path,
        method: 'POST',
        agent,
        headers: JSON_TYPE,
      });
      outgoing.end(Buffer.alloc(300_000, ' '));
      const [incoming] = await once(outgoing, 'response');
      ports.push(outgoing.socket?.localPort);
      incoming.resume();
      await once(incoming, 'end');
    }
    expect(ports[0]).toBe(ports[1]);
  });

  test('a client that resets in the middle of a body leaves the receiver alive', async () => {
    const { target, httpPort } = await startReceiver();
    const socket = connect(httpPort, '127.0.0.1');
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n',
    );
    await once(socket, 'data');
    socket.write('{"resource');
    socket.resetAndDestroy();
    expect(await target.line('ABORTED')).toMatchObject({ outcome: 'warning' });
    expect((await send(httpPort, { headers: JSON_TYPE, body: '{}' })).status).toBe(200);
    expect(target.bodies).toHaveLength(1);
  });

  test('a gRPC client on the HTTP port is told of the right one', async () => {
    const { target, httpPort, grpcPort } = await startReceiver();
    const text = await sendRaw(httpPort, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1.1 400/);
    expect((await target.line('400')).message).toContain(`Send OTLP/gRPC to port ${grpcPort}`);
  });

  test('bytes that are no HTTP request get 400 and a line with the reason', async () => {
    const { target, httpPort } = await startReceiver();
    expect(await sendRaw(httpPort, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect((await target.line('400')).message).toContain('Parse Error');
    expect((await send(httpPort, { headers: JSON_TYPE, body: '{}' })).status).toBe(200);
  });

  test('a TLS client is told that the port is plain HTTP', async () => {
    const { target, httpPort } = await startReceiver();
    await sendRaw(httpPort, Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5]));
    expect((await target.line('400')).message).toContain('TLS');
  });
});

describe('GET /', () => {
  test('says what this is and where the UI is', async () => {
    const { httpPort, grpcPort } = await startReceiver();
    const answer = await send(httpPort, { method: 'GET', path: '/' });
    expect(answer.status).toBe(200);
    expect(answer.headers.server).toBe('Flametail/1.2.3');
    expect(answer.body.toString()).toContain('UI: http://127.0.0.1:4319/');
    expect(answer.body.toString()).toContain(`localhost:${grpcPort}`);
  });

  test('is JSON for a program', async () => {
    const { httpPort, grpcPort } = await startReceiver();
    const answer = await send(httpPort, {
      method: 'GET',
      path: '/',
      headers: { accept: 'application/json' },
    });
    expect(JSON.parse(answer.body.toString())).toEqual({
      name: 'flametail',
      version: '1.2.3',
      ui: 'http://127.0.0.1:4319/',
      otlpHttp: `http://127.0.0.1:${httpPort}`,
      otlpGrpc: `127.0.0.1:${grpcPort}`,
    });
  });
});
