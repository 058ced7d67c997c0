/**
 * The log list over a full store, as the Logs screen asks for it: how long until all of it is there,
 * what a frame of a drag costs the engine, and how long one turn keeps its thread.
 */
import { Engine } from '../../electron/engine/engine.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import type { LiveClient, TopicFrame } from '../../proto/live/client.ts';
import { NO_FILTER, type LogsParams } from '../../proto/live/topics.ts';
import { connectClient } from '../support/live-engine.ts';
import { seeded } from '../support/span-bodies.ts';
import { logBody } from './support/log-bodies.ts';
import {
  count,
  percentile,
  spreadOf,
  table,
  withSpread,
  type BenchOptions,
  type BenchReport,
} from './support/stats.ts';
import { TurnTimer } from './support/turn-timer.ts';

export const title = 'The log list';

const SEED = 11;
const RECORDS_PER_BODY = 512;
const BODIES = 32;
const ROWS = 60;
/** A screen of 1440 × 900. */
const DENSITY_COLUMNS = 480;
const TICKS = 640;

interface Question {
  readonly name: string;
  readonly params: Partial<LogsParams>;
}

const QUESTIONS: readonly Question[] = [
  { name: 'every record', params: {} },
  { name: 'every record, repeats folded', params: { fold: true } },
  { name: 'level', params: { minSeverity: 17 } },
  { name: 'attribute', params: { filter: filterOf('http.response.status_code=503') } },
  { name: 'text, nowhere', params: { filter: filterOf('reconnecting') } },
  { name: 'text, everywhere', params: { filter: filterOf('products') } },
  { name: 'text, everywhere, folded', params: { filter: filterOf('products'), fold: true } },
];

function filterOf(text: string): LogsParams['filter'] {
  return { ...NO_FILTER, text };
}

export async function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const records = smoke ? 20_000 : 1_000_000;
  const turns = new TurnTimer();
  const engine = new Engine({
    memoryBytes: 2 ** 30,
    clock: turns,
    scheduler: turns,
    engineId: 'bench',
    version: '0.0.0',
    regex: RE2,
  });
  fill(engine, records);
  const client = connectClient(engine);
  const rows: string[][] = [];
  for (const question of QUESTIONS) {
    const runs: Measured[] = [];
    for (let i = 0; i < (smoke ? 1 : 3); i++) {
      runs.push(await measure(client, turns, question, smoke ? 10 : 120));
    }
    const drags = runs.flatMap(({ dragMs }) => dragMs);
    const spread = (value: (run: Measured) => number): string =>
      withSpread(spreadOf(runs.map(value)));
    rows.push([
      question.name,
      spread(({ firstMs }) => firstMs),
      spread(({ completeMs }) => completeMs),
      spread(({ cpuMs }) => cpuMs),
      spread(({ turnMs }) => turnMs),
      drags.length === 0
        ? '–'
        : `${percentile(drags, 0.5).toFixed(1)} / ${percentile(drags, 0.95).toFixed(1)}`,
      spread(({ jumpMs }) => jumpMs),
    ]);
  }
  client.close();
  engine.close();
  const lines = [
    `${count(records)} log records of six attributes, a list of ${ROWS} rows with density and gutter over an in-memory channel, at the pace of the program; medians (lowest–highest). *Complete*: until the search is over and all is in the density. *Longest turn*: what the engine does between two chances to do something else, the least of wall and CPU time. *Drag*: from an update to another place of the list to its decoded frame, p50 / p95. *Jump*: until the place of a time is known.`,
    '',
    ...table(
      [
        'list',
        'first frame, ms',
        'complete, ms',
        'CPU, ms',
        'longest turn, ms',
        'drag, ms',
        'jump by time, ms',
      ],
      rows,
    ),
  ];
  return { lines, figures: {} };
}

function fill(engine: Engine, records: number): void {
  const bodies = Array.from({ length: BODIES }, (_, i) => logBody(RECORDS_PER_BODY, SEED + i));
  const random = seeded(SEED);
  for (let sent = 0; sent < records; sent += RECORDS_PER_BODY) {
    const { bytes } = bodies[Math.floor(random() * BODIES)];
    const result = engine.ingest('logs', [bytes], bytes.length, 'protobuf');
    if (!result.ok || result.accepted !== RECORDS_PER_BODY) throw new Error('items were refused');
  }
}

interface Measured {
  readonly firstMs: number;
  readonly completeMs: number;
  readonly cpuMs: number;
  readonly turnMs: number;
  readonly dragMs: readonly number[];
  readonly jumpMs: number;
}

async function measure(
  client: LiveClient,
  turns: TurnTimer,
  { params }: Question,
  drags: number,
): Promise<Measured> {
  const asked: LogsParams = {
    filter: NO_FILTER,
    minSeverity: 0,
    first: null,
    count: ROWS,
    traceId: '',
    densityColumns: DENSITY_COLUMNS,
    ticks: TICKS,
    ...params,
  };
  let onFrame = (frame: TopicFrame<'logs'>): void => void frame;
  const next = (isIt: (frame: TopicFrame<'logs'>) => boolean): Promise<TopicFrame<'logs'>> =>
    new Promise((resolve) => {
      onFrame = (frame) => {
        if (isIt(frame)) resolve(frame);
      };
    });
  turns.restart();
  const cpu = process.cpuUsage();
  const started = performance.now();
  let firstMs = 0;
  const complete = next((frame) => {
    if (firstMs === 0) firstMs = performance.now() - started;
    return isComplete(frame);
  });
  const subscription = client.subscribe('logs', asked, {
    frame: (frame) => {
      onFrame(frame);
    },
  });
  const { meta } = await complete;
  const completeMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const random = seeded(SEED);
  const dragMs: number[] = [];
  for (let i = 0; i < drags && meta.end > meta.begin; i++) {
    const first = meta.begin + Math.floor(random() * (meta.end - meta.begin));
    const from = performance.now();
    const arrived = next(() => true);
    subscription.update({ ...asked, first });
    await arrived;
    dragMs.push(performance.now() - from);
  }
  const from = performance.now();
  await client.request('log.at', {
    filter: asked.filter,
    minSeverity: asked.minSeverity,
    traceId: '',
    fold: asked.fold ?? false,
    timeUnixNano: String(BigInt(Date.now()) * 2_000_000n),
  });
  const jumpMs = performance.now() - from;
  subscription.close();
  return {
    firstMs,
    completeMs,
    cpuMs: (user + system) / 1000,
    turnMs: turns.longestMs,
    dragMs,
    jumpMs,
  };
}

/** Whether a frame holds all there is: the density counts every record of the list. */
function isComplete({ meta, columns }: TopicFrame<'logs'>): boolean {
  const listed = meta.levels.reduce((sum, records) => sum + records, 0);
  const counted = columns.density.reduce((sum, records) => sum + records, 0);
  return !meta.searching && counted === listed;
}
