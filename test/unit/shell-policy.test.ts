import { describe, expect, it } from 'vitest';
import { externalLink } from '../../electron/main/web-policy.ts';
import {
  APP_SCHEME_PRIVILEGES,
  answerAppRequest,
  isAppUrl,
  resolveAppFile,
} from '../../electron/main/app-protocol.ts';
import { isTrustedSender, SelectionSchema } from '../../electron/main/ipc.ts';
import { createCrashBudget } from '../../electron/main/crash-budget.ts';
import * as v from 'valibot';

const file = (path: string) => resolveAppFile('/app/renderer', `app://flametail${path}`);

describe('the app protocol', () => {
  it('names files below its folder alone', () => {
    expect(file('/')).toEqual({ path: '/app/renderer/index.html' });
    expect(file('/assets/a%20b.js?v=1#x')).toEqual({ path: '/app/renderer/assets/a b.js' });
    for (const path of [
      '/..%2f..%2fetc/passwd',
      '/%2e%2e%2fengine.js',
      '/a%5c..%5cb',
      '/a%00.js',
    ]) {
      expect(file(path), path).toEqual({ status: 403 });
    }
    expect(file('/%zz')).toEqual({ status: 400 });
  });

  it('does not take a folder whose name begins alike for its own', () => {
    expect(file('/..%2frenderer-other/x.js')).toEqual({ status: 403 });
  });

  it('knows its own origin exactly', () => {
    expect(isAppUrl('app://flametail/index.html#/traces')).toBe(true);
    for (const url of [
      'app://flametail.evil/',
      'app://flametail:1/',
      'app://a:b@flametail/',
      'https://flametail/',
      'file:///index.html',
      'about:blank',
      '',
    ]) {
      expect(isAppUrl(url), url).toBe(false);
    }
  });

  it('sends its policy with every answer, also with refusals', async () => {
    for (const method of ['GET', 'POST']) {
      const request = new Request('app://flametail/none.js', { method });
      const { headers } = await answerAppRequest('/nowhere', request);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('registers a scheme that workers and fetch can use', () => {
    expect(APP_SCHEME_PRIVILEGES.privileges).toMatchObject({
      standard: true,
      secure: true,
      supportFetchAPI: true,
    });
  });
});

describe('the web policy', () => {
  it('offers plain web links alone for opening', () => {
    expect(externalLink('https://example.com/a?b#c')).toBe('https://example.com/a?b#c');
    expect(externalLink('http://localhost:3000/')).toBe('http://localhost:3000/');
    for (const url of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'smb://host/share',
      'vscode://file/x',
      'https://user:secret@example.com/',
      'not a url',
    ]) {
      expect(externalLink(url), url).toBeNull();
    }
  });
});

describe('the sender check', () => {
  const sender = { id: 7 } as Electron.WebContents;
  const frame = { url: 'app://flametail/index.html', parent: null } as Electron.WebFrameMain;
  const own = new Set([7]);

  it('trusts the top frame of our own window on our own page', () => {
    expect(isTrustedSender({ sender, senderFrame: frame }, own)).toBe(true);
  });

  it('refuses a frame that is gone, below another, foreign, or of a foreign window', () => {
    const below = { ...frame, parent: frame } as Electron.WebFrameMain;
    const foreign = { ...frame, url: 'https://example.com/' } as Electron.WebFrameMain;
    expect(isTrustedSender({ sender, senderFrame: null }, own)).toBe(false);
    expect(isTrustedSender({ sender, senderFrame: below }, own)).toBe(false);
    expect(isTrustedSender({ sender, senderFrame: foreign }, own)).toBe(false);
    expect(isTrustedSender({ sender, senderFrame: frame }, new Set([8]))).toBe(false);
  });
});

describe('the selection of an export', () => {
  it('is taken in its three forms and in no other', () => {
    const traceId = 'a'.repeat(32);
    const brush = { fromNs: '1', toNs: '2', minNs: 0, maxNs: 5 };
    const filter = { text: 'x', services: ['a'], notServices: [] };
    for (const selection of [
      { type: 'all', signals: ['traces', 'logs', 'metrics', 'profiles'] },
      { type: 'traces', traceIds: [traceId] },
      { type: 'filter', signal: 'logs', filter },
      { type: 'filter', signal: 'traces', filter, brush },
    ]) {
      expect(v.parse(SelectionSchema, selection)).toEqual(selection);
    }
    for (const selection of [
      { type: 'all', signals: ['secrets'] },
      { type: 'traces', traceIds: ['../../etc'] },
      { type: 'filter', signal: 'logs', filter: { ...filter, path: '/etc/passwd' } },
      { type: 'filter', signal: 'traces', filter, brush: { ...brush, toNs: 2 } },
      { type: 'everything' },
    ]) {
      expect(v.is(SelectionSchema, selection), JSON.stringify(selection)).toBe(false);
    }
  });
});

describe('the crash budget', () => {
  it('allows so many in a window of time, and more when that has passed', () => {
    const budget = createCrashBudget(2, 60_000);
    expect([0, 1000, 2000].map((at) => budget.take(at))).toEqual([true, true, false]);
    expect(budget.take(59_999)).toBe(false);
    expect(budget.take(60_000)).toBe(true);
    expect(budget.take(60_500)).toBe(false);
  });
});
