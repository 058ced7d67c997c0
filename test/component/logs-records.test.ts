/** Records of the Logs screen: opened, lit, selected, copied, reached by key. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LogsPage, SOON_MS, TRACE } from './logs-page.ts';

let logs: LogsPage;

beforeAll(async () => {
  logs = await LogsPage.open();
});

afterAll(() => logs.close());

afterEach(() => {
  expect(logs.said.splice(0)).toEqual([]);
});

describe('a record of the Logs screen', () => {
  beforeAll(() => logs.fill());

  it('opens a record below its row, which does not move', async () => {
    await logs.fresh();
    const target = logs.row('ReadTimeout');
    const before = await target.boundingBox();
    await target.locator('.time').click();
    await logs.text('/app/psp/client.py:88').waitFor({ timeout: SOON_MS });
    expect((await target.boundingBox())?.y).toBe(before?.y);
    await logs.text('1 library frame hidden, httpx').click();
    await logs.text('_client.py:825').waitFor();
    expect(await logs.follow.getAttribute('aria-pressed')).toBe('false');
    await logs.page.keyboard.press('Escape');
    await logs.text('/app/psp/client.py:88').waitFor({ state: 'detached' });
  });

  it('opens a structured body as a tree', async () => {
    await logs.fresh();
    await logs.row('u_2207').locator('.time').click();
    await logs.page.getByRole('button', { name: 'map of 1' }).waitFor({ timeout: SOON_MS });
    await logs.page.locator('.detail').getByText('u_2207', { exact: true }).waitFor();
  });

  it('shows a body of 4 MB when asked, and only the lines in view', async () => {
    await logs.fresh();
    await logs
      .row(/^.*long 0123/)
      .locator('.time')
      .click();
    await logs.page.getByRole('button', { name: 'Show all, 4.2 MB' }).click({ timeout: SOON_MS });
    const body = logs.page.getByRole('group', { name: 'Body of the record' });
    await body.waitFor({ timeout: SOON_MS });
    expect(await body.locator('.line').count()).toBeLessThan(60);
  });

  it('lights the rows of a trace on hover, keeps them on a click, and lets go with Escape', async () => {
    await logs.fresh();
    const chip = logs.row('ReadTimeout').getByRole('link');
    await chip.hover();
    await expect.poll(() => logs.page.locator('a.trace.lit').count()).toBe(2);
    await chip.click();
    await logs.text('Highlighting trace').waitFor();
    expect(await logs.hash()).toMatch(/^#\/logs/);
    await logs.page.mouse.move(700, 20);
    expect(await logs.page.locator('a.trace.lit').count()).toBe(2);
    await logs.page.keyboard.press('Escape');
    await logs.text('Highlighting trace').waitFor({ state: 'detached' });
  });

  it('opens the trace at the record with Enter on its chip, and with O', async () => {
    await logs.fresh();
    await logs.row('ReadTimeout').getByRole('link').focus();
    await logs.page.keyboard.press('Enter');
    expect(await logs.hash()).toBe(`#/trace/${TRACE}?span=00000000000000aa`);
    await logs.page.goBack();
    await logs.fresh();
    for (let i = 0; i < 9; i++) await logs.page.keyboard.press('ArrowUp');
    await logs.page.keyboard.press('h');
    await logs.text('Highlighting trace').waitFor();
    await logs.page.keyboard.press('o');
    expect(await logs.hash()).toContain('#/trace/');
    await logs.goTo('#/logs');
  });

  it('selects several rows by keys and by pointer, and copies them as text', async () => {
    await logs.fresh();
    await logs.page.keyboard.press('ArrowUp');
    await logs.page.keyboard.press('Shift+ArrowUp');
    await logs.text('2 rows selected').waitFor();
    await logs
      .row('first line')
      .locator('.time')
      .click({ modifiers: ['Shift'] });
    await logs.text('6 rows selected').waitFor();
    await logs.page.keyboard.press('Escape');
    await logs.page.keyboard.press('ArrowUp');
    await logs.page.keyboard.press('Shift+ArrowUp');
    await logs.page.keyboard.press('Control+c');
    await expect
      .poll(() => logs.page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/WARN inventory pool 32 of 32 in use waiters=0\n.* FATAL mailer worker exited$/);
    await logs.page.getByRole('button', { name: 'Copy JSON' }).click();
    await expect
      .poll(async () => {
        const copied = await logs.page.evaluate(() => navigator.clipboard.readText());
        return copied.startsWith('[') ? (JSON.parse(copied) as unknown[]).length : 0;
      })
      .toBe(2);
    const [download] = await Promise.all([
      logs.page.waitForEvent('download'),
      logs.page.getByRole('button', { name: 'Export selection' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('logs.otlp.jsonl');
  });
});
