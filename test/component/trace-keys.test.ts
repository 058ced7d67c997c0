/** Every key of the Trace screen, pressed in a real browser. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { requestsOf, send, TraceBuilder } from '../support/pictures/telemetry.mjs';
import { startProgram, type Program } from '../support/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * root 0 to 1000 ms
 *   first 0 to 400 ms, with `leaf`
 *   second 450 to 700 ms, failed
 *   third 750 to 950 ms, failed
 */
const trace = new TraceBuilder('keys', BigInt(Date.now()) * 1_000_000n);
trace.add('shop', 'root', 0, 1000);
trace.add('shop', 'first', 0, 400, { parent: 'root' });
trace.add('shop', 'leaf', 100, 200, { parent: 'first' });
trace.add('shop', 'second', 450, 700, { parent: 'root', error: 'no' });
trace.add('shop', 'third', 750, 950, { parent: 'root', error: 'no' });

let browser: Browser;
let program: Program;
let page: Page;
const said: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  await send(program.ready.otlpHttp, requestsOf([trace], {}));
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
  await page.evaluate(
    (to) => {
      location.hash = to;
    },
    `#/trace/${trace.traceId}?span=${trace.spanId('root')}`,
  );
  await panel().getByRole('heading', { name: 'root' }).waitFor();
});

afterEach(() => {
  expect(said.splice(0)).toEqual([]);
});

const panel = () => page.getByRole('complementary', { name: 'Span' });
const range = () => page.locator('.range').textContent();
const hash = () => page.evaluate(() => location.hash);
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

async function press(key: string, selects?: string): Promise<void> {
  await page.keyboard.press(key);
  if (selects !== undefined) await expect.poll(hash).toContain(trace.spanId(selects));
}

describe('keys of the Trace screen', () => {
  it('walk the tree by arrows', async () => {
    await press('ArrowDown', 'first');
    await press('ArrowRight', 'second');
    await press('ArrowRight', 'third');
    await press('ArrowLeft', 'second');
    await press('ArrowLeft', 'first');
    await press('ArrowDown', 'leaf');
    await press('ArrowUp', 'first');
    await press('ArrowUp', 'root');
  });

  it('go from error to error by E and Shift E', async () => {
    await press('e', 'second');
    await press('e', 'third');
    await press('Shift+E', 'second');
  });

  it('fit the selection by F, and all by 0', async () => {
    await press('ArrowDown', 'first');
    await press('f');
    await expect.poll(range).not.toBe('0 – 1.00\u00a0s');
    await press('0');
    await expect.poll(range).toBe('0 – 1.00\u00a0s');
  });

  it('zoom and pan by W S A D while the graph has the keyboard, five times with Shift', async () => {
    await press('w');
    expect(await range()).toBe('0 – 1.00\u00a0s');
    await page.getByRole('tree', { name: 'Spans of the trace' }).focus();
    await press('w');
    await expect.poll(range).toBe('100\u00a0ms – 900\u00a0ms');
    await press('d');
    await expect.poll(range).toBe('180\u00a0ms – 980\u00a0ms');
    await press('a');
    await expect.poll(range).toBe('100\u00a0ms – 900\u00a0ms');
    await press('s');
    await expect.poll(range).toBe('0 – 1.00\u00a0s');
    await press('Shift+W');
    await expect.poll(range).toBe('336\u00a0ms – 664\u00a0ms');
    await press('0');
  });

  it('focus the panel by Enter, hide and show it by Mod backslash, and close it by Escape', async () => {
    await press('ArrowDown', 'first');
    await press('Enter');
    expect(await panel().evaluate((node) => node === document.activeElement)).toBe(true);
    await press('Control+\\');
    await panel().waitFor({ state: 'detached' });
    await press('Control+\\', 'first');
    await panel().waitFor();
    await press('Escape');
    await panel().waitFor({ state: 'detached' });
  });

  it('find by slash and by Mod F', async () => {
    const field = page.getByLabel('Find in trace');
    for (const key of ['/', 'Control+f']) {
      await press(key);
      await expect.poll(() => field.evaluate((node) => node === document.activeElement)).toBe(true);
      await field.press('Escape');
      await field.evaluate((node) => {
        if (node instanceof HTMLElement) node.blur();
      });
    }
  });

  it('copy the id by Y and the link by Shift Y, and pin by P', async () => {
    await press('y');
    await expect.poll(clipboard).toBe(trace.traceId);
    await press('Shift+Y');
    await expect.poll(clipboard).toBe(page.url());
    await press('p');
    await page.getByRole('button', { name: 'Pinned' }).waitFor();
    await press('p');
    await page.getByRole('button', { name: 'Pin', exact: true }).waitFor();
  });

  it('go back to the list by Backspace, back and forward by brackets', async () => {
    await press('Backspace');
    await expect.poll(hash).toContain('#/traces');
    await press('[');
    await expect.poll(hash).toContain(trace.traceId);
    await press(']');
    await expect.poll(hash).toContain('#/traces');
  });

  it('stand in the list of keys', async () => {
    await press('?');
    const dialog = page.getByRole('dialog');
    for (const label of ['Next error', 'Fit selection', 'Show or hide the span panel']) {
      await dialog.getByText(label).waitFor();
    }
    await press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});
