/**
 * The Chromium that tests and screenshots drive: found on the machine, never downloaded by
 * Playwright. Where a test needs one and none exists, Debian's is installed when that is possible.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const WELL_KNOWN = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** Root has no user namespace for Chromium's sandbox, and such machines have no GPU either. */
const ROOT_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run: both mean that this candidate is none.
    return false;
  }
}

function findOnPath(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const command of COMMANDS) {
      const path = join(folder, command);
      if (folder !== '' && isExecutable(path)) return path;
    }
  }
  return null;
}

/** The path of a usable Chromium or Chrome, or null. Reads the disk, installs nothing. */
export function findBrowser(): string | null {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (!isExecutable(chosen)) throw new Error(`CHROMIUM_PATH is not a program: ${chosen}`);
    return chosen;
  }
  const bundled = chromium.executablePath();
  if (bundled !== '' && isExecutable(bundled)) return bundled;
  return findOnPath() ?? WELL_KNOWN.find(isExecutable) ?? null;
}

/**
 * The path of a usable browser; as root on Debian and its kin it is installed by apt-get when
 * missing. Throws one line that says what to do when there is none.
 */
export function requireBrowser(): string {
  const found = findBrowser();
  if (found !== null) return found;
  if (isRoot() && existsSync('/usr/bin/apt-get')) {
    const options = { stdio: 'ignore', timeout: 600_000 } as const;
    execFileSync('apt-get', ['update'], options);
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
    const installed = findOnPath();
    if (installed !== null) return installed;
  }
  throw new Error(
    'No Chromium or Chrome found. Install one, or set CHROMIUM_PATH to the program, and run again.',
  );
}

/** Flags that this user and machine need; more can be added in front of a launch. */
export function browserFlags(): string[] {
  return isRoot() ? [...ROOT_FLAGS] : ['--no-first-run', '--disable-background-networking'];
}

/** Starts a headless browser. The caller closes it. Extra `args` are added to ours. */
export function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    headless: true,
    executablePath: requireBrowser(),
    ...options,
    args: [...browserFlags(), ...(options.args ?? [])],
  });
}
