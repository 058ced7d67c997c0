/**
 * Starts the program at a fixed time of a fixed clock, sends it seeded telemetry, and takes a picture
 * of each state in both themes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../browser.ts';
import { startProgram } from '../program.ts';
import { CONVENTION_SERVICES, conventionsTrace } from './conventions.mjs';
import { SHOTS, type Shot } from './screens.ts';
import { GAP_MS, nightlyJob, order, ORDERS, SHOP_SERVICES } from './shop.mjs';
import { requestsOf, send } from './telemetry.mjs';

/** When the pictures are taken, by the clocks of program and page. */
const NOW_MS = Date.UTC(2026, 0, 14, 14, 32, 5);
/** Readers of a repository load every picture of a page. */
const MAX_BYTES = 120_000;
/** From the best down; a screen full of small text needs a lower one. */
const QUALITIES = [85, 75, 60];
type Box = NonNullable<Awaited<ReturnType<Locator['boundingBox']>>>;
const THEMES = ['dark', 'light'] as const;
type Theme = (typeof THEMES)[number];

/** Moves a clock by some ms; source for the start of a page and of a Node process. */
function clockSource(shiftMs: number): string {
  return `const Real = Date; globalThis.Date = class extends Real {
    constructor(...parts) { if (parts.length === 0) super(Real.now() + ${String(shiftMs)}); else super(...parts); }
    static now() { return Real.now() + ${String(shiftMs)}; }
  };`;
}

export interface PictureOptions {
  readonly root: string;
  /** The folder of the pictures. */
  readonly out: string;
  /** Starts of names; empty for all. */
  readonly only: readonly string[];
}

/** Takes the pictures. Throws when a state does not come about, or a picture is too large. */
export async function takePictures({ root, out, only }: PictureOptions): Promise<void> {
  const shiftMs = NOW_MS - Date.now();
  const preload = `data:text/javascript,${encodeURIComponent(clockSource(shiftMs))}`;
  const program = await startProgram(root, ['--no-journal', ...(await usualPorts())], {
    NODE_OPTIONS: `--import=${preload}`,
    TZ: 'UTC',
  });
  const browser = await launchBrowser();
  try {
    await sendAll(program.ready.otlpHttp);
    await mkdir(out, { recursive: true });
    const isWanted = ({ name }: Shot): boolean =>
      only.length === 0 || only.some((start) => name.startsWith(start));
    for (const theme of THEMES) {
      const page = await openPage(browser, theme, shiftMs);
      await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
      await page.getByText('nothing new').waitFor();
      for (const shot of SHOTS.filter(isWanted)) {
        await take(page, shot, join(out, `${shot.name}-${theme}.webp`));
      }
      await page.context().close();
    }
    if (only.length === 0) await writeFile(join(out, 'README.md'), listOf(SHOTS));
  } finally {
    await browser.close();
    await program.stop();
  }
}

/** The ports that people know, where no other program has them. */
async function usualPorts(): Promise<string[]> {
  const isFree = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
  return (await isFree(4317)) && (await isFree(4318))
    ? ['--grpc-port', '4317', '--http-port', '4318']
    : [];
}

async function sendAll(otlpHttp: string): Promise<void> {
  const nowNs = BigInt(NOW_MS) * 1_000_000n;
  const before = (ms: number): bigint => nowNs - BigInt(ms) * 1_000_000n;
  const orders = Array.from({ length: ORDERS }, (_, at) =>
    order(at, before((ORDERS - at) * GAP_MS)),
  );
  // Orders come first, so that their services get the first colours; one by one, as in life.
  for (const each of orders) await send(otlpHttp, requestsOf([each], SHOP_SERVICES));
  await send(otlpHttp, requestsOf([nightlyJob(before(400_000))], SHOP_SERVICES));
  await send(otlpHttp, requestsOf([conventionsTrace(before(200_000))], CONVENTION_SERVICES));
}

async function openPage(browser: Browser, theme: Theme, shiftMs: number): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-US',
  });
  await context.addInitScript(clockSource(shiftMs));
  return context.newPage();
}

async function take(page: Page, shot: Shot, path: string): Promise<void> {
  await page.setViewportSize({ width: shot.width ?? 1440, height: shot.height ?? 900 });
  // Another screen in between, so that nothing of the picture before is left.
  await page.evaluate(() => (location.hash = '#/connect'));
  await page.getByRole('heading', { level: 1 }).or(page.getByText('OTLP')).first().waitFor();
  await page.mouse.move(0, 0);
  await page.evaluate((hash) => (location.hash = hash), shot.hash);
  await shot.ready(page);
  await shot.act?.(page);
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  // Views paint with the frame after their data; charts once more after their first size.
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        let left = 30;
        const next = (): void => void (left-- > 0 ? requestAnimationFrame(next) : resolve());
        next();
      }),
  );
  const box = shot.isPanel === true ? await page.locator('aside').last().boundingBox() : null;
  await writeFile(path, await capture(page, shot.name, box));
}

/** The page, or a part of it, as WebP at the best quality that is small enough. */
async function capture(page: Page, name: string, box: Box | null): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  try {
    for (const quality of QUALITIES) {
      const { data } = await session.send('Page.captureScreenshot', {
        format: 'webp',
        quality,
        ...(box !== null && { clip: { ...box, scale: 1 } }),
      });
      const picture = Buffer.from(data, 'base64');
      if (picture.length <= MAX_BYTES) return picture;
    }
  } finally {
    await session.detach();
  }
  throw new Error(`the picture ${name} has more than ${String(MAX_BYTES)} bytes`);
}

function listOf(shots: readonly Shot[]): string {
  const lines = shots.map(
    ({ name, title }) => `| ${title} | [dark](${name}-dark.webp) | [light](${name}-light.webp) |`,
  );
  return `# Pictures

Every state of the screens, in both themes. \`npm run pictures\` takes them from the built program with
seeded telemetry and a fixed clock; \`npm run pictures -- trace\` those whose names start so.

| what | | |
|---|---|---|
${lines.join('\n')}
`;
}
