/** The Flame screen: merging, zoom, search and the way to the traces, by pointer and by key. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { openLiveClient } from '../support/live-socket.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;

let browser: Browser;
let program: Program;
const said: string[] = [];

async function openPage(theme: 'dark' | 'light', hash: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  await page.getByRole('link', { name: 'Flame' }).waitFor({ timeout: SOON_MS });
  await goTo(page, hash);
  return page;
}

const goTo = (page: Page, hash: string): Promise<void> =>
  page.evaluate((next) => {
    location.hash = next;
  }, hash);

const hashOf = (page: Page): Promise<string> => page.evaluate(() => location.hash);

const summaryOf = (page: Page, text: string): Promise<void> =>
  page.getByText(text).first().waitFor({ timeout: SOON_MS });

/** The node of the tree that the keyboard is on. */
const current = (page: Page) => page.getByRole('treeitem', { selected: true });

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

describe('the Flame screen', () => {
  it('says what to do before the first span', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const page = await openPage(theme, '#/flame');
      await summaryOf(page, 'Ready for your first span');
      expect(await page.title()).toBe('Flame · Flametail');
      expect(await axeViolations(page), theme).toEqual([]);
      await page.context().close();
    }
  });

  it('merges what arrives, while it is looked at', async () => {
    const page = await openPage('dark', '#/flame');
    await sendTrace(program.httpPort, 'checkout', 12, 'shop');
    await sendTrace(program.httpPort, 'checkout', 12, 'shop');
    await sendTrace(program.httpPort, 'search', 3, 'finder');
    await summaryOf(page, '3 traces, 27 spans');
    const table = page.getByRole('region', { name: 'Operations' });
    await table.getByRole('button', { name: 'checkout' }).waitFor();
    await page.context().close();
  });

  it('has no accessibility violation, in the dark and in the light', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const page = await openPage(theme, '#/flame?find=step');
      await summaryOf(page, '3 traces, 27 spans');
      expect(await axeViolations(page), theme).toEqual([]);
      await page.getByRole('tree').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.getByRole('button', { name: 'Zoom in' }).waitFor();
      expect(await axeViolations(page), `${theme} selected`).toEqual([]);
      await goTo(page, '#/flame?q=name:nothing-like-this');
      await summaryOf(page, '3 are hidden by this filter.');
      expect(await axeViolations(page), `${theme} no match`).toEqual([]);
      await goTo(page, '#/flame?q=duration%3E');
      await summaryOf(page, 'These traces cannot be merged');
      expect(await axeViolations(page), `${theme} wrong query`).toEqual([]);
      await page.getByRole('button', { name: 'Clear filter' }).last().click();
      await summaryOf(page, '3 traces, 27 spans');
      await page.context().close();
    }
  });

  it('walks, zooms and opens the traces behind a box by key', async () => {
    const page = await openPage('dark', '#/flame');
    await summaryOf(page, '3 traces, 27 spans');
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowDown');
    await current(page).getByText('all traces, 1.00 s a trace, 3 traces').waitFor();
    await page.keyboard.press('ArrowDown');
    await current(page).getByText('checkout, shop, 667 ms a trace, 2 spans').waitFor();
    await page.keyboard.press('ArrowRight');
    await current(page).getByText('search, finder').waitFor();
    await page.keyboard.press('f');
    await page.getByRole('navigation', { name: 'Zoom' }).getByText('search').waitFor();
    await page.keyboard.press('0');
    expect(await page.getByRole('navigation', { name: 'Zoom' }).innerText()).toBe('all traces');
    await page.keyboard.press('Enter');
    const rows = page.getByRole('row').filter({ hasText: 'search' });
    await rows.first().waitFor({ timeout: SOON_MS });
    await summaryOf(page, '1 of 3');
    expect(decodeURIComponent(await hashOf(page))).toContain('name:search');
    await page.context().close();
  });

  it('selects and zooms with the pointer, and shows the numbers of a box', async () => {
    const page = await openPage('dark', '#/flame');
    await summaryOf(page, '3 traces, 27 spans');
    const box = await page.locator('[data-view="merged-flame"]').boundingBox();
    if (box === null) throw new Error('the graph has no place');
    const [x, y] = [box.x + 40, box.y + 8 + 26 + 10];
    await page.mouse.move(x, y);
    await summaryOf(page, 'Attributed, mean trace');
    await page.mouse.click(x, y);
    await page.getByRole('button', { name: 'Show 2 traces' }).waitFor();
    await page.mouse.dblclick(x, y);
    await page.getByRole('navigation', { name: 'Zoom' }).getByText('checkout').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'all traces' }).waitFor();
    expect(await page.getByRole('navigation', { name: 'Zoom' }).innerText()).toBe('all traces');
    await page.context().close();
  });

  it('keeps the measure and the search in the link', async () => {
    const page = await openPage('dark', '#/flame');
    await summaryOf(page, '3 traces, 27 spans');
    await page.getByRole('button', { name: 'Measure' }).click();
    await page.getByRole('menuitemradio', { name: 'Count' }).click();
    await page.getByRole('region', { name: 'Operations' }).getByText('search').first().waitFor();
    await page.getByRole('button', { name: 'search' }).click();
    expect(await hashOf(page)).toBe('#/flame?measure=count&find=search');
    await page.getByRole('textbox', { name: 'Find operations in the graph' }).press('Escape');
    expect(await hashOf(page)).toBe('#/flame?measure=count');
    await page.context().close();
  });

  it('hides operations like the selected one, and shows them again', async () => {
    const page = await openPage('dark', '#/flame');
    await summaryOf(page, '3 traces, 27 spans');
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await current(page).getByText('checkout, shop').waitFor();
    await page.keyboard.press('h');
    await page.getByRole('button', { name: 'Show 1 hidden operation' }).waitFor();
    const table = page.getByRole('region', { name: 'Operations' });
    expect(await table.getByRole('button', { name: 'checkout' }).count()).toBe(0);
    await page.keyboard.press('Shift+H');
    await table.getByRole('button', { name: 'checkout' }).waitFor();
    await page.context().close();
  });

  it('folds by an attribute that was received, and opens the traces behind a value', async () => {
    const page = await openPage('dark', '#/flame');
    await summaryOf(page, '3 traces, 27 spans');
    const field = page.getByRole('combobox', { name: 'Fold spans by' });
    await field.fill('step');
    await field.press('Enter');
    expect(await hashOf(page)).toBe('#/flame?by=step');
    await page.getByRole('columnheader', { name: 'step' }).waitFor({ timeout: SOON_MS });
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await current(page).getByText('0, 1.00 s a trace').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('row').filter({ hasText: 'search' }).first().waitFor();
    expect(decodeURIComponent(await hashOf(page))).toContain('{+step:0+-has:parent+}');
    await page.context().close();
  });

  it('keeps zoom and selection while another screen is looked at', async () => {
    const page = await openPage('dark', '#/flame');
    await summaryOf(page, '3 traces, 27 spans');
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('f');
    await goTo(page, '#/traces');
    await page.getByRole('grid', { name: 'Traces', exact: true }).waitFor();
    await goTo(page, '#/flame');
    await page.getByRole('navigation', { name: 'Zoom' }).getByText('checkout').waitFor();
    await page.getByRole('button', { name: 'Zoom in' }).waitFor();
    await page.context().close();
  });

  it('stands still in a pause, and catches up after it', async () => {
    const page = await openPage('dark', '#/flame');
    await summaryOf(page, '3 traces, 27 spans');
    await page.getByRole('tree').focus();
    await page.keyboard.press('Space');
    await summaryOf(page, 'Paused');
    await sendTrace(program.httpPort, 'later', 1, 'shop');
    await page.locator('.control.paused b').getByText('1 new').waitFor({ timeout: SOON_MS });
    await summaryOf(page, '3 traces, 27 spans');
    await page.keyboard.press('Space');
    await summaryOf(page, '4 traces, 28 spans');
    await page.context().close();
  });
});

describe('comparing A and B', () => {
  const COMPARED = '#/flame?mode=compare&q=service:left&b=service:right';

  beforeAll(async () => {
    await sendTrace(program.httpPort, 'checkout', 12, 'left');
    await sendTrace(program.httpPort, 'checkout', 9, 'left');
    await sendTrace(program.httpPort, 'search', 3, 'right');
  });

  it('says how many traces are too few, and what ran on one side only', async () => {
    const page = await openPage('dark', COMPARED);
    await summaryOf(page, 'No clear difference, 1 trace is too few');
    const table = page.getByRole('region', { name: 'What changed' });
    await table.getByText('only in A').first().waitFor();
    await table.getByText('only in B').first().waitFor();
    await page.context().close();
  });

  it('has no accessibility violation, in the dark and in the light', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const page = await openPage(theme, COMPARED);
      await summaryOf(page, 'No clear difference');
      await page.getByRole('tree').focus();
      await page.keyboard.press('ArrowDown');
      await page.getByRole('button', { name: 'Traces of A' }).waitFor();
      expect(await axeViolations(page), theme).toEqual([]);
      await goTo(page, '#/flame?mode=compare&q=name:nothing&b=name:nothing');
      await summaryOf(page, 'No trace matches A or B');
      expect(await axeViolations(page), `${theme} no match`).toEqual([]);
      await goTo(page, '#/flame?mode=compare&b=duration%3E');
      await summaryOf(page, 'These traces cannot be compared');
      expect(await axeViolations(page), `${theme} wrong query`).toEqual([]);
      await page.getByRole('button', { name: 'Compare all traces' }).click();
      await page.getByRole('tree').waitFor({ state: 'attached' });
      await page.context().close();
    }
  });

  it('bounds the sides by a mark, and says so when it is gone', async () => {
    const client = openLiveClient(program.ready);
    const mark = await client.request('mark.add', { label: 'pool-size 32' });
    const page = await openPage('dark', `#/flame?mode=compare&as=before:${mark.id}`);
    await page.getByRole('button', { name: 'A Before pool-size 32' }).click();
    await page.getByRole('menuitemradio', { name: 'After pool-size 32' }).click();
    await page.waitForFunction(() => location.hash.includes('as=after'));
    await page.getByText('No trace matches A').first().waitFor({ timeout: SOON_MS });
    await goTo(page, '#/flame?mode=compare&as=before:gone');
    await summaryOf(page, 'A has no boundary');
    expect(await axeViolations(page)).toEqual([]);
    await goTo(page, '#/traces');
    await page.getByRole('grid', { name: 'Traces', exact: true }).waitFor();
    await page.keyboard.press('c');
    await page.getByRole('button', { name: 'B After pool-size 32' }).waitFor();
    await client.request('mark.remove', { id: mark.id });
    client.close();
    await page.context().close();
  });

  it('takes a file that was imported for a side', async () => {
    const file = await program.api(
      'api/v1/export?format=otlp.jsonl&signal=traces&q=service:finder',
    );
    const body = (await file.text()).replaceAll(
      /"traceId":"[^"]+"/g,
      '"traceId":"0123456789abcdef0123456789abcdef"',
    );
    await program.api('api/v1/import?label=before.otlp.jsonl', { method: 'POST', body });
    const page = await openPage('dark', '#/flame?mode=compare');
    await page.getByRole('button', { name: 'A All traces' }).click();
    await page.getByRole('menuitemradio', { name: 'before.otlp.jsonl' }).click();
    await page.getByRole('button', { name: 'A before.otlp.jsonl' }).getByText('1 trace').waitFor();
    await goTo(page, '#/flame?mode=compare&as=import:99');
    await summaryOf(page, 'That file is not in memory any more.');
    await page.context().close();
  });

  it('compares two traces that are marked in the list', async () => {
    const one = await sendTrace(program.httpPort, 'pair', 5, 'pairs');
    const two = await sendTrace(program.httpPort, 'pair', 5, 'pairs');
    const page = await openPage(
      'dark',
      `#/traces?q=service:pairs&sel=${one.traceId},${two.traceId}`,
    );
    await summaryOf(page, '2 traces marked');
    await page.keyboard.press('c');
    await page.getByRole('button', { name: `A Trace ${one.traceId.slice(0, 8)}` }).waitFor();
    await summaryOf(page, 'A and B take the same time');
    await goTo(page, `#/trace/${two.traceId}`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('menuitem', { name: 'With other traces of pair' }).click();
    await page.getByRole('button', { name: `B Trace ${two.traceId.slice(0, 8)}` }).waitFor();
    await page.getByRole('button', { name: 'A Query' }).getByText('1 trace').waitFor();
    await goTo(page, `#/trace/${one.traceId}`);
    await page.getByRole('heading', { name: 'pairs pair' }).waitFor();
    await page.keyboard.press('c');
    await page.getByRole('button', { name: `B Trace ${one.traceId.slice(0, 8)}` }).waitFor();
    await page.getByRole('button', { name: 'A Query' }).getByText('1 trace').waitFor();
    await page.context().close();
  });

  it('says which attribute values differ, and that traces are too few', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const page = await openPage(theme, `${COMPARED}&view=attributes`);
      const table = page.getByRole('region', { name: 'What changed' });
      await table.getByRole('row').filter({ hasText: 'service.name' }).first().waitFor();
      await summaryOf(page, 'Too few to tell a difference from chance');
      expect(await axeViolations(page), theme).toEqual([]);
      await table.getByTitle('Show 2 traces of A').first().click();
      await page.getByRole('grid', { name: 'Traces', exact: true }).waitFor();
      await page.context().close();
    }
  });

  it('finds operations by key, and in the table of what changed', async () => {
    const page = await openPage('dark', COMPARED);
    await summaryOf(page, 'No clear difference');
    await page.keyboard.press('Control+f');
    const field = page.getByRole('textbox', { name: 'Find operations in the graph' });
    expect(await field.evaluate((input) => input === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'search', exact: false }).last().click();
    await page.waitForFunction(() => location.hash.includes('find=search'));
    await page.context().close();
  });

  it('keeps the graph of one side when the other has no trace', async () => {
    const page = await openPage('dark', '#/flame?mode=compare&q=name:nothing&b=service:right');
    await summaryOf(page, 'No trace matches A');
    await page.getByRole('tree').waitFor({ state: 'attached' });
    await page.context().close();
  });

  it('swaps the sides by key, and opens the traces of one', async () => {
    const page = await openPage('dark', COMPARED);
    const table = page.getByRole('region', { name: 'What changed' });
    await page.getByRole('tree').focus();
    await page.keyboard.press('s');
    await page.waitForFunction(() => location.hash.includes('q=service%3Aright'));
    await table
      .getByRole('row')
      .filter({ hasText: 'search' })
      .getByText('only in A')
      .first()
      .waitFor();
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('button', { name: 'Traces of' }).first().click();
    await page.getByRole('grid', { name: 'Traces', exact: true }).waitFor();
    expect(decodeURIComponent(await hashOf(page))).toContain('#/traces?q=service:');
    await page.context().close();
  });
});
