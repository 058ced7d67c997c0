/** `flametail` in the test's own process: the real commands over an inline engine process. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import type { CliContext } from '../../electron/node/cli/context.ts';
import type { Instance } from '../../electron/node/cli/instance.ts';
import { runCli } from '../../electron/node/cli/program.ts';
import { inlineSpawner, type InlineSpawner } from './inline-spawn.ts';

export interface CliRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A machine of its own: state and settings folders, a page, and a command line. */
export interface Workspace {
  readonly folder: string;
  readonly env: Record<string, string>;
  /** Runs a command to its end. */
  run(...args: string[]): Promise<CliRun>;
  /** The same on a terminal of so many columns. */
  runIn(columns: number, ...args: string[]): Promise<CliRun>;
  /** Starts `serve --json` on free ports and resolves when its ready line is out. */
  start(...args: string[]): Promise<Served>;
  /** Starts any command that stays, and resolves with its first line. */
  startPlain(...args: string[]): Promise<{ readonly run: CliRun; stop(): Promise<CliRun> }>;
  /** Starts a command that prints as things happen. */
  follow(...args: string[]): Followed;
  /** The same on a terminal of so many columns. */
  followIn(columns: number, ...args: string[]): Followed;
  /** Stops what still runs and removes the folders. */
  close(): Promise<void>;
}

export interface Followed {
  /** Resolves with what was printed once `isThere` holds of it. */
  until(isThere: (out: string) => boolean): Promise<string>;
  readonly run: CliRun;
  readonly ended: Promise<CliRun>;
  /** Asks it to end, as SIGINT does. */
  stop(): Promise<CliRun>;
  /** The reader of its standard output goes away. */
  closePipe(): void;
  /** The reader of its standard output takes nothing until the result is called. */
  holdOutput(): () => void;
}

export interface Served {
  readonly instance: Instance;
  readonly readyLine: string;
  readonly spawner: InlineSpawner;
  readonly run: CliRun;
  /** Asks it to end, as SIGTERM does, and resolves with how it ended. */
  stop(): Promise<CliRun>;
}

/** Free ports, whatever else runs on the machine. */
export const FREE_PORTS = ['--http-port', '0', '--grpc-port', '0', '--ui-port', '0'];

/**
 * `desktopEntry` is where the electron package is looked up; without it there is none, whatever is
 * installed on the machine. `disk` is where journals are written.
 */
export async function openWorkspace(
  desktopEntry?: string,
  disk: JournalDisk = NODE_DISK,
): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'flametail-serve-'));
  const pageFolder = join(folder, 'page');
  await mkdir(join(pageFolder, 'assets'), { recursive: true });
  await writeFile(join(pageFolder, 'index.html'), '<!doctype html><title>Flametail</title>');
  await writeFile(join(pageFolder, 'assets', 'main-abc.js'), 'export {};');
  const env: Record<string, string> = {
    FLAMETAIL_STATE_DIR: join(folder, 'state'),
    FLAMETAIL_CONFIG_DIR: folder,
    PATH: process.env['PATH'] ?? '',
  };
  const running = new Set<Served>();

  function begin(args: readonly string[], columns: number | null = null) {
    const written = { out: '', err: '' };
    const spawner = inlineSpawner(disk);
    let stop = (): void => undefined;
    let isPipeClosed = false;
    let held = Promise.resolve();
    const listeners = new Set<() => void>();
    const noteOut = (): void => {
      for (const listener of [...listeners]) listener();
    };
    const context: CliContext = {
      version: '0.0.0-test',
      env,
      out: (text) => {
        written.out += text;
        noteOut();
      },
      err: (text) => {
        written.err += text;
      },
      outBytes: async (bytes) => {
        if (isPipeClosed) throw Object.assign(new Error('write'), { code: 'EPIPE' });
        await held;
        written.out += Buffer.from(bytes).toString();
        noteOut();
      },
      ...(columns !== null && { terminal: { columns } }),
      spawner,
      pageFolder,
      desktopEntry: desktopEntry ?? join(folder, 'electron', 'main.js'),
      untilStopped: () =>
        new Promise((resolve) => {
          stop = resolve;
        }),
    };
    const ended = runCli(args, context).then((exitCode) => ({ exitCode, ...written }));
    const until = (isThere: (out: string) => boolean): Promise<string> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isThere(written.out)) return;
          listeners.delete(look);
          resolve(written.out);
        };
        listeners.add(look);
        look();
      });
    const firstLine = until((out) => out.includes('\n')).then((out) => out.split('\n', 1)[0] ?? '');
    const closePipe = (): void => {
      isPipeClosed = true;
    };
    const holdOutput = (): (() => void) => {
      let release = (): void => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    };
    return { written, spawner, ended, firstLine, until, closePipe, holdOutput, stop: () => stop() };
  }

  function follow(args: readonly string[], columns: number | null): Followed {
    const begun = begin(args, columns);
    return {
      until: begun.until,
      ended: begun.ended,
      get run() {
        return { exitCode: -1, ...begun.written };
      },
      stop: () => {
        begun.stop();
        return begun.ended;
      },
      closePipe: begun.closePipe,
      holdOutput: begun.holdOutput,
    };
  }

  return {
    folder,
    env,
    run: (...args) => begin(args).ended,
    runIn: (columns, ...args) => begin(args, columns).ended,
    start: async (...args) => {
      const begun = begin(['serve', '--json', ...FREE_PORTS, ...args]);
      const readyLine = await Promise.race([
        begun.firstLine,
        begun.ended.then((end) => Promise.reject(new Error(`it ended: ${end.err}`))),
      ]);
      const served: Served = {
        instance: JSON.parse(readyLine) as Instance,
        readyLine,
        spawner: begun.spawner,
        get run() {
          return { exitCode: -1, ...begun.written };
        },
        stop: () => {
          running.delete(served);
          begun.stop();
          return begun.ended;
        },
      };
      running.add(served);
      return served;
    },
    startPlain: async (...args) => {
      const begun = begin(args);
      await begun.firstLine;
      return {
        get run() {
          return { exitCode: -1, ...begun.written };
        },
        stop: () => {
          begun.stop();
          return begun.ended;
        },
      };
    },
    follow: (...args) => follow(args, null),
    followIn: (columns, ...args) => follow(args, columns),
    close: async () => {
      await Promise.all([...running].map((served) => served.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request with exactly these headers, unlike fetch, which sets some of its own. */
export function rawRequest(
  url: URL | string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('latin1'),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
