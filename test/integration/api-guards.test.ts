import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkspace, rawRequest, type Served, type Workspace } from '../support/serve-inline.ts';

let workspace: Workspace;
let served: Served;
let own: { host: string; origin: string; port: string };

beforeAll(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
  const { host, origin, port } = new URL(served.instance.ui);
  own = { host, origin, port };
});
afterAll(() => workspace.close());

describe('who may use the UI port', () => {
  const ask = (headers: Record<string, string>, path = 'api/v1/status', method = 'GET') =>
    rawRequest(new URL(path, served.instance.ui), { headers, method });
  const bearer = () => ({ authorization: `Bearer ${served.instance.token}` });

  it('refuses another Host, with a token too', async () => {
    for (const host of ['evil.example', `evil.example:${own.port}`, 'localhost:1', 'a b']) {
      for (const path of ['api/v1/status', 'healthz', '']) {
        const answer = await ask({ ...bearer(), host }, path);
        // Node itself answers 400 for a Host that is none.
        expect([400, 403], `${host} ${path}`).toContain(answer.status);
        expect(answer.body).not.toContain('Flametail<');
      }
    }
  });

  it('takes every loopback name of its own', async () => {
    for (const name of ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST']) {
      expect((await ask({ ...bearer(), host: `${name}:${own.port}` })).status, name).toBe(200);
    }
  });

  it('refuses pages of other origins, other local ports too', async () => {
    const origins = [
      'https://evil.example',
      'http://localhost:3000',
      'null',
      `https://${own.host}`,
    ];
    for (const origin of origins) {
      const answer = await ask({ ...bearer(), origin });
      expect(answer.status, origin).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect((await ask({ ...bearer(), 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await ask({ ...bearer(), origin: own.origin })).status).toBe(200);
  });

  it('needs the token for all that reads or changes', async () => {
    const paths = ['status', 'traces', `traces/${'a'.repeat(32)}`, 'export', 'nothing'];
    for (const path of paths) expect((await ask({}, `api/v1/${path}`)).status, path).toBe(401);
    for (const path of ['import', 'clear']) {
      expect((await ask({}, `api/v1/${path}`, 'POST')).status, path).toBe(401);
    }
    expect((await ask({ authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask({ authorization: served.instance.token })).status).toBe(401);
    expect((await ask({ cookie: `flametail-${own.port}=wrong` })).status).toBe(401);
  });

  it('trades the token for a cookie that scripts and other sites cannot use', async () => {
    const session = (token: string) =>
      rawRequest(new URL('api/v1/session', served.instance.ui), {
        method: 'POST',
        body: JSON.stringify({ token }),
      });
    expect((await session('wrong')).status).toBe(401);
    const [cookie] = (await session(served.instance.token)).headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await ask({ cookie: `a=b; ${cookie.split(';')[0]}` })).status).toBe(200);
  });

  it('gives the page to everybody on this machine, with headers that shut out the rest', async () => {
    const page = await ask({}, '');
    expect([page.status, page.body]).toEqual([200, '<!doctype html><title>Flametail</title>']);
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain(`connect-src 'self' ws://${own.host}`);
    expect((await ask({}, 'assets/main-abc.js')).headers['cache-control']).toContain('immutable');
  });

  it('serves nothing outside its folder', async () => {
    for (const path of ['/../package.json', '/%2e%2e/settings.json', '/assets/..%2f..%2fstate']) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(own.port), '127.0.0.1');
        let text = '';
        socket.setEncoding('utf8').on('data', (part: string) => (text += part));
        socket.on('close', () => resolve(text));
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${own.host}\r\nConnection: close\r\n\r\n`);
      });
      expect(answer, path).toMatch(/^HTTP\/1\.1 404 /);
    }
  });
});
