/** The span panel over a trace that speaks every convention: what is seen, copied and kept. */
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { conventionsTrace, CONVENTION_SERVICES, PANELS } from '../support/pictures/conventions.mjs';
import { requestsOf, send } from '../support/pictures/telemetry.mjs';
import { startProgram, type Program } from '../support/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const trace = conventionsTrace(BigInt(Date.now()) * 1_000_000n);

let browser: Browser;
let program: Program;
let page: Page;
let panel: Locator;
const said: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  program = await startProgram(ROOT);
  await send(program.ready.otlpHttp, requestsOf([trace], CONVENTION_SERVICES));
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

async function open(id: string): Promise<void> {
  const hash = `#/trace/${trace.traceId}?span=${trace.spanId(id)}`;
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await panel.locator('[data-section="raw"]').waitFor({ timeout: 10_000 });
  await section('Identity').getByText(trace.spanId(id), { exact: true }).waitFor();
}

const section = (name: string): Locator => panel.getByRole('region', { name, exact: true });
const clipboard = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

async function copied(name: string): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await panel.getByRole('button', { name: 'Copy the span' }).click();
  await page.getByRole('menuitem', { name }).click();
  await expect.poll(clipboard).not.toBe('');
  return clipboard();
}

describe('the span panel', () => {
  it.each([
    ['http-client', 'HTTP', 'resend_count'],
    ['http-retired', 'HTTP', 'http://stock.bakery.local:8080/api/stock?sku=rye-500'],
    ['sql', 'SQL', 'FOR UPDATE SKIP LOCKED'],
    ['mongo', 'Database', '"$lt"'],
    ['redis', 'Database', 'HGETALL'],
    ['rpc', 'RPC', 'DEADLINE_EXCEEDED'],
    ['messaging-batch', 'Messaging', 'linked traces'],
    ['faas', 'Function', 'cold start'],
    ['vitals', 'Web vitals', '0.27, poor'],
    ['genai', 'Messages', 'result of similar_orders'],
    ['genai-logs', 'Messages', 'calls today'],
    ['genai-details', 'Messages', 'Order 8812'],
    ['genai-indexed', 'Messages', 'calls similar_orders'],
    ['genai-openinference', 'Messages', 'calls similar_orders'],
    ['genai-vercel', 'Messages', 'calls similar_orders'],
    ['genai-tool', 'Tool', '"limit": 3'],
    ['genai-silent', 'Generation', 'The messages were not sent'],
  ])('knows what %s did', async (id, name, text) => {
    await open(id);
    await section(name).getByText(text).first().waitFor();
  });

  it.each([
    ['nodejs', 'PspClient.authorize'],
    ['python', 'create_charge'],
    ['java', 'ReservationService.reserve'],
    ['dotnet', 'OrderService.PlaceAsync'],
    ['go', 'orders.(*Store).Persist'],
    ['ruby', 'Loyalty#points_for'],
    ['php', 'App\\Template::load'],
    ['rust', 'Oven::heat'],
  ])('shows the own frames of a failure in %s once', async (language, fn) => {
    await open(`failure-${language}`);
    await expect.poll(() => section('What failed').getByText(fn, { exact: true }).count()).toBe(1);
  });

  it('marks names that were split as retired, and says what took their place', async () => {
    await open('http-retired');
    const title = (key: string): Promise<string | null> =>
      section('Span').locator('dt', { hasText: key }).getAttribute('title');
    expect(await title('net.peer.name')).toContain('the current name is server.address');
    expect(await title('http.target')).toContain('the current name is url.path and url.query');
  });

  it('opens the place where a log record was written', async () => {
    await open('logs');
    const link = section('Logs in this span').getByRole('link', { name: /^Open .*charge\.go:63/ });
    expect(await link.getAttribute('href')).toContain('/src/checkout/internal/pay/charge.go:63');
  });

  it('follows links to spans in memory and to spans that are not', async () => {
    await open('messaging-batch');
    const links = section('Links');
    expect(await links.getByText('not in memory').count()).toBe(2);
    await links.getByRole('link', { name: /^send orders\.created/ }).click();
    await expect
      .poll(() => page.evaluate(() => location.hash))
      .toContain(trace.spanId('messaging-send'));
    await section('Links').getByRole('link', { name: 'process orders.created' }).waitFor();
    await open('messaging-batch');
    await section('Links')
      .getByRole('link', { name: /^span [0-9a-f]{8}/ })
      .first()
      .click();
    await page.getByText('Not in memory: not received yet, evicted or cleared').waitFor();
  });

  it('opens JSON and nested values as trees, and shows a megabyte when it is asked to', async () => {
    await open('attributes');
    const attributes = section('Span');
    expect(await attributes.getByText('duplicate key').count()).toBe(2);
    await attributes.getByText('3 more were dropped').waitFor();
    await attributes.getByRole('button', { name: /^\{"lines"/ }).click();
    await attributes.getByText('gift', { exact: true }).waitFor();
    await attributes.getByRole('button', { name: /^\{street/ }).click();
    await attributes.getByText('geo', { exact: true }).waitFor();
    await attributes.getByRole('button', { name: /^<main>/ }).click();
    const text = attributes.locator('pre');
    expect((await text.textContent())?.length).toBe(4096);
    await attributes.getByRole('button', { name: /^Show all/ }).click();
    await expect.poll(async () => (await text.textContent())?.length).toBe(24 * 41_667);
  });

  it('copies a span as JSON, as a request that a receiver takes, and as Markdown', async () => {
    await open('sql');
    const json = JSON.parse(await copied('Copy as JSON')) as Record<string, unknown>;
    expect(json).toMatchObject({
      name: 'SELECT stock',
      attributes: { 'db.response.returned_rows': 3, 'server.port': 5432 },
      resource: { 'service.name': 'inventory' },
    });
    const request = await copied('Copy as OTLP');
    const answer = await fetch(new URL('/v1/traces', program.ready.otlpHttp), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: request,
    });
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
    const markdown = await copied('Copy as Markdown');
    expect(markdown).toContain('### inventory: SELECT stock');
    expect(markdown).toContain('| db.system.name | postgresql |');
    expect(markdown).toContain(`<${page.url()}>`);
    expect(await copied('Copy link')).toBe(page.url());
  });

  it('says so where the browser forbids the clipboard', async () => {
    await open('sql');
    await page.evaluate(() => {
      const refuse = (): Promise<void> => Promise.reject(new Error('forbidden'));
      Object.defineProperty(navigator.clipboard, 'writeText', {
        value: refuse,
        configurable: true,
      });
    });
    await section('SQL').getByRole('button', { name: 'Copy', exact: true }).click();
    await section('SQL').getByRole('button', { name: 'Select it by hand' }).waitFor();
    await page.evaluate(() => Reflect.deleteProperty(navigator.clipboard, 'writeText'));
  });

  it('keeps the editor, its command and the path mapping over a reload', async () => {
    await open('sql');
    await panel.getByRole('button', { name: 'Map path of ReservationService.java:118' }).click();
    const settings = page.getByRole('dialog', { name: 'Editor settings' });
    await settings.getByLabel('Open source in').selectOption('custom');
    await settings.getByLabel('Template').fill('nvim +{line} {path}');
    await settings.getByLabel('Path mapping').fill('. => /home/ada/bakery/src/main/java');
    await page.keyboard.press('Escape');
    await page.reload();
    await open('sql');
    await panel.focus();
    await page.keyboard.press('o');
    await expect
      .poll(clipboard)
      .toBe(
        "nvim +118 '/home/ada/bakery/src/main/java/dev/bakery/inventory/ReservationService.java'",
      );
  });

  it('has no accessibility violation in any convention', async () => {
    for (const [colorScheme, width, height] of [
      ['dark', 1440, 900],
      ['light', 860, 700],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      for (const { id } of PANELS) {
        await open(id);
        const found = await axeViolations(page);
        expect(
          found.filter((text) => text.includes('aside') || !text.includes('.scroller')),
          id,
        ).toEqual([]);
      }
    }
  });
});
