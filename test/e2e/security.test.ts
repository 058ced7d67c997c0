/** Tries to break each rule of SECURITY.md against the built program, from outside it. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Client, credentials, status as grpcStatus } from '@grpc/grpc-js';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendLogs, sendTrace } from '../support/send.ts';
import { rawRequest } from '../support/serve-inline.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Stands in the telemetry; whatever answers with it gave telemetry away. */
const SECRET = 'secret-4f1c';

let program: Program;
let ui: URL;
let otlp: URL;
let bearer: Record<string, string>;

beforeAll(async () => {
  program = await startProgram(ROOT, ['--host', '0.0.0.0']);
  ui = new URL(program.ready.ui);
  otlp = new URL(program.ready.otlpHttp);
  bearer = { authorization: `Bearer ${program.ready.token}` };
  await sendTrace(program.httpPort, SECRET, 3, SECRET);
  await sendLogs(program.httpPort, [SECRET]);
});
afterAll(() => program.stop());

/** Bytes to a port as they are; resolves with all that came back. */
function raw(port: string, bytes: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host);
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}

const get = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${ui.host}\r\n${more}Connection: close\r\n\r\n`;

describe('the OTLP ports', () => {
  const PATHS = ['/', '/v1/traces', '/api/v1/traces', '/api/v1/status', '/live', '/healthz'];

  it('return no telemetry, with the token too', async () => {
    for (const path of [...PATHS, '/api/v1/export?format=otlp.jsonl', '/v1/traces?q=a']) {
      for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
        const answer = await rawRequest(new URL(path, otlp), { method, headers: bearer });
        expect(answer.body, `${method} ${path}`).not.toContain(SECRET);
        expect(answer.body).not.toContain(program.ready.token);
        if (path !== '/' && method !== 'OPTIONS') expect(answer.status, path).not.toBe(200);
      }
    }
  });

  it('open no WebSocket', async () => {
    const socket = new WebSocket(`ws://${otlp.host}/live`, { headers: bearer });
    await expect(
      new Promise((resolve, reject) => {
        socket.on('open', resolve).on('error', reject);
      }),
    ).rejects.toThrow();
  });

  it('know no gRPC method but Export', async () => {
    const client = new Client(program.ready.otlpGrpc, credentials.createInsecure());
    const methods = [
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      '/grpc.channelz.v1.Channelz/GetServers',
      '/opentelemetry.proto.collector.trace.v1.TraceService/Get',
    ];
    for (const method of methods) {
      const code = await new Promise((resolve) => {
        const same = (bytes: Buffer): Buffer => bytes;
        client.makeUnaryRequest(method, same, same, Buffer.alloc(0), (error) =>
          resolve(error?.code),
        );
      });
      expect(code, method).toBe(grpcStatus.UNIMPLEMENTED);
    }
    client.close();
  });
});

describe('--host 0.0.0.0', () => {
  it('opens OTLP to the network and the UI to this machine alone', async () => {
    const others = Object.values(networkInterfaces())
      .flat()
      .flatMap((each) => (each?.family === 'IPv4' && !each.internal ? [each.address] : []));
    // All of 127/8 is this machine on Linux: an address of it that is not bound.
    if (process.platform === 'linux') others.push('127.0.0.2');
    for (const address of others) {
      expect((await rawRequest(`http://${address}:${otlp.port}/`)).status, address).toBe(200);
      await expect(rawRequest(`http://${address}:${ui.port}/healthz`)).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      });
    }
    expect(others).not.toEqual([]);
  });
});

describe('the UI port without the token', () => {
  it('reads and changes nothing, whatever is sent in its place', async () => {
    const { token } = program.ready;
    const instead: [string, Record<string, string>][] = [
      ['', {}],
      [`?token=${token}`, {}],
      [`#token=${token}`, {}],
      ['', { authorization: `Basic ${token}` }],
      ['', { authorization: `Bearer ${token.slice(0, -1)}` }],
      ['', { authorization: `Bearer ${token}x` }],
      ['', { authorization: `Bearer ${token.toLowerCase()}x` }],
      ['', { authorization: 'Bearer undefined' }],
      ['', { cookie: `flametail=${token}` }],
      ['', { cookie: `flametail-${ui.port}=${token.slice(1)}` }],
      ['', { 'x-token': token }],
    ];
    const routes = ['GET status', 'GET traces', 'GET export', 'POST import', 'POST clear'];
    for (const route of routes) {
      const [method, path] = route.split(' ');
      for (const [query, headers] of instead) {
        const url = new URL(`api/v1/${path}${query}`, ui);
        const answer = await rawRequest(url, { method, headers });
        expect(answer.status, `${route} ${JSON.stringify(headers)}`).toBe(401);
        expect(answer.body).not.toContain(SECRET);
      }
    }
    const counts = (await (await program.api('api/v1/status')).json()) as {
      signals: { spans: { kept: number } };
    };
    expect(counts.signals.spans.kept).toBe(3);
  });

  it('is not told by the page or any other answer', async () => {
    for (const path of ['/', '/healthz', '/api/v1/status', '/api/v1/session', '/nothing']) {
      expect(await raw(ui.port, get(path)), path).not.toContain(program.ready.token);
    }
  });
});

describe('a rebound name', () => {
  it('is refused wherever a request can carry it', async () => {
    const { token } = program.ready;
    const authorized = `Authorization: Bearer ${token}\r\n`;
    const requests = [
      `GET http://evil.example/api/v1/traces HTTP/1.1\r\nHost: ${ui.host}\r\n${authorized}Connection: close\r\n\r\n`,
      `GET /api/v1/traces HTTP/1.1\r\nHost: evil.example:${ui.port}\r\n${authorized}Connection: close\r\n\r\n`,
      `GET /api/v1/traces HTTP/1.1\r\nHost: ${ui.host}\r\nHost: evil.example\r\n${authorized}Connection: close\r\n\r\n`,
      `GET /api/v1/traces HTTP/1.1\r\n${authorized}Connection: close\r\n\r\n`,
      `GET /api/v1/traces HTTP/1.0\r\n${authorized}\r\n`,
      `GET //evil.example/api/v1/traces HTTP/1.1\r\nHost: ${ui.host}\r\nConnection: close\r\n\r\n`,
    ];
    for (const request of requests) {
      expect(await raw(ui.port, request), request).not.toContain(SECRET);
    }
  });
});

describe('every answer of the UI port', () => {
  it('has the headers that shut pages of others out, and none that let them in', async () => {
    const answers = [
      get('/'),
      get('/nothing'),
      get('/healthz'),
      get('/api/v1/status'),
      get('/api/v1/status', `Authorization: Bearer ${program.ready.token}\r\n`),
      get('/api/v1/traces', 'Origin: http://localhost:3000\r\n'),
      get('/').replace(ui.host, 'evil.example'),
      get('/api/v1/status', 'Origin: null\r\n').replace('GET', 'OPTIONS'),
    ];
    for (const request of answers) {
      const answer = (await raw(ui.port, request)).toLowerCase();
      expect(answer, request).toContain('x-content-type-options: nosniff');
      expect(answer, request).toContain("content-security-policy: default-src 'none'");
      expect(answer, request).toContain('x-frame-options: deny');
      expect(answer, request).toContain('cross-origin-resource-policy: same-origin');
      expect(answer, request).not.toContain('access-control-');
      expect(answer, request).not.toContain("'unsafe-");
    }
  });
});

describe('paths', () => {
  const OUTSIDE = [
    '/../package.json',
    '/../../../../etc/passwd',
    '/%2e%2e/package.json',
    '/%2e%2e%2fpackage.json',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/%252e%252e%252fpackage.json',
    '/..\\package.json',
    '/..%5c..%5cpackage.json',
    '/%c0%ae%c0%ae/package.json',
    '/assets/../../package.json',
    '/assets/..;/..;/package.json',
    '//etc/passwd',
    '/etc/passwd',
    '/file:///etc/passwd',
    '/index.html%00.js',
    '/%00',
    '/%',
    '/cli.js',
    '/../cli.js',
    '/.env',
  ];

  it('lead nowhere outside the page', async () => {
    const own = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    for (const path of OUTSIDE) {
      const answer = await raw(ui.port, get(path));
      expect(answer, path).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer, path).not.toContain(own.slice(0, 60));
      expect(answer, path).not.toContain('root:');
    }
  });
});

describe('a page of another origin in a real browser, beside an open Flametail', () => {
  it('reads, changes, connects to and frames nothing', async () => {
    const evil = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>evil</title><body></body>');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => evil.once('listening', resolve));
    const { port } = evil.address() as { port: number };
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext();
      const own = await context.newPage();
      await own.goto(`${ui.href}#token=${program.ready.token}`);
      // The cookie is there: what follows has all that a browser would send along.
      await expect.poll(async () => (await context.cookies(ui.href)).length).toBe(1);
      const page = await context.newPage();
      for (const host of ['127.0.0.1', 'localhost']) {
        await page.goto(`http://${host}:${port}/`);
        for (const uiHost of ['127.0.0.1', 'localhost']) {
          const target = `http://${uiHost}:${ui.port}`;
          expect(await page.evaluate(attack, target), `${host} on ${uiHost}`).toEqual({
            read: 'refused',
            opaque: 'refused',
            cleared: 'refused',
            socket: 'refused',
            script: 'refused',
          });
          const frame = page.waitForEvent('framenavigated');
          await page.evaluate((src) => {
            const element = document.createElement('iframe');
            element.src = src;
            document.body.append(element);
          }, target);
          await frame;
          const inside = await Promise.all(
            page
              .frames()
              .slice(1)
              .map((each) => each.content()),
          );
          expect(inside.join()).not.toContain('Flametail</title>');
        }
      }
      const status = await (await program.api('api/v1/status')).text();
      expect(status).toContain(SECRET);
    } finally {
      await browser.close();
      evil.close();
    }
  });
});

/** Runs in the page. Each value says whether the attempt was refused or what came of it. */
async function attack(target: string): Promise<Record<string, string>> {
  const refused = 'refused';
  const attempt = (run: () => Promise<string>): Promise<string> => run().catch(() => refused);
  return {
    read: await attempt(async () =>
      (await fetch(`${target}/api/v1/status`, { credentials: 'include' })).text(),
    ),
    // Cross-Origin-Resource-Policy keeps even what no script could read out of this process.
    opaque: await attempt(
      async () => (await fetch(`${target}/`, { mode: 'no-cors', credentials: 'include' })).type,
    ),
    cleared: await attempt(async () => {
      const init = { method: 'POST', credentials: 'include', body: '{"signal":"all"}' } as const;
      return String((await fetch(`${target}/api/v1/clear`, init)).status);
    }),
    socket: await attempt(
      () =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${target.replace('http', 'ws')}/live`);
          socket.onopen = () => resolve('open');
          socket.onerror = () => reject(new Error('refused'));
        }),
    ),
    script: await attempt(
      () =>
        new Promise((resolve, reject) => {
          const script = document.createElement('script');
          script.src = `${target}/api/v1/status`;
          script.onload = () => resolve('loaded');
          script.onerror = () => reject(new Error('refused'));
          document.head.append(script);
        }),
    ),
  };
}
