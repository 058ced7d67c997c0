/** The span panel in a real browser: what spans mean, by sections, keys and links. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const STACK = readFileSync(
  new URL('../cases/stack-traces/nodejs-cause.txt', import.meta.url),
  'utf8',
);
const HTML = '<img src=x onerror="document.title=`taken`"><b>bold</b>';
const TRACE = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);
const spanId = (n: number): string => n.toString(16).padStart(16, '0');

let browser: Browser;
let program: Program;
let page: Page;
let panel: Locator;
const said: string[] = [];

type Plain = string | number | boolean | readonly string[];
const valueOf = (value: Plain): object =>
  typeof value === 'string'
    ? { stringValue: value }
    : typeof value === 'number'
      ? { intValue: String(value) }
      : typeof value === 'boolean'
        ? { boolValue: value }
        : { arrayValue: { values: value.map(valueOf) } };
const attributesOf = (attributes: Readonly<Record<string, Plain>>): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));

const startNs = BigInt(Date.now()) * 1_000_000n;

function span(
  n: number,
  name: string,
  attributes: Readonly<Record<string, Plain>>,
  more: object = {},
): object {
  const from = startNs + BigInt(n) * 10_000_000n;
  return {
    traceId: TRACE,
    spanId: spanId(n),
    ...(n > 1 && { parentSpanId: spanId(1) }),
    name,
    kind: 3,
    startTimeUnixNano: String(n === 1 ? startNs : from),
    endTimeUnixNano: String(n === 1 ? startNs + 1_000_000_000n : from + 5_000_000n),
    attributes: attributesOf(attributes),
    ...more,
  };
}

async function post(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${String(program.httpPort)}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

const resource = {
  attributes: attributesOf({ 'service.name': 'shop', 'telemetry.sdk.language': 'nodejs' }),
};
const sql = {
  'db.system': 'postgresql',
  'db.statement': 'INSERT INTO order_lines (order_id, sku) VALUES ($1, $2)',
};
const failure = {
  'exception.type': 'ReadTimeout',
  'exception.message': HTML,
  'exception.stacktrace': STACK,
};

async function send(): Promise<void> {
  const spans = [
    span(1, 'checkout', {
      'http.request.method': 'POST',
      'http.method': 'POST',
      'url.full': `https://a/${HTML}`,
      'http.response.status_code': 200,
    }),
    span(
      2,
      'authorize',
      { note: HTML, json: '{"a":{"b":[1,2]}}', 'order.id': 8812 },
      {
        status: { code: 2, message: 'failed' },
        droppedAttributesCount: 3,
        events: [
          {
            name: 'exception',
            timeUnixNano: String(startNs + 22_000_000n),
            attributes: attributesOf(failure),
          },
        ],
      },
    ),
    span(3, 'authorize', {}),
    ...[4, 5, 6].map((n) => span(n, 'INSERT', sql)),
    span(7, 'chat', {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ollama',
      'gen_ai.prompt': HTML,
      'gen_ai.completion': Array.from({ length: 30 }, (_, i) => `line ${String(i)}`).join('\n'),
    }),
    ...Array.from({ length: 30 }, (_, i) => span(20 + i, 'step', {})),
  ];
  const batch = {
    ...span(1, 'batch', {}),
    traceId: OTHER,
    links: [{ traceId: TRACE, spanId: spanId(2) }],
  };
  await post('/v1/traces', {
    resourceSpans: [{ resource, scopeSpans: [{ spans: [...spans, batch] }] }],
  });
  await post('/v1/logs', {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: String(startNs + 22_500_000n),
                severityNumber: 17,
                severityText: 'ERROR',
                traceId: TRACE,
                spanId: spanId(2),
                body: valueOf('it failed'),
                attributes: attributesOf(failure),
              },
            ],
          },
        ],
      },
    ],
  });
}

async function open(n: number): Promise<void> {
  await page.evaluate(
    (hash) => {
      location.hash = hash;
    },
    `#/trace/${TRACE}?span=${spanId(n)}`,
  );
  await panel.locator('[data-section="raw"]').waitFor({ timeout: 10_000 });
}

const section = (name: string): Locator => panel.getByRole('region', { name, exact: true });

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  await send();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  panel = page.getByRole('complementary', { name: 'Span' });
});

afterAll(async () => {
  await browser.close();
  await program.stop();
});

afterEach(() => {
  expect(said.splice(0)).toEqual([]);
});

describe('the span panel', () => {
  it('shows a failure once, with own frames, folded libraries, its cause and the next attempt', async () => {
    await open(2);
    const failed = section('What failed');
    await failed.getByText('ReadTimeout', { exact: true }).waitFor();
    await expect.poll(() => failed.getByText('ReadTimeout', { exact: true }).count()).toBe(1);
    await failed.getByText('PspClient.authorize').waitFor();
    expect(await failed.getByText('async Object').count()).toBe(0);
    await failed.getByRole('button', { name: /3 library frames in node, fastify/ }).click();
    await failed.getByText('Object.<anonymous>').waitFor();
    await failed.getByText('connect ECONNREFUSED').waitFor();
    await failed.getByRole('button', { name: 'attempt 2' }).click();
    await expect.poll(() => page.evaluate(() => location.hash)).toContain(spanId(3));
  });

  it('shows whatever was sent as text, never as markup', async () => {
    for (const n of [1, 2, 7]) {
      await open(n);
      expect(await panel.locator('img').count()).toBe(0);
      expect(await panel.getByText('<b>bold</b>').count()).toBeGreaterThan(0);
    }
    expect(await page.title()).not.toBe('taken');
  });

  it('opens frames in the editor that was chosen, through its path mapping', async () => {
    await open(2);
    const link = section('What failed').getByRole('link', { name: /client\.ts:88/ });
    expect(await link.getAttribute('href')).toBe('vscode://file/app/src/psp/client.ts:88:13');
    await panel.getByRole('button', { name: 'Editor settings' }).click();
    const settings = page.getByRole('dialog', { name: 'Editor settings' });
    await settings.getByLabel('Path mapping').fill('/app => /home/ada/bakery');
    await settings.getByLabel('Open source in').selectOption('cursor');
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await link.getAttribute('href')).toBe(
      'cursor://file/home/ada/bakery/src/psp/client.ts:88:13',
    );
    await panel.getByRole('button', { name: 'Editor settings' }).click();
    await settings.getByLabel('Open source in').selectOption('custom');
    await settings.getByLabel('Template').fill('nvim +{line} {path}');
    await page.keyboard.press('Escape');
    await panel.focus();
    await page.keyboard.press('o');
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe("nvim +88 '/home/ada/bakery/src/psp/client.ts'");
  });

  it('tells that a query is repeated, and shows retired names once', async () => {
    await open(4);
    await section('SQL')
      .getByText(/Runs 3 times in this trace, all under one parent/)
      .waitFor();
    await open(1);
    await section('Span')
      .getByRole('button', { name: '1 retired name of the same values' })
      .waitFor();
    await section('HTTP').getByRole('button', { name: 'Copy as curl' }).click();
    const curl = await page.evaluate(() => navigator.clipboard.readText());
    expect(curl).toContain(`--request 'POST'`);
  });

  it('folds long messages of a model at twelve lines', async () => {
    await open(7);
    const messages = section('Messages');
    const more = messages.getByRole('button', { name: '18 more lines' });
    expect(await messages.getByText('line 13').count()).toBe(0);
    await more.click();
    await messages.getByText('line 29').waitFor();
  });

  it('compares a span with twenty peers or more, and with fewer not at all', async () => {
    await open(20);
    await section('Compared with 30 peers').waitFor();
    await open(4);
    await section('SQL')
      .getByText(/Runs 3 times/)
      .waitFor();
    expect(await panel.getByText(/Compared with/).count()).toBe(0);
  });

  it('lists the spans that link to it, and goes there', async () => {
    await open(2);
    await section('Links').getByRole('link', { name: 'batch' }).click();
    await expect.poll(() => page.evaluate(() => location.hash)).toContain(OTHER);
  });

  it('narrows the list of traces by an attribute', async () => {
    await open(2);
    await section('Span').getByText('order.id').hover();
    await section('Span').getByRole('button', { name: 'Filter by order.id' }).click();
    await page.getByRole('menuitem', { name: 'Filter for this value' }).click();
    const hash = await page.evaluate(() => decodeURIComponent(location.hash));
    expect(hash).toContain('q=order.id:8812');
    await page.goBack();
  });

  it('copies the span as Markdown and as an OTLP request', async () => {
    await open(2);
    for (const [name, text] of [
      ['Copy as Markdown', '### shop: authorize'],
      ['Copy as OTLP', '"resourceSpans"'],
    ] as const) {
      await panel.getByRole('button', { name: 'Copy the span' }).click();
      await page.getByRole('menuitem', { name }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(text);
    }
  });

  it('lets tabs jump to sections and follow the scrolling', async () => {
    await open(2);
    const tab = (name: RegExp): Locator => panel.getByRole('tab', { name });
    await tab(/^Logs/).click();
    expect(await tab(/^Logs/).getAttribute('aria-selected')).toBe('true');
    await panel.locator('.body').evaluate((body) => {
      body.scrollTo(0, 0);
    });
    await expect.poll(() => tab(/^Attributes/).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Escape');
  });

  it('has no accessibility violation, in the dark and in the light, wide and narrow', async () => {
    for (const [colorScheme, width, height] of [
      ['dark', 1440, 900],
      ['light', 960, 700],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      for (const n of [1, 2, 4, 7, 20]) {
        await open(n);
        await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
        const found = await axeViolations(page);
        expect(
          found.filter((text) => text.includes('aside') || !text.includes('.scroller')),
        ).toEqual([]);
      }
    }
  });
});
