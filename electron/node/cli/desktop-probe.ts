/**
 * Whether the desktop app can be opened here. Never imports or runs the electron package: its index
 * downloads the binary when it is missing, and starting it behind a firewall can hang.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The facts that decide; gathered by `machineFacts`, so that the decision itself is pure. */
export interface ProbeFacts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of electron's package.json, or undefined when the package is not installed. */
  resolveElectron(): string | undefined;
  /** A file's text, or undefined when it cannot be read. */
  readText(path: string): string | undefined;
  isExecutable(path: string): boolean;
}

export type ProbeResult =
  | { readonly type: 'desktop'; readonly executable: string }
  /** `reason` is a sentence part: "there is no display". `remedy` may be ''. */
  | { readonly type: 'browser'; readonly reason: string; readonly remedy: string };

/** Decides by environment first (no display, SSH, CI), then by the binary. */
export function probeDesktop(facts: ProbeFacts): ProbeResult {
  const { env, platform } = facts;
  const hasDisplay = isSet(env['DISPLAY']) || isSet(env['WAYLAND_DISPLAY']);
  if (isSet(env['CI'])) return browser('this is a CI job');
  if (platform === 'linux' && !hasDisplay) {
    return browser(isSsh(env) ? 'this is an SSH session without a display' : 'there is no display');
  }
  if (platform !== 'linux' && isSsh(env)) return browser('this is an SSH session');
  return probeBinary(facts);
}

/** The binary alone, whatever the environment says: what --desktop asks for. */
export function probeBinary(facts: ProbeFacts): ProbeResult {
  const { env } = facts;
  const manifest = facts.resolveElectron();
  if (manifest === undefined) {
    return browser('Electron is not installed', 'run `npm install electron` for the desktop app');
  }
  const folder = dirname(manifest);
  const override = env['ELECTRON_OVERRIDE_DIST_PATH'];
  const dist = isSet(override) ? override : join(folder, 'dist');
  // The package's own installer assumes this name when an override is given without path.txt.
  const name =
    facts.readText(join(folder, 'path.txt')) ?? (isSet(override) ? 'electron' : undefined);
  const missing = browser(
    'Electron is not downloaded',
    'run `npx install-electron --no` for the desktop app',
  );
  if (name === undefined) return missing;
  const executable = join(dist, name.trim());
  if (!facts.isExecutable(executable)) return missing;
  if (!isSet(override) && !isSameVersion(facts, manifest, dist)) {
    return browser(
      'the downloaded Electron is of another version',
      'run `npx install-electron --no` for the desktop app',
    );
  }
  return { type: 'desktop', executable };
}

/** The facts of this machine; `from` is where the electron package is looked up. */
export function machineFacts(from: string): ProbeFacts {
  return {
    platform: process.platform,
    env: process.env,
    resolveElectron: () => {
      try {
        return createRequire(from).resolve('electron/package.json');
      } catch {
        return undefined; // Not installed.
      }
    },
    readText: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined; // Missing or unreadable: the caller treats both alike.
      }
    },
    isExecutable: (path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    },
  };
}

function browser(reason: string, remedy = ''): ProbeResult {
  return { type: 'browser', reason, remedy };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function isSsh(env: ProbeFacts['env']): boolean {
  return isSet(env['SSH_CONNECTION']) || isSet(env['SSH_TTY']);
}

function isSameVersion(facts: ProbeFacts, manifest: string, dist: string): boolean {
  const wanted = /"version"\s*:\s*"([^"]+)"/.exec(facts.readText(manifest) ?? '')?.[1];
  const found = facts.readText(join(dist, 'version'))?.trim().replace(/^v/, '');
  return wanted !== undefined && wanted === found;
}
