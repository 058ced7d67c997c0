import { describe, expect, test } from 'vitest';
import { isLoopbackOrigin } from '../../electron/node/receiver/origin.ts';
import { send, startReceiver } from './receiver-support.ts';

const PAGE = 'http://localhost:5173';

describe('origins', () => {
  const own = [
    'http://localhost',
    'https://localhost:8443',
    'http://shop.localhost:3000',
    'http://127.0.0.1:5173',
    'http://127.8.9.10',
    'http://[::1]:5173',
  ];
  const foreign = [
    'null',
    '',
    'https://example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://notlocalhost',
    'http://192.168.1.4:5173',
    'http://[::2]',
    'chrome-extension://abcdef',
    'file://',
  ];
  test.each(own)('%s is of this machine', (origin) => expect(isLoopbackOrigin(origin)).toBe(true));
  test.each(foreign)('%s is not', (origin) => expect(isLoopbackOrigin(origin)).toBe(false));
});

describe('a page of this machine', () => {
  test('gets its preflight answered', async () => {
    const { target, httpPort } = await startReceiver();
    const answer = await send(httpPort, {
      method: 'OPTIONS',
      headers: {
        origin: PAGE,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-api-key',
        'access-control-request-private-network': 'true',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'content-type,x-api-key',
      'access-control-allow-credentials': 'true',
      'access-control-allow-private-network': 'true',
      'access-control-max-age': '7200',
      vary: 'Origin',
    });
    expect(target.lines.at(-1)).toMatchObject({
      label: 'OPTIONS',
      outcome: 'info',
      message: `/v1/traces from ${PAGE}, allowed`,
    });
  });

  test('may read answers and errors', async () => {
    const { httpPort } = await startReceiver();
    for (const [path, status] of [
      ['/v1/traces', 200],
      ['/nope', 404],
    ] as const) {
      const headers = { origin: PAGE, 'content-type': 'application/json' };
      const answer = await send(httpPort, { path, headers, body: '{}' });
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': PAGE,
        'access-control-expose-headers': 'Retry-After',
        vary: 'Origin',
      });
    }
  });
});

describe('a page of another origin', () => {
  test('may not post, and the log says why', async () => {
    const { target, httpPort } = await startReceiver();
    for (const origin of ['https://example.com', 'null']) {
      const headers = { origin, 'content-type': 'application/json' };
      const answer = await send(httpPort, { headers, body: '{}' });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 7 });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(target.lines.at(-1)).toMatchObject({ label: '403', outcome: 'refused' });
      expect(target.lines.at(-1)?.message).toContain(origin);
    }
    expect(target.bodies).toHaveLength(0);
  });

  test('gets no preflight', async () => {
    const { httpPort } = await startReceiver();
    const answer = await send(httpPort, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});
