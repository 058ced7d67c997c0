/**
 * Acknowledged and indexed spans per second through the built program's real receivers, beside a server
 * that reads and drops under the same load, and the garbage collections of the program meanwhile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusMeta } from '../../proto/live/topics.ts';
import { startProgram, type Program } from '../support/program.ts';
import { GcProbe, pauseCell, type Pauses } from './support/gc-pauses.ts';
import { ingestCells, type Cell, type Window } from './support/ingest-cells.ts';
import { cpuSeconds } from './support/process-figures.ts';
import { startTarget, type Target } from './support/target-process.ts';
import {
  medianOf,
  millions,
  spreadOf,
  table,
  withSpread,
  type BenchOptions,
  type BenchReport,
  type Spread,
} from './support/stats.ts';

export const title = 'Ingest: acknowledged and indexed, load from a separate process';

const WINDOWS = 3;

interface Result {
  readonly cell: Cell;
  readonly spans: Spread;
  readonly ceiling: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: Spread;
  readonly refused: number;
  /** Null where it cannot be measured. */
  readonly cpuUs: number | null;
  readonly pauses: readonly Pauses[];
}

export async function run(options: BenchOptions): Promise<BenchReport> {
  const { smoke, root, processFile } = options;
  const cells = await ingestCells({ smoke, wrkScript: `${root}test/bench/support/wrk-fresh.lua` });
  const folder = mkdtempSync(join(tmpdir(), 'flametail-bench-'));
  const probe = new GcProbe(processFile('gc-probe'), join(folder, 'gc'));
  const drop = await startTarget(processFile('drop-server'));
  const start = (): Promise<Program> => startProgram(root, [], probe.env);
  const windows = smoke ? 1 : WINDOWS;
  const results: Result[] = [];
  // One for all cells is enough to show that the bench runs.
  const shared = smoke ? await start() : undefined;
  try {
    for (const cell of cells) {
      const program = shared ?? (await start());
      try {
        results.push(await measure(cell, program, drop, probe, windows));
        if (shared === undefined && cell.hasNewIds) await assertNoDuplicates(program);
      } finally {
        if (shared === undefined) await program.stop();
      }
    }
  } finally {
    await shared?.stop();
    await drop.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const objects = await compareWithObjects(results, processFile('object-server'));
  return {
    lines: [...speedLines(results, windows), '', objects, '', ...pauseLines(results)],
    figures: figuresOf(results),
  };
}

async function measure(
  cell: Cell,
  program: Program,
  drop: Target,
  probe: GcProbe,
  count: number,
): Promise<Result> {
  await cell.run(program, true);
  probe.reset();
  const cpuBefore = cpuSeconds(program.ready.pid);
  const windows: Window[] = [];
  for (let index = 0; index < count; index++) windows.push(await cell.run(program, false));
  const cpuAfter = cpuSeconds(program.ready.pid);
  const pauses = probe.take();
  await cell.run(drop, true);
  const dropped = await cell.run(drop, false);
  const taken = windows.reduce((sum, { requests }) => sum + requests, 0);
  return {
    cell,
    spans: spreadOf(windows.map((window) => spansPerSecond(window, cell))),
    ceiling: spansPerSecond(dropped, cell),
    requests: medianOf(windows.map(({ requests, seconds }) => requests / seconds)),
    p50Ms: medianOf(windows.map(({ p50Ms }) => p50Ms)),
    p99Ms: spreadOf(windows.map(({ p99Ms }) => p99Ms)),
    refused: windows.reduce((sum, { refused }) => sum + refused, 0),
    cpuUs: cpuBefore === null || cpuAfter === null ? null : ((cpuAfter - cpuBefore) * 1e6) / taken,
    pauses,
  };
}

function spansPerSecond({ requests, refused, seconds }: Window, { spansEach }: Cell): number {
  return ((requests - refused) * spansEach) / seconds;
}

/** A store that drops duplicates would else be measured dropping them. */
async function assertNoDuplicates(program: Program): Promise<void> {
  const { signals } = (await (await program.api('api/v1/status')).json()) as StatusMeta;
  const { received, duplicates, rejected } = signals.spans;
  if (received === 0 || duplicates + rejected > 0) {
    throw new Error(`${duplicates} duplicates and ${rejected} rejected of ${received} spans`);
  }
}

/** The load of the cell that has eight connections, against the obvious server. */
async function compareWithObjects(results: readonly Result[], file: string): Promise<string> {
  const ours = results.find(({ cell }) => cell.figure === 'http.8');
  if (ours === undefined) throw new Error('there is no cell with eight connections');
  const target = await startTarget(file);
  try {
    await ours.cell.run(target, true);
    const windows = [await ours.cell.run(target, false), await ours.cell.run(target, false)];
    const theirs = spreadOf(windows.map((window) => spansPerSecond(window, ours.cell)));
    const p99Ms = Math.max(...windows.map((window) => window.p99Ms));
    return `The obvious server (bare node:http, protobufjs, objects in a Map) under the load of "${ours.cell.name}": ${millions(theirs)} spans/s, p99 ${p99Ms.toFixed(0)} ms; Flametail takes ${(ours.spans.median / theirs.median).toFixed(1)} × as many.`;
  } finally {
    await target.stop();
  }
}

function speedLines(results: readonly Result[], windows: number): string[] {
  const tools = new Set(results.map(({ cell }) => cell.load));
  const missing = ['wrk', 'h2load'].filter(
    (tool) => ![...tools].some((load) => load.startsWith(tool)),
  );
  return [
    `512-span protobuf bodies of about 365 B a span unless named, one request in flight a connection; medians of ${windows} windows of a second, or of bodies made ahead (lowest–highest). The program runs as it comes: journal on, 1 GiB, a fresh one for every line. *Ours* is raw sockets and bare node:http2 in the process of the bench; gzip bodies are made ahead. wrk patches the ids of every request in Lua; h2load cannot, so that its spans are read, scanned and dropped as duplicates. *Ceiling*: the same load against a process that reads and drops (bare node:http and node:http2, gzip not inflated). Load, program and kernel share the machine. CPU: all threads of the program.${missing.length === 0 ? '' : ` Not installed, not measured: ${missing.join(', ')}.`}`,
    '',
    ...table(
      [
        'what',
        'load',
        'spans/s',
        'ceiling, spans/s',
        'of the ceiling',
        'requests/s',
        'p50, ms',
        'p99, ms',
        'CPU, µs/request',
        'refused',
      ],
      results.map(({ cell, spans, ceiling, requests, p50Ms, p99Ms, cpuUs, refused }) => [
        cell.name,
        cell.load,
        millions(spans),
        `${(ceiling / 1e6).toFixed(2)} M`,
        `${((100 * spans.median) / ceiling).toFixed(0)} %`,
        requests.toFixed(0),
        p50Ms.toFixed(2),
        withSpread(p99Ms, 2),
        cpuUs === null ? 'not measured here' : cpuUs.toFixed(0),
        String(refused),
      ]),
    ),
  ];
}

function pauseLines(results: readonly Result[]): string[] {
  const kinds = ['minor', 'full', 'incremental', 'weak callbacks'];
  return [
    'Garbage collections of the program during these windows (PerformanceObserver, all its threads):',
    '',
    ...table(
      ['what', 'load', ...kinds],
      results.map(({ cell, pauses }) => [
        cell.name,
        cell.load,
        ...kinds.map((kind) => pauseCell(pauses, kind)),
      ]),
    ),
  ];
}

function figuresOf(results: readonly Result[]): Record<string, number> {
  const figures: Record<string, number> = {};
  const p99s: number[] = [];
  for (const { cell, spans, p99Ms } of results) {
    if (cell.figure === undefined) continue;
    figures[cell.figure] = spans.median;
    if (/^http\.(4|8)$/.test(cell.figure)) p99s.push(p99Ms.median);
  }
  figures['http.p99'] = Math.max(...p99s);
  return figures;
}
