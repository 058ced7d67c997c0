/** Load from wrk and h2load, where they are installed. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SpanBody } from '../../support/span-bodies.ts';
import { percentile } from './stats.ts';

const run = promisify(execFile);
const GRPC_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** What a tool says of its own run. */
export interface ToolSent {
  readonly requests: number;
  readonly seconds: number;
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Whether a command can be started. */
export async function isInstalled(tool: 'wrk' | 'h2load'): Promise<boolean> {
  try {
    await run(tool, ['--version']);
    return true;
  } catch (error) {
    // wrk tells its version and ends with 1.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

export interface ToolOptions {
  readonly port: number;
  readonly connections: number;
  /** Whole seconds: wrk knows no others. */
  readonly seconds: number;
  readonly body: SpanBody;
}

/** The number wrk's next request carries; far above those of `freshen`, so that no id comes twice. */
let nextNumber = 0x40000000;

/** wrk with wrk-fresh.lua: ids are new in every request. `script` is the path of the Lua file. */
export async function wrkLoad(options: ToolOptions, script: string): Promise<ToolSent> {
  return withFolder(async (folder) => {
    const { bytes } = options.body;
    const head = Buffer.from(
      `POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`,
    );
    const files = { request: join(folder, 'request'), places: join(folder, 'places') };
    writeFileSync(files.request, Buffer.concat([head, bytes]));
    const places = options.body.idPlaces.map((place) => place + head.byteLength);
    writeFileSync(files.places, places.join('\n'));
    const url = `http://127.0.0.1:${options.port}`;
    const flags = ['-t1', `-c${options.connections}`, `-d${options.seconds}s`, '-s', script, url];
    const env = {
      ...process.env,
      BENCH_REQUEST: files.request,
      BENCH_PLACES: files.places,
      BENCH_FIRST: String(nextNumber),
    };
    nextNumber += 1 << 20;
    const { stdout } = await run('wrk', flags, { env });
    const result = /^RESULT (.*)$/m.exec(stdout)?.[1].split(' ').map(Number);
    if (result === undefined) throw new Error(`wrk said: ${stdout}`);
    const [requests, us, refused, p50Us, p99Us] = result;
    return { requests, seconds: us / 1e6, refused, p50Ms: p50Us / 1000, p99Ms: p99Us / 1000 };
  });
}

/** h2load repeats one body: all spans but those of the first request are duplicates. */
export async function h2loadLoad(options: ToolOptions): Promise<ToolSent> {
  return withFolder(async (folder) => {
    const message = join(folder, 'message');
    const log = join(folder, 'log');
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(options.body.bytes.byteLength, 1);
    writeFileSync(message, Buffer.concat([prefix, options.body.bytes]));
    const load = ['-t1', '-m1', `-c${options.connections}`, `-D${options.seconds}`];
    const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
    const url = `http://127.0.0.1:${options.port}${GRPC_PATH}`;
    const { stdout } = await run('h2load', [
      ...[...load, ...headers, '-d', message],
      ...[`--log-file=${log}`, url],
    ]);
    const refused = /(\d+) failed, (\d+) errored/.exec(stdout);
    if (refused === null) throw new Error(`h2load said: ${stdout}`);
    // start in µs, HTTP status, µs until the answer
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const timesMs = lines.map((line) => Number(line.split('\t')[2]) / 1000);
    return {
      requests: timesMs.length,
      seconds: options.seconds,
      refused: Number(refused[1]) + Number(refused[2]),
      p50Ms: percentile(timesMs, 0.5),
      p99Ms: percentile(timesMs, 0.99),
    };
  });
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'flametail-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
