import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeBytes, describeImport, filePaths } from '../../electron/main/files.ts';
import { readyLine } from '../../electron/main/handshake.ts';
import { ShellStateFile } from '../../electron/main/shell-state.ts';
import type { ReceiverState } from '../../proto/live/topics.ts';

describe('what a person is told about files', () => {
  const nothing = { spans: 0, logRecords: 0, dataPoints: 0, profiles: 0 };

  it('counts what was read', () => {
    const imported = { ...nothing, spans: 12_345, logRecords: 1 };
    expect(describeImport('a.jsonl', { imported, skipped: [] })).toBe(
      'Read 12,345 spans, 1 log record from a.jsonl.',
    );
    expect(describeImport('a.jsonl', { imported: nothing, skipped: [] })).toBe(
      'Nothing new in a.jsonl.',
    );
  });

  it('says what was skipped, and where the first of it is', () => {
    const skipped = [{ where: 'line 7', reason: 'it is no JSON.' }];
    expect(describeImport('a.jsonl', { imported: { ...nothing, spans: 1 }, skipped })).toBe(
      'Read 1 span from a.jsonl. 1 part was skipped; the first: line 7: it is no JSON.',
    );
  });

  it('keeps sizes short', () => {
    const sizes = [0, 999, 1000, 99_949, 99_951, 999_499, 999_500, 5e12];
    expect(sizes.map(describeBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 KB',
      '99.9 KB',
      '100 KB',
      '999 KB',
      '1.0 MB',
      '5.0 TB',
    ]);
  });

  it('takes paths of arguments from the folder they were typed in', () => {
    expect(filePaths(['a.jsonl', '/b/c.pb', 'file:///d%20e.pb'], '/here')).toEqual([
      '/here/a.jsonl',
      '/b/c.pb',
      '/d e.pb',
    ]);
  });
});

describe('the ready line', () => {
  const receiver = (change: Partial<ReceiverState>): ReceiverState => ({
    protocol: 'http',
    state: 'listening',
    port: 4318,
    hosts: ['127.0.0.1', '::1'],
    message: '',
    ...change,
  });

  it('names what listens, and null for what does not', () => {
    const taken = receiver({ protocol: 'grpc', state: 'taken', port: 4317 });
    expect(JSON.parse(readyLine('1.2.3', [receiver({}), taken], 5))).toEqual({
      event: 'ready',
      version: '1.2.3',
      otlpHttp: 'http://127.0.0.1:4318',
      otlpGrpc: null,
      pid: 5,
    });
  });

  it('puts IPv6 addresses in brackets and ends its line', () => {
    const line = readyLine('1.2.3', [receiver({ hosts: ['::1'] })], 5);
    expect(line).toContain('"http://[::1]:4318"');
    expect(line.endsWith('}\n')).toBe(true);
  });
});

describe('the shell state', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flametail-state-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('comes back at the next start, and is for this person alone', async () => {
    const path = join(folder, 'new/shell-state.json');
    const state = new ShellStateFile(path);
    expect(await state.load()).toEqual({ theme: 'system', lastFolder: '' });
    await Promise.all([
      state.update({ theme: 'light' }),
      state.update({ lastFolder: '/captures' }),
    ]);
    expect(await new ShellStateFile(path).load()).toEqual({
      theme: 'light',
      lastFolder: '/captures',
    });
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('starts from the defaults where the file is damaged, value by value', async () => {
    const path = join(folder, 'damaged.json');
    await writeFile(path, '{"theme":"pink","lastFolder":"/kept"}');
    expect(await new ShellStateFile(path).load()).toEqual({
      theme: 'system',
      lastFolder: '/kept',
    });
    await writeFile(path, '{"theme":');
    expect(await new ShellStateFile(path).load()).toEqual({ theme: 'system', lastFolder: '' });
  });

  it('goes on where it cannot be written', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'a file where a folder would have to be');
    const state = new ShellStateFile(join(path, 'shell-state.json'));
    await state.update({ theme: 'dark' });
    expect(state.current.theme).toBe('dark');
    expect(await readFile(path, 'utf8')).toContain('a file');
  });
});
