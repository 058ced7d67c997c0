/** The Logs screen in time: following, density, gutter, pause, storm. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { sendLogs } from '../support/send.ts';
import { LogsPage, SOON_MS } from './logs-page.ts';

let logs: LogsPage;

beforeAll(async () => {
  logs = await LogsPage.open();
});

afterAll(() => logs.close());

afterEach(() => {
  expect(logs.said.splice(0)).toEqual([]);
});

describe('the Logs screen in time', () => {
  beforeAll(() => logs.fill());

  it('stops following on scrolling up, counts what is new, and resumes with End', async () => {
    await logs.fresh();
    await logs.page.getByRole('grid', { name: 'Log records' }).hover();
    await logs.page.mouse.wheel(0, -400);
    await logs.text('Held while you read. Nothing is lost.').waitFor();
    await sendLogs(logs.program.httpPort, ['new one', 'new two']);
    await logs.page
      .locator('.seam')
      .getByRole('button', { name: 'Follow, 2 new' })
      .waitFor({ timeout: SOON_MS });
    await logs.page.keyboard.press('End');
    await logs.row('new two').waitFor();
    expect(await logs.follow.getAttribute('aria-pressed')).toBe('true');
  });

  it('stops following when text is selected', async () => {
    await logs.fresh();
    await logs.row('new two').locator('.body').dblclick();
    await logs.text('Held while you read. Nothing is lost.').waitFor();
    await logs.page.evaluate(() => getSelection()?.removeAllRanges());
  });

  it('jumps to the time of a column of the density by pointer and by keys', async () => {
    await logs.fresh();
    const density = logs.page.getByRole('slider', { name: /^Log density/ });
    await density.hover({ position: { x: 60, y: 40 } });
    await logs.text('Click jumps here, drag narrows').waitFor();
    await density.click({ position: { x: 60, y: 40 } });
    await logs.row('request 0 done').waitFor({ timeout: SOON_MS });
    await logs.page.locator('[role="row"][aria-selected="true"]').waitFor();
    await density.focus();
    await logs.page.keyboard.press('End');
    expect(await density.getAttribute('aria-valuetext')).toContain(' to ');
    await logs.page.keyboard.press('Enter');
    await logs.row('new one').waitFor({ timeout: SOON_MS });
  });

  it('shows the density as a table, by key, and gives the focus back', async () => {
    await logs.fresh();
    const show = logs.page.getByRole('button', { name: /^Show as table: Log records/ });
    await show.focus();
    await logs.page.keyboard.press('Enter');
    const dialog = logs.page.getByRole('dialog', { name: 'Log records by time and level' });
    const row = dialog.getByRole('row').filter({ hasText: ' to ' });
    await row.first().waitFor();
    const cells = await row.last().getByRole('cell').allTextContents();
    expect(cells).toHaveLength(4); // Info, warn, error and fatal occur.
    expect(cells.reduce((sum, text) => sum + Number(text.replace(',', '')), 0)).toBeGreaterThan(0);
    expect(await axeViolations(logs.page)).toEqual([]);
    await logs.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await show.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  it('narrows the list to a brush, keeps the density whole, and lets go with Escape', async () => {
    await logs.fresh();
    const box = await logs.page.getByRole('slider', { name: /^Log density/ }).boundingBox();
    if (box === null) throw new Error('there is no density');
    await logs.page.mouse.move(box.x + 50, box.y + 40);
    await logs.page.mouse.down();
    await logs.page.mouse.move(box.x + 300, box.y + 40, { steps: 4 });
    await logs.page.mouse.up();
    expect(await logs.hash()).toMatch(/from=\d+&to=\d+/);
    await logs.row(/request \d+ done/).waitFor({ timeout: SOON_MS });
    await logs
      .text('Show every time')
      .or(logs.page.getByLabel('Show every time'))
      .first()
      .waitFor();
    await expect.poll(() => logs.page.getByText('worker exited').count()).toBe(0);
    const whole = await logs.page.getByRole('slider').getAttribute('aria-valuemax');
    expect(Number(whole)).toBeGreaterThan(20);
    await logs.page.keyboard.press('Escape');
    await logs.page.keyboard.press('Escape');
    expect(await logs.hash()).toBe('#/logs');
  });

  it('jumps with the gutter', async () => {
    await logs.fresh();
    const gutter = await logs.page.locator('.gutter').boundingBox();
    if (gutter === null) throw new Error('there is no gutter');
    await logs.page.mouse.click(gutter.x + 6, gutter.y + 2);
    await logs.row('request 0 done').waitFor({ timeout: SOON_MS });
    await logs.text('Held while you read. Nothing is lost.').waitFor();
  });

  it('shows no empty row while the gutter is dragged, and every row around the place after', async () => {
    await logs.fresh();
    const gutter = await logs.page.locator('.gutter').boundingBox();
    if (gutter === null) throw new Error('there is no gutter');
    const x = gutter.x + 6;
    const endPx = gutter.y + gutter.height;
    await logs.page.evaluate(() => {
      const seen = globalThis as unknown as { blank: number; isSeeing: boolean };
      seen.blank = 0;
      seen.isSeeing = true;
      const look = (): void => {
        seen.blank += document.querySelectorAll('.log-rows [aria-busy="true"]').length;
        if (seen.isSeeing) requestAnimationFrame(look);
      };
      look();
    });
    await logs.page.mouse.move(x, endPx - 12);
    await logs.page.mouse.down();
    await logs.page.mouse.move(x, gutter.y + 1, { steps: 40 });
    await logs.row('request 0 done').waitFor({ timeout: SOON_MS });
    const blank = await logs.page.evaluate(() => {
      const seen = globalThis as unknown as { blank: number; isSeeing: boolean };
      seen.isSeeing = false;
      return seen.blank;
    });
    await logs.page.mouse.up();
    expect(blank).toBe(0);
    await logs.page.getByRole('grid', { name: 'Log records' }).hover();
    await logs.page.mouse.wheel(0, 300);
    await logs.row('request 40 done').waitFor({ timeout: SOON_MS });
    await expect.poll(() => logs.page.locator('.log-rows [aria-busy="true"]').count()).toBe(0);
  });

  it('holds rows, counts and density in a pause', async () => {
    await logs.fresh();
    await logs.page.keyboard.press('Space');
    await logs.text('Paused. The receiver goes on, nothing is lost.').waitFor();
    await sendLogs(logs.program.httpPort, ['while paused']);
    await logs.text(/^[1-9]\d* new$/).waitFor({ timeout: SOON_MS });
    expect(await logs.row('while paused').count()).toBe(0);
    await logs.page.keyboard.press('Space');
    await logs.row('while paused').waitFor({ timeout: SOON_MS });
  });

  it('shows what is there when it is opened in a pause', async () => {
    const other = await logs.another('dark');
    await logs.goTo('#/metrics', other);
    await other.getByText(/^Live/).first().waitFor({ timeout: SOON_MS });
    await other.keyboard.press('Space');
    await other
      .getByText(/^Paused/)
      .first()
      .waitFor();
    await logs.goTo('#/logs', other);
    const newest = other.locator('.log-rows .row').filter({ hasText: 'while paused' });
    await newest.waitFor({ timeout: SOON_MS });
    await sendLogs(logs.program.httpPort, ['after the pause']);
    await other.getByText(/^[1-9]\d* new$/).waitFor({ timeout: SOON_MS });
    await newest.waitFor();
    await other.context().close();
  });

  it('shrinks the density in a low window, and puts it behind a toggle in a lower one', async () => {
    await logs.fresh();
    const density = logs.page.getByRole('slider', { name: /^Log density/ });
    await logs.page.setViewportSize({ width: 960, height: 700 });
    await expect.poll(async () => (await density.boundingBox())?.height).toBe(64);
    await logs.page.setViewportSize({ width: 960, height: 520 });
    await density.waitFor({ state: 'detached' });
    await logs.page.getByRole('button', { name: 'Density' }).click();
    await density.waitFor();
    await logs.page.setViewportSize({ width: 1700, height: 900 });
    await logs.row('while paused').waitFor();
    await logs.row('worker exited').getByText('payments.psp').waitFor();
    await logs.page.setViewportSize({ width: 1440, height: 900 });
  });

  it('says in a storm how few lines it shows, and keeps all', async () => {
    await logs.fresh();
    const many = Array.from({ length: 6000 }, (_, index) => `storm ${index}`);
    await sendLogs(logs.program.httpPort, many);
    await logs.text(/^Showing 1 of \d+ lines while this fast\. All are kept\.$/).waitFor({
      timeout: SOON_MS,
    });
    await logs.text('Following the newest record').waitFor({ timeout: SOON_MS });
    await logs.row('storm 5999').waitFor();
  });
});
