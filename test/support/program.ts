/** The built program as a process of its own, for benches and end-to-end tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Ready {
  readonly event: 'ready';
  readonly version: string;
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  readonly ui: string;
  readonly token: string;
  readonly pid: number;
}

export interface Program {
  readonly ready: Ready;
  readonly process: ChildProcess;
  /** ms from the start of the process to the ready line. */
  readonly startMs: number;
  /** Where it keeps its per-user state; of this run alone. */
  readonly stateFolder: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** An API call with the token; `path` from the UI's root. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** Ends it with SIGTERM and resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `flametail serve --json` on free ports and waits until it is ready. */
export async function startProgram(
  root: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const entry = join(root, 'dist/cli.js');
  if (!existsSync(entry)) throw new Error('There is no build: run `npm run build` first.');
  const stateFolder = mkdtempSync(join(tmpdir(), 'flametail-'));
  const started = performance.now();
  const free = ['--http-port', '0', '--grpc-port', '0', '--ui-port', '0'];
  const child = spawn(process.execPath, [entry, 'serve', '--json', '--no-open', ...free, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FLAMETAIL_STATE_DIR: stateFolder, ...env },
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      rmSync(stateFolder, { recursive: true, force: true });
      resolve(code);
    });
  });
  const ready = await firstLine(child, exited);
  return {
    ready,
    process: child,
    startMs: performance.now() - started,
    stateFolder,
    httpPort: Number(new URL(ready.otlpHttp).port),
    grpcPort: Number(ready.otlpGrpc.split(':').at(-1)),
    api: (path, init = {}) =>
      fetch(new URL(path, ready.ui), {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${ready.token}` },
      }),
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

async function firstLine(child: ChildProcess, exited: Promise<number | null>): Promise<Ready> {
  if (child.stdout === null) throw new Error('the program has no standard output');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    exited.then((code) => Promise.reject(new Error(`the program ended with ${code}`))),
  ]);
  return JSON.parse(line) as Ready;
}
