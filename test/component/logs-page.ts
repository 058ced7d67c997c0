/** A program with log records of every kind, and its Logs screen in a real browser. */
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** How long something on screen may take, in ms. */
export const SOON_MS = 10_000;
/** The trace of the records about the payment provider, and another. */
export const TRACE = '9f3c41'.padEnd(32, '0');
export const OTHER = 'c07e5a'.padEnd(32, '0');
const STACK = `Traceback (most recent call last):
  File "/app/psp/client.py", line 88, in authorize
    r = client.post(url)
  File "/usr/lib/python3.12/site-packages/httpx/_client.py", line 825, in request
    return self.send(request)
httpx.ReadTimeout: timed out
`;

/** One log record to send. */
export interface Line {
  readonly body?: unknown;
  readonly severity?: number;
  readonly trace?: string;
  readonly event?: string;
  readonly atMs: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

function anyValue(value: unknown): object {
  if (typeof value !== 'object' || value === null) return { stringValue: String(value) };
  const values = Object.entries(value).map(([key, each]) => ({ key, value: anyValue(each) }));
  return { kvlistValue: { values } };
}

/** The Logs screen of a program of its own. What the page's console says is kept in `said`. */
export class LogsPage {
  readonly program: Program;
  readonly page: Page;
  readonly said: string[];
  readonly #browser: Browser;

  private constructor(browser: Browser, program: Program, page: Page, said: string[]) {
    this.#browser = browser;
    this.program = program;
    this.page = page;
    this.said = said;
  }

  static async open(): Promise<LogsPage> {
    const browser = await launchBrowser();
    const program = await startProgram(ROOT);
    const said: string[] = [];
    return new LogsPage(browser, program, await newPage(browser, program, said, 'dark'), said);
  }

  /** Another page of the program, in a context of its own. */
  another(theme: 'dark' | 'light'): Promise<Page> {
    return newPage(this.#browser, this.program, this.said, theme);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.program.stop();
  }

  goTo(hash: string, on = this.page): Promise<void> {
    return on.evaluate((next) => {
      location.hash = next;
    }, hash);
  }

  hash(): Promise<string> {
    return this.page.evaluate(() => location.hash);
  }

  row(text: string | RegExp): Locator {
    return this.page.locator('.log-rows .row').filter({ hasText: text }).last();
  }

  text(words: string | RegExp): Locator {
    return this.page.getByText(words).first();
  }

  /** The button that says whether the tail follows. */
  get follow(): Locator {
    return this.page.getByRole('button', { name: 'Follow', exact: false }).first();
  }

  get copied(): Promise<string> {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** The screen as it is first seen: everything shown, following, nothing selected. */
  async fresh(): Promise<void> {
    await this.goTo('#/logs');
    await this.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let i = 0; i < 4; i++) await this.page.keyboard.press('Escape');
    await this.page.keyboard.press('End');
    await this.text('Following the newest record').waitFor({ timeout: SOON_MS });
  }

  async send(lines: readonly Line[], service = 'payments'): Promise<void> {
    const logRecords = lines.map(({ body, severity = 9, trace, event, atMs, attributes = {} }) => ({
      timeUnixNano: `${atMs}000000`,
      severityNumber: severity,
      ...(body !== undefined && { body: anyValue(body) }),
      ...(event !== undefined && { eventName: event }),
      ...(trace !== undefined && { traceId: trace, spanId: '00000000000000aa' }),
      attributes: Object.entries(attributes).map(([key, value]) => ({
        key,
        value: anyValue(value),
      })),
    }));
    const attributes = [{ key: 'service.name', value: { stringValue: service } }];
    const scopeLogs = [{ scope: { name: 'payments.psp' }, logRecords }];
    const answer = await fetch(`http://127.0.0.1:${this.program.httpPort}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs }] }),
    });
    expect(answer.status).toBe(200);
  }

  /** Sends 420 records of every kind, the last of them fatal, and waits until they are on screen. */
  async fill(): Promise<void> {
    const startMs = Date.now() - 600_000;
    await this.send(
      Array.from({ length: 400 }, (_, index) => ({
        body: `request ${index} done`,
        severity: index % 40 === 0 ? 13 : 9,
        atMs: startMs + index * 1200,
        ...(index % 3 === 0 && { trace: OTHER }),
        attributes: { route: `/api/${index % 7}` },
      })),
    );
    await this.send([
      { body: 'psp slow, 198 ms', severity: 13, atMs: startMs + 500_000, trace: TRACE },
      {
        body: 'ReadTimeout from psp-sandbox',
        severity: 17,
        atMs: startMs + 500_002,
        trace: TRACE,
        attributes: {
          order: '8812',
          'exception.type': 'httpx.ReadTimeout',
          'exception.stacktrace': STACK,
        },
      },
      { body: '\u001b[31mred\u001b[0m words', atMs: startMs + 500_010 },
      { body: 'first line\nsecond line\nthird line', atMs: startMs + 500_020 },
      { event: 'checkout.done', atMs: startMs + 500_030, attributes: { total: '48.60' } },
      { body: { customer: { id: 'u_2207' } }, atMs: startMs + 500_040 },
      { body: `long ${'0123456789abcdef'.repeat(262_144)}`, atMs: startMs + 500_050 },
    ]);
    await this.send(
      Array.from({ length: 12 }, (_, index) => ({
        body: 'pool 32 of 32 in use',
        severity: 13,
        atMs: startMs + 501_000 + index * 10,
        attributes: { waiters: String(index) },
      })),
      'inventory',
    );
    await this.send([{ body: 'worker exited', severity: 21, atMs: startMs + 510_000 }], 'mailer');
    await this.goTo('#/logs');
    await this.row('worker exited').waitFor({ timeout: SOON_MS });
  }
}

async function newPage(
  browser: Browser,
  { ready }: Program,
  said: string[],
  theme: 'dark' | 'light',
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const opened = await context.newPage();
  opened.on('console', (message) => said.push(message.text()));
  opened.on('pageerror', (error) => said.push(error.message));
  await opened.goto(`${ready.ui}#token=${ready.token}`);
  return opened;
}
