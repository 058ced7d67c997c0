/** A program that is there but stuck, as a person meets it in a real browser. */
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sendTrace } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let program: Program;
let browser: Browser;
beforeEach(async () => {
  program = await startProgram(ROOT);
  browser = await launchBrowser();
});
afterEach(async () => {
  program.process.kill('SIGCONT');
  await browser.close();
  await program.stop();
});

it.skipIf(process.platform === 'win32')(
  'the page says that the engine does not answer, and goes on by itself when it does',
  async () => {
    const page = await browser.newPage();
    await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
    await sendTrace(program.httpPort, 'before');
    await page.getByText('Live', { exact: true }).first().waitFor();
    program.process.kill('SIGSTOP');
    await page.getByText(/^The engine does not answer\./).waitFor();
    expect(await page.getByText('Not answering').count()).toBe(1);
    program.process.kill('SIGCONT');
    await page.getByText(/^The engine does not answer\./).waitFor({ state: 'detached' });
    await sendTrace(program.httpPort, 'after the stop');
    await page.goto(`${program.ready.ui}#/traces`);
    await page.getByText('after the stop').first().waitFor();
  },
);
