/**
 * The file that a running instance leaves for the other commands: address, token, process. Readable
 * by its user alone; one a process, so that several instances do not erase each other.
 */
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { isAlive } from '../host/process-alive.ts';

export interface Instance {
  readonly version: string;
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  /** The UI's address, without the token. */
  readonly ui: string;
  readonly token: string;
  readonly pid: number;
}

const FILE_NAME = /^instance-\d+\.json$/;
/** A loopback server that does not answer in this time is stuck. */
const HEALTH_TIMEOUT_MS = 1500;

/** Writes the file; the result removes it again. */
export async function announceInstance(
  folder: string,
  instance: Instance,
): Promise<() => Promise<void>> {
  const path = join(folder, `instance-${instance.pid}.json`);
  await rm(path, { force: true }); // A file of a dead process of this number may have other rights.
  await writeFile(path, `${JSON.stringify(instance)}\n`, { mode: 0o600, flag: 'wx' });
  return () => rm(path, { force: true });
}

/** The instance that started last and answers; stale files are removed on the way. */
export async function findInstance(folder: string, uiPort?: number): Promise<Instance | undefined> {
  for (const path of await newestFirst(folder)) {
    const instance = await readInstance(path);
    const health =
      instance === undefined || !isAlive(instance.pid) ? 'dead' : await askHealth(instance.ui);
    if (health === 'dead') await rm(path, { force: true });
    if (instance === undefined || health !== 'ok') continue;
    if (uiPort === undefined || Number(new URL(instance.ui).port) === uiPort) return instance;
  }
  return undefined;
}

async function newestFirst(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => FILE_NAME.test(name));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      // A file that its process removes meanwhile is the oldest.
      const at = await stat(path).then(
        (entry) => entry.mtimeMs,
        () => 0,
      );
      return { path, at };
    }),
  );
  return files.sort((a, b) => b.at - a.at).map((file) => file.path);
}

async function readInstance(path: string): Promise<Instance | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isInstance(value) ? value : undefined;
  } catch {
    return undefined; // Torn by a crash, or gone: either way no instance.
  }
}

function isInstance(value: unknown): value is Instance {
  if (typeof value !== 'object' || value === null) return false;
  const { version, otlpHttp, otlpGrpc, ui, token, pid } = value as Record<string, unknown>;
  return (
    [version, otlpHttp, otlpGrpc, token].every((text) => typeof text === 'string') &&
    typeof ui === 'string' &&
    URL.canParse(ui) &&
    Number.isInteger(pid)
  );
}

/** `dead`: nobody or somebody else listens there. `stuck`: somebody does, but gives no answer. */
function askHealth(ui: string): Promise<'ok' | 'dead' | 'stuck'> {
  return new Promise((resolve) => {
    const asked = request(new URL('healthz', ui), { agent: false }, (response) => {
      response.resume();
      response.on('end', () => {
        resolve(response.statusCode === 200 ? 'ok' : 'dead');
      });
      response.on('error', () => {
        resolve('dead');
      });
    });
    asked.setTimeout(HEALTH_TIMEOUT_MS, () => {
      resolve('stuck');
      asked.destroy();
    });
    asked.on('error', () => {
      resolve('dead');
    });
    asked.end();
  });
}
