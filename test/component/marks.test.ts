/** Marks: dropped, named, drawn, listed, gone to, and made by a restart, in the real program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { openLiveClient } from '../support/live-socket.ts';
import { startProgram, type Program } from '../support/program.ts';
import { post } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOON_MS = 10_000;
/** A restart is known some seconds after it: an old process may still be heard. */
const RESTART_MS = 30_000;
const TRACES = 60;

let browser: Browser;
let program: Program;
let page: Page;
const said: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  await sendMinute();
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

afterEach(async () => {
  await page.context().close();
  await removeAll();
  expect(said.splice(0)).toEqual([]);
});

/** One trace, one log record and one point a second, of the minute before now. */
async function sendMinute(): Promise<void> {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const seconds = Array.from({ length: TRACES }, (_, i) => i);
  const atNs = (i: number): string => String(nowNs - BigInt(TRACES - i) * 1_000_000_000n);
  const hex = (i: number, length: number): string => (i + 1).toString(16).padStart(length, '0');
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'bakery' } }] };
  await post(program.httpPort, '/v1/traces', {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            spans: seconds.map((i) => ({
              traceId: hex(i, 32),
              spanId: hex(i, 16),
              name: `bake ${i}`,
              startTimeUnixNano: atNs(i),
              endTimeUnixNano: String(BigInt(atNs(i)) + 20_000_000n),
            })),
          },
        ],
      },
    ],
  });
  await post(program.httpPort, '/v1/logs', {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: seconds.map((i) => ({
              timeUnixNano: atNs(i),
              severityNumber: 9,
              body: { stringValue: `line ${i}` },
            })),
          },
        ],
      },
    ],
  });
  const dataPoints = seconds.map((i) => ({ timeUnixNano: atNs(i), asDouble: i % 7 }));
  const metrics = [{ name: 'oven.doors', gauge: { dataPoints } }];
  await post(program.httpPort, '/v1/metrics', {
    resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'm' }, metrics }] }],
  });
}

/** Adds a mark between two traces, so many seconds ago; 0.5 s before "bake n" for n = 60 - ago. */
async function addMark(label: string, agoS: number): Promise<void> {
  const client = openLiveClient(program.ready);
  try {
    const { traces } = await client.request('traces.list', {
      filter: { text: 'name:"bake 0"', services: [], notServices: [] },
      limit: 1,
      cursor: '',
    });
    const firstNs = BigInt(traces[0]?.startTimeUnixNano ?? 0);
    const ns = firstNs + BigInt(Math.round((TRACES - agoS - 0.5) * 1e9));
    await client.request('mark.add', { label, timeUnixNano: String(ns) });
  } finally {
    client.close();
  }
}

async function removeAll(): Promise<void> {
  const client = openLiveClient(program.ready);
  try {
    await client.welcome;
    const ids = await new Promise<string[]>((resolve) => {
      client.subscribe(
        'marks',
        {},
        {
          frame: ({ meta }) => {
            resolve(meta.marks.map(({ id }) => id));
          },
        },
      );
    });
    for (const id of ids) await client.request('mark.remove', { id });
  } finally {
    client.close();
  }
}

async function open(hash: string, theme: 'dark' | 'light' = 'dark', width = 1440): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  await goTo(hash);
}

const goTo = (hash: string): Promise<void> =>
  page.evaluate((next) => {
    location.hash = next;
  }, hash);

const flag = (name: string | RegExp): Locator =>
  page.getByRole('toolbar', { name: 'Marks' }).getByRole('button', { name });
const nameField = (): Locator => page.getByRole('textbox', { name: 'Name of the mark' });
const list = (): Locator => page.getByRole('dialog', { name: 'Marks' });
const rowOf = (text: string): Locator =>
  page.locator('[id^="row-"]').filter({ has: page.getByText(text, { exact: true }) });
const soon = { timeout: SOON_MS };

describe('M', () => {
  beforeEach(async () => {
    await open('#/traces');
    await rowOf('bake 59').waitFor(soon);
  });

  it('drops a mark, and what is typed then names it', async () => {
    await page.keyboard.press('m');
    await nameField().waitFor(soon);
    await page.keyboard.type('pool-size 32');
    await page.keyboard.press('Enter');
    await nameField().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Show 1 mark' }).click();
    await list()
      .getByRole('button', { name: /^pool-size 32/ })
      .waitFor(soon);
  });

  it('leaves the number as the name on Escape', async () => {
    await page.keyboard.press('m');
    await nameField().waitFor(soon);
    await page.keyboard.type('never');
    await page.keyboard.press('Escape');
    await nameField().waitFor({ state: 'detached' });
    await page.keyboard.press('Shift+M');
    await list()
      .getByRole('button', { name: /^Mark \d+ / })
      .waitFor(soon);
  });

  it('says in a pause that the mark stands now', async () => {
    await page.keyboard.press('Space');
    await page.keyboard.press('m');
    await page.getByText(/^The view is paused\. This mark stands at [\d:.]+, now/).waitFor(soon);
  });

  it('works from the button and can be taken back', async () => {
    await page.getByRole('button', { name: 'Mark M' }).click();
    await nameField().waitFor(soon);
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText(/^Removed the mark/).waitFor(soon);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Show 1 mark' }).waitFor(soon);
  });

  it('is a letter like others in a text field', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('m');
    await page.locator('.cm-content').getByText('m').waitFor(soon);
    expect(await nameField().count()).toBe(0);
  });
});

it('is in the menu where the title bar has no room for it', async () => {
  await open('#/traces', 'dark', 960);
  await rowOf('bake 59').waitFor(soon);
  expect(await page.getByRole('button', { name: 'Mark M' }).isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await page.getByRole('menuitem', { name: /^Drop a mark/ }).click();
  await nameField().waitFor(soon);
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
  await page.keyboard.type('narrow');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await page.getByRole('menuitem', { name: /^Marks/ }).click();
  await list()
    .getByRole('button', { name: /^narrow/ })
    .waitFor(soon);
});

describe('a mark', () => {
  it('is a flag on the latency strip, which takes the list to its time', async () => {
    await addMark('pool-size 32', 20);
    await open('#/traces');
    await flag(/^pool-size 32/).click(soon);
    await page.waitForFunction(() => location.hash.includes('trace='), undefined, soon);
    const selected = page.locator('[id^="row-"][aria-selected="true"]');
    await selected.getByText('bake 40', { exact: true }).waitFor(soon);
  });

  it('takes a list in another order back to that of time', async () => {
    await addMark('pool-size 32', 20);
    await open('#/traces?order=slowest');
    await flag(/^pool-size 32/).click(soon);
    const selected = page.locator('[id^="row-"][aria-selected="true"]');
    await selected.getByText('bake 40', { exact: true }).waitFor(soon);
    expect(await page.evaluate(() => location.hash)).not.toContain('order=');
  });

  it('is a flag on the density of logs, and Enter takes the list there', async () => {
    await addMark('pool-size 32', 20);
    await open('#/logs');
    await flag(/^pool-size 32/).focus(soon);
    await page.keyboard.press('Enter');
    await page.locator('.selected, [aria-selected="true"]').getByText('line 40').waitFor(soon);
    expect(await page.locator('.gutter .mark.manual').count()).toBe(1);
  });

  it('shares a flag with those next to it, which says how many they are', async () => {
    await addMark('first', 20.2);
    await addMark('second', 20.1);
    await addMark('third', 20);
    await addMark('far', 40);
    await open('#/traces');
    const shared = flag(/^first, .*; second, .*; third, /);
    expect(await shared.textContent(soon)).toBe('third +2');
    await flag(/^far/).focus();
    await page.keyboard.press('ArrowRight');
    expect(await shared.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('is renamed and removed with keys in the list, and Escape gives the focus back', async () => {
    await addMark('older', 30);
    await addMark('newer', 20);
    await open('#/traces');
    await rowOf('bake 59').waitFor(soon);
    const opener = page.getByRole('button', { name: 'Show 2 marks' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const newer = list().getByRole('button', { name: /^newer/ });
    await newer.waitFor(soon);
    await page.keyboard.press('F2');
    await page.keyboard.type('newest');
    await page.keyboard.press('Enter');
    await list()
      .getByRole('button', { name: /^newest/ })
      .waitFor(soon);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Delete');
    await list()
      .getByRole('button', { name: /^older/ })
      .waitFor({ state: 'detached', ...soon });
    await page.keyboard.press('Escape');
    await list().waitFor({ state: 'detached' });
    const button = page.getByRole('button', { name: 'Show 1 mark' });
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('takes a screen without a list to that of the traces', async () => {
    await addMark('pool-size 32', 20);
    await open('#/metrics');
    await page.getByText('oven.doors').first().waitFor(soon);
    await page.getByRole('button', { name: 'Show 1 mark' }).click();
    await list()
      .getByRole('button', { name: /^pool-size 32/ })
      .click();
    const selected = page.locator('[id^="row-"][aria-selected="true"]');
    await selected.getByText('bake 40', { exact: true }).waitFor(soon);
  });

  it('is on the axis of a trace that it lies in', async () => {
    const ns = BigInt(Date.now()) * 1_000_000n;
    const traceId = 'ab'.repeat(16);
    const span = {
      traceId,
      spanId: 'cd'.repeat(8),
      name: 'long night',
      startTimeUnixNano: String(ns - 90_000_000_000n),
      endTimeUnixNano: String(ns),
    };
    await post(program.httpPort, '/v1/traces', {
      resourceSpans: [{ scopeSpans: [{ spans: [span] }] }],
    });
    await addMark('in the night', 20);
    await open(`#/trace/${traceId}`);
    await page
      .locator('.axis')
      .getByRole('button', { name: /^in the night/ })
      .first()
      .waitFor(soon);
  });
});

describe.each(['dark', 'light'] as const)('in the %s theme axe finds nothing wrong', (theme) => {
  it('with flags, the list and the field of a name', async () => {
    await addMark('pool-size 32', 20);
    await addMark('pool-size 64', 40);
    for (const screen of ['traces', 'logs']) {
      await open(`#/${screen}`, theme);
      await flag(/^pool-size 32/).focus(soon);
      expect(await axeViolations(page)).toEqual([]);
      if (screen === 'logs') continue;
      await page.context().close();
    }
    await page.keyboard.press('Shift+M');
    await list().waitFor(soon);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('m');
    await nameField().waitFor(soon);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });
});

/** A program of one span, with the SDK's own detectors of process and host. */
const SDK_PROGRAM = `
  import { detectResources, hostDetector, processDetector, resourceFromAttributes } from '@opentelemetry/resources';
  import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
  import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
  const resource = resourceFromAttributes({ 'service.name': 'till' })
    .merge(detectResources({ detectors: [hostDetector, processDetector] }));
  await resource.waitForAsyncAttributes?.();
  const exporter = new OTLPTraceExporter({ url: process.env.TRACES_URL });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.getTracer('till').startSpan('sell').end();
  await provider.shutdown();
`;

async function runSdk(): Promise<void> {
  const url = `http://127.0.0.1:${program.httpPort}/v1/traces`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', SDK_PROGRAM], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TRACES_URL: url },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
}

it('a service that starts anew with the real SDK gets a grey flag of its own', async () => {
  await open('#/traces');
  await runSdk();
  await runSdk();
  const grey = flag(/till restarted/);
  await grey.waitFor({ timeout: RESTART_MS });
  expect(await grey.evaluate((element) => element.classList.contains('manual'))).toBe(false);
});
