/** The Traces screen: its strip, chips, orders, marks, keys and states, against the real program. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendLogs } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;

let browser: Browser;
let program: Program;
const said: string[] = [];

interface TraceSpec {
  readonly name: string;
  readonly ms: number;
  readonly agoMs: number;
  readonly isError?: boolean;
  /** Its root has a parent that never comes. */
  readonly isRootless?: boolean;
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Sends traces of two spans; returns their ids. */
async function send(specs: readonly TraceSpec[]): Promise<string[]> {
  const nowMs = Date.now();
  const ids = specs.map(() => hex(16));
  const spans = specs.flatMap(({ name, ms, agoMs, isError = false, isRootless = false }, i) => {
    const startNs = BigInt(nowMs - agoMs) * 1_000_000n;
    const rootId = hex(8);
    const times = {
      startTimeUnixNano: String(startNs),
      endTimeUnixNano: String(startNs + BigInt(Math.round(ms * 1e6))),
    };
    const status = isError ? { code: 2, message: 'it failed' } : {};
    const parent = isRootless ? { parentSpanId: hex(8) } : {};
    return [
      { traceId: ids[i], spanId: rootId, ...parent, name, kind: 2, status, ...times },
      { traceId: ids[i], spanId: hex(8), parentSpanId: rootId, name: 'step', kind: 3, ...times },
    ];
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'bakery' } }] };
  const answer = await fetch(`http://127.0.0.1:${program.httpPort}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  });
  expect(answer.status).toBe(200);
  return ids;
}

async function openPage(hash: string, theme: 'dark' | 'light' = 'dark'): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  await goTo(page, hash);
  return page;
}

const goTo = (page: Page, hash: string): Promise<void> =>
  page.evaluate((next) => {
    location.hash = next;
  }, hash);

const paramOf = async (page: Page, name: string): Promise<string | null> => {
  const hash = await page.evaluate(() => location.hash);
  return new URLSearchParams(hash.split('?')[1] ?? '').get(name);
};

const rowOf = (page: Page, text: string): Locator =>
  page.locator('[id^="row-"]').filter({ hasText: text });

const stripOf = (page: Page): Locator => page.getByRole('grid', { name: /^Latency of/ });

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

it('says that only logs arrive, and links to them', async () => {
  await sendLogs(program.httpPort, ['a line']);
  const page = await openPage('#/traces');
  await page.getByText('Only logs have arrived so far').waitFor({ timeout: SOON_MS });
  await page.getByRole('button', { name: 'Open Logs' }).click();
  expect(await page.evaluate(() => location.hash)).toBe('#/logs');
  await page.context().close();
});

describe('the list of traces', () => {
  let page: Page;
  let ids: string[];

  beforeAll(async () => {
    ids = await send([
      ...Array.from({ length: 30 }, (_, i) => ({ name: `bake ${i}`, ms: 20, agoMs: 60_000 - i })),
      { name: 'slow roast', ms: 4000, agoMs: 50_000 },
      { name: 'burnt bread', ms: 300, agoMs: 40_000, isError: true },
      { name: 'orphan', ms: 30, agoMs: 30_000, isRootless: true },
    ]);
    page = await openPage('#/traces');
    await rowOf(page, 'burnt bread').waitFor({ timeout: SOON_MS });
    await stripOf(page).waitFor();
  });

  afterAll(async () => {
    await page.context().close();
  });

  it('says that a root was not received', async () => {
    await page.getByText('root not received').first().waitFor();
  });

  it('counts chips as the list counts them, and a click adds the clause to the query', async () => {
    const chip = page.getByRole('button', { name: /^status:error/ });
    await chip.waitFor();
    expect(await chip.textContent()).toMatch(/1$/);
    await chip.click();
    await page.getByText('1 of 33 traces').waitFor();
    expect(await paramOf(page, 'q')).toBe('status:error');
    await page.goBack();
    await page.getByText('33 traces', { exact: true }).waitFor();
  });

  it('sorts by what the menu says, and names it in the seam', async () => {
    await page.getByRole('button', { name: 'Order: Newest first' }).click();
    await page.getByRole('menuitemradio', { name: 'Slowest first' }).click();
    await page.getByText('Sorted by duration.').waitFor();
    await page.locator('#row-0').filter({ hasText: 'slow roast' }).waitFor();
    expect(await paramOf(page, 'order')).toBe('slowest');
  });

  it('keeps a sorted list as it is until N brings in what is new', async () => {
    await page.locator('#row-0').hover();
    await send([{ name: 'slower roast', ms: 9000, agoMs: 20_000 }]);
    await page.getByText('N brings in 1 new.').waitFor({ timeout: SOON_MS });
    expect(await page.locator('#row-0').textContent()).toContain('slow roast');
    await page.keyboard.press('n');
    await page.locator('#row-0').filter({ hasText: 'slower roast' }).waitFor();
    await goTo(page, '#/traces');
    await page.getByRole('button', { name: 'Order: Newest first' }).waitFor();
  });

  it('holds while a row is pointed at, and counts what waits', async () => {
    const row = rowOf(page, 'burnt bread');
    await row.hover();
    const before = await row.boundingBox();
    await page.getByText('Held while you point at a row. Nothing is lost.').waitFor();
    await send([{ name: 'fresh loaf', ms: 10, agoMs: 0 }]);
    await page.getByRole('button', { name: /1 new trace/ }).waitFor({ timeout: SOON_MS });
    expect(await row.boundingBox()).toEqual(before);
    expect(await rowOf(page, 'fresh loaf').count()).toBe(0);
    await page.keyboard.press('n');
    await rowOf(page, 'fresh loaf').waitFor();
    await page.mouse.move(5, 5);
  });

  it('goes to errors with E and back with Shift+E', async () => {
    await page.keyboard.press('Home');
    await page.keyboard.press('e');
    const selected = page.locator('[aria-selected="true"]');
    await selected.filter({ hasText: 'burnt bread' }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('j');
    await page.keyboard.press('Shift+E');
    await selected.filter({ hasText: 'burnt bread' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => paramOf(page, 'trace')).toBeNull();
  });

  it('marks rows with X, Ctrl+click and Shift+click, and says what can be done with them', async () => {
    await page.keyboard.press('Home');
    await page.keyboard.press('x');
    await page.getByText('1 trace marked').waitFor();
    await page.locator('#row-3').click({ modifiers: ['Control'] });
    await page.getByText('2 traces marked').waitFor();
    await page.locator('#row-6').click({ modifiers: ['Shift'] });
    await page.getByText('5 traces marked').waitFor();
    await page.getByRole('button', { name: 'Copy ids' }).click();
    await page.getByText('Copied 5 ids.').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.split('\n')).toEqual((await paramOf(page, 'sel'))?.split(','));
    await page.getByRole('button', { name: 'Copy as OTLP JSON' }).click();
    await page.getByText('Copied 5 traces as OTLP JSON.').waitFor();
    const json = await page.evaluate(() => navigator.clipboard.readText());
    expect((JSON.parse(json) as { resourceSpans: unknown[] }).resourceSpans.length).toBe(5);
    await page.getByRole('button', { name: 'Export selection' }).click();
    const dialog = page.getByRole('dialog', { name: 'Export' });
    await dialog.getByRole('radio', { name: 'The marked traces', checked: true }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await expect.poll(() => paramOf(page, 'sel')).toBeNull();
    await page.keyboard.press('Escape');
  });

  it('marks all that is listed with Ctrl+A, but in the filter selects its text', async () => {
    await page.keyboard.press('Control+a');
    await page.getByText(/^\d+ traces marked$/).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => paramOf(page, 'sel')).toBeNull();
    await page.keyboard.press('/');
    await page.keyboard.press('Control+a');
    expect(await paramOf(page, 'sel')).toBeNull();
    await page.keyboard.press('Escape');
  });

  it('narrows to what is brushed, and Escape takes the brush away', async () => {
    const box = await stripOf(page).boundingBox();
    if (box === null) throw new Error('the strip has no box');
    await page.mouse.move(box.x + 60, box.y + 14);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 14, box.y + 50, { steps: 4 });
    await page.mouse.up();
    await page.getByText(/^\d+ of \d+ traces$/).waitFor();
    expect(await paramOf(page, 'brush')).toMatch(/^\d+-\d+-[\d.]+-[\d.]+$/);
    await page.mouse.move(5, 5);
    await rowOf(page, 'slow roast').first().waitFor();
    expect(await rowOf(page, 'bake 1').count()).toBe(0);
    await page.keyboard.press('Escape');
    await rowOf(page, 'bake 1').first().waitFor();
    expect(await paramOf(page, 'brush')).toBeNull();
  });

  it('exports all that is brushed, and says that traces of listed spans are exported whole', async () => {
    await goTo(page, '#/traces?brush=0-18446744073709551615-1000-1000000000');
    const [, matched = ''] =
      (await page.getByText(/^\d+ of \d+ traces$/).textContent({ timeout: SOON_MS }))?.match(
        /^(\d+)/,
      ) ?? [];
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Export' });
    await dialog.getByRole('radio', { name: 'What the filter shows', checked: true }).waitFor();
    expect(await paramOf(page, 'sel')).toBeNull();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Export' }).click(),
    ]);
    const file = await readFile(await download.path(), 'utf8');
    const found = new Set(file.match(/"traceId":"[0-9a-f]{32}"/g));
    expect(found.size).toBe(Number(matched));
    await goTo(page, '#/traces?by=spans&q=name%3Astep');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await dialog.getByRole('radio', { name: 'Traces of the spans listed' }).waitFor();
    await dialog.getByText('Traces are exported whole').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await goTo(page, '#/traces');
  });

  it('shows the strip as a table', async () => {
    await page.getByRole('button', { name: /^Show as table: Latency/ }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Latency of traces' });
    await dialog.getByRole('columnheader', { name: '95th percentile' }).waitFor();
    expect(await dialog.getByRole('row').count()).toBeGreaterThan(1);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  it('walks the strip by arrow keys, and Enter opens the worst trace of a cell', async () => {
    await stripOf(page).focus();
    await page.keyboard.press('ArrowRight');
    const cell = page.locator('#strip-cell');
    await cell.filter({ hasText: /^\d+ trace/ }).waitFor({ state: 'attached' });
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowRight');
    await cell.filter({ hasText: /longest/ }).waitFor({ state: 'attached' });
    await page.keyboard.press('Enter');
    await page.getByRole('tree', { name: 'Spans of the trace' }).waitFor({ timeout: SOON_MS });
    await page.goBack();
    await stripOf(page).waitFor();
  });

  it('lists spans with columns of their own, and opens the trace at the span', async () => {
    await page.getByRole('radio', { name: 'Spans' }).click();
    await page.getByRole('columnheader', { name: 'Kind' }).waitFor();
    await rowOf(page, 'step').first().click();
    await page.getByRole('tree', { name: 'Spans of the trace' }).waitFor({ timeout: SOON_MS });
    expect(await paramOf(page, 'span')).toMatch(/^[0-9a-f]{16}$/);
    await goTo(page, '#/traces');
  });

  it('opens as a link says: scope, order, brush, query, selection and marks', async () => {
    const [, first = '', second = ''] = ids;
    const hash =
      `#/traces?order=slowest&q=%22bake%201%22&brush=0-18446744073709551615-1000-1000000000` +
      `&trace=${first}&sel=${second}`;
    const other = await openPage(hash);
    await other.getByText('Sorted by duration.').waitFor({ timeout: SOON_MS });
    await other.getByText('1 trace marked').waitFor();
    await other.getByText(/^11 of \d+ traces$/).waitFor();
    await other.locator(`[aria-selected="true"]`).first().waitFor();
    await other.context().close();
  });

  it('says which query is wrong, and offers to clear it', async () => {
    await goTo(page, '#/traces?q=duration%3E%3E');
    await page.getByRole('alert').waitFor({ timeout: SOON_MS });
    await page.getByRole('alert').getByRole('button', { name: 'Clear filter' }).click();
    await rowOf(page, 'bake 1').first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('keeps the strip behind a toggle in a very low window', async () => {
    await page.setViewportSize({ width: 1000, height: 540 });
    await stripOf(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Latency strip' }).click();
    expect((await stripOf(page).boundingBox())?.height).toBe(64);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('has no accessibility violation in its states, in the dark and in the light', async () => {
    const [first = '', second = ''] = ids;
    const open = '0-18446744073709551615-1000000-9007199254740991';
    for (const theme of ['dark', 'light'] as const) {
      const other = await openPage('#/traces', theme);
      for (const hash of [
        '#/traces?by=spans',
        `#/traces?brush=${open}&trace=${first}`,
        `#/traces?order=slowest&sel=${first},${second}`,
        '#/traces?q=duration%3E%3E',
      ]) {
        await goTo(other, hash);
        await other.locator('[id^="row-"]').first().waitFor({ timeout: SOON_MS });
        expect(await axeViolations(other), `${theme} ${hash}`).toEqual([]);
      }
      await other.context().close();
    }
  });
});
