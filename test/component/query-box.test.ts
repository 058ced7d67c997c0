/** The query box in a real browser: written, completed, taken apart, undone, read aloud. */
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendLogs, sendTrace, type SentTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;

let browser: Browser;
let program: Program;
let sent: SentTrace;
let page: Page;
let box: Locator;
const said: string[] = [];

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
  await opened.getByRole('row').filter({ hasText: 'first request' }).waitFor({ timeout: SOON_MS });
  return opened;
}

/** The query that the URL carries. */
const applied = (): Promise<string> =>
  page.evaluate(() => new URLSearchParams(location.hash.split('?')[1] ?? '').get('q') ?? '');

const expectApplied = (query: string): Promise<void> => expect.poll(applied).toBe(query);

/** What stands in the box, without its buttons. */
const written = (): Promise<string> =>
  box.evaluate((content) => {
    const copy = content.cloneNode(true) as HTMLElement;
    for (const button of copy.querySelectorAll('button, .cm-placeholder')) button.remove();
    return copy.textContent;
  });

const removeButton = (clause: string): Locator =>
  page.getByRole('button', { name: `Remove ${clause}`, exact: true });

async function write(text: string): Promise<void> {
  await page.keyboard.press('/');
  await page.keyboard.type(text);
}

async function paste(text: string): Promise<void> {
  await page.evaluate((value) => navigator.clipboard.writeText(value), text);
  await page.keyboard.press('Control+v');
}

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  sent = await sendTrace(program.httpPort, 'first request', 5, 'checkout');
  await sendTrace(program.httpPort, 'second request', 30, 'another');
  await sendLogs(program.httpPort, ['a line of the first request'], sent);
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

beforeEach(async () => {
  page = await openPage();
  box = page.getByRole('combobox', { name: 'Filter traces' });
  await box.waitFor();
});

afterEach(async () => {
  await page.context().close();
  expect(said.splice(0)).toEqual([]);
});

describe('writing a query', () => {
  it('draws complete clauses as tokens and leaves the text being typed as text', async () => {
    await write('service:checkout duration>20ms ste');
    await removeButton('service is checkout').waitFor();
    await removeButton('duration is over 20ms').waitFor();
    expect(await page.getByRole('button', { name: /^Remove/ }).count()).toBe(2);
    await expectApplied('service:checkout duration>20ms');
    await page.getByText('1 of 2 traces').waitFor();
  });

  it('applies on Enter, and makes a token of the last clause', async () => {
    await write('service:another');
    await page.keyboard.press('Enter');
    await removeButton('service is another').waitFor();
    await expectApplied('service:another');
  });

  it('removes a clause by its button, and brings it back by undo', async () => {
    await write('service:checkout kind:internal ');
    await removeButton('service is checkout').click();
    await expectApplied('kind:internal');
    await page.keyboard.press('Control+z');
    await expectApplied('service:checkout kind:internal');
    await page.keyboard.press('Control+y');
    await expectApplied('kind:internal');
  });

  it('reaches the remove button by key', async () => {
    await write('service:checkout ');
    await page.keyboard.press('Escape');
    await removeButton('service is checkout').focus();
    await page.keyboard.press('Enter');
    await expectApplied('');
    expect(await box.evaluate((content) => content === document.activeElement)).toBe(true);
  });

  it('takes the last token apart with Backspace', async () => {
    await write('service:checkout ');
    await removeButton('service is checkout').waitFor();
    await page.keyboard.press('Backspace');
    await removeButton('service is checkout').waitFor({ state: 'detached' });
    expect(await written()).toBe('service:checkout');
    await page.keyboard.press('Backspace');
    expect(await written()).toBe('service:checkou');
  });

  it('keeps the last valid query while the text is wrong, and says what is wrong', async () => {
    await write('service:checkout');
    await page.keyboard.press('Enter');
    await expectApplied('service:checkout');
    await page.keyboard.type('duration>abc ');
    await page.locator('.q-error').waitFor();
    await page.keyboard.press('Enter');
    const help = page.getByRole('search').getByRole('status');
    await expect.poll(() => help.textContent()).toMatch(/duration/i);
    expect(await box.getAttribute('aria-invalid')).toBe('true');
    expect(await applied()).toBe('service:checkout');
    await removeButton('service is checkout').click();
    expect(await applied()).toBe('service:checkout');
  });

  it('follows the browser back', async () => {
    await page.goto(`${program.ready.ui}#/traces?q=service:checkout`);
    await removeButton('service is checkout').waitFor();
    await page.evaluate(() => {
      location.hash = '#/traces?q=service:another';
    });
    await removeButton('service is another').waitFor();
    await page.goBack();
    await removeButton('service is checkout').waitFor();
  });

  it('takes a paste of many lines and of 10,000 characters as one line', async () => {
    await page.keyboard.press('/');
    await paste('service:checkout\n\tkind:internal\r\n');
    await expect.poll(written).toBe('service:checkout kind:internal');
    await page.keyboard.press('Control+a');
    await paste(
      Array.from({ length: 1000 }, (_, i) => `word${String(i).padStart(5, '0')}`).join(' '),
    );
    await expect.poll(async () => (await applied()).length).toBe(9999);
    const heightPx = (await page.getByRole('search').boundingBox())?.height;
    expect(heightPx).toBe(28);
  });

  it('takes right-to-left text and what an input method composes', async () => {
    await page.keyboard.press('/');
    await page.keyboard.insertText('service:שלום kind:internal');
    await expectApplied('service:שלום kind:internal');
    const session = await page.context().newCDPSession(page);
    await page.keyboard.press('Control+a');
    await session.send('Input.imeSetComposition', {
      text: 'けんさ',
      selectionStart: 3,
      selectionEnd: 3,
    });
    await session.send('Input.insertText', { text: '検索' });
    await page.keyboard.press('Enter');
    await expectApplied('検索');
  });
});

describe('completing a query', () => {
  const options = (): Locator => page.getByRole('option');

  it('completes a field and its value by Tab, and applies by Enter', async () => {
    await write('servic');
    await options().filter({ hasText: 'service' }).first().waitFor();
    expect(await box.getAttribute('aria-expanded')).toBe('true');
    const lit = await box.getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${lit}"]`).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Tab');
    await expect.poll(written).toMatch(/^service/);
    if (!(await written()).includes(':')) await page.keyboard.type(':');
    await options().filter({ hasText: 'checkout' }).waitFor();
    await page.keyboard.type('che');
    await expect.poll(() => options().count()).toBe(1);
    await page.keyboard.press('Tab');
    await removeButton('service is checkout').waitFor();
    await page.keyboard.press('Enter');
    await expectApplied('service:checkout');
  });

  it('takes the option that the arrows chose by Enter', async () => {
    await write('service:');
    await options().filter({ hasText: 'another' }).waitFor();
    await page.keyboard.press('ArrowDown');
    const chosen = await page
      .getByRole('option', { selected: true })
      .locator('.label')
      .textContent();
    await page.keyboard.press('Enter');
    await expectApplied(`service:${chosen}`);
  });

  it('takes an option by a click, and keeps the focus', async () => {
    await write('service:');
    await options().filter({ hasText: 'another' }).click();
    await expectApplied('service:another');
    expect(await box.evaluate((content) => content === document.activeElement)).toBe(true);
  });

  it('closes by Escape, and leaves the box by the next', async () => {
    await write('servic');
    await options().first().waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => options().count()).toBe(0);
    expect(await box.evaluate((content) => content === document.activeElement)).toBe(true);
    await page.keyboard.press('Escape');
    expect(await box.evaluate((content) => content === document.activeElement)).toBe(false);
  });

  it('shows suggestions and what is wrong together, and says both aloud', async () => {
    await write('duration>abc servic');
    await options().filter({ hasText: 'service' }).first().waitFor();
    const popup = page.locator('.popup');
    await popup.locator('.wrong').waitFor();
    const help = page.getByRole('search').getByRole('status');
    const message = (await help.textContent())?.trim() ?? '';
    expect(message).toMatch(/duration/i);
    expect(await popup.locator('.wrong').textContent()).toBe(message);
    expect(await popup.locator('.wrong').isVisible()).toBe(true);
    expect(await box.getAttribute('aria-describedby')).toBe(await help.getAttribute('id'));
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await popup.waitFor({ state: 'detached' });
    expect(await help.isVisible()).toBe(true);
  });

  it('offers recent queries in an empty box, after a reload, too', async () => {
    await write('service:checkout');
    await page.keyboard.press('Enter');
    await expectApplied('service:checkout');
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await expectApplied('');
    await page.reload();
    await box.waitFor();
    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: 'service:checkout' }).waitFor();
    await page.keyboard.press('Enter');
    await expectApplied('service:checkout');
  });

  it('names a query, offers it by its name, and takes the name away', async () => {
    await write('service:checkout kind:internal');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Save this query' }).click();
    await page.getByLabel('Name of this query').fill('My checkout');
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Saved as My checkout' }).waitFor();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await page.keyboard.type('my c');
    await page.getByRole('group', { name: 'Saved' }).getByRole('option').click();
    await expectApplied('service:checkout kind:internal');
    await page.getByRole('button', { name: 'Saved as My checkout' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('button', { name: 'Save this query' }).waitFor();
  });

  it('opens the trace of a pasted id, and says when it is not in memory', async () => {
    await page.keyboard.press('/');
    await paste('ab'.repeat(16));
    await page.getByRole('option', { name: 'Open trace abababab' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Trace abababab is not in memory.').waitFor();
    await page.keyboard.press('Control+a');
    await paste(sent.traceId);
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => location.hash))
      .toContain(`#/trace/${sent.traceId}`);
  });
});

describe('filter actions', () => {
  it('put an attribute into the query of the traces, by key, and go back', async () => {
    await page.goto(`${program.ready.ui}#/trace/${sent.traceId}?span=${sent.spanIds[2]}`);
    await page.getByRole('button', { name: 'Filter by step' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Filter for this value' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await expectApplied('step:2');
    await removeButton('step is 2').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Filter by service.name' }).click();
    await page.getByRole('menuitem', { name: 'Filter out this value' }).click();
    await expectApplied('step:2 -resource.service.name:checkout');
  });

  it('put an attribute of a log record into the query of the logs', async () => {
    await page.goto(`${program.ready.ui}#/logs?row=0`);
    await page.getByRole('button', { name: 'Filter by service.name' }).click();
    await page.getByRole('menuitem', { name: 'Only this value' }).click();
    await expectApplied('resource.service.name:tester');
    await page.getByRole('combobox', { name: 'Filter logs' }).waitFor();
  });
});

describe('accessibility', () => {
  it('has no violation with tokens, suggestions and an error, in the dark and in the light', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const other = await openPage(theme);
      await other.keyboard.press('/');
      await other.keyboard.type('service:checkout -kind:internal (a or b) servic');
      await other.getByRole('option').first().waitFor();
      expect(await axeViolations(other), `${theme} suggestions`).toEqual([]);
      await other.keyboard.press('Escape');
      await other.keyboard.type(' duration>abc ');
      await other.locator('.q-error').waitFor();
      await other.keyboard.press('Escape');
      expect(await axeViolations(other), `${theme} error`).toEqual([]);
      await other.context().close();
    }
  });
});
