import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FREE_PORTS, openWorkspace, rawRequest, type Workspace } from '../support/serve-inline.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await openWorkspace();
});
afterEach(() => workspace.close());

/** Nothing is written before the start has succeeded, the folder neither. */
const stateFiles = (): Promise<string[]> =>
  readdir(join(workspace.folder, 'state')).catch(() => []);

describe('flametail serve', () => {
  it('prints one ready line whose UI address holds no token', async () => {
    const { readyLine, instance } = await workspace.start();
    expect(JSON.parse(readyLine)).toEqual({
      event: 'ready',
      version: '0.0.0-test',
      otlpHttp: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      otlpGrpc: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      ui: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/) as string,
      token: expect.stringMatching(/^[\w-]{32}$/) as string,
      pid: process.pid,
    });
    expect((await rawRequest(`${instance.ui}healthz`)).body).toBe(
      '{"status":"ok","version":"0.0.0-test"}',
    );
  });

  it('listens on both loopback addresses with all three ports', async () => {
    const { instance } = await workspace.start();
    const v6 = instance.ui.replace('127.0.0.1', '[::1]');
    expect((await rawRequest(`${v6}healthz`)).status).toBe(200);
    const otlp = instance.otlpHttp.replace('127.0.0.1', '[::1]');
    expect((await rawRequest(`${otlp}/`)).body).toContain(instance.ui);
  });

  it('leaves a file of its own for other commands and takes it away at the end', async () => {
    const served = await workspace.start();
    const [name] = await stateFiles();
    const path = join(workspace.folder, 'state', name);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(
      Object.fromEntries(
        Object.entries(JSON.parse(served.readyLine)).filter(([k]) => k !== 'event'),
      ),
    );
    expect((await served.stop()).exitCode).toBe(0);
    expect(await stateFiles()).toEqual([]);
  });

  it('ends with code 0 and closes every port', async () => {
    const served = await workspace.start();
    const { exitCode, err } = await served.stop();
    expect([exitCode, err]).toEqual([0, '']);
    for (const url of [`${served.instance.ui}healthz`, served.instance.otlpHttp]) {
      await expect(rawRequest(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('loads files after the start and reports those it cannot read', async () => {
    const file = join(workspace.folder, 'logs.otlp.jsonl');
    await writeFile(
      file,
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"5","body":{"stringValue":"x"}}]}]}]}\n',
    );
    const served = await workspace.start('absent.otlp.jsonl', file);
    await expect.poll(() => served.run.out).toContain('"logRecords":1');
    expect(served.run.err).toBe('flametail: absent.otlp.jsonl: There is no such file.\n');
  });

  it.each(['--http-port', '--grpc-port', '--ui-port'])(
    'ends with code 3 when the port of %s is taken, and leaves nothing open',
    async (option) => {
      const blocker = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => blocker.once('listening', resolve));
      const { port } = blocker.address() as { port: number };
      const { exitCode, out, err } = await workspace.run(
        'serve',
        '--json',
        ...FREE_PORTS,
        option,
        String(port),
      );
      blocker.close();
      expect([exitCode, out]).toEqual([3, '']);
      expect(err).toMatch(`Port ${port} (`);
      expect(err).toMatch(/is taken by another program.*choose another port with --/);
      expect(err).toMatch(option);
      expect(await stateFiles()).toEqual([]);
    },
  );

  it('says that another Flametail has the UI port, and where it is', async () => {
    const { instance } = await workspace.start();
    const { port } = new URL(instance.ui);
    const { exitCode, err } = await workspace.run('serve', ...FREE_PORTS, '--ui-port', port);
    expect(exitCode).toBe(3);
    expect(err).toContain(`another Flametail (process ${process.pid}), open at ${instance.ui}`);
  });

  it('serves without a state folder, and says what that means', async () => {
    await writeFile(join(workspace.folder, 'state'), 'a file in the way');
    const served = await workspace.start();
    expect(served.run.err).toBe(
      'flametail: warning: other commands will not find this instance: A file of this name is in the way.\n' +
        'flametail: warning: a crash would lose what is received: there is no journal. There is no such folder.\n',
    );
    expect((await rawRequest(`${served.instance.ui}healthz`)).status).toBe(200);
    expect((await served.stop()).exitCode).toBe(0);
  });

  it('warns when it listens on more than loopback', async () => {
    const served = await workspace.start('--host', '0.0.0.0');
    expect(served.run.err).toContain('warning: listening on 0.0.0.0');
    expect(served.instance.ui).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  it('prints the link with the token for people', async () => {
    const served = await workspace.startPlain('serve', ...FREE_PORTS);
    expect(served.run.out).toMatch(/^ {2}UI +http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}$/m);
    expect(served.run.out).toMatch(/^ {2}OTLP\/HTTP +http:\/\/127\.0\.0\.1:\d+$/m);
    expect((await served.stop()).exitCode).toBe(0);
  });

  it('falls back to the browser with one line that says why', async () => {
    const served = await workspace.startPlain(...FREE_PORTS, '--no-open');
    expect(served.run.err).toBe('Opening in the browser, because there is no display.\n');
    expect(served.run.out).toContain('#token=');
    await served.stop();
    const forced = await workspace.run(...FREE_PORTS, '--desktop');
    expect(forced.exitCode).toBe(2);
    expect(forced.err).toContain('The desktop app cannot be opened: Electron is not');
  });

  it('starts the engine again after a crash, on the same ports, and says so', async () => {
    const served = await workspace.start();
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('The engine runs again');
    expect(served.run.err).toContain('What it held comes back from the journal');
    expect(served.spawner.spawned).toBe(2);
    expect((await rawRequest(served.instance.otlpHttp)).status).toBe(200);
    const status = await rawRequest(`${served.instance.ui}api/v1/status`, {
      headers: { authorization: `Bearer ${served.instance.token}` },
    });
    expect(status.status).toBe(200);
  });
});
