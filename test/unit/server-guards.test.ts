import type * as NodeCrypto from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { Guards } from '../../electron/node/server/guards.ts';

const compared = vi.hoisted((): number[][] => []);

vi.mock('node:crypto', async (load) => {
  const crypto = await load<typeof NodeCrypto>();
  return {
    ...crypto,
    timingSafeEqual: (a: Buffer, b: Buffer) => {
      compared.push([a.byteLength, b.byteLength]);
      return crypto.timingSafeEqual(a, b);
    },
  };
});

const TOKEN = 'the-token-of-this-run-0123456789';
const guards = new Guards({ token: TOKEN, port: 4319, hosts: ['127.0.0.1', '::1'] });

describe('the token', () => {
  it('is compared in constant time over equal lengths, whatever was sent', () => {
    const sent = ['', TOKEN, TOKEN.slice(1), `${TOKEN}x`, 'é'.repeat(5000), TOKEN.toUpperCase()];
    for (const text of sent) {
      compared.length = 0;
      expect(guards.isToken(text), text.slice(0, 40)).toBe(text === TOKEN);
      expect(compared).toEqual([[32, 32]]);
    }
  });
});

describe('the Host header', () => {
  const isRefused = (host: string): boolean => {
    try {
      guards.checkOrigin({ host });
      return false;
    } catch {
      return true;
    }
  };

  it.each([
    '',
    'evil.example:4319',
    'localhost.:4319',
    'localhost.evil.example:4319',
    '127.0.0.1.evil.example:4319',
    'evil@127.0.0.1:4319',
    '127.1:4319',
    '2130706433:4319',
    '0x7f.0.0.1:4319',
    '127.0.0.2:4319',
    '0.0.0.0:4319',
    '[::ffff:127.0.0.1]:4319',
    '[::1]',
    '127.0.0.1',
    '127.0.0.1:4318',
    '127.0.0.1:43190',
    '127.0.0.1:4319:4319',
    '127.0.0.1:4319/',
    '127.0.0.1:4319, evil.example',
  ])('"%s" is not this server', (host) => {
    expect(isRefused(host)).toBe(true);
  });

  it.each(['127.0.0.1:4319', 'localhost:4319', '[::1]:4319'])('%s is', (host) => {
    expect(isRefused(host)).toBe(false);
  });
});
