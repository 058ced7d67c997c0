/** The page of a running server, when its build is replaced or taken away under it. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UiServer } from '../../electron/node/server/ui-server.ts';
import {
  openWorkspace,
  rawRequest,
  type RawAnswer,
  type Served,
  type Workspace,
} from '../support/serve-inline.ts';

const PAGE = '<!doctype html><title>Flametail</title>';

let workspace: Workspace;
let served: Served;
beforeEach(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
});
afterEach(() => workspace.close());

function get(path: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return rawRequest(new URL(path, served.instance.ui), { headers });
}

it('is served whole after the build was taken away', async () => {
  await rm(join(workspace.folder, 'page'), { recursive: true });
  const [page, script] = [await get(''), await get('assets/main-abc.js')];
  expect([page.status, page.body]).toEqual([200, PAGE]);
  expect([script.status, script.body]).toEqual([200, 'export {};']);
});

it('stays the page of this program after another build', async () => {
  const assets = join(workspace.folder, 'page', 'assets');
  await writeFile(join(workspace.folder, 'page', 'index.html'), 'another page');
  await rename(join(assets, 'main-abc.js'), join(assets, 'main-def.js'));
  expect((await get('')).body).toBe(PAGE);
  expect((await get('assets/main-abc.js')).status).toBe(200);
  expect((await get('assets/main-def.js')).status).toBe(404);
});

it('is not sent again to who has it', async () => {
  const first = await get('');
  expect(first.headers['cache-control']).toBe('no-cache');
  const again = await get('', { 'if-none-match': first.headers.etag ?? '' });
  expect([again.status, again.body]).toEqual([304, '']);
  expect(again.headers['content-security-policy']).toContain("default-src 'none'");
});

it('has a head without a body, and names that last', async () => {
  const url = new URL('assets/main-abc.js', served.instance.ui);
  const { status, headers, body } = await rawRequest(url, { method: 'HEAD' });
  expect([status, body]).toEqual([200, '']);
  expect(headers).toMatchObject({
    'content-length': '10',
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  });
});

it('that is missing at the start is an error that leaves no port open', async () => {
  await rm(join(workspace.folder, 'page', 'index.html'));
  const hosts = ['127.0.0.1'];
  const pageFolder = join(workspace.folder, 'page');
  const listening = UiServer.listen({ token: 'x', port: 0, hosts, version: '1', pageFolder });
  await expect(listening).rejects.toThrow('There is no page in');
});
