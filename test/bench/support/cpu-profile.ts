/** CPU profiles as small tables of text: which functions the time goes to, by their own source files. */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Time between two samples; the probe in the program has the same. */
export const INTERVAL_US = 200;
const ROWS = 25;
const POLL_MS = 50;
/** For the program to notice the file, and to write its profiles. */
const START_MS = 200;
const WRITE_MS = 30_000;

/** Waiting, and the profiler's own beginning and end. */
const NOT_WORK = new Set(['(idle)', 'dispatch']);

/** What one profile says; times in µs. */
export interface ProfileTable {
  readonly busyUs: number;
  readonly collectorShare: number;
  /** Functions by their self time, longest first; shares of `busyUs`. */
  readonly rows: readonly { readonly us: number; readonly share: number; readonly what: string }[];
}

/** Adds the self times of a profile up by function. Idle time does not count. */
export function profileTable(profile: Profiler.Profile): ProfileTable {
  const selfUs = new Map<number, number>();
  const { samples = [], timeDeltas = [] } = profile;
  samples.forEach((id, at) => selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, timeDeltas[at])));
  const places = new Places();
  const byFunction = new Map<string, number>();
  let busyUs = 0;
  let collectorUs = 0;
  for (const { id, callFrame } of profile.nodes) {
    const us = selfUs.get(id) ?? 0;
    if (us === 0 || NOT_WORK.has(callFrame.functionName)) continue;
    busyUs += us;
    if (callFrame.functionName === '(garbage collector)') collectorUs += us;
    const what = `${callFrame.functionName || '(anonymous)'}  ${places.of(callFrame)}`.trim();
    byFunction.set(what, (byFunction.get(what) ?? 0) + us);
  }
  const rows = [...byFunction]
    .sort(([, a], [, b]) => b - a)
    .slice(0, ROWS)
    .map(([what, us]) => ({ what, us, share: us / busyUs }));
  return { busyUs, collectorShare: busyUs === 0 ? 0 : collectorUs / busyUs, rows };
}

/** Where functions stand in the sources, by the source maps beside their bundles. */
class Places {
  readonly #maps = new Map<string, SourceMap | null>();

  of({ url, lineNumber, columnNumber }: Profiler.ProfileNode['callFrame']): string {
    if (!url.startsWith('file:')) return url === '' ? '' : `${url}:${lineNumber + 1}`;
    const found = this.#map(fileURLToPath(url))?.findEntry(lineNumber, columnNumber);
    if (found === undefined || !('originalSource' in found)) {
      return `${basename(url)}:${lineNumber + 1}`;
    }
    const source = found.originalSource.replace(/^(?:.*\/)?(?:\.\.\/)+/, '');
    return `${source}:${found.originalLine + 1}`;
  }

  #map(file: string): SourceMap | null {
    const kept = this.#maps.get(file);
    if (kept !== undefined) return kept;
    const mapFile = `${file}.map`;
    const map = existsSync(mapFile)
      ? new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')) as SourceMapPayload)
      : null;
    this.#maps.set(file, map);
    return map;
  }
}

/** Profiles work of this process. */
export async function profileHere(work: () => void): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  session.post('Profiler.start');
  work();
  const profile = await new Promise<Profiler.Profile>((resolve, reject) => {
    session.post('Profiler.stop', (error, result) => {
      if (error === null) resolve(result.profile);
      else reject(error);
    });
  });
  session.disconnect();
  return profile;
}

/** Profiles of a program that runs with cpu-probe.process.ts preloaded. */
export class CpuProbe {
  readonly #file: string;
  readonly #probeFile: string;

  /** `file` may not exist yet; the profiles are written beside it. */
  constructor(probeFile: string, file: string) {
    this.#probeFile = probeFile;
    this.#file = file;
  }

  /** The environment in which the program has to start. */
  get env(): Record<string, string> {
    return {
      NODE_OPTIONS: `--require=${JSON.stringify(this.#probeFile)}`,
      CPU_PROBE: this.#file,
    };
  }

  /** Profiles all threads while `work` goes on; gives the profile of the busiest one. */
  async during(work: () => Promise<void>): Promise<Profiler.Profile> {
    writeFileSync(this.#file, '');
    await pause(START_MS);
    await work();
    rmSync(this.#file);
    const profiles = await this.#written();
    return profiles.reduce((a, b) => (profileTable(b).busyUs > profileTable(a).busyUs ? b : a));
  }

  /** The profiles of main thread and engine. */
  async #written(): Promise<Profiler.Profile[]> {
    const folder = dirname(this.#file);
    const until = performance.now() + WRITE_MS;
    for (;;) {
      const files = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'));
      if (files.length >= 2) {
        return files.map((file) => {
          const text = readFileSync(join(folder, file), 'utf8');
          rmSync(join(folder, file));
          return JSON.parse(text) as Profiler.Profile;
        });
      }
      if (performance.now() > until) throw new Error('the program wrote no profiles');
      await pause(POLL_MS);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The text of a profile under its head; `unit` is what the times are divided by, e.g. requests. */
export function profileText(
  title: string,
  table: ProfileTable,
  unit: { readonly count: number; readonly name: string },
): string {
  const perUnit = (us: number): string => (us / unit.count).toFixed(1);
  const lines = [
    title,
    machineLine(),
    `${(table.busyUs / 1e6).toFixed(2)} s of one thread, sampled every ${INTERVAL_US} µs; ${unit.count.toLocaleString('en')} × ${unit.name}, ${perUnit(table.busyUs)} µs each; garbage collector ${(table.collectorShare * 100).toFixed(1)} %.`,
    '',
    `${'µs each'.padStart(10)} ${'share'.padStart(7)}  function and place, self time, idle left out`,
  ];
  for (const { us, share, what } of table.rows) {
    lines.push(`${perUnit(us).padStart(10)} ${(share * 100).toFixed(1).padStart(5)} %  ${what}`);
  }
  return `${lines.join('\n')}\n`;
}

function machineLine(): string {
  const processors = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const [load] = loadavg();
  return `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}, ${gib} GiB, ${process.platform}, Node ${process.version}, load average ${load.toFixed(2)} when it was taken.`;
}
