/** The states that have a picture: where each is, and what brings it about. */
import type { Page } from 'playwright-core';
import { conventionsTrace, PANELS } from './conventions.mjs';
import { isRetried, nightlyJob, order, ORDERS } from './shop.mjs';

export interface Shot {
  readonly name: string;
  /** A sentence for the list of pictures. */
  readonly title: string;
  readonly hash: string;
  readonly width?: number;
  readonly height?: number;
  /** Only the span panel. */
  readonly isPanel?: boolean;
  /** What says that the state is there. */
  ready(page: Page): Promise<unknown>;
  /** Brings the state about, once it is ready. */
  act?(page: Page): Promise<unknown>;
}

const retried = Array.from({ length: ORDERS }, (_, at) => at).findLast(isRetried) ?? 0;
const selected = order(retried, 0n);
const job = nightlyJob(0n);
const conventions = conventionsTrace(0n);
const flame = (page: Page) => page.locator('canvas[data-view=flame]').waitFor();
const panel = (page: Page) => page.locator('aside [data-section=raw]').waitFor();
const row = (page: Page) => page.getByRole('row').nth(3).waitFor();
const text =
  (words: string | RegExp) =>
  (page: Page): Promise<void> =>
    page.getByText(words).first().waitFor();
const traceHash = (span: string, rest = ''): string =>
  `#/trace/${selected.traceId}?span=${selected.spanId(span)}${rest}`;

const SCREENS: readonly Shot[] = [
  { name: 'traces', title: 'Traces: the live list.', hash: '#/traces', ready: row },
  {
    name: 'traces-filter',
    title: 'Traces narrowed by a query.',
    hash: '#/traces?q=status:error%20trace.duration%3E%3D1.4s',
    ready: row,
  },
  {
    name: 'traces-nothing',
    title: 'Traces: a query that matches nothing.',
    hash: '#/traces?q=service:nobody',
    ready: text(/No trace matches/),
  },
  {
    name: 'traces-narrow',
    title: 'Traces at 960 px.',
    hash: '#/traces',
    width: 960,
    height: 700,
    ready: row,
  },
  {
    name: 'trace-flame',
    title: 'Trace: flame graph, waterfall, and the panel of a span.',
    hash: traceHash('psp 1'),
    ready: async (page) => Promise.all([flame(page), panel(page)]),
  },
  {
    name: 'trace-waterfall',
    title: 'Trace: waterfall.',
    hash: traceHash('SELECT stock FOR UPDATE', '&view=waterfall'),
    ready: panel,
  },
  {
    name: 'trace-table',
    title: 'Trace: operations by self time.',
    hash: traceHash('charge', '&view=table'),
    ready: panel,
  },
  {
    name: 'trace-find',
    title: 'Trace: search in the query language.',
    hash: traceHash('charge'),
    ready: panel,
    act: async (page) => {
      await page.getByLabel('Find in trace').fill('kind:client duration>5ms');
      await page.getByRole('button', { name: 'Next match' }).waitFor();
    },
  },
  {
    name: 'trace-zoom',
    title: 'Trace: zoomed to a span, with the way back.',
    hash: traceHash('charge'),
    ready: panel,
    act: async (page) => {
      await page.keyboard.press('f');
      await page.getByRole('navigation', { name: 'Zoom' }).waitFor();
    },
  },
  {
    name: 'trace-large',
    title: 'Trace: six thousand spans, some below parents that were not received.',
    hash: `#/trace/${job.traceId}?span=${job.spanId('batch 3')}`,
    ready: async (page) => Promise.all([flame(page), panel(page)]),
  },
  {
    name: 'trace-absent',
    title: 'Trace: not in memory.',
    hash: `#/trace/${'ab'.repeat(16)}`,
    ready: text(/Not in memory/),
  },
  {
    name: 'trace-narrow',
    title: 'Trace at 960 px.',
    hash: traceHash('psp 1'),
    width: 960,
    height: 700,
    ready: panel,
  },
  {
    name: 'trace-sheet',
    title: 'Trace at 760 px: the panel is a sheet.',
    hash: traceHash('psp 1'),
    width: 760,
    height: 700,
    ready: panel,
  },
  {
    name: 'flame',
    title: 'Flame: all traces merged.',
    hash: '#/flame',
    ready: text(/submit order/),
  },
  {
    name: 'flame-compare',
    title: 'Compare: two queries on one merged graph.',
    hash: '#/flame?mode=compare&q=app.build:4111&b=app.build:4127',
    ready: text(/slower|faster|difference/i),
  },
  { name: 'logs', title: 'Logs: the tail.', hash: '#/logs', ready: text('stored with 4 lines') },
  {
    name: 'logs-errors',
    title: 'Logs from warn up.',
    hash: '#/logs?level=warn',
    ready: text('did not answer'),
  },
  {
    name: 'logs-trace',
    title: 'Logs of one trace.',
    hash: `#/logs?trace=${selected.traceId}`,
    ready: text('stored with 4 lines'),
  },
  {
    name: 'logs-narrow',
    title: 'Logs at 960 px.',
    hash: '#/logs',
    width: 960,
    height: 700,
    ready: text('stored with 4 lines'),
  },
];

/** All states in the order of the list. */
export const SHOTS: readonly Shot[] = [
  ...SCREENS,
  ...PANELS.map(({ id, title }): Shot => ({
    name: `panel-${id}`,
    title: `Span panel: ${title}.`,
    hash: `#/trace/${conventions.traceId}?span=${conventions.spanId(id)}`,
    isPanel: true,
    ready: async (page) => {
      await panel(page);
      await page.getByText(conventions.spanId(id), { exact: true }).first().waitFor();
    },
  })),
];
