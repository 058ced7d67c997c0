/** The keys of the Logs screen, each once. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sendLogs, sendTrace } from '../support/send.ts';
import { LogsPage, OTHER, SOON_MS } from './logs-page.ts';

let logs: LogsPage;

beforeAll(async () => {
  logs = await LogsPage.open();
  await logs.fill();
});

afterAll(() => logs.close());

afterEach(() => {
  expect(logs.said.splice(0)).toEqual([]);
});

const press = (key: string): Promise<void> => logs.page.keyboard.press(key);

/** The words of the row that the keys act on. */
const selected = async (): Promise<string> => {
  const row = logs.page.locator('.log-rows [role="row"][aria-selected="true"]');
  await row.first().waitFor({ timeout: SOON_MS });
  return (await row.first().textContent()) ?? '';
};

const expectSelected = (words: string): Promise<void> =>
  expect.poll(selected, { timeout: SOON_MS }).toContain(words);

describe('the keys of the Logs screen', () => {
  it('move by arrows and by J and K', async () => {
    await logs.fresh();
    await press('ArrowUp');
    await expectSelected('worker exited');
    await press('k');
    await expectSelected('pool 32');
    await press('j');
    await expectSelected('worker exited');
    await press('ArrowUp');
    await press('ArrowDown');
    await expectSelected('worker exited');
  });

  it('go to the oldest and the newest record by Home and End', async () => {
    await logs.fresh();
    await press('Home');
    await logs.row('request 0 done').waitFor({ timeout: SOON_MS });
    await press('End');
    await logs.row('worker exited').waitFor({ timeout: SOON_MS });
    expect(await logs.follow.getAttribute('aria-pressed')).toBe('true');
  });

  it('go from error to error by E and Shift+E, and say when there is none', async () => {
    await logs.fresh();
    await press('Shift+E');
    await expectSelected('worker exited');
    await press('Shift+E');
    await expectSelected('ReadTimeout');
    await press('Shift+E');
    await logs.text('No error before this record.').waitFor();
    await press('e');
    await expectSelected('worker exited');
    await press('e');
    await logs.text('No error after this record.').waitFor();
  });

  it('find an error that is far from the rows in view', async () => {
    await logs.fresh();
    await press('Home');
    await logs.row('request 0 done').waitFor({ timeout: SOON_MS });
    await press('Escape');
    await press('e');
    await expectSelected('ReadTimeout');
    expect(await logs.row('ReadTimeout').isVisible()).toBe(true);
  });

  it('open a record by Enter and by the right arrow, and close it by the left one', async () => {
    for (const key of ['Enter', 'ArrowRight']) {
      await logs.fresh();
      await press('ArrowUp');
      await press(key);
      await logs.page.getByRole('button', { name: 'Close' }).waitFor({ timeout: SOON_MS });
      await press('ArrowLeft');
      await logs.page.getByRole('button', { name: 'Close' }).waitFor({ state: 'detached' });
    }
  });

  it('show all of the newest record when it is opened, and keep its row in view', async () => {
    await logs.fresh();
    await press('ArrowUp');
    await press('Enter');
    const close = logs.page.getByRole('button', { name: 'Close' });
    await close.waitFor({ timeout: SOON_MS });
    const list = await logs.page.locator('.log-rows').boundingBox();
    const endPx = (list?.y ?? 0) + (list?.height ?? 0);
    await expect
      .poll(async () => {
        const box = await logs.page.locator('.detail').boundingBox();
        return (box?.y ?? Infinity) + (box?.height ?? 0);
      })
      .toBeLessThanOrEqual(endPx);
    const row = await logs.row('worker exited').boundingBox();
    expect(row?.y).toBeGreaterThanOrEqual(list?.y ?? 0);
  });

  it('mark rows apart from each other by X for the copy, and let them go by Escape', async () => {
    await logs.fresh();
    await press('ArrowUp');
    await expectSelected('worker exited');
    await press('x');
    await logs.page.getByText('1 row selected').waitFor({ timeout: SOON_MS });
    await press('ArrowUp');
    await press('ArrowUp');
    await press('x');
    await logs.page.getByText('2 rows selected').waitFor({ timeout: SOON_MS });
    await press('Control+c');
    const copied = (): Promise<string> => logs.page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(copied, { timeout: SOON_MS }).toContain('worker exited');
    expect(await copied()).not.toContain('pool 32');
    await press('Escape');
    await expect.poll(() => logs.page.getByText('rows selected').count()).toBe(0);
  });

  it('follow by F and bring in new rows by N', async () => {
    await logs.fresh();
    await press('f');
    expect(await logs.follow.getAttribute('aria-pressed')).toBe('false');
    await press('n');
    expect(await logs.follow.getAttribute('aria-pressed')).toBe('true');
    await press('f');
    await press('f');
    expect(await logs.follow.getAttribute('aria-pressed')).toBe('true');
  });

  it('wrap by W', async () => {
    await logs.fresh();
    const wrap = logs.page.getByRole('button', { name: 'Wrap' });
    await press('w');
    expect(await wrap.getAttribute('aria-pressed')).toBe('true');
    await press('w');
    expect(await wrap.getAttribute('aria-pressed')).toBe('false');
  });

  it('copy the trace id by Y, a link that opens the record by Shift+Y', async () => {
    await logs.goTo(`#/logs?trace=${OTHER}`);
    await logs.row('request 399 done').waitFor({ timeout: SOON_MS });
    await press('ArrowUp');
    await press('y');
    await logs.text('Copied the trace id.').waitFor();
    expect(await logs.copied).toBe(OTHER);
    await press('Shift+Y');
    await logs.text('Copied the link.').waitFor();
    expect(await logs.copied).toMatch(new RegExp(`#/logs\\?trace=${OTHER}&row=399$`));
  });

  it('pin the trace of a record by P', async () => {
    const sent = await sendTrace(logs.program.httpPort, 'to be pinned');
    await sendLogs(logs.program.httpPort, ['a line to pin'], sent);
    await logs.fresh();
    await logs.row('a line to pin').waitFor({ timeout: SOON_MS });
    await press('ArrowUp');
    await press('p');
    await logs.text(`Pinned trace ${sent.traceId.slice(0, 6)}. It stays in memory.`).waitFor();
    await logs.goTo('#/traces');
    await logs.page.getByRole('rowgroup', { name: 'Pinned' }).getByText('to be pinned').waitFor();
  });

  it('go to the filter by the slash, pause by Space', async () => {
    await logs.fresh();
    await press('/');
    const box = logs.page.getByRole('combobox', { name: 'Filter logs' });
    expect(await box.evaluate((content) => content === document.activeElement)).toBe(true);
    await press('Escape');
    await press('Space');
    await logs.text('Paused. The receiver goes on, nothing is lost.').waitFor();
    await press('Space');
  });
});
