/** Starts a built main.js under the fake, for tests of the desktop host. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire, register } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { MenuItemConstructorOptions } from 'electron';
import { launchBrowser } from '../browser.ts';
import { builtPath } from './dist.ts';
import { FakeHost } from './host.ts';
import { routePages } from './routes.ts';

const { nativeImport } = createRequire(import.meta.url)('./native-import.cjs') as {
  nativeImport(url: string): Promise<unknown>;
};

/** The fakes of this process by launch, where electron-stub.mjs finds them. */
const fakes = new Map<string, unknown>();
let launches = 0;

export interface FakeElectronOptions {
  /** The program's own arguments, e.g. `--http-port=0`. */
  readonly args?: readonly string[];
  /** Variables added to this process's own until `close`. */
  readonly env?: Readonly<Record<string, string>>;
  /** The built main file; dist/electron/main.js by default. */
  readonly main?: string;
  /** A browser to share; by default one is started, and closed with the app. */
  readonly browser?: Browser;
  readonly systemTheme?: 'dark' | 'light';
  /** CSS px; 1440 × 900 by default. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** False plays a start while another instance runs. */
  readonly hasLock?: boolean;
  /** Answers dialogs from the start on; see `FakeHost.answer`. */
  readonly prepare?: (host: FakeHost) => void;
}

/** A running app under the fake. */
export class FakeElectronApp {
  readonly host: FakeHost;
  /** Lines that the program wrote to stdout as JSON events. */
  readonly stdout: readonly string[];
  /** Requests and navigations that were refused. */
  readonly blocked: readonly string[];
  readonly #cleanUp: () => Promise<void>;

  constructor(
    host: FakeHost,
    stdout: readonly string[],
    blocked: readonly string[],
    cleanUp: () => Promise<void>,
  ) {
    this.host = host;
    this.stdout = stdout;
    this.blocked = blocked;
    this.#cleanUp = cleanUp;
  }

  /** What the program told its launcher (needs `--flametail-handshake`); resolves when it did. */
  async handshake(): Promise<Readonly<Record<string, unknown>>> {
    if (this.stdout.length === 0) await once(this.host.events, 'stdout');
    return JSON.parse(this.stdout[0] ?? '{}') as Record<string, unknown>;
  }

  /** The page of the first window; another one after a crash. */
  get page(): Page {
    const window = this.host.windows[0];
    if (window === undefined) throw new Error('fake electron: no window is open');
    return window.contents.page;
  }

  /** Clicks a menu item by its visible path, e.g. `clickMenu('File', 'Open…')`. */
  clickMenu(...path: readonly string[]): void {
    let items = this.host.menu;
    let item: MenuItemConstructorOptions | undefined;
    for (const label of path) {
      item = items.find((each) => each.label?.replace('&', '') === label);
      if (item === undefined) throw new Error(`no menu item ${path.join(' > ')}`);
      items = (item.submenu as MenuItemConstructorOptions[] | undefined) ?? [];
    }
    item?.click?.({} as never, undefined, {} as never);
  }

  /** Plays a second start of the program that hands over what `requestSingleInstanceLock` got. */
  secondInstance(handover: unknown): void {
    this.host.appEvents.emit('second-instance', {}, [], '', handover);
  }

  /** Lets `webUtils.getPathForFile` find these files by name. */
  registerFiles(paths: readonly string[]): void {
    for (const path of paths) this.host.filePaths[basename(path)] = path;
    for (const window of this.host.windows) window.contents.tellFilePaths();
  }

  /** Ends the engine process the hard way. */
  killEngine(): void {
    const engine = this.host.children[0];
    if (engine === undefined) throw new Error('fake electron: no utility process runs');
    engine.kill();
  }

  /** Quits the program and waits for its end; resolves with the exit code. */
  async quit(): Promise<number> {
    if (this.host.exitCode !== null) return this.host.exitCode;
    const exited = once(this.host.events, 'exit');
    this.host.quit();
    await exited;
    return this.host.exitCode ?? -1;
  }

  /** Quits, cleans up, and throws what went wrong unseen, if anything did. */
  async close(): Promise<void> {
    try {
      await this.quit();
    } finally {
      await this.#cleanUp();
    }
    if (this.host.problems.length > 0) {
      throw new Error(`fake electron: ${this.host.problems.join('\n')}`);
    }
  }
}

/**
 * Starts the app and resolves when its window is ready to show, or it ended. Only one launch at a time
 * may start in a process, because the program reads `process.argv` while it loads.
 */
export async function launchFakeElectron(
  options: FakeElectronOptions = {},
): Promise<FakeElectronApp> {
  registerHooks();
  const main = resolve(options.main ?? builtPath('electron/main.js'));
  const launch = String(++launches);
  const browser = options.browser ?? (await launchBrowser());
  const systemTheme = options.systemTheme ?? 'dark';
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1440, height: 900 },
    colorScheme: systemTheme,
  });
  const userData = await mkdtemp(join(tmpdir(), 'flametail-fake-'));
  const host = new FakeHost({
    browser: context,
    userData,
    systemTheme,
    hasLock: options.hasLock ?? true,
  });
  options.prepare?.(host);
  const blocked: string[] = [];
  await routePages(context, host, blocked);
  const stdout: string[] = [];
  const restore = enterProgram(main, userData, options, (line) => {
    stdout.push(line);
    host.events.emit('stdout');
  });
  fakes.set(launch, host.electron);

  const app = new FakeElectronApp(host, stdout, blocked, async () => {
    restore();
    fakes.delete(launch);
    for (const child of [...host.children]) child.kill();
    await context.close();
    if (options.browser === undefined) await browser.close();
    await rm(userData, { recursive: true, force: true });
  });
  const shown = Promise.race([
    once(host.events, 'exit'),
    once(host.events, 'window').then(([window]) => once(window as never, 'ready-to-show')),
  ]);
  try {
    await nativeImport(`${pathToFileURL(main).href}?fake-electron=${launch}`);
    if (host.exitCode === null) host.ready();
    await shown;
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  return app;
}

let hasHooks = false;

function registerHooks(): void {
  if (hasHooks) return;
  hasHooks = true;
  register(new URL('./resolve-hook.mjs', import.meta.url));
  Object.assign(globalThis, { [Symbol.for('flametail.fakeElectron')]: fakes });
}

/** Makes this process look like the program's own; the result puts everything back. */
function enterProgram(
  main: string,
  stateFolder: string,
  options: FakeElectronOptions,
  told: (line: string) => void,
): () => void {
  const { argv, env } = process;
  const write = process.stdout.write.bind(process.stdout);
  process.argv = [argv[0] ?? 'node', main, ...(options.args ?? [])];
  process.env = { ...env, FLAMETAIL_STATE_DIR: stateFolder, ...options.env };
  process.stdout.write = ((chunk: unknown, ...rest: never[]) => {
    if (typeof chunk !== 'string' || !chunk.startsWith('{"event":')) {
      return write(chunk as string, ...rest);
    }
    told(chunk.trimEnd());
    return true;
  }) as typeof process.stdout.write;
  return () => {
    process.argv = argv;
    process.env = env;
    process.stdout.write = write;
  };
}
