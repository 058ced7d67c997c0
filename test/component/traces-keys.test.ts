/** The keys of the Traces screen that move, open, pin, copy and pause; and its state without a match. */
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
const selected = (): Locator => page.locator('[aria-selected="true"]');

const goTo = (place: string): Promise<void> =>
  page.evaluate((next) => {
    location.hash = next;
  }, place);

const expectSelected = (index: number): Promise<void> =>
  expect.poll(hash).toBe(`#/traces?trace=${ids[index]}`);

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  for (const name of ['oldest', 'older', 'newer', 'newest']) {
    ids.unshift((await sendTrace(program.httpPort, name)).traceId);
  }
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

beforeEach(async () => {
  await goTo('#/traces');
  await page.locator('[id^="row-"]').filter({ hasText: 'oldest' }).waitFor({ timeout: SOON_MS });
});

afterEach(() => {
  expect(said.splice(0)).toEqual([]);
});

describe('the keys of the Traces screen', () => {
  it.each([
    ['ArrowDown', 'ArrowUp'],
    ['j', 'k'],
  ])('move by %s and %s', async (down, up) => {
    await press(down);
    await expectSelected(0);
    await press(down);
    await press(down);
    await expectSelected(2);
    await press(up);
    await expectSelected(1);
    await selected().filter({ hasText: 'newer' }).waitFor();
    await press('Escape');
    await expect.poll(hash).toBe('#/traces');
  });

  it('go to the newest by Home, and show the oldest by End', async () => {
    await press('End');
    await page.getByText('oldest').first().waitFor();
    await press('Home');
    await expectSelected(0);
    await press('Escape');
  });

  it.each(['Enter', 'ArrowRight'])('open the selected trace by %s', async (key) => {
    await press('Home');
    await expectSelected(0);
    await press(key);
    await expect.poll(hash).toContain(`#/trace/${ids[0]}`);
    await page.goBack();
    await expectSelected(0);
    await press('Escape');
  });

  it('copy the id by Y, a link to the selected trace by Shift+Y', async () => {
    await press('Home');
    await expectSelected(0);
    await press('y');
    await page.getByText('Copied the id.').waitFor();
    expect(await copied()).toBe(ids[0]);
    await press('Shift+Y');
    await page.getByText('Copied the link.').waitFor();
    expect(await copied()).toMatch(new RegExp(`#/traces\\?trace=${ids[0]}$`));
    await press('Escape');
  });

  it('pin by P, above the seam, and let go by P', async () => {
    await press('Home');
    await expectSelected(0);
    await press('p');
    const pinned = page.getByRole('rowgroup', { name: 'Pinned' });
    await pinned.getByText('newest').waitFor({ timeout: SOON_MS });
    await pinned.getByRole('button', { name: 'Unpin' }).click();
    await pinned.waitFor({ state: 'detached' });
    await press('Escape');
  });

  it('pause and resume by Space, and catch up in one step', async () => {
    await press('Space');
    await page
      .getByText(/^Paused/)
      .first()
      .waitFor();
    const sent = await sendTrace(program.httpPort, 'while paused');
    await page
      .getByText(/[1-9] new/)
      .first()
      .waitFor({ timeout: SOON_MS });
    expect(await page.locator('[id^="row-"]').filter({ hasText: 'while paused' }).count()).toBe(0);
    await press('Space');
    await page.locator('[id^="row-"]').filter({ hasText: 'while paused' }).waitFor();
    ids.unshift(sent.traceId);
  });

  it('change the order in a pause, and back', async () => {
    const rows = page.getByRole('grid', { name: 'Traces', exact: true }).locator('[id^="row-"]');
    await expect.poll(() => rows.count()).toBe(ids.length);
    await press('Space');
    await goTo('#/traces?order=slowest');
    await page
      .getByText(/^Paused/)
      .first()
      .waitFor();
    await expect.poll(() => rows.count()).toBe(ids.length);
    await goTo('#/traces');
    await page.getByRole('button', { name: 'Newest first' }).waitFor();
    await expect.poll(() => rows.count()).toBe(ids.length);
    await press('Space');
  });
});

describe('the Traces screen without a match', () => {
  it('counts what the filter hides, and takes the filter away', async () => {
    await goTo('#/traces?q=name:nowhere');
    await page.getByText('No trace matches').waitFor({ timeout: SOON_MS });
    await page.getByText(`${ids.length} are hidden by this filter.`).waitFor();
    await page.getByRole('button', { name: 'Clear filter' }).last().click();
    await expect.poll(hash).toBe('#/traces');
  });
});
