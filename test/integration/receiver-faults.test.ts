/** Clients that break, stall or pile up: each is ended or survived, and the others are served. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { constants } from 'node:http2';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { closeServers, watchServers } from '../../electron/node/receiver/bind.ts';
import type { ReceiverTimeouts } from '../../electron/node/receiver/limits.ts';
import { callEnd, grpcMessage, http2Session, openCall, rawCall } from './receiver-grpc-support.ts';
import { callExport, grpcClient, send, startReceiver, type Started } from './receiver-support.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const HURRIED: ReceiverTimeouts = { keepAliveMs: 60_000, headersMs: 250, requestMs: 500 };
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = '\0\0\0\x04\0\0\0\0\0';
const HEAD =
  'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n';

/** A raw connection, destroyed when the test ends. */
async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

/** What a connection gets until it is closed by the other side. */
async function allOf(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => (text += part));
  await once(socket, 'close');
  return text;
}

/** Resolves when a connection is over, in order or by a reset. */
function gone(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

/** Sends a byte every 20 ms for as long as anybody takes it. */
function dribble(socket: Socket): void {
  const timer = setInterval(() => socket.write('x'), 20);
  socket.on('close', () => clearInterval(timer));
}

async function expectServed({ httpPort, grpcPort }: Started): Promise<void> {
  expect((await send(httpPort, { headers: JSON_TYPE, body: '{}' })).status).toBe(200);
  expect((await callExport(grpcClient(grpcPort), 'traces', Buffer.alloc(3))).code).toBe(0);
}

describe('slow clients', () => {
  test('headers that never end are 408, and the log says why', async () => {
    const started = await startReceiver(undefined, HURRIED);
    const socket = await open(started.httpPort);
    socket.write('POST /v1/traces HTTP/1.1\r\nX-Slow: ');
    dribble(socket);
    await expectServed(started);
    expect(await allOf(socket)).toMatch(/^HTTP\/1.1 408/);
    expect(await started.target.line('408')).toMatchObject({
      outcome: 'warning',
      message: 'A client did not end the headers of its request within 0.25 s.',
    });
  });

  test('a body that never ends is 408 and leaves nothing behind', async () => {
    const started = await startReceiver(undefined, HURRIED);
    const socket = await open(started.httpPort);
    socket.write(HEAD);
    dribble(socket);
    await expectServed(started);
    const taken = started.target.bodies.length;
    expect(await allOf(socket)).toMatch(/^HTTP\/1.1 408/);
    expect((await started.target.line('408')).message).toMatch(
      /^\/v1\/traces: the body did not end within 0.5 s, after \d+ bytes of the body. Nothing was kept.$/,
    );
    expect(started.target.lines.filter(({ label }) => label === '408')).toHaveLength(1);
    expect(started.target.bodies).toHaveLength(taken);
  });

  test('connections that say nothing are closed without a word, on both ports', async () => {
    const { target, httpPort, grpcPort } = await startReceiver(undefined, HURRIED);
    for (const port of [httpPort, grpcPort]) expect(await allOf(await open(port))).toBe('');
    expect(target.lines.map(({ label }) => label)).toEqual(['UP', 'UP']);
  });

  test('half a gRPC preface is closed', async () => {
    const { grpcPort } = await startReceiver(undefined, HURRIED);
    const socket = await open(grpcPort);
    socket.write('PRI * HT');
    await allOf(socket);
  });

  test.each([
    ['bytes that are no HTTP/2', 'hello there'],
    ['a preface that goes wrong', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'],
    ['a frame larger than allowed', `${PREFACE}${SETTINGS}garbage garbage`],
  ])('%s close the gRPC connection, with or without an end', async (_name, bytes) => {
    const started = await startReceiver(undefined, HURRIED);
    for (const end of [true, false]) {
      const socket = connect({ port: started.grpcPort, host: '127.0.0.1', allowHalfOpen: true });
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => undefined);
      socket.write(bytes, 'latin1');
      if (end) socket.end();
      else dribble(socket);
      await gone(socket.resume());
    }
    await expectServed(started);
  });

  test('a client of the HTTP port that does not close after its 400 is cut off', async () => {
    const started = await startReceiver(undefined, HURRIED);
    const socket = connect({ port: started.httpPort, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.write('hello there\r\n');
    const answer = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 400/);
    dribble(socket);
    await gone(socket);
  });

  test('a gRPC session that is idle for longer than all times is kept', async () => {
    const started = await startReceiver(undefined, HURRIED);
    const session = http2Session(started.grpcPort);
    for (let pings = 0; pings < 3; pings++) await once(session, 'ping');
    expect((await rawCall(session, {}, grpcMessage(Buffer.from('ok')))).status).toBe('0');
  });

  test('a gRPC call that stays half open is DEADLINE_EXCEEDED, its connection goes on', async () => {
    const started = await startReceiver(undefined, HURRIED);
    const session = http2Session(started.grpcPort);
    const half = openCall(session);
    half.write(grpcMessage(Buffer.alloc(5000)).subarray(0, 2000));
    const silent = openCall(session);
    const ends = await Promise.all([callEnd(half), callEnd(silent)]);
    for (const { status } of ends) expect(status).toBe(String(grpc.status.DEADLINE_EXCEEDED));
    expect((await started.target.line('DEADLINE_EXCEEDED')).message).toBe(
      'The call did not end within 0.5 s.',
    );
    expect((await rawCall(session, {}, grpcMessage(Buffer.from('ok')))).status).toBe('0');
    expect(started.target.bodies).toHaveLength(1);
  });
});

describe('clients that break', () => {
  test('a hundred resets in the middle of bodies and calls leave nothing behind', async () => {
    const started = await startReceiver();
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(started.httpPort)));
    for (const socket of sockets) {
      socket.write(HEAD + '{"resource');
    }
    const sessions = Array.from({ length: 20 }, () => http2Session(started.grpcPort));
    const calls = sessions.map((session) => {
      const stream = openCall(session);
      stream.write(grpcMessage(Buffer.alloc(5000)).subarray(0, 2000));
      return callEnd(stream);
    });
    await Promise.all(sessions.map((session) => new Promise((resolve) => session.ping(resolve))));
    await expectServed(started);
    for (const socket of sockets) socket.resetAndDestroy();
    for (const session of sessions) session.destroy();
    await Promise.all(calls);
    await started.target.line('ABORTED');
    await expectServed(started);
    expect(started.target.bodies).toHaveLength(4);
  });

  test('calls that are taken back with their headers leave the receiver alive', async () => {
    const started = await startReceiver();
    const session = http2Session(started.grpcPort);
    // What is answered without a message: the answer comes when the call is gone.
    const odd = [{ ':path': '/unknown/Export' }, { 'content-type': 'text/plain' }];
    const ends = Array.from({ length: 50 }, (_, at) => {
      const stream = openCall(session, odd[at % 2]);
      const end = callEnd(stream);
      stream.close(constants.NGHTTP2_CANCEL);
      return end;
    });
    await Promise.all(ends);
    expect((await rawCall(session, {}, grpcMessage(Buffer.from('ok')))).status).toBe('0');
    await expectServed(started);
  });

  test('a thousand idle connections slow nobody, and closing ends them', async () => {
    const started = await startReceiver();
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => open(at % 2 ? started.httpPort : started.grpcPort)),
    );
    const agentless = { ...JSON_TYPE, connection: 'keep-alive' };
    for (let round = 0; round < 20; round++) {
      expect((await send(started.httpPort, { headers: agentless, body: '{}' })).status).toBe(200);
    }
    await expectServed(started);
    const closed = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
    await started.receiver.close();
    await closed;
  });
});

describe('headers that a terminal would act on', () => {
  test('reach no terminal, and the call is answered', async () => {
    const written: unknown[] = [];
    for (const method of ['error', 'warn', 'log'] as const) {
      const spy = vi.spyOn(console, method).mockImplementation((...words) => {
        written.push(...words);
      });
      onTestFinished(() => {
        spy.mockRestore();
      });
    }
    const started = await startReceiver();
    const session = http2Session(started.grpcPort);
    // 0x9b alone starts an escape sequence, like ESC [.
    const headers = { 'grpc-encoding': '\u009b2J', 'x-odd': '\u009b2J' };
    const { status } = await rawCall(session, headers, grpcMessage(Buffer.alloc(3)));
    expect(status).toMatch(/^\d+$/);
    expect(written).toEqual([]);
    expect(JSON.stringify(started.target.lines)).not.toContain('\u009b');
    await expectServed(started);
  });
});

describe('too many connections', () => {
  test('one above the limit is closed, and the log says so', async () => {
    const server = createServer();
    const told: string[] = [];
    watchServers([server], (label) => told.push(label));
    server.maxConnections = 1;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => closeServers([server]));
    const { port } = server.address() as AddressInfo;
    const first = await open(port);
    await allOf((await open(port)).resume());
    expect(told).toEqual(['FULL']);
    expect(first.destroyed).toBe(false);
    first.destroy();
  });

  test('an error of accepting is told, not thrown', () => {
    const server = createServer();
    const told: string[] = [];
    watchServers([server], (label, message) => told.push(`${label}: ${message}`));
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect(told).toEqual([expect.stringMatching(/^ACCEPT: .*too many files are open/)]);
  });

  test.runIf(process.platform === 'linux' && hasPrlimit())(
    'without a file descriptor left the receiver goes on, and serves again once there are',
    async () => {
      const started = await startReceiver();
      await expectServed(started);
      const soft = softLimit();
      const args = ['-e', CONNECT_MANY, String(started.httpPort), soft];
      const client = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      onTestFinished(() => void client.kill());
      await once(client.stdout, 'data');
      const spare = 20;
      setSoftLimit(String(readdirSync('/proc/self/fd').length + spare));
      client.stdin.write('go\n');
      const [counts] = (await once(client.stdout, 'data')) as [Buffer];
      expect(softLimit()).toBe(soft);
      const { closed, open: kept } = JSON.parse(counts.toString()) as Record<string, number>;
      expect(closed).toBeGreaterThan(0);
      expect(kept).toBeGreaterThan(0);
      client.kill();
      await once(client, 'close');
      await expectServed(started);
    },
  );
});

/**
 * Opens 60 connections when told to, and says how many were closed at once. Before that it gives its
 * parent the open files back, which cannot start a program to do so itself.
 */
const CONNECT_MANY = `
  const { connect } = require('node:net');
  const { execFileSync } = require('node:child_process');
  process.stdout.write('ready');
  process.stdin.once('data', () => {
    let open = 0, closed = 0;
    const report = () => {
      if (open + closed < 60) return;
      execFileSync('prlimit', ['--pid', String(process.ppid), '--nofile=' + process.argv[2] + ':']);
      process.stdout.write(JSON.stringify({ open, closed }));
    };
    for (let at = 0; at < 60; at++) {
      const socket = connect(+process.argv[1], '127.0.0.1');
      socket.on('error', () => {});
      let isCounted = false;
      const count = (isOpen) => {
        if (isCounted) return;
        isCounted = true;
        if (isOpen) open++; else closed++;
        report();
      };
      socket.on('close', () => count(false));
      socket.on('data', () => count(true));
      socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');
    }
  });
`;

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    // Not installed here: the test is left out.
    return false;
  }
}

/** How many files this process may open. */
function softLimit(): string {
  const args = ['--pid', String(process.pid), '--nofile', '--output=SOFT', '--noheadings'];
  return execFileSync('prlimit', args).toString().trim();
}

function setSoftLimit(files: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${files}:`]);
}
