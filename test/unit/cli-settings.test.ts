import { describe, expect, it } from 'vitest';
import { CliError } from '../../electron/node/cli/exit.ts';
import { resolveSettings, type SettingsSources } from '../../electron/node/cli/settings.ts';
import { parseSize } from '../../electron/node/cli/size.ts';
import { plain, table } from '../../electron/node/cli/terminal-text.ts';
import { formatLaunchArgs, parseLaunchArgs } from '../../electron/node/host/launch-args.ts';

const NOTHING: SettingsSources = { flags: {}, env: {}, file: null, filePath: '/c/settings.json' };

describe('settings', () => {
  it('has the documented defaults', () => {
    expect(resolveSettings(NOTHING)).toEqual({
      httpPort: 4318,
      grpcPort: 4317,
      uiPort: 4319,
      hosts: ['127.0.0.1', '::1'],
      uiHosts: ['127.0.0.1', '::1'],
      memoryBytes: 1024 ** 3,
      open: true,
      journal: true,
      restore: false,
      token: null,
    });
  });

  it('takes a token from the environment alone, when it is long enough', () => {
    const withToken = (token: string) => () =>
      resolveSettings({
        ...NOTHING,
        env: { FLAMETAIL_TOKEN: token },
        file: { token: 'in-a-file' },
      });
    expect(withToken('chosen-by-me-0123')().token).toBe('chosen-by-me-0123');
    expect(withToken('')().token).toBeNull();
    expect(withToken('short')).toThrow('16 to 128');
    expect(withToken('has spaces in it, sadly')).toThrow(CliError);
  });

  it('takes flags before variables before the file', () => {
    const env = { FLAMETAIL_HTTP_PORT: '2', FLAMETAIL_UI_PORT: '2' };
    const file = { httpPort: 3, uiPort: 3, grpcPort: 3, open: false };
    const settings = resolveSettings({ ...NOTHING, flags: { httpPort: '1' }, env, file });
    expect(settings).toMatchObject({ httpPort: 1, uiPort: 2, grpcPort: 3, open: false });
  });

  it('names where a value that cannot be used came from', () => {
    const wrong = (sources: Partial<SettingsSources>) => () =>
      resolveSettings({ ...NOTHING, ...sources });
    expect(wrong({ flags: { httpPort: 'x' } })).toThrow('--http-port: "x" is not a port number');
    expect(wrong({ env: { FLAMETAIL_MEMORY: 'lots' } })).toThrow('FLAMETAIL_MEMORY: "lots"');
    expect(wrong({ file: { uiPort: 70000 } })).toThrow('"uiPort" in /c/settings.json: "70000"');
    expect(wrong({ file: { host: [] } })).toThrow(CliError);
    expect(wrong({ flags: { memory: '1KiB' } })).toThrow('at least 16MiB');
  });

  it('expands localhost to both loopback addresses', () => {
    expect(resolveSettings({ ...NOTHING, flags: { host: 'localhost' } }).hosts).toEqual([
      '127.0.0.1',
      '::1',
    ]);
    expect(resolveSettings({ ...NOTHING, flags: { host: '0.0.0.0' } }).hosts).toEqual(['0.0.0.0']);
  });
});

describe('the host of the OTLP ports', () => {
  it('says nothing about the UI port', () => {
    const opened = resolveSettings({ ...NOTHING, flags: { host: '0.0.0.0' } });
    expect(opened.uiHosts).toEqual(['127.0.0.1', '::1']);
    const both = resolveSettings({ ...NOTHING, flags: { host: '0.0.0.0', uiHost: '10.0.0.1' } });
    expect(both).toMatchObject({ hosts: ['0.0.0.0'], uiHosts: ['10.0.0.1'] });
  });
});

describe('sizes', () => {
  it('reads binary and decimal units in either case', () => {
    expect(['1GiB', '512MB', '1.5g', '64k', '100', '2 MiB'].map(parseSize)).toEqual([
      1024 ** 3,
      512e6,
      1.5 * 1024 ** 3,
      65536,
      100,
      2 * 1024 ** 2,
    ]);
  });

  it('refuses anything else', () => {
    expect(['', '-1', '1TB', 'GiB', '1e3', '1 constructor'].map(parseSize)).toEqual(
      Array(6).fill(undefined),
    );
  });
});

describe('launch arguments', () => {
  it('read back as they were written, files that look like options too', () => {
    const options = {
      httpPort: 1,
      grpcPort: 2,
      hosts: ['::1'],
      memoryBytes: 5e8,
      journal: false,
      restore: true,
      files: ['--http-port=9', 'a b.otlp.jsonl'],
      handshake: true,
    };
    expect(parseLaunchArgs(formatLaunchArgs(options))).toEqual(options);
  });

  it('pass over switches of others and values that make no sense', () => {
    expect(
      parseLaunchArgs(['--no-sandbox', '--http-port=99999', '--memory=x', '--host=', 'f.pb']),
    ).toMatchObject({ httpPort: 4318, memoryBytes: 1024 ** 3, files: ['f.pb'] });
  });
});

describe('terminal text', () => {
  it('writes out what a terminal would act on', () => {
    expect(plain('a\u001b[2Jb\nc\u009bd\u202ee')).toBe('a\\u{1b}[2Jb\\u{a}c\\u{9b}d\\u{202e}e');
    expect(plain('grün 東京 🔥')).toBe('grün 東京 🔥');
  });

  it('aligns columns', () => {
    const rows = [
      ['a', '1'],
      ['bcd', '20'],
    ];
    expect(table(rows, [false, true])).toBe('a     1\nbcd  20\n');
  });
});
