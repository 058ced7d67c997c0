/**
 * The desktop packages as far as they can be made without Electron's binary: the configuration against
 * the builder's schema, and the packaging itself with a stand-in for the binary.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtPath } from '../support/fake-electron/dist.ts';
import { launchFakeElectron } from '../support/fake-electron/launch.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONFIG = join(ROOT, 'electron-builder.yml');
const require = createRequire(import.meta.url);

/** Internals of app-builder-lib 26: the schema check has no public door. */
interface BuilderInternals {
  getConfig(project: string, file: string, options: null): Promise<Record<string, unknown>>;
  validateConfiguration(config: Record<string, unknown>, log: unknown): Promise<void>;
}

describe('electron-builder.yml', () => {
  const internals = require('app-builder-lib/out/util/config/config') as BuilderInternals;
  const { DebugLogger } = require('builder-util') as {
    DebugLogger: new (isEnabled: boolean) => unknown;
  };
  const read = (): Promise<Record<string, unknown>> => internals.getConfig(ROOT, CONFIG, null);
  const validate = (config: Record<string, unknown>): Promise<void> =>
    internals.validateConfiguration(config, new DebugLogger(false));

  it('is valid by the schema of the pinned electron-builder 26', async () => {
    await expect(validate(await read())).resolves.toBeUndefined();
  });

  it('would be refused with a key that the builder does not know', async () => {
    const config = { ...(await read()), linux: { executablename: 'flametail' } };
    await expect(validate(config)).rejects.toThrow('configuration.linux');
  });

  it('names the packages of the three systems', async () => {
    const config = (await read()) as Record<string, { target?: { target: string }[] }>;
    const targets = (system: string): string[] | undefined =>
      config[system]?.target?.map((each) => each.target);
    expect(targets('linux')).toEqual(['AppImage', 'deb']);
    expect(targets('mac')).toEqual(['dmg', 'zip']);
    expect(targets('win')).toEqual(['nsis']);
  });
});

describe('the package made around a stand-in for the Electron binary', () => {
  let folder: string;
  let unpacked: string;
  let archive: string;

  beforeAll(async () => {
    builtPath('electron/main.js');
    builtPath('engine.js');
    builtPath('renderer/index.html');
    folder = await mkdtemp(join(tmpdir(), 'flametail-packaging-'));
    const electronDist = join(folder, 'electron');
    await makeElectronStandIn(electronDist);
    const builder = join(ROOT, 'node_modules/electron-builder/cli.js');
    const output = join(folder, 'release');
    await run(
      process.execPath,
      [
        builder,
        ...['--linux', 'dir', '--x64', '--publish', 'never', '--config', CONFIG],
        `-c.electronDist=${electronDist}`,
        `-c.directories.output=${output}`,
      ],
      { cwd: ROOT },
    );
    unpacked = join(output, 'linux-unpacked');
    archive = join(unpacked, 'resources/app.asar');
  }, 120_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('holds the built program and package.json, and no module or source map', () => {
    const files = listPackage(archive, { isPack: false }).map((path) => path.replaceAll('\\', '/'));
    expect(files).toContain('/dist/electron/main.js');
    expect(files).toContain('/dist/electron/preload.cjs');
    expect(files).toContain('/dist/engine.js');
    expect(files).toContain('/dist/renderer/index.html');
    const foreign = files.filter((path) => !/^\/(dist(\/|$)|package\.json$)/.test(path));
    expect(foreign).toEqual([]);
    expect(files.filter((path) => path.endsWith('.map'))).toEqual([]);
  });

  it('has its fuses set in the executable', async () => {
    const wire = await getCurrentFuseWire(join(unpacked, 'flametail'));
    const state = (fuse: FuseV1Options): unknown => wire[fuse];
    for (const off of [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.LoadBrowserProcessSpecificV8Snapshot,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ]) {
      expect(state(off), FuseV1Options[off]).toBe(FuseState.DISABLE);
    }
    for (const on of [
      FuseV1Options.EnableCookieEncryption,
      FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
      FuseV1Options.OnlyLoadAppFromAsar,
    ]) {
      expect(state(on), FuseV1Options[on]).toBe(FuseState.ENABLE);
    }
  });

  it('starts from the packed files alone, under the fake electron', async () => {
    const payload = join(folder, 'payload');
    extractAll(archive, payload);
    expect(JSON.parse(await readFile(join(payload, 'package.json'), 'utf8'))).toMatchObject({
      main: 'dist/electron/main.js',
      type: 'module',
    });
    const app = await launchFakeElectron({
      main: join(payload, 'dist/electron/main.js'),
      args: ['--http-port=0', '--grpc-port=0', '--flametail-handshake'],
    });
    try {
      expect(await app.handshake()).toMatchObject({ event: 'ready' });
      expect(await app.page.title()).toMatch(/Flametail$/);
    } finally {
      await app.close();
    }
  }, 60_000);
});

/**
 * A folder that the builder takes for an unpacked Electron: an executable with the fuse wire (the
 * sentinel, version 1, nine fuses that are all off), and the files that it copies or prunes.
 */
async function makeElectronStandIn(path: string): Promise<void> {
  const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
  const { version } = require('electron/package.json') as { version: string };
  await mkdir(join(path, 'locales'), { recursive: true });
  await mkdir(join(path, 'resources'));
  await writeFile(join(path, 'version'), version);
  await writeFile(join(path, 'LICENSE'), 'stand-in');
  await writeFile(join(path, 'LICENSES.chromium.html'), 'stand-in');
  await writeFile(join(path, 'locales/en-US.pak'), 'stand-in');
  await writeFile(join(path, 'locales/de.pak'), 'stand-in');
  const wire = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, 9]), Buffer.alloc(9, '0')]);
  const program = Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n# '), wire, Buffer.from('\n')]);
  await writeFile(join(path, 'electron'), program, { mode: 0o755 });
}
