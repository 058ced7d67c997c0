/** The Trace screen: its views, search, critical path and zoom, driven as a person does. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendTrace, type SentTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;

let browser: Browser;
let program: Program;
let page: Page;
let trace: SentTrace;
const said: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  trace = await sendTrace(program.httpPort, 'place order', 21);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  await page.getByRole('row').filter({ hasText: 'place order' }).waitFor({ timeout: SOON_MS });
  await page.evaluate((hash) => (location.hash = hash), `#/trace/${trace.traceId}`);
  await page.locator('canvas[data-view=flame]').waitFor({ timeout: SOON_MS });
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

afterEach(() => {
  expect(said.splice(0)).toEqual([]);
});

const seen = (text: string): Promise<void> =>
  page.getByText(text).first().waitFor({ timeout: SOON_MS });

describe('Trace screen', () => {
  it('shows the critical path with its services, until X takes it away', async () => {
    await seen('On the critical path');
    await page.keyboard.press('x');
    await page.getByText('On the critical path').waitFor({ state: 'detached', timeout: SOON_MS });
    await page.keyboard.press('x');
    await seen('On the critical path');
  });

  it('goes from flame to waterfall to table and back by V', async () => {
    for (const view of ['waterfall', 'table']) {
      await page.keyboard.press('v');
      await page.waitForURL(new RegExp(`view=${view}`), { timeout: SOON_MS });
      expect(await axeViolations(page), view).toEqual([]);
    }
    expect(await page.getByRole('table', { name: 'Operations' }).count()).toBe(1);
    await page.keyboard.press('v');
    await page.locator('canvas[data-view=flame]').waitFor({ timeout: SOON_MS });
  });

  it('finds spans in the query language, and says what is wrong with a query', async () => {
    const field = page.getByLabel('Find in trace');
    await field.fill('step:3');
    await page.getByRole('button', { name: 'Next match' }).waitFor({ timeout: SOON_MS });
    await field.press('Enter');
    await page.waitForURL(new RegExp(`span=${trace.spanIds[3]}`), { timeout: SOON_MS });
    await seen('1 of 1');
    await field.fill('duration>x');
    await page.locator('[aria-invalid=true]').waitFor({ timeout: SOON_MS });
    expect(await axeViolations(page)).toEqual([]);
    await field.press('Escape');
    await field.press('Escape');
  });

  it('leaves a trail of what was zoomed to, and goes back by 0', async () => {
    await page.keyboard.press('f');
    const trail = page.getByRole('navigation', { name: 'Zoom' });
    await trail.getByText('step 3').waitFor({ timeout: SOON_MS });
    await page.keyboard.press('0');
    await trail.waitFor({ state: 'detached', timeout: SOON_MS });
  });

  it('shows a trace as it was left: the same stretch of time and the same span', async () => {
    const range = page.locator('.toolbar .range');
    const whole = await range.textContent();
    await page.keyboard.press('f');
    await page.waitForFunction(
      (before) => document.querySelector('.toolbar .range')?.textContent !== before,
      whole,
      { timeout: SOON_MS },
    );
    const zoomed = await range.textContent();
    await page.evaluate(() => (location.hash = '#/traces'));
    await page.locator('canvas[data-view=flame]').waitFor({ state: 'detached', timeout: SOON_MS });
    await page.evaluate((hash) => (location.hash = hash), `#/trace/${trace.traceId}`);
    await page.waitForURL(new RegExp(`span=${trace.spanIds[3]}`), { timeout: SOON_MS });
    expect(await range.textContent()).toBe(zoomed);
  });

  it('shows a trace folded as it was left', async () => {
    const folds = page.locator('.waterfall button[aria-label=Fold]');
    const unfold = page.locator('.waterfall button[aria-label=Unfold]');
    await folds.first().click();
    await unfold.waitFor({ timeout: SOON_MS });
    await page.evaluate(() => (location.hash = '#/traces'));
    await page.locator('canvas[data-view=flame]').waitFor({ state: 'detached', timeout: SOON_MS });
    await page.evaluate((hash) => (location.hash = hash), `#/trace/${trace.traceId}`);
    await unfold.waitFor({ timeout: SOON_MS });
    await unfold.click();
    await unfold.waitFor({ state: 'detached', timeout: SOON_MS });
  });

  it('filters the list of traces for what the panel shows, and goes back to the trace', async () => {
    await page.getByRole('button', { name: 'Filter by step', exact: true }).first().click();
    await page.getByRole('menuitem', { name: 'Filter for this value' }).click();
    await page.waitForURL(/#\/traces\?.*q=/, { timeout: SOON_MS });
    await page.goBack();
    await page.waitForURL(new RegExp(`trace/${trace.traceId}.*span=${trace.spanIds[3]}`));
    await page.locator('canvas[data-view=flame]').waitFor({ timeout: SOON_MS });
  });
});
