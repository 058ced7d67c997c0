/**
 * Where the time goes in what is held against a target: CPU profiles of the built program under load, and
 * of layouts and queries in this process, as tables of text in `profiles/`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../electron/engine/query/compile.ts';
import { SpanMatcher } from '../../electron/engine/query/match.ts';
import { Store } from '../../electron/engine/store/store.ts';
import { layoutTrace } from '../../electron/engine/view/flame-layout.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import { startProgram } from '../support/program.ts';
import { spanBody } from '../support/span-bodies.ts';
import {
  CpuProbe,
  profileHere,
  profileTable,
  profileText,
  type ProfileTable,
} from './support/cpu-profile.ts';
import { ingestCells, type Cell } from './support/ingest-cells.ts';
import { TRACE_ID, oneTrace } from './support/one-trace.ts';
import { table, type BenchOptions, type BenchReport } from './support/stats.ts';

export const title = 'Profiles';

const WINDOWS = 3;
/** File names of the ingest cells, by their figures. */
const INGEST = new Map([
  ['http.8', 'http'],
  ['http.gzip.8', 'gzip'],
  ['grpc.8', 'grpc'],
  ['grpc.1', 'grpc-1'],
]);
/** File names and texts of the queries, and how often each is asked. */
const QUERIES = [
  { file: 'column-filter', text: 'duration>180ms status:error', times: 100 },
  { file: 'attribute-filter', text: 'http.response.status_code=503', times: 10 },
] as const;

interface Taken {
  readonly file: string;
  readonly title: string;
  readonly table: ProfileTable;
  readonly unit: { readonly count: number; readonly name: string };
}

export async function run(options: BenchOptions): Promise<BenchReport> {
  const { smoke, root } = options;
  const taken: Taken[] = [];
  for (const cell of await cellsOf(options)) taken.push(await profileIngest(cell, options));
  taken.push(await profileLayout(smoke ? 10_000 : 1_000_000));
  taken.push(...(await profileQueries(smoke ? 20_000 : 1_000_000)));
  const folder = join(root, 'test/bench/profiles');
  if (!smoke) {
    mkdirSync(folder, { recursive: true });
    for (const { file, title: head, table: rows, unit } of taken) {
      writeFileSync(join(folder, `${file}.txt`), profileText(head, rows, unit));
    }
  }
  return { lines: lines(taken), figures: {} };
}

function lines(taken: readonly Taken[]): string[] {
  return [
    'CPU profiles of the busiest thread, idle time left out; the program with a fresh 1 GiB and its journal, as in *Ingest*. Samples are taken by the clock: what other processes take from the thread counts too, so that shares say more than times. Sampling costs some per cent by itself.',
    '',
    ...table(
      ['what', 'µs each', 'garbage collector', 'most in', 'profile'],
      taken.map(({ file, title: what, table: { busyUs, collectorShare, rows }, unit }) => [
        what,
        `${(busyUs / unit.count).toFixed(0)} a ${unit.name}`,
        `${(collectorShare * 100).toFixed(1)} %`,
        rows
          .filter((row) => !row.what.startsWith('('))
          .slice(0, 3)
          .map((row) => `${row.what.split(' ')[0]} ${(row.share * 100).toFixed(0)} %`)
          .join(', '),
        `[${file}.txt](profiles/${file}.txt)`,
      ]),
    ),
  ];
}

async function cellsOf({ smoke, root }: BenchOptions): Promise<Cell[]> {
  const cells = await ingestCells({ smoke, wrkScript: `${root}test/bench/support/wrk-fresh.lua` });
  const wanted = cells.filter(({ figure = '' }) => INGEST.has(figure));
  return smoke ? wanted.slice(0, 1) : wanted;
}

async function profileIngest(cell: Cell, { root, processFile, smoke }: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'flametail-profile-'));
  const probe = new CpuProbe(processFile('cpu-probe'), join(folder, 'probe'));
  const program = await startProgram(root, [], probe.env);
  let count = 0;
  try {
    await cell.run(program, true);
    const profile = await probe.during(async () => {
      for (let window = 0; window < (smoke ? 1 : WINDOWS); window++) {
        count += (await cell.run(program, false)).requests;
      }
    });
    return {
      file: INGEST.get(cell.figure ?? '') ?? 'ingest',
      title: cell.name,
      table: profileTable(profile),
      unit: { count, name: `request of ${cell.spansEach} spans` },
    };
  } finally {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function openStore(): Store {
  const clock = { nowMs: () => Date.now(), ticksMs: () => performance.now() };
  return new Store({ memoryBytes: 2 ** 30, clock });
}

function filledWith(bodies: Iterable<Uint8Array>): Store {
  const store = openStore();
  for (const body of bodies) {
    const result = store.ingest('traces', [body], body.byteLength);
    if (!result.ok || result.accepted !== result.received) throw new Error('spans were refused');
  }
  return store;
}

/** Layouts that look their parents up, of stores that are new to it. */
async function profileLayout(spans: number): Promise<Taken> {
  const warm = filledWith(oneTrace(10_000, 8));
  const warmRow = warm.traces.find(TRACE_ID);
  for (let i = 0; i < 30; i++) layoutTrace(warm, warmRow);
  const bodies = oneTrace(spans, 7);
  const stores = Array.from({ length: 2 }, () => filledWith(bodies));
  const profile = await profileHere(() => {
    for (const store of stores) layoutTrace(store, store.traces.find(TRACE_ID));
  });
  return {
    file: 'layout',
    title: `Layout of one trace of ${spans.toLocaleString('en')} spans, parents looked up`,
    table: profileTable(profile),
    unit: { count: stores.length, name: 'layout' },
  };
}

async function profileQueries(spans: number): Promise<Taken[]> {
  const store = filledWith(freshBodies(spans));
  const taken: Taken[] = [];
  for (const { file, text, times } of QUERIES) {
    const compiled = compile({ text, services: [], notServices: [] }, 'spans', RE2);
    if (!compiled.ok) throw new Error(`${text}: ${compiled.error.message}`);
    const ask = (): number => {
      const matcher = new SpanMatcher(store, compiled.query);
      const { begin, end } = store.spans;
      let matches = 0;
      for (let to = end; to > begin; to -= matcher.itemsPerStep) {
        matcher.scan(Math.max(begin, to - matcher.itemsPerStep), to, () => matches++);
      }
      return matches;
    };
    for (let i = 0; i < 5; i++) ask();
    const profile = await profileHere(() => {
      for (let i = 0; i < times; i++) ask();
    });
    taken.push({
      file,
      title: `${text} over ${spans.toLocaleString('en')} spans`,
      table: profileTable(profile),
      unit: { count: times, name: 'query' },
    });
  }
  return taken;
}

function* freshBodies(spans: number): Generator<Uint8Array> {
  const bodies = Array.from({ length: 32 }, (_, index) => spanBody(512, index + 1));
  for (let sent = 0; sent < spans; sent += 512) {
    const body = bodies[(sent / 512) % bodies.length];
    body.freshen();
    yield body.bytes;
  }
}
