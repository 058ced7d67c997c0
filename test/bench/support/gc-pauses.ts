/** Garbage collections of a program that runs with gc-probe.process.ts preloaded. */
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:perf_hooks';

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'full',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak callbacks',
};

export interface Pauses {
  readonly kind: string;
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

export class GcProbe {
  readonly #file: string;
  readonly #probeFile: string;

  /** `file` is written by the program; it may not exist yet. */
  constructor(probeFile: string, file: string) {
    this.#probeFile = probeFile;
    this.#file = file;
    writeFileSync(file, '');
  }

  /** The environment in which the program has to start. */
  get env(): Record<string, string> {
    return {
      NODE_OPTIONS: `--require=${JSON.stringify(this.#probeFile)}`,
      GC_PROBE_FILE: this.#file,
    };
  }

  /** Forgets what was until now. */
  reset(): void {
    writeFileSync(this.#file, '');
  }

  /** All threads together, by kind: those that happened since the last reset. */
  take(): Pauses[] {
    const byKind = new Map<string, number[]>();
    for (const line of readFileSync(this.#file, 'utf8').split('\n')) {
      const [, kind, durationMs] = line.split(' ');
      if (durationMs === undefined) continue;
      const name = KINDS[Number(kind)] ?? `kind ${kind}`;
      const durations = byKind.get(name) ?? [];
      durations.push(Number(durationMs));
      byKind.set(name, durations);
    }
    return [...byKind].map(([kind, durations]) => ({
      kind,
      count: durations.length,
      totalMs: durations.reduce((sum, ms) => sum + ms, 0),
      longestMs: Math.max(...durations),
    }));
  }
}

/** "34, 12.1 ms in all, longest 1.2 ms"; "none" when a kind did not happen. */
export function pauseCell(pauses: readonly Pauses[], kind: string): string {
  const found = pauses.find((pause) => pause.kind === kind);
  if (found === undefined) return 'none';
  const { count, totalMs, longestMs } = found;
  return `${count}, ${totalMs.toFixed(1)} ms in all, longest ${longestMs.toFixed(1)} ms`;
}
