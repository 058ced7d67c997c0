/**
 * Lists in other orders than newest, their pages and the place of a time in them, over a full store:
 * how long until the first window is there, and how long one turn keeps the engine's thread.
 */
import { Engine } from '../../electron/engine/engine.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import type { LiveClient } from '../../proto/live/client.ts';
import { NO_FILTER, type Filter } from '../../proto/live/topics.ts';
import { connectClient } from '../support/live-engine.ts';
import { seeded, spanBody } from '../support/span-bodies.ts';
import { count, spreadOf, table, withSpread } from './support/stats.ts';
import type { BenchOptions, BenchReport } from './support/stats.ts';
import { TurnTimer } from './support/turn-timer.ts';

export const title = 'Sorted lists';

const SEED = 11;
const SPANS_PER_BODY = 512;
const BODIES = 32;
const ROWS = 60;
const PAGE = 50;
/** Runs that warm up before those that count. */
const WARM_UP = 2;

interface Question {
  readonly name: string;
  /** Asks, and calls `first` when something can be shown. */
  ask(client: LiveClient, first: () => void): Promise<unknown>;
}

const TEXT: Filter = { ...NO_FILTER, text: 'http.response.status_code>0' };

const QUESTIONS: readonly Question[] = [
  { name: 'spans, slowest', ask: (client, first) => spans(client, NO_FILTER, 0, first) },
  { name: 'spans, slowest, middle', ask: (client, first) => spans(client, NO_FILTER, 3e5, first) },
  { name: 'spans that are searched', ask: (client, first) => spans(client, TEXT, 0, first) },
  { name: 'traces, slowest', ask: (client, first) => traces(client, NO_FILTER, 'slowest', first) },
  {
    name: 'traces, most errors',
    ask: (client, first) => traces(client, NO_FILTER, 'mostErrors', first),
  },
  {
    name: 'traces that are searched',
    ask: (client, first) => traces(client, TEXT, 'slowest', first),
  },
  { name: 'page of spans', ask: (client) => client.request('spans.list', PAGE_OF) },
  { name: 'page of traces', ask: (client) => client.request('traces.list', PAGE_OF) },
  { name: 'time among spans', ask: (client) => timeAmong(client, 'spans') },
  { name: 'time among traces', ask: (client) => timeAmong(client, 'traces') },
];

const PAGE_OF = { filter: NO_FILTER, order: 'slowest', limit: PAGE, cursor: '' } as const;

function spans(client: LiveClient, filter: Filter, at: number, first: () => void): Promise<void> {
  return new Promise((resolve) => {
    const params = { filter, anchor: 1, first: at, count: ROWS, order: 'slowest' } as const;
    const subscription = client.subscribe('spans', params, {
      frame: ({ meta }) => {
        first();
        if (meta.searching) return;
        subscription.close();
        resolve();
      },
    });
  });
}

function traces(
  client: LiveClient,
  filter: Filter,
  order: 'slowest' | 'mostErrors',
  first: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const params = { filter, anchor: 1, first: 0, count: ROWS, order } as const;
    const subscription = client.subscribe('traces', params, {
      frame: ({ meta }) => {
        first();
        if (meta.searching) return;
        subscription.close();
        resolve();
      },
    });
  });
}

function timeAmong(client: LiveClient, by: 'traces' | 'spans'): Promise<unknown> {
  const timeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
  return client.request('list.at', {
    by,
    filter: NO_FILTER,
    brush: null,
    anchor: null,
    timeUnixNano,
  });
}

export async function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const items = smoke ? 20_000 : 1_000_000;
  const turns = new TurnTimer();
  const engine = new Engine({
    memoryBytes: 2 ** 30,
    clock: turns,
    scheduler: turns,
    engineId: 'bench',
    version: '0.0.0',
    regex: RE2,
  });
  fill(engine, items);
  const client = connectClient(engine);
  await client.welcome;
  const rows: string[][] = [];
  let longestMs = 0;
  for (const { name, ask } of QUESTIONS) {
    const runs: Measured[] = [];
    for (let i = smoke ? WARM_UP : 0; i < WARM_UP + (smoke ? 1 : 7); i++) {
      const measured = await measure(turns, (first) => ask(client, first));
      if (i >= WARM_UP) runs.push(measured);
    }
    const spread = (value: (run: Measured) => number): string =>
      withSpread(spreadOf(runs.map(value)));
    longestMs = Math.max(longestMs, spreadOf(runs.map(({ turnMs }) => turnMs)).median);
    rows.push([
      name,
      spread(({ firstMs }) => firstMs),
      spread(({ wholeMs }) => wholeMs),
      spread(({ cpuMs }) => cpuMs),
      spread(({ turnMs }) => turnMs),
    ]);
  }
  client.close();
  engine.close();
  const lines = [
    `${count(items)} spans in traces of 32, windows of ${ROWS} rows and pages of ${PAGE} over an in-memory channel, at the pace of the program; medians (lowest–highest) of warm runs. *First*: until something can be shown. *Whole*: until nothing is searched any more and the window is in order, or the answer is there. *Longest turn*: what the engine does between two chances to do something else, the least of wall and CPU time.`,
    '',
    ...table(['list', 'first, ms', 'whole, ms', 'CPU, ms', 'longest turn, ms'], rows),
  ];
  return { lines, figures: smoke ? {} : { 'orders.turn': longestMs } };
}

function fill(engine: Engine, items: number): void {
  const bodies = Array.from({ length: BODIES }, (_, i) => spanBody(SPANS_PER_BODY, SEED + i));
  const random = seeded(SEED);
  for (let sent = 0; sent < items; sent += SPANS_PER_BODY) {
    const body = bodies[Math.floor(random() * BODIES)];
    body.freshen();
    const result = engine.ingest('traces', [body.bytes], body.bytes.length, 'protobuf');
    if (!result.ok || result.accepted !== SPANS_PER_BODY) throw new Error('items were refused');
  }
}

interface Measured {
  readonly firstMs: number;
  readonly wholeMs: number;
  readonly cpuMs: number;
  readonly turnMs: number;
}

async function measure(
  turns: TurnTimer,
  ask: (first: () => void) => Promise<unknown>,
): Promise<Measured> {
  turns.restart();
  const cpu = process.cpuUsage();
  const started = performance.now();
  let firstMs = Infinity;
  await ask(() => (firstMs = Math.min(firstMs, performance.now() - started)));
  const wholeMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return {
    firstMs: Math.min(firstMs, wholeMs),
    wholeMs,
    cpuMs: (user + system) / 1000,
    turnMs: turns.longestMs,
  };
}
