import { describe, expect, it } from 'vitest';
import {
  probeBinary,
  probeDesktop,
  type ProbeFacts,
} from '../../electron/node/cli/desktop-probe.ts';

const PACKAGE = '/n/electron';

function facts(over: Partial<ProbeFacts> = {}, files: Record<string, string> = {}): ProbeFacts {
  const present: Record<string, string> = {
    [`${PACKAGE}/package.json`]: '{"version": "45.4.1"}',
    [`${PACKAGE}/path.txt`]: 'electron',
    [`${PACKAGE}/dist/version`]: '45.4.1',
    ...files,
  };
  return {
    platform: 'linux',
    env: { DISPLAY: ':0' },
    resolveElectron: () => `${PACKAGE}/package.json`,
    readText: (path) => present[path],
    isExecutable: (path) => path === `${PACKAGE}/dist/electron` || path === '/own/electron',
    ...over,
  };
}

function reasonOf(given: ProbeFacts): string {
  const result = probeDesktop(given);
  return result.type === 'desktop' ? 'desktop' : result.reason;
}

describe('the desktop probe', () => {
  it('finds the binary beside the package', () => {
    expect(probeDesktop(facts())).toEqual({
      type: 'desktop',
      executable: `${PACKAGE}/dist/electron`,
    });
    expect(reasonOf(facts({ env: { WAYLAND_DISPLAY: 'wayland-0' } }))).toBe('desktop');
    expect(reasonOf(facts({ platform: 'darwin', env: {} }))).toBe('desktop');
  });

  it('chooses the browser where no window can open, and says why', () => {
    expect(reasonOf(facts({ env: {} }))).toBe('there is no display');
    expect(reasonOf(facts({ env: { SSH_TTY: '/dev/pts/0' } }))).toBe(
      'this is an SSH session without a display',
    );
    expect(reasonOf(facts({ platform: 'darwin', env: { SSH_CONNECTION: 'x' } }))).toBe(
      'this is an SSH session',
    );
    expect(reasonOf(facts({ env: { DISPLAY: ':0', CI: 'true' } }))).toBe('this is a CI job');
  });

  it('opens a window over SSH when there is a display', () => {
    expect(reasonOf(facts({ env: { DISPLAY: ':10', SSH_TTY: '/dev/pts/0' } }))).toBe('desktop');
  });

  it('says so when the package or the binary is missing', () => {
    expect(reasonOf(facts({ resolveElectron: () => undefined }))).toBe('Electron is not installed');
    expect(reasonOf(facts({ isExecutable: () => false }))).toBe('Electron is not downloaded');
    expect(reasonOf(facts({ readText: () => undefined }))).toBe('Electron is not downloaded');
  });

  it('does not start a binary of another version than the package', () => {
    expect(reasonOf(facts({}, { [`${PACKAGE}/dist/version`]: '44.0.0' }))).toBe(
      'the downloaded Electron is of another version',
    );
  });

  it('takes an own build by ELECTRON_OVERRIDE_DIST_PATH, also without path.txt', () => {
    const env = { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: '/own' };
    const files = { [`${PACKAGE}/path.txt`]: undefined as unknown as string };
    expect(probeDesktop(facts({ env }, files))).toEqual({
      type: 'desktop',
      executable: '/own/electron',
    });
  });

  it('looks at the binary alone when the desktop app is asked for', () => {
    expect(probeBinary(facts({ env: { CI: '1' } })).type).toBe('desktop');
  });
});
