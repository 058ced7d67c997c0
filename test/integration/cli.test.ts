import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceInstance, findInstance, type Instance } from '../../electron/node/cli/instance.ts';
import { FREE_PORTS, openWorkspace, type Workspace } from '../support/serve-inline.ts';

let workspace: Workspace;
let state: string;
beforeEach(async () => {
  workspace = await openWorkspace();
  state = join(workspace.folder, 'state');
  await mkdir(state, { recursive: true });
});
afterEach(() => workspace.close());

const instance = (over: Partial<Instance>): Instance => ({
  version: '1',
  otlpHttp: 'http://127.0.0.1:1',
  otlpGrpc: '127.0.0.1:1',
  ui: 'http://127.0.0.1:1/',
  token: 'x',
  pid: process.pid,
  ...over,
});

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('instance files', () => {
  it('of a dead process are removed', async () => {
    await announceInstance(state, instance({ pid: await deadPid() }));
    expect(await findInstance(state)).toBeUndefined();
    expect(await readdir(state)).toEqual([]);
  });

  it('of a living process that nobody answers for are removed', async () => {
    await announceInstance(state, instance({}));
    expect(await findInstance(state)).toBeUndefined();
    expect(await readdir(state)).toEqual([]);
  });

  it('that are torn are removed, and files of others are left alone', async () => {
    await writeFile(join(state, 'instance-1.json'), '{"pid":');
    await writeFile(join(state, 'notes.txt'), 'mine');
    expect(await findInstance(state)).toBeUndefined();
    expect(await readdir(state)).toEqual(['notes.txt']);
  });

  it('lead to the running instance past stale ones', async () => {
    const served = await workspace.start();
    await announceInstance(state, instance({ pid: await deadPid() }));
    expect(await findInstance(state)).toMatchObject({ ui: served.instance.ui });
    const port = Number(new URL(served.instance.ui).port);
    expect(await findInstance(state, port)).toBeDefined();
    expect(await findInstance(state, port - 1)).toBeUndefined();
  });
});

describe('exit codes', () => {
  it('are 4 without a running instance', async () => {
    for (const args of [
      ['stats'],
      ['import', 'x'],
      ['export', '-o', 'x'],
      ['stats', '--ui-port', '9'],
    ]) {
      const run = await workspace.run(...args);
      expect(run.exitCode, args.join(' ')).toBe(4);
      expect(run.err).toMatch(/^flametail: No running Flametail.* was found\. Start one with:/);
    }
  });

  it('are 2 for wrong usage, with a word about what is wrong', async () => {
    const cases: [string[], string][] = [
      [['serve', '--memory', 'lots'], '--memory: "lots" is not a size'],
      [['serve', '--nonsense'], "unknown option '--nonsense'"],
      [['export'], "required option '-o, --output <file>'"],
      [['export', '-o', 'x', '--format', 'pdf'], 'Allowed choices are otlp.jsonl, otlp.pb'],
      [['import'], "missing required argument 'files'"],
      [['stats', '--ui-port', 'x'], 'It is not a port number'],
      [['--desktop', '--browser'], 'cannot be used with'],
    ];
    for (const [args, text] of cases) {
      const run = await workspace.run(...args);
      expect([run.exitCode, run.err], args.join(' ')).toEqual([2, expect.stringContaining(text)]);
    }
  });

  it('are 2 for a settings file that is no JSON object', async () => {
    await writeFile(join(workspace.folder, 'settings.json'), '[1]');
    const run = await workspace.run('serve', ...FREE_PORTS);
    expect([run.exitCode, run.err]).toEqual([2, expect.stringContaining('is not a JSON object')]);
  });

  it('are 0 for help, of every command with examples, and for the version', async () => {
    for (const command of [[], ['serve'], ['export'], ['import'], ['stats']]) {
      const run = await workspace.run(...command, '--help');
      expect(run.exitCode).toBe(0);
      expect(run.out).toContain('Examples:\n  flametail');
    }
    expect(await workspace.run('--version')).toMatchObject({ exitCode: 0, out: '0.0.0-test\n' });
  });
});

describe('settings', () => {
  it('come from flags, then variables, then the file', async () => {
    workspace.env['FLAMETAIL_MEMORY'] = '32MiB';
    await writeFile(
      join(workspace.folder, 'settings.json'),
      '{"memory": "64MiB", "httpPort": 0, "grpcPort": 0, "uiPort": 0}',
    );
    const served = await workspace.startPlain('serve', '--json');
    const stats = JSON.parse((await workspace.run('stats', '--json')).out) as {
      memory: { budgetBytes: number };
    };
    expect(stats.memory.budgetBytes).toBe(32 * 1024 ** 2);
    await served.stop();
  });
});

describe('the desktop launcher', () => {
  /** An executable in place of Electron; `entry` makes the real package findable. */
  async function withElectron(script: string): Promise<Workspace> {
    await workspace.close();
    workspace = await openWorkspace(join(process.cwd(), 'dist', 'electron', 'main.js'));
    const electron = join(workspace.folder, 'electron');
    await writeFile(electron, `#!${process.execPath}\n${script}`, { mode: 0o755 });
    Object.assign(workspace.env, { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: workspace.folder });
    return workspace;
  }

  it('hands settings and files to the app and ends with it', async () => {
    const { run } = await withElectron(
      `console.log('noise'); console.log(JSON.stringify({ event: 'ready' }));
       require('fs').writeFileSync(__dirname + '/args', JSON.stringify(process.argv.slice(2)));`,
    );
    const ended = await run('--http-port', '5', '--memory', '20MiB', '/a.pb');
    expect([ended.exitCode, ended.err]).toEqual([0, '']);
    const seen = JSON.parse(await readFile(join(workspace.folder, 'args'), 'utf8')) as string[];
    expect(seen.slice(1)).toEqual([
      '--http-port=5',
      '--grpc-port=4317',
      '--host=127.0.0.1,::1',
      '--memory=20971520',
      '--flametail-handshake',
      '--',
      '/a.pb',
    ]);
  });

  it('falls back to the browser when the app dies before it is ready', async () => {
    const { startPlain } = await withElectron(
      `console.error('libnss3.so: cannot open shared object file'); process.exit(127);`,
    );
    const served = await startPlain(...FREE_PORTS, '--no-open');
    expect(served.run.err).toBe(
      'Opening in the browser, because the desktop app ended at once: libnss3.so: cannot open shared object file.\n',
    );
    expect((await served.stop()).exitCode).toBe(0);
  });
});
