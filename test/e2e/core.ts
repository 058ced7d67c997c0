/**
 * What the program promises a person, told once and run against each host: the browser mode, the
 * desktop shell under the fake Electron, and the real one where its binary exists.
 */
import { fileURLToPath } from 'node:url';
import { startBakery } from '../demo/bakery.mjs';
import type { ConsoleMessage, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sendLogs, sendTrace } from '../support/send.ts';

export interface CoreHost {
  readonly page: Page;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Exports through the interface, started by `begin`; resolves with the file's path. */
  exportFile(begin: () => Promise<void>): Promise<string>;
  /** Opens a file through the interface's own file picker, started by `begin`. */
  openFile(path: string, begin: () => Promise<void>): Promise<void>;
  /** Takes the engine away and brings it back, empty. */
  restartEngine(): Promise<void>;
  close(): Promise<void>;
}

/** Where the page of a failed spec is kept. */
const PICTURES = new URL('../.output/', import.meta.url);
const SOON_MS = 10_000;
const LARGE_SPANS = 50_000;

export function coreSpecs(name: string, open: () => Promise<CoreHost>): void {
  describe(`${name}: the program as a person uses it`, () => {
    let host: CoreHost;
    const said: string[] = [];

    const go = async (screen: string): Promise<void> => {
      await host.page
        .getByRole('navigation', { name: 'Main' })
        .getByRole('link', { name: new RegExp(`^${screen}`) })
        .click();
    };
    const rowOf = (text: string) =>
      host.page
        .getByRole('grid', { name: /^Traces/ })
        .getByRole('row')
        .filter({ hasText: text });
    const menu = async (item: string): Promise<void> => {
      await host.page.getByRole('button', { name: 'Menu' }).click();
      await host.page.getByRole('menuitem', { name: item }).click();
    };

    beforeAll(async () => {
      host = await open();
      host.page.on('console', (message: ConsoleMessage) => {
        said.push(`${message.type()}: ${message.text()}`);
      });
      host.page.on('pageerror', (error) => said.push(`error: ${error.message}`));
    });

    afterAll(async () => {
      await host.close();
    });

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') {
        const file = `${name} ${task.name}.png`.replace(/[^\w.]+/g, '-');
        await host.page.screenshot({ path: fileURLToPath(new URL(file, PICTURES)) });
      }
      expect(said.splice(0).filter((line) => !isLostConnection(line))).toEqual([]);
    });

    it('shows how to connect until the first span, then steps aside', async () => {
      const { page } = host;
      await page.getByText('Ready for your first span').waitFor({ timeout: SOON_MS });
      await page.getByText('Listening on this computer only').first().waitFor();
      await sendTrace(host.httpPort, 'first light');
      await rowOf('first light').waitFor({ timeout: SOON_MS });
    });

    it('has a new request in the list within a second, and draws its flame', async () => {
      const { page } = host;
      const waits: number[] = [];
      for (let index = 0; index < 5; index++) {
        const sent = performance.now();
        await sendTrace(host.httpPort, `request ${index}`);
        await rowOf(`request ${index}`).waitFor({ timeout: SOON_MS });
        waits.push(performance.now() - sent);
      }
      waits.sort((a, b) => a - b);
      expect(waits[2]).toBeLessThan(1000);

      await rowOf('request 4').click();
      await page.getByRole('tree', { name: 'Spans of the trace' }).waitFor({ timeout: SOON_MS });
      await expectPainted(page);
      await page.getByRole('heading', { name: 'request 4' }).last().waitFor();
    });

    it('receives the demo over every protocol and joins its services into traces', async () => {
      const { page } = host;
      await go('Traces');
      await page.keyboard.press('Escape');
      const bakery = await startBakery(
        {
          http: `http://127.0.0.1:${host.httpPort}`,
          grpc: `http://127.0.0.1:${host.grpcPort}`,
        },
        { requestsPerSecond: 8 },
      );
      try {
        await rowOf('submit order').first().waitFor({ timeout: SOON_MS });
        for (const service of ['storefront-web', 'api-gateway', 'inventory', 'payments']) {
          await page
            .getByRole('group', { name: 'Services' })
            .getByRole('button', { name: new RegExp(service) })
            .waitFor({ timeout: SOON_MS });
        }
        await go('Metrics');
        await page.getByText('orders.placed').first().waitFor({ timeout: SOON_MS });
        await page.getByText('exponential histogram').first().waitFor({ timeout: SOON_MS });
      } finally {
        await bakery.stop();
      }
    });

    it('opens a trace of 50,000 spans and pans over it', async () => {
      const { page } = host;
      const { traceId } = await sendTrace(host.httpPort, 'a large one', LARGE_SPANS);
      await page.evaluate((id) => {
        location.hash = `#/trace/${id}`;
      }, traceId);
      await page
        .getByText('50.0k spans')
        .or(page.getByText('50k spans'))
        .first()
        .waitFor({ timeout: 3 * SOON_MS });
      await expectPainted(page);
      const range = page.locator('.range');
      const before = await range.textContent();
      const canvas = page.locator('canvas[data-view="flame"]').first();
      const box = await canvas.boundingBox();
      if (box === null) throw new Error('the flame has no place on the page');
      await page.mouse.move(box.x + box.width / 2, box.y + 60);
      await page.keyboard.down('Control');
      for (let index = 0; index < 6; index++) await page.mouse.wheel(0, -240);
      await page.keyboard.up('Control');
      await expect.poll(() => range.textContent()).not.toBe(before);
      const zoomed = await range.textContent();
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2 - 200, box.y + 60, { steps: 5 });
      await page.mouse.up();
      await expect.poll(() => range.textContent()).not.toBe(zoomed);
    });

    it('follows the logs, and leads from a record to its span and back', async () => {
      const { page } = host;
      const trace = await sendTrace(host.httpPort, 'a talkative one');
      await go('Logs');
      await sendLogs(
        host.httpPort,
        Array.from({ length: 300 }, (_, index) => `line ${index}`),
        trace,
      );
      const log = page.getByRole('grid', { name: 'Log records' });
      await log.getByText('line 299', { exact: true }).waitFor({ timeout: SOON_MS });
      await sendLogs(host.httpPort, ['the newest of all'], trace);
      const newest = log.locator('[id^="log-"]').filter({ hasText: 'the newest of all' });
      await newest.waitFor({ timeout: SOON_MS });
      await newest.getByRole('link').press('Enter');
      await page.getByRole('tree', { name: 'Spans of the trace' }).waitFor({ timeout: SOON_MS });
      await page.getByRole('link', { name: 'Open in Logs' }).click();
      await log.getByText('the newest of all').waitFor({ timeout: SOON_MS });
    });

    it('exports, clears and imports, and shows the same traces again', async () => {
      const { page } = host;
      await go('Traces');
      await page.keyboard.press('Escape'); // Lets go of the row that was opened before.
      await sendTrace(host.httpPort, 'worth keeping');
      await rowOf('worth keeping').waitFor({ timeout: SOON_MS });
      const file = await host.exportFile(async () => {
        await menu('Export…');
        await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click();
      });
      await menu('Clear…');
      await page.getByRole('dialog').getByRole('button', { name: 'Clear', exact: true }).click();
      await rowOf('worth keeping').waitFor({ state: 'detached', timeout: SOON_MS });
      // A row that comes under the pointer would hold the rest of the list back.
      await page.mouse.move(1, 1);
      await host.openFile(file, () => menu('Open files…'));
      await go('Traces');
      await rowOf('worth keeping').waitFor({ timeout: SOON_MS });
      await rowOf('request 4').first().waitFor({ timeout: SOON_MS });
    });

    it('comes back by itself after a reload, at the same place', async () => {
      const { page } = host;
      await go('Traces');
      await rowOf('worth keeping').click();
      await page.getByRole('tree', { name: 'Spans of the trace' }).waitFor({ timeout: SOON_MS });
      await page.waitForURL(/span=/);
      const url = page.url();
      await page.reload();
      expect(page.url()).toBe(url);
      await page.getByRole('tree', { name: 'Spans of the trace' }).waitFor({ timeout: SOON_MS });
    });

    it('reconnects when the engine comes back, and says what it lost', async () => {
      const { page } = host;
      await host.restartEngine();
      await page
        .getByText(/engine restarted/i)
        .first()
        .waitFor({ timeout: 3 * SOON_MS });
      await sendTrace(host.httpPort, 'after the restart');
      await go('Traces');
      await page.keyboard.press('Escape');
      await rowOf('after the restart').waitFor({ timeout: SOON_MS });
    });
  });
}

/** The browser itself reports what a stopped or starting program answers; no script can quiet it. */
function isLostConnection(line: string): boolean {
  return ['WebSocket connection to', 'ERR_CONNECTION_REFUSED', 'status of 503'].some((part) =>
    line.includes(part),
  );
}

/** Waits until the flame's canvas holds more than one colour. */
async function expectPainted(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-view="flame"]');
    const context = canvas?.getContext('2d');
    if (canvas === null || context === null || context === undefined || canvas.width === 0)
      return false;
    const { data } = context.getImageData(0, 0, canvas.width, Math.min(canvas.height, 80));
    const pixels = new Uint32Array(data.buffer);
    const colours = new Set<number>();
    for (let index = 0; index < pixels.length; index += 7) colours.add(pixels[index]);
    return colours.size > 3;
  });
}
