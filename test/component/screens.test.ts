/** Every screen of the page, in its states, by its keys, and as assistive technology sees it. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendLogs, sendTrace, type SentTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;

let browser: Browser;
let program: Program;
const said: string[] = [];

async function openPage(options: { token?: string; theme?: 'dark' | 'light' } = {}): Promise<Page> {
  const { token = program.ready.token, theme = 'dark' } = options;
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${token}`);
  return page;
}

const goTo = (page: Page, hash: string): Promise<void> =>
  page.evaluate((next) => {
    location.hash = next;
  }, hash);

const hashOf = (page: Page): Promise<string> => page.evaluate(() => location.hash);

async function expectText(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor({ timeout: SOON_MS });
}

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

afterEach(() => {
  expect(said.splice(0)).toEqual([]);
});

describe('screens before the first span', () => {
  it('say what to do, under titles of their own', async () => {
    const page = await openPage();
    const screens = [
      ['connect', 'Connect', 'Ready for your first span'],
      ['traces', 'Traces', 'Ready for your first span'],
      ['logs', 'Logs', 'No log records yet'],
      ['metrics', 'Metrics', 'No metrics yet'],
      [`trace/${'ab'.repeat(16)}`, 'Trace', 'Not in memory'],
    ] as const;
    for (const [hash, title, text] of screens) {
      await goTo(page, `#/${hash}`);
      await expectText(page, text);
      expect(await page.title()).toBe(`${title} · Flametail`);
      expect(await axeViolations(page), title).toEqual([]);
    }
    await page.context().close();
  });

  it('tell a page without the token where the right link is', async () => {
    const page = await openPage({ token: 'not-the-right-one' });
    await expectText(page, 'This tab may not read your telemetry');
    expect(await axeViolations(page)).toEqual([]);
    await page.context().close();
    // The browser itself reports the answers 401.
    said.length = 0;
  });
});

describe('screens with telemetry', () => {
  let page: Page;
  let first: SentTrace;

  beforeAll(async () => {
    first = await sendTrace(program.httpPort, 'first request');
    await sendTrace(program.httpPort, 'second request', 30, 'another');
    await sendLogs(program.httpPort, ['a line of the first request', 'its second line'], first);
    await sendLogs(
      program.httpPort,
      Array.from({ length: 300 }, (_, index) => `line ${index}`),
    );
    page = await openPage();
    await page.getByRole('row').filter({ hasText: 'second request' }).waitFor({ timeout: SOON_MS });
  });

  afterAll(async () => {
    await page.context().close();
  });

  it('have no accessibility violation, in the dark and in the light', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const other = await openPage({ theme });
      const hashes = [
        '#/connect',
        '#/traces',
        '#/traces?q=nothing-like-this',
        '#/logs',
        '#/logs?row=3',
        '#/metrics',
        `#/trace/${first.traceId}`,
        `#/trace/${first.traceId}?view=waterfall`,
      ];
      for (const hash of hashes) {
        await goTo(other, hash);
        await other.locator('h1').first().waitFor({ state: 'attached', timeout: SOON_MS });
        await other.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
        expect(await axeViolations(other), `${theme} ${hash}`).toEqual([]);
      }
      await other.keyboard.press('Control+e');
      await other.getByRole('dialog', { name: 'Export' }).waitFor();
      expect(await axeViolations(other), `${theme} export`).toEqual([]);
      await other.context().close();
    }
  });

  it('count what a filter hides, and take the filter away', async () => {
    await goTo(page, '#/traces?q=nothing-like-this');
    await expectText(page, '2 are hidden by this filter.');
    await page.getByRole('button', { name: 'Clear filter' }).last().click();
    await page.getByRole('row').filter({ hasText: 'first request' }).waitFor();
    expect(await hashOf(page)).toBe('#/traces');
  });

  it('say that nothing new arrives instead of a rate of zero', async () => {
    await expectText(page, 'nothing new');
  });

  it('are reached by number and by chord', async () => {
    const keys = { '2': 'logs', '3': 'metrics', '4': 'flame', '5': 'connect', '1': 'traces' };
    for (const [key, screen] of Object.entries(keys)) {
      await page.keyboard.press(key);
      expect(await hashOf(page)).toBe(`#/${screen}`);
    }
    const chords = { l: 'logs', m: 'metrics', f: 'flame', c: 'connect', t: 'traces' };
    for (const [key, screen] of Object.entries(chords)) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      expect(await hashOf(page)).toBe(`#/${screen}`);
    }
  });

  it('stand still behind a dialog', async () => {
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    await page.keyboard.press('2');
    await page.keyboard.press(' ');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await hashOf(page)).toBe('#/traces');
    expect(await page.getByRole('button', { name: 'Pause the view' }).count()).toBe(1);
  });

  it('let the list be walked, a trace be opened, and left again', async () => {
    await page.keyboard.press('j');
    await page.locator('[role="row"][aria-selected="true"]').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('tree', { name: 'Spans of the trace' }).waitFor({ timeout: SOON_MS });
    await page.keyboard.press('v');
    expect(await hashOf(page)).toContain('view=waterfall');
    await page.keyboard.press('v');
    const panel = page.getByRole('complementary', { name: 'Span' });
    const name = await panel.getByRole('heading').first().textContent();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => panel.getByRole('heading').first().textContent()).not.toBe(name);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.keyboard.press('Backspace');
    expect(await hashOf(page)).toMatch(/^#\/traces/);
    await page.keyboard.press('Escape');
  });

  it('open the log record that a link names, wherever it is in the list', async () => {
    for (const [hash, text] of [
      ['#/logs?row=150', 'line 148'],
      ['#/logs?q=line%201&row=12', 'line 10'],
      [`#/logs?trace=${first.traceId}&row=1`, 'its second line'],
    ] as const) {
      await goTo(page, hash);
      const selected = page.locator('[role="row"][aria-selected="true"]');
      await selected.filter({ hasText: text }).waitFor({ timeout: SOON_MS });
      await page
        .getByRole('link', { name: /^Open trace/ })
        .or(page.getByText('severity'))
        .first()
        .waitFor();
    }
    await goTo(page, '#/logs?row=999999');
    await expectText(page, 'The log record of this link is not in the list');
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  it('keep the duration and the keys in a window 720 px wide', async () => {
    await page.setViewportSize({ width: 720, height: 800 });
    await goTo(page, '#/traces');
    for (const target of [
      page.getByRole('columnheader', { name: 'Duration' }).last(),
      page.getByRole('button', { name: /^Keys/ }),
    ]) {
      const box = await target.boundingBox();
      expect(box).not.toBeNull();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(720);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('hold a pinned trace above the seam, and follow again after Clear', async () => {
    await goTo(page, '#/traces');
    await page.keyboard.press('j');
    await page.keyboard.press('p');
    await page.getByRole('rowgroup', { name: 'Pinned' }).waitFor();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('menuitem', { name: 'Clear' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await sendTrace(program.httpPort, 'after the clear');
    await page
      .getByRole('row')
      .filter({ hasText: 'after the clear' })
      .waitFor({ timeout: SOON_MS });
  });
});
