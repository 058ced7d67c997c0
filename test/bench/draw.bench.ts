/**
 * The Trace screen in a real Chromium: how long a click takes to become a picture, and the frames while
 * panning, beside a drawing of one SVG group a span.
 */
import type { Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { startProgram, type Program } from '../support/program.ts';
import {
  frameCells,
  installFrameProbe,
  measureFrames,
  p95FrameMs,
  type Frames,
} from './support/frame-probe.ts';
import { oneTrace, TRACE_ID } from './support/one-trace.ts';
import {
  count,
  medianOf,
  percentile,
  table,
  type BenchOptions,
  type BenchReport,
} from './support/stats.ts';

export const title = 'Drawing one trace in Chromium';

const SEED = 7;
const FRAMES = 120;
/** One node a span beyond this takes minutes. */
const MOST_SVG_SPANS = 100_000;
const PATIENCE_MS = 60_000;

export async function run({ smoke, root }: BenchOptions): Promise<BenchReport> {
  const sizes = smoke ? [1000] : [10_000, 100_000, 1_000_000];
  const rows: string[][] = [];
  const figures: Record<string, number> = {};
  for (const spans of sizes) {
    const drawn = await measure(root, spans, smoke ? 1 : 3);
    const label = spans >= 1e6 ? `${spans / 1e6}m` : `${spans / 1e3}k`;
    if (!smoke) {
      figures[`draw.first.${label}`] = drawn.firstMs;
      figures[`draw.pan.${label}`] = p95FrameMs(drawn.pan);
    }
    rows.push([
      count(spans),
      drawn.firstMs.toFixed(0),
      drawn.wholeMs.toFixed(0),
      ...frameCells(drawn.pan),
      drawn.pointMs.toFixed(2),
      drawn.svg === null ? '–' : drawn.svg.buildMs.toFixed(0),
      drawn.svg === null ? '–' : percentile(drawn.svg.panMs, 0.95).toFixed(1),
    ]);
  }
  const lines = [
    `The built program in a headless Chromium without a GPU, 1440 × 900. First picture: from the change of the address until the canvas holds boxes, median; the whole screen has rows and panel too, which follow it. Panning: intervals of ${FRAMES} frames that each move the window; late are those above one and a half frames, script is all of the page's in a frame. Pointer: one movement over the graph, hit test and handlers. SVG: one group with a rectangle and a text a span, built and then panned by its view box.`,
    '',
    ...table(
      [
        'spans',
        'first picture, ms',
        'whole screen, ms',
        'frame while panning p50 / p95, ms',
        'late',
        'script a frame p50 / p95 / longest, ms',
        'pointer, ms',
        'SVG built, ms',
        'SVG frame p95, ms',
      ],
      rows,
    ),
  ];
  return { lines, figures };
}

interface Drawn {
  readonly firstMs: number;
  readonly wholeMs: number;
  readonly pan: Frames;
  readonly pointMs: number;
  readonly svg: { readonly buildMs: number; readonly panMs: readonly number[] } | null;
}

async function measure(root: string, spans: number, rounds: number): Promise<Drawn> {
  const program = await startProgram(root, ['--memory', '2GiB']);
  const browser = await launchBrowser();
  try {
    await send(program, spans);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await installFrameProbe(page);
    await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
    await page.getByRole('row').first().waitFor({ timeout: PATIENCE_MS });
    const first: Opening[] = [];
    for (let round = 0; round < rounds; round++) {
      await page.evaluate(() => (location.hash = '#/connect'));
      await page.locator('canvas[data-view=flame]').waitFor({ state: 'detached' });
      first.push(await firstPicture(page));
    }
    const panned = await pan(page);
    const pointMs = await point(page);
    const svg = spans > MOST_SVG_SPANS ? null : await drawSvg(page, spans);
    return {
      firstMs: medianOf(first.map(({ pictureMs }) => pictureMs)),
      wholeMs: medianOf(first.map(({ wholeMs }) => wholeMs)),
      pan: panned,
      pointMs,
      svg,
    };
  } finally {
    await browser.close();
    await program.stop();
  }
}

async function send(program: Program, spans: number): Promise<void> {
  for (const body of oneTrace(spans, SEED)) {
    const answer = await fetch(`http://127.0.0.1:${program.httpPort}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Uint8Array.from(body),
    });
    if (answer.status !== 200) throw new Error(`the receiver answered ${answer.status}`);
  }
}

interface Opening {
  readonly pictureMs: number;
  readonly wholeMs: number;
}

/**
 * Ms from the change of the address until the middle of the flame's first lane has a colour, and until all
 * parts of the screen are there.
 */
function firstPicture(page: Page): Promise<Opening> {
  return page.evaluate(
    ({ hash, patienceMs }) =>
      new Promise<Opening>((resolve, reject) => {
        const startMs = performance.now();
        let pictureMs = -1;
        const look = (): void => {
          const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-view=flame]');
          const hasToLook = canvas !== null && canvas.width > 0 && pictureMs < 0;
          const context = hasToLook ? canvas.getContext('2d') : null;
          const pixel = context?.getImageData((canvas?.width ?? 0) / 2, 12, 1, 1).data;
          const nowMs = performance.now();
          if (pictureMs < 0 && pixel !== undefined && (pixel[3] ?? 0) > 200) {
            pictureMs = nowMs - startMs;
          }
          const isWhole = document.querySelector('[role=tree]') !== null;
          if (pictureMs >= 0 && isWhole) resolve({ pictureMs, wholeMs: nowMs - startMs });
          else if (nowMs - startMs > patienceMs) reject(new Error('no picture'));
          else requestAnimationFrame(look);
        };
        location.hash = hash;
        requestAnimationFrame(look);
      }),
    { hash: `#/trace/${TRACE_ID}`, patienceMs: PATIENCE_MS },
  );
}

/** Zooms in, then moves the window in every frame. */
async function pan(page: Page): Promise<Frames> {
  await page.evaluate(() => {
    const stage = document.querySelector('canvas[data-view=flame]')?.parentElement;
    const box = stage?.getBoundingClientRect() ?? new DOMRect();
    const wheel = (init: WheelEventInit): void => {
      const place = { clientX: box.x + box.width / 2, clientY: box.y + 60 };
      const common = { bubbles: true, cancelable: true, ...place };
      stage?.dispatchEvent(new WheelEvent('wheel', { ...common, ...init }));
    };
    for (let i = 0; i < 6; i++) wheel({ deltaY: -100, ctrlKey: true });
    const eachFrame = (frame: number): void => wheel({ deltaX: frame % 60 < 30 ? 40 : -40 });
    Object.assign(window, { eachFrame });
  });
  return measureFrames(page, FRAMES);
}

/** Mean ms that a movement of the pointer keeps the page busy. */
function point(page: Page): Promise<number> {
  return page.evaluate(() => {
    const stage = document.querySelector('canvas[data-view=flame]')?.parentElement;
    const box = stage?.getBoundingClientRect() ?? new DOMRect();
    const moves = 500;
    const startMs = performance.now();
    for (let i = 0; i < moves; i++) {
      const place = { clientX: box.x + ((i * 37) % box.width), clientY: box.y + ((i * 11) % 100) };
      stage?.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, ...place }));
    }
    return (performance.now() - startMs) / moves;
  });
}

/** The reference: as many groups as there are spans, in the same number of lanes. */
function drawSvg(page: Page, spans: number): Promise<NonNullable<Drawn['svg']>> {
  return page.evaluate(
    ({ spans, frames }) =>
      new Promise<{ buildMs: number; panMs: number[] }>((resolve) => {
        const startMs = performance.now();
        const lanes = 20;
        const width = 1400;
        const parts: string[] = [];
        for (let i = 0; i < spans; i++) {
          const x = ((i / lanes) | 0) * ((width * lanes) / spans);
          const rect = `<rect width="${((width * lanes) / spans) * 0.9}" height="20" fill="#39d"/>`;
          const place = `translate(${x} ${(i % lanes) * 22})`;
          parts.push(`<g transform="${place}">${rect}<text y="14">span ${i}</text></g>`);
        }
        document.body.innerHTML = `<svg width="${width}" height="500">${parts.join('')}</svg>`;
        const svg = document.querySelector('svg');
        const panMs: number[] = [];
        let buildMs = 0;
        let lastMs = 0;
        const step = (nowMs: number): void => {
          if (lastMs === 0) buildMs = performance.now() - startMs;
          else panMs.push(nowMs - lastMs);
          lastMs = nowMs;
          if (panMs.length === frames) resolve({ buildMs, panMs });
          else {
            svg?.setAttribute('viewBox', `${panMs.length * 2} 0 ${width / 4} 500`);
            requestAnimationFrame(step);
          }
        };
        requestAnimationFrame(step);
      }),
    { spans, frames: Math.min(30, FRAMES) },
  );
}
