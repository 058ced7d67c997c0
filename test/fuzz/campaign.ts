/**
 * The campaign: the targets in turn, each with a seed of its own, until the time is over. Started by
 * run.mjs in a process of its own, which it tells what it is about to do, so that a hang has a name.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Finding, type Report } from './finding.ts';
import { fuzzCodings } from './coding-target.ts';
import { fuzzGrpc } from './grpc-target.ts';
import { fuzzIngest } from './ingest-target.ts';
import { fuzzLive } from './live-target.ts';
import { fuzzSockets } from './socket-target.ts';

interface Target {
  readonly run: (seed: number, rounds: number) => Promise<Report>;
  /** Rounds of one turn: a few seconds. Even seeds of `ingest` need thousands to evict. */
  rounds(seed: number): number;
}

const TARGETS: Readonly<Record<string, Target>> = {
  ingest: { run: fuzzIngest, rounds: (seed) => (seed % 2 === 0 ? 5000 : 1500) },
  live: { run: fuzzLive, rounds: () => 3000 },
  sockets: { run: fuzzSockets, rounds: () => 400 },
  codings: { run: fuzzCodings, rounds: () => 400 },
  grpc: { run: fuzzGrpc, rounds: () => 600 },
};

export interface CampaignOptions {
  readonly seconds: number;
  /** Of the first turn; every turn adds one. */
  readonly seed: number;
  /** Only this target, when given. */
  readonly target: string | undefined;
  /** One turn of the seed and no more. */
  readonly once: boolean;
  /** Where the input of a finding is written. */
  readonly outputFolder: string;
}

/** Runs until the time is over or an invariant breaks. Resolves with the exit code. */
export async function campaign(options: CampaignOptions): Promise<number> {
  const names = Object.keys(TARGETS).filter(
    (name) => options.target === undefined || name === options.target,
  );
  if (names.length === 0) throw new Error(`Targets are ${Object.keys(TARGETS).join(', ')}.`);
  const totals = new Map<string, number>(names.map((name) => [name, 0]));
  const baseline = heapBytes();
  let most = 0;
  const until = performance.now() + options.seconds * 1000;
  for (let seed = options.seed; seed === options.seed || performance.now() < until; seed++) {
    for (const name of names) {
      process.send?.({ target: name, seed });
      const { run, rounds } = TARGETS[name];
      const started = performance.now();
      try {
        const report = await run(seed, rounds(seed));
        totals.set(name, (totals.get(name) ?? 0) + report.inputs);
        const ms = Math.round(performance.now() - started);
        console.log(`${name} seed ${seed}: ${report.inputs} inputs, ${ms} ms; ${report.detail}`);
      } catch (error) {
        return tell(error, name, seed, options.outputFolder);
      }
      most = Math.max(most, heapBytes() - baseline);
      // Engines of the turns before are garbage: what stays is a leak.
      if (most > MAX_GROWTH_BYTES) {
        console.error(`memory grew by ${mebibytes(most)} MiB by ${name}, seed ${seed}`);
        return 1;
      }
    }
    if (options.once) break;
  }
  const counts = [...totals].map(([name, inputs]) => `${inputs} ${name}`).join(', ');
  console.log(`No finding in ${counts} inputs. Memory grew by at most ${mebibytes(most)} MiB.`);
  return 0;
}

/** What may stay between turns: JIT code, caches of protobufjs and HTTP agents. */
const MAX_GROWTH_BYTES = 200 << 20;

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function tell(error: unknown, target: string, seed: number, folder: string): number {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(`Repeat with: npm run fuzz -- --target ${target} --seed ${seed} --once`);
  if (error instanceof Finding && error.input !== undefined) {
    const { signal, encoding, body } = error.input;
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `fuzz-${target}-${seed}-${signal}.${encoding}`);
    writeFileSync(path, body);
    console.error(`The input is in ${path}`);
  }
  return 1;
}
