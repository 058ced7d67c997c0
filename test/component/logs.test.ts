/** The Logs screen: its states, keys and pointers, over a real engine. */
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendLogs, sendTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;
const TRACE = '9f3c41'.padEnd(32, '0');
const OTHER = 'c07e5a'.padEnd(32, '0');
const STACK = `Traceback (most recent call last):
  File "/app/psp/client.py", line 88, in authorize
    r = client.post(url)
  File "/usr/lib/python3.12/site-packages/httpx/_client.py", line 825, in request
    return self.send(request)
httpx.ReadTimeout: timed out
`;

let browser: Browser;
let program: Program;
let page: Page;
const said: string[] = [];

interface Line {
  readonly body?: unknown;
  readonly severity?: number;
  readonly trace?: string;
  readonly event?: string;
  readonly atMs: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

function anyValue(value: unknown): object {
  if (typeof value !== 'object' || value === null) return { stringValue: String(value) };
  const values = Object.entries(value).map(([key, each]) => ({ key, value: anyValue(each) }));
  return { kvlistValue: { values } };
}

async function send(lines: readonly Line[], service = 'payments'): Promise<void> {
  const logRecords = lines.map(({ body, severity = 9, trace, event, atMs, attributes = {} }) => ({
    timeUnixNano: `${atMs}000000`,
    severityNumber: severity,
    ...(body !== undefined && { body: anyValue(body) }),
    ...(event !== undefined && { eventName: event }),
    ...(trace !== undefined && { traceId: trace, spanId: '00000000000000aa' }),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
  }));
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  const scopeLogs = [{ scope: { name: 'payments.psp' }, logRecords }];
  const answer = await fetch(`http://127.0.0.1:${program.httpPort}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs }] }),
  });
  expect(answer.status).toBe(200);
}

async function openPage(theme: 'dark' | 'light' = 'dark'): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const opened = await context.newPage();
  opened.on('console', (message) => said.push(message.text()));
  opened.on('pageerror', (error) => said.push(error.message));
  await opened.goto(`${program.ready.ui}#token=${program.ready.token}`);
  return opened;
}

const goTo = (hash: string, on = page): Promise<void> =>
  on.evaluate((next) => {
    location.hash = next;
  }, hash);

const hash = (): Promise<string> => page.evaluate(() => location.hash);
const row = (text: string | RegExp): Locator =>
  page.locator('.log-rows .row').filter({ hasText: text }).last();
const text = (words: string | RegExp): Locator => page.getByText(words).first();
const follow = (): Locator => page.getByRole('button', { name: 'Follow', exact: false }).first();
const seam = (): Locator => page.locator('.seam');

/** The screen as it is first seen: everything shown, following, nothing selected. */
async function fresh(): Promise<void> {
  await goTo('#/logs');
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (let i = 0; i < 4; i++) await page.keyboard.press('Escape');
  await page.keyboard.press('End');
  await text('Following the newest record').waitFor({ timeout: SOON_MS });
}

const startMs = Date.now() - 600_000;

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  page = await openPage();
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

afterEach(() => {
  expect(said.splice(0)).toEqual([]);
});

describe('the Logs screen before a record', () => {
  it('leads to Connect when only spans arrive', async () => {
    await sendTrace(program.httpPort, 'first request');
    await goTo('#/logs');
    await text('Spans arrive, but no log records yet').waitFor({ timeout: SOON_MS });
    await page.getByRole('button', { name: 'Show how to connect' }).click();
    expect(await hash()).toBe('#/connect');
  });
});

describe('the Logs screen', () => {
  beforeAll(async () => {
    await send(
      Array.from({ length: 400 }, (_, index) => ({
        body: `request ${index} done`,
        severity: index % 40 === 0 ? 13 : 9,
        atMs: startMs + index * 1200,
        ...(index % 3 === 0 && { trace: OTHER }),
        attributes: { route: `/api/${index % 7}` },
      })),
    );
    await send([
      { body: 'psp slow, 198 ms', severity: 13, atMs: startMs + 500_000, trace: TRACE },
      {
        body: 'ReadTimeout from psp-sandbox',
        severity: 17,
        atMs: startMs + 500_002,
        trace: TRACE,
        attributes: {
          order: '8812',
          'exception.type': 'httpx.ReadTimeout',
          'exception.stacktrace': STACK,
        },
      },
      { body: '\u001b[31mred\u001b[0m words', atMs: startMs + 500_010 },
      { body: 'first line\nsecond line\nthird line', atMs: startMs + 500_020 },
      { event: 'checkout.done', atMs: startMs + 500_030, attributes: { total: '48.60' } },
      { body: { customer: { id: 'u_2207' } }, atMs: startMs + 500_040 },
      { body: `long ${'0123456789abcdef'.repeat(262_144)}`, atMs: startMs + 500_050 },
    ]);
    await send(
      Array.from({ length: 12 }, (_, index) => ({
        body: 'pool 32 of 32 in use',
        severity: 13,
        atMs: startMs + 501_000 + index * 10,
        attributes: { waiters: String(index) },
      })),
      'inventory',
    );
    await send([{ body: 'worker exited', severity: 21, atMs: startMs + 510_000 }], 'mailer');
    await goTo('#/logs');
    await row('worker exited').waitFor({ timeout: SOON_MS });
  });

  it('has no accessibility violation, in the dark and in the light, with a record open', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const other = await openPage(theme);
      for (const place of [
        '#/logs',
        '#/logs?row=401',
        '#/logs?row=405',
        '#/logs?q=highlight~psp',
      ]) {
        await goTo(place, other);
        await other.getByRole('grid', { name: 'Log records' }).waitFor({ timeout: SOON_MS });
        if (place.includes('row=')) await other.getByRole('button', { name: 'Close' }).waitFor();
        expect(await axeViolations(other), `${theme} ${place}`).toEqual([]);
      }
      await other.context().close();
    }
  });

  it('counts records by level', async () => {
    await fresh();
    await text('1 fatal').waitFor();
    await text('1 error').waitFor();
    await text('420 records').waitFor();
  });

  it('narrows by the least level, and counts what is left', async () => {
    await fresh();
    await page.getByRole('radio', { name: 'Error' }).click();
    expect(await hash()).toContain('level=error');
    await text('2 records').waitFor({ timeout: SOON_MS });
    expect(await page.locator('.log-rows .row').count()).toBe(2);
  });

  it('says what a filter hides, and takes it away', async () => {
    await goTo('#/logs?q=nothing-like-this');
    await text('No log record matches').waitFor({ timeout: SOON_MS });
    await text('420 are hidden by this filter.').waitFor();
    await page.getByRole('button', { name: 'Clear filter' }).last().click();
    await row('worker exited').waitFor({ timeout: SOON_MS });
  });

  it('marks with highlight~ and hides nothing', async () => {
    await goTo('#/logs?q=highlight~PSP');
    await row('ReadTimeout').locator('.mark').first().waitFor({ timeout: SOON_MS });
    await text('420 records').waitFor();
  });

  it('folds repeats into one row, and lists them on demand', async () => {
    await fresh();
    const folded = row('pool 32 of 32');
    await folded.getByText('×12').waitFor();
    expect(await page.locator('.log-rows .row').filter({ hasText: 'pool 32' }).count()).toBe(1);
    await folded.getByRole('button', { name: '×12' }).click();
    await page.getByRole('button', { name: /waiters=11/ }).waitFor({ timeout: SOON_MS });
    await folded.getByRole('button', { name: '×12' }).click();
    await page.getByRole('button', { name: /waiters=11/ }).waitFor({ state: 'detached' });
  });

  it('draws terminal colours and never their sequences', async () => {
    await fresh();
    await row('red words').locator('.body .error', { hasText: 'red' }).waitFor();
    expect(await row('red words').textContent()).not.toContain('[31m');
  });

  it('draws a record without a body by its event name', async () => {
    await fresh();
    await row('checkout.done').getByText('total=').waitFor();
  });

  it('shows one line of many until wrapped', async () => {
    await fresh();
    const many = row('first line');
    expect(await many.textContent()).not.toContain('second line');
    await page.keyboard.press('w');
    await many.getByText('third line').waitFor();
    expect((await many.boundingBox())?.height).toBe(60);
    await page.keyboard.press('w');
    expect((await many.boundingBox())?.height).toBe(20);
  });

  it('opens a record below its row, which does not move', async () => {
    await fresh();
    const target = row('ReadTimeout');
    const before = await target.boundingBox();
    await target.locator('.time').click();
    await text('/app/psp/client.py:88').waitFor({ timeout: SOON_MS });
    expect((await target.boundingBox())?.y).toBe(before?.y);
    await text('1 library frame hidden, httpx').click();
    await text('_client.py:825').waitFor();
    expect(await follow().getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('Escape');
    await text('/app/psp/client.py:88').waitFor({ state: 'detached' });
  });

  it('opens a structured body as a tree', async () => {
    await fresh();
    await row('u_2207').locator('.time').click();
    await page.getByRole('button', { name: 'map of 1' }).waitFor({ timeout: SOON_MS });
    await page.locator('.detail').getByText('u_2207', { exact: true }).waitFor();
  });

  it('shows a body of 4 MB when asked, and only the lines in view', async () => {
    await fresh();
    await row(/^.*long 0123/)
      .locator('.time')
      .click();
    await page.getByRole('button', { name: 'Show all, 4.2 MB' }).click({ timeout: SOON_MS });
    const body = page.getByRole('group', { name: 'Body of the record' });
    await body.waitFor({ timeout: SOON_MS });
    expect(await body.locator('.line').count()).toBeLessThan(60);
  });

  it('lights the rows of a trace on hover, keeps them on a click, and lets go with Escape', async () => {
    await fresh();
    const chip = row('ReadTimeout').getByRole('link');
    await chip.hover();
    await expect.poll(() => page.locator('a.trace.lit').count()).toBe(2);
    await chip.click();
    await text('Highlighting trace').waitFor();
    expect(await hash()).toMatch(/^#\/logs/);
    await page.mouse.move(700, 20);
    expect(await page.locator('a.trace.lit').count()).toBe(2);
    await page.keyboard.press('Escape');
    await text('Highlighting trace').waitFor({ state: 'detached' });
  });

  it('opens the trace at the record with Enter on its chip, and with O', async () => {
    await fresh();
    await row('ReadTimeout').getByRole('link').focus();
    await page.keyboard.press('Enter');
    expect(await hash()).toBe(`#/trace/${TRACE}?span=00000000000000aa`);
    await page.goBack();
    await fresh();
    for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('h');
    await text('Highlighting trace').waitFor();
    await page.keyboard.press('o');
    expect(await hash()).toContain('#/trace/');
    await goTo('#/logs');
  });

  it('selects several rows by keys and by pointer, and copies them as text', async () => {
    await fresh();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+ArrowUp');
    await text('2 rows selected').waitFor();
    await row('first line')
      .locator('.time')
      .click({ modifiers: ['Shift'] });
    await text('6 rows selected').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+ArrowUp');
    await page.keyboard.press('Control+c');
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/WARN inventory pool 32 of 32 in use waiters=0\n.* FATAL mailer worker exited$/);
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    await expect
      .poll(async () => {
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        return copied.startsWith('[') ? (JSON.parse(copied) as unknown[]).length : 0;
      })
      .toBe(2);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export selection' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('logs.otlp.jsonl');
  });

  it('stops following on scrolling up, counts what is new, and resumes with End', async () => {
    await fresh();
    await page.getByRole('grid', { name: 'Log records' }).hover();
    await page.mouse.wheel(0, -400);
    await text('Held while you read. Nothing is lost.').waitFor();
    await sendLogs(program.httpPort, ['new one', 'new two']);
    await seam().getByRole('button', { name: 'Follow, 2 new' }).waitFor({ timeout: SOON_MS });
    await page.keyboard.press('End');
    await row('new two').waitFor();
    expect(await follow().getAttribute('aria-pressed')).toBe('true');
  });

  it('stops following when text is selected', async () => {
    await fresh();
    await row('new two').locator('.body').dblclick();
    await text('Held while you read. Nothing is lost.').waitFor();
    await page.evaluate(() => getSelection()?.removeAllRanges());
  });

  it('jumps to the time of a column of the density by pointer and by keys', async () => {
    await fresh();
    const density = page.getByRole('slider', { name: /^Log density/ });
    await density.hover({ position: { x: 60, y: 40 } });
    await text('Click jumps here, drag narrows').waitFor();
    await density.click({ position: { x: 60, y: 40 } });
    await row('request 0 done').waitFor({ timeout: SOON_MS });
    await page.locator('[role="row"][aria-selected="true"]').waitFor();
    await density.focus();
    await page.keyboard.press('End');
    expect(await density.getAttribute('aria-valuetext')).toContain(' to ');
    await page.keyboard.press('Enter');
    await row('new one').waitFor({ timeout: SOON_MS });
  });

  it('narrows the list to a brush, keeps the density whole, and lets go with Escape', async () => {
    await fresh();
    const box = await page.getByRole('slider', { name: /^Log density/ }).boundingBox();
    if (box === null) throw new Error('there is no density');
    await page.mouse.move(box.x + 50, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + 40, { steps: 4 });
    await page.mouse.up();
    expect(await hash()).toMatch(/from=\d+&to=\d+/);
    await row(/request \d+ done/).waitFor({ timeout: SOON_MS });
    await text('Show every time').or(page.getByLabel('Show every time')).first().waitFor();
    await expect.poll(() => page.getByText('worker exited').count()).toBe(0);
    const whole = await page.getByRole('slider').getAttribute('aria-valuemax');
    expect(Number(whole)).toBeGreaterThan(20);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await hash()).toBe('#/logs');
  });

  it('jumps with the gutter', async () => {
    await fresh();
    const gutter = await page.locator('.gutter').boundingBox();
    if (gutter === null) throw new Error('there is no gutter');
    await page.mouse.click(gutter.x + 6, gutter.y + 2);
    await row('request 0 done').waitFor({ timeout: SOON_MS });
    await text('Held while you read. Nothing is lost.').waitFor();
  });

  it('holds rows, counts and density in a pause', async () => {
    await fresh();
    await page.keyboard.press('Space');
    await text('Paused. The receiver goes on, nothing is lost.').waitFor();
    await sendLogs(program.httpPort, ['while paused']);
    await text(/^[1-9]\d* new$/).waitFor({ timeout: SOON_MS });
    expect(await row('while paused').count()).toBe(0);
    await page.keyboard.press('Space');
    await row('while paused').waitFor({ timeout: SOON_MS });
  });

  it('shrinks the density in a low window, and puts it behind a toggle in a lower one', async () => {
    await fresh();
    const density = page.getByRole('slider', { name: /^Log density/ });
    await page.setViewportSize({ width: 960, height: 700 });
    await expect.poll(async () => (await density.boundingBox())?.height).toBe(64);
    await page.setViewportSize({ width: 960, height: 520 });
    await density.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Density' }).click();
    await density.waitFor();
    await page.setViewportSize({ width: 1700, height: 900 });
    await row('while paused').waitFor();
    await row('worker exited').getByText('payments.psp').waitFor();
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('says in a storm how few lines it shows, and keeps all', async () => {
    await fresh();
    const many = Array.from({ length: 6000 }, (_, index) => `storm ${index}`);
    await sendLogs(program.httpPort, many);
    await text(/^Showing 1 of \d+ lines while this fast\. All are kept\.$/).waitFor({
      timeout: SOON_MS,
    });
    await text('Following the newest record').waitFor({ timeout: SOON_MS });
    await row('storm 5999').waitFor();
  });
});
