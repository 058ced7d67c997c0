/** The trace beside the list in a wide window, against the real program. */
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;

let browser: Browser;
let program: Program;
let page: Page;
/** Ids of the traces, the newest first. */
const ids: string[] = [];
const said: string[] = [];

const press = (key: string): Promise<void> => page.keyboard.press(key);
const hash = (): Promise<string> => page.evaluate(() => location.hash);
const param = async (name: string): Promise<string> =>
  new URLSearchParams((await hash()).split(/\?(.*)/s)[1]).get(name) ?? '';
const openId = async (): Promise<string> => /^#\/trace\/(\w+)/.exec(await hash())?.[1] ?? '';
const list = (): Locator => page.getByRole('region', { name: 'Traces', exact: true });
const trace = (): Locator => page.getByRole('region', { name: 'Trace', exact: true });
const row = (text: string): Locator => list().getByRole('row').filter({ hasText: text });

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  for (const name of ['oldest', 'older', 'newest']) {
    ids.unshift((await sendTrace(program.httpPort, name)).traceId);
  }
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

beforeEach(async () => {
  const context = await browser.newContext({
    viewport: { width: 2560, height: 1200 },
    reducedMotion: 'reduce',
  });
  page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  await page.evaluate(() => (location.hash = '#/traces'));
  await row('newest').click({ timeout: SOON_MS });
  await trace().getByRole('heading', { level: 1, name: 'newest' }).waitFor({ timeout: SOON_MS });
});

afterEach(async () => {
  await page.context().close();
  expect(said.splice(0)).toEqual([]);
});

describe('a trace in a wide window', () => {
  it('opens beside the list, which goes on with its own keys', async () => {
    expect(await openId()).toBe(ids[0]);
    await press('j');
    await expect.poll(() => param('list')).toBe(`?trace=${ids[1]}`);
    expect(await openId()).toBe(ids[0]);
    await press('x');
    await expect.poll(() => param('list')).toBe(`?trace=${ids[1]}&sel=${ids[1]}`);
    expect(await param('cp')).toBe('');
    await press('Enter');
    await expect.poll(openId).toBe(ids[1]);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('has the keys once the person is in it, and Escape closes it last', async () => {
    await trace().getByRole('heading', { level: 1, name: 'newest' }).click();
    await press('x');
    await expect.poll(() => param('cp')).toBe('0');
    await expect.poll(() => param('span')).not.toBe('');
    await press('Escape');
    await expect.poll(() => param('span')).toBe('');
    await press('Escape');
    await expect.poll(hash).toBe(`#/traces?trace=${ids[0]}`);
    expect(await trace().count()).toBe(0);
  });

  it('stays while the list is filtered, and Back undoes one step after the other', async () => {
    await row('older').click();
    await expect.poll(openId).toBe(ids[1]);
    await list()
      .getByRole('button', { name: 'Spans', exact: true })
      .or(list().getByRole('radio', { name: 'Spans' }))
      .first()
      .click();
    await expect.poll(() => param('list')).toBe('?by=spans');
    expect(await openId()).toBe(ids[1]);
    await page.goBack();
    await expect.poll(() => param('list')).toBe(`?trace=${ids[1]}`);
    await page.goBack();
    await expect.poll(openId).toBe(ids[0]);
    await page.goBack();
    await expect.poll(hash).toBe(`#/traces?trace=${ids[0]}`);
  });

  it('comes back with its list from the link, and is alone in a narrower window', async () => {
    await press('j');
    await expect.poll(() => param('list')).toBe(`?trace=${ids[1]}`);
    await page.reload();
    await row('older').and(list().locator('[aria-selected="true"]')).waitFor({ timeout: SOON_MS });
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(() => list().count()).toBe(0);
    await trace().getByRole('heading', { level: 1, name: 'newest' }).waitFor();
    await press('Backspace');
    await expect.poll(hash).toBe(`#/traces?trace=${ids[1]}`);
  });

  it('keeps the width that the splitter was given', async () => {
    const splitter = page.getByRole('separator', { name: 'Width of the list of traces' });
    const before = Number(await splitter.getAttribute('aria-valuenow'));
    await splitter.focus();
    await press('ArrowLeft');
    await expect.poll(() => splitter.getAttribute('aria-valuenow')).toBe(String(before - 16));
    await page.reload();
    await expect.poll(() => splitter.getAttribute('aria-valuenow')).toBe(String(before - 16));
  });
});
