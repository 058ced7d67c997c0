/** A capture that a killed program left, as a person meets it in a real browser. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let stateFolder: string;
let program: Program;
let browser: Browser;
let page: Page;
beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'flametail-e2e-'));
  const env = { FLAMETAIL_STATE_DIR: stateFolder };
  const killed = await startProgram(ROOT, [], env);
  await sendTrace(killed.httpPort, 'before the kill', 12);
  const exited = once(killed.process, 'exit');
  killed.process.kill('SIGKILL');
  await exited;
  program = await startProgram(ROOT, [], env);
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
});
afterEach(async () => {
  await browser.close();
  await program.stop();
  await rm(stateFolder, { recursive: true, force: true });
});

const offer = () => page.getByText(/^Flametail did not end cleanly\./);

describe('after a kill', () => {
  it('the page offers the capture, and Restore brings its traces back', async () => {
    await offer().waitFor();
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByText('12 spans restored').waitFor();
    await offer().waitFor({ state: 'detached' });
    await page.goto(`${program.ready.ui}#/traces`);
    await page.getByText('before the kill').first().waitFor();
  });

  it('Discard takes the offer away for good', async () => {
    await page.getByRole('button', { name: 'Discard' }).click();
    await offer().waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('Connect').first().waitFor();
    const status = (await (await program.api('/api/v1/status')).json()) as {
      signals: { spans: { received: number } };
    };
    expect(status.signals.spans.received).toBe(0);
    expect(await offer().count()).toBe(0);
  });
});
