/**
 * Frames of the page while spans arrive: an open trace that they are part of, the merged flame graph, and
 * the lists of traces and spans, newest first and sorted.
 */
import type { Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { startProgram } from '../support/program.ts';
import {
  frameCells,
  installFrameProbe,
  measureFrames,
  p95FrameMs,
  type Frames,
} from './support/frame-probe.ts';
import { manyTraces, SPANS_PER_TRACE } from './support/many-traces.ts';
import { oneTrace, TRACE_ID } from './support/one-trace.ts';
import { pace, PacedSender } from './support/paced-load.ts';
import { count, table, type BenchOptions, type BenchReport } from './support/stats.ts';

export const title = 'Frames while spans arrive';

const SEED = 7;
const SPANS_PER_S = 50_000;
const SPANS_PER_BODY = 512;
const CONNECTIONS = 4;
const FRAMES_PER_S = 60;
const PATIENCE_MS = 60_000;

/** A row of a list; the first is its head. */
const LIST_ROW = '[role=grid] [role=row][aria-rowindex="3"]';

interface Scene {
  readonly what: string;
  readonly figure: string;
  /** The address of the screen. */
  readonly hash: string;
  /** The element that comes last when the screen is opened. */
  readonly last: string;
  bodies(spans: number): Uint8Array[];
}

const SCENES: readonly Scene[] = [
  {
    what: 'an open trace that grows by all of them',
    figure: 'frames.trace',
    hash: `#/trace/${TRACE_ID}`,
    last: '[role=tree]',
    bodies: (spans) => oneTrace(spans, SEED),
  },
  {
    what: 'the merged flame graph, traces of 32',
    figure: 'frames.flame',
    hash: '#/flame',
    last: 'main canvas',
    bodies: tracesOf,
  },
  {
    what: 'the list of traces of 32, newest first',
    figure: 'frames.traces',
    hash: '#/traces',
    last: LIST_ROW,
    bodies: tracesOf,
  },
  {
    what: 'the list of spans, newest first',
    figure: 'frames.spans',
    hash: '#/traces?by=spans',
    last: LIST_ROW,
    bodies: tracesOf,
  },
  {
    what: 'the list of spans, slowest first',
    figure: 'frames.sorted',
    hash: '#/traces?by=spans&order=slowest',
    last: LIST_ROW,
    bodies: tracesOf,
  },
];

function tracesOf(spans: number): Uint8Array[] {
  return [...manyTraces(spans / SPANS_PER_TRACE, SPANS_PER_TRACE, SEED)];
}

export async function run({ smoke, root }: BenchOptions): Promise<BenchReport> {
  const seconds = smoke ? 0.5 : 5;
  const rows: string[][] = [];
  const figures: Record<string, number> = {};
  for (const scene of SCENES) {
    const { frames, spansPerS } = await measure(root, scene, seconds);
    if (!smoke) figures[scene.figure] = p95FrameMs(frames);
    rows.push([scene.what, count(Math.round(spansPerS)), ...frameCells(frames)]);
  }
  const lines = [
    `The built program in a headless Chromium without a GPU, 1440 × 900, ${count(SPANS_PER_S)} spans/s over ${CONNECTIONS} connections for ${seconds} s; load, program and browser share the machine. Late: intervals above one and a half frames of 60 a second. Script: all of the page's in a frame, with decoding what came.`,
    '',
    ...table(
      [
        'screen',
        'spans/s',
        'frame p50 / p95, ms',
        'late',
        'script a frame p50 / p95 / longest, ms',
      ],
      rows,
    ),
  ];
  return { lines, figures };
}

async function measure(
  root: string,
  scene: Scene,
  seconds: number,
): Promise<{ frames: Frames; spansPerS: number }> {
  const program = await startProgram(root, ['--memory', '2GiB']);
  const browser = await launchBrowser();
  const sender = new PacedSender(program.httpPort, CONNECTIONS);
  try {
    // The first tenth is there when the screen is opened.
    const bodies = scene.bodies(Math.ceil(SPANS_PER_S * seconds * 1.1));
    const ready = Math.ceil(bodies.length / 11);
    let next = 0;
    const send = (): Promise<void> => {
      const body = bodies[next++];
      return body === undefined ? Promise.resolve() : sender.send('traces', body, () => undefined);
    };
    while (next < ready) await send();
    const page = await openScreen(browser, program.ready, scene);
    const startedMs = performance.now();
    const before = next;
    const everyMs = (1000 * SPANS_PER_BODY) / SPANS_PER_S;
    const sent = pace(everyMs, startedMs + seconds * 1000, CONNECTIONS, send);
    const frames = await measureFrames(page, Math.floor(seconds * FRAMES_PER_S));
    await sent;
    const tookS = (performance.now() - startedMs) / 1000;
    return { frames, spansPerS: ((next - before) * SPANS_PER_BODY) / tookS };
  } finally {
    sender.close();
    await browser.close();
    await program.stop();
  }
}

async function openScreen(
  browser: Awaited<ReturnType<typeof launchBrowser>>,
  ready: { readonly ui: string; readonly token: string },
  { hash, last }: Scene,
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await installFrameProbe(page);
  await page.goto(`${ready.ui}#token=${ready.token}`);
  await page.getByRole('row').first().waitFor({ timeout: PATIENCE_MS });
  await page.evaluate((hash) => (location.hash = hash), hash);
  await page.locator(last).first().waitFor({ state: 'attached', timeout: PATIENCE_MS });
  return page;
}
