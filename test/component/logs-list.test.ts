/** The list of the Logs screen: what a row shows, and what narrows the list. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { sendTrace } from '../support/send.ts';
import { LogsPage, SOON_MS } from './logs-page.ts';

let logs: LogsPage;

beforeAll(async () => {
  logs = await LogsPage.open();
});

afterAll(() => logs.close());

afterEach(() => {
  expect(logs.said.splice(0)).toEqual([]);
});

describe('the Logs screen before a record', () => {
  it('leads to Connect when only spans arrive', async () => {
    await sendTrace(logs.program.httpPort, 'first request');
    await logs.goTo('#/logs');
    await logs.text('Spans arrive, but no log records yet').waitFor({ timeout: SOON_MS });
    await logs.page.getByRole('button', { name: 'Show how to connect' }).click();
    expect(await logs.hash()).toBe('#/connect');
  });
});

describe('the Logs screen', () => {
  beforeAll(() => logs.fill());

  it('has no accessibility violation, in the dark and in the light, with a record open', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const other = await logs.another(theme);
      for (const place of [
        '#/logs',
        '#/logs?row=401',
        '#/logs?row=405',
        '#/logs?q=highlight~psp',
      ]) {
        await logs.goTo(place, other);
        await other.getByRole('grid', { name: 'Log records' }).waitFor({ timeout: SOON_MS });
        if (place.includes('row=')) await other.getByRole('button', { name: 'Close' }).waitFor();
        expect(await axeViolations(other), `${theme} ${place}`).toEqual([]);
      }
      await other.context().close();
    }
  });

  it('counts records by level', async () => {
    await logs.fresh();
    await logs.text('1 fatal').waitFor();
    await logs.text('1 error').waitFor();
    await logs.text('420 records').waitFor();
  });

  it('narrows by the least level, and counts what is left', async () => {
    await logs.fresh();
    await logs.page.getByRole('radio', { name: 'Error' }).click();
    expect(await logs.hash()).toContain('level=error');
    await logs.text('2 records').waitFor({ timeout: SOON_MS });
    expect(await logs.page.locator('.log-rows .row').count()).toBe(2);
  });

  it('says what a filter hides, and takes it away', async () => {
    await logs.goTo('#/logs?q=nothing-like-this');
    await logs.text('No log record matches').waitFor({ timeout: SOON_MS });
    await logs.text('420 are hidden by this filter.').waitFor();
    await logs.page.getByRole('button', { name: 'Clear filter' }).last().click();
    await logs.row('worker exited').waitFor({ timeout: SOON_MS });
  });

  it('marks with highlight~ and hides nothing', async () => {
    await logs.goTo('#/logs?q=highlight~PSP');
    await logs.row('ReadTimeout').locator('.mark').first().waitFor({ timeout: SOON_MS });
    await logs.text('420 records').waitFor();
  });

  it('folds repeats into one row, and lists them on demand', async () => {
    await logs.fresh();
    const folded = logs.row('pool 32 of 32');
    await folded.getByText('×12').waitFor();
    expect(await logs.page.locator('.log-rows .row').filter({ hasText: 'pool 32' }).count()).toBe(
      1,
    );
    await folded.getByRole('button', { name: '×12' }).click();
    await logs.page.getByRole('button', { name: /waiters=11/ }).waitFor({ timeout: SOON_MS });
    await folded.getByRole('button', { name: '×12' }).click();
    await logs.page.getByRole('button', { name: /waiters=11/ }).waitFor({ state: 'detached' });
  });

  it('draws terminal colours and never their sequences', async () => {
    await logs.fresh();
    await logs.row('red words').locator('.body .error', { hasText: 'red' }).waitFor();
    expect(await logs.row('red words').textContent()).not.toContain('[31m');
  });

  it('draws a record without a body by its event name', async () => {
    await logs.fresh();
    await logs.row('checkout.done').getByText('total=').waitFor();
  });

  it('shows one line of many until wrapped', async () => {
    await logs.fresh();
    const many = logs.row('first line');
    expect(await many.textContent()).not.toContain('second line');
    await logs.page.keyboard.press('w');
    await many.getByText('third line').waitFor();
    expect((await many.boundingBox())?.height).toBe(60);
    await logs.page.keyboard.press('w');
    expect((await many.boundingBox())?.height).toBe(20);
  });
});
