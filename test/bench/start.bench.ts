/** What the program costs before anything arrives: start, memory, and what it does while idle. */
import { startProgram } from '../support/program.ts';
import { cpuSeconds, residentBytes } from './support/process-figures.ts';
import {
  percentile,
  spreadOf,
  withSpread,
  type BenchOptions,
  type BenchReport,
} from './support/stats.ts';

export const title = 'Start and idle: browser mode';

const NOT_HERE = 'not measured here: there is neither /proc nor ps';

export async function run({ smoke, root }: BenchOptions): Promise<BenchReport> {
  const startsMs: number[] = [];
  for (let i = 0; i < (smoke ? 1 : 9); i++) {
    const program = await startProgram(root);
    startsMs.push(program.startMs);
    await program.stop();
  }
  const ready = spreadOf(startsMs);
  const idle = await watchIdle(root, smoke ? SMOKE : FULL);
  const { startedMb, residentMb, idlePercent, seconds } = idle;
  return {
    lines: [
      `- Start of the process to its ready line, ${startsMs.length} starts: ${withSpread(ready, 0)} ms, p99 ${percentile(startsMs, 0.99).toFixed(0)} ms.`,
      `- Resident memory, empty: ${megabytes(residentMb)} once V8 has shrunk the heap of the start, ${megabytes(startedMb)} before, when the ingest code is compiled.`,
      `- Idle CPU over ${seconds.toFixed(1)} s, of one core, nobody connected, from then on: ${idlePercent === null ? NOT_HERE : `${idlePercent.toFixed(2)} %`}.`,
    ],
    figures: {
      'start.readyMs': ready.median,
      ...(residentMb === null ? {} : { 'start.residentMb': residentMb }),
      ...(idlePercent === null ? {} : { 'start.idlePercent': idlePercent }),
    },
  };
}

interface Waits {
  /** Until the ingest code is compiled. */
  readonly compileMs: number;
  /** Until V8 has shrunk the heap of a start, which it does once, about ten seconds later. */
  readonly shrinkMs: number;
  readonly watchMs: number;
}

const FULL: Waits = { compileMs: 3000, shrinkMs: 12_000, watchMs: 10_000 };
const SMOKE: Waits = { compileMs: 100, shrinkMs: 0, watchMs: 500 };

interface Idle {
  /** Before V8 shrinks the heap. */
  readonly startedMb: number | null;
  readonly residentMb: number | null;
  readonly idlePercent: number | null;
  readonly seconds: number;
}

/** Waits until what a start puts off is done, then watches. */
async function watchIdle(root: string, waits: Waits): Promise<Idle> {
  const program = await startProgram(root);
  const { pid } = program.ready;
  try {
    await wait(waits.compileMs);
    const startedBytes = residentBytes(pid);
    await wait(waits.shrinkMs);
    const cpuBefore = cpuSeconds(pid);
    const started = performance.now();
    await wait(waits.watchMs);
    const cpuAfter = cpuSeconds(pid);
    const seconds = (performance.now() - started) / 1000;
    const settledBytes = residentBytes(pid);
    return {
      startedMb: startedBytes === null ? null : startedBytes / 1e6,
      residentMb: settledBytes === null ? null : settledBytes / 1e6,
      idlePercent:
        cpuBefore === null || cpuAfter === null ? null : (100 * (cpuAfter - cpuBefore)) / seconds,
      seconds,
    };
  } finally {
    await program.stop();
  }
}

function megabytes(value: number | null): string {
  return value === null ? NOT_HERE : `${value.toFixed(0)} MB`;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
