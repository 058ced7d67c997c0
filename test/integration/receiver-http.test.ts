/** Connections of the HTTP port, clients of other protocols, and what it says to a browser. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
} from '../../electron/node/receiver/limits.ts';
import { send, sendRaw, startReceiver } from './receiver-support.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

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
