/**
 * The running desktop app: one window, one engine process, and what connects them.
 *
 * ```
 *   start ── engine process ──▶ receivers listen
 *         └─ window ──▶ page ── engine:connect ──▶ a live port, engine process <-> page
 *   quit  ── engine stops (sockets, files) ──▶ the process ends
 * ```
 */
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  session,
  shell,
  type WebContents,
} from 'electron';
import { editorAddress } from '../../proto/shell/editor-schemes.ts';
import { SHELL_PORT_MESSAGE, type ShellCommand } from '../../proto/shell/shell.ts';
import { EngineHost } from '../node/host/engine-host.ts';
import { openJournalFolder } from '../node/host/journal-folder.ts';
import { engineConfig, type LaunchOptions } from '../node/host/launch-args.ts';
import { stateFolderPath } from '../node/host/state-folder.ts';
import { answerAppRequest, APP_SCHEME } from './app-protocol.ts';
import { electronPort, utilitySpawner } from './engine.ts';
import { Files } from './files.ts';
import { readyLine } from './handshake.ts';
import { registerShellCalls } from './ipc.ts';
import { buildMenu } from './menu.ts';
import { ShellStateFile } from './shell-state.ts';
import { guardPermissions, guardWebContents } from './web-policy.ts';
import { openWindow } from './window.ts';

/** Everything that lives between `ready` and the end of the process. */
export class DesktopApp {
  readonly #folder: string;
  readonly #options: LaunchOptions;
  readonly #engine: EngineHost;
  readonly #state: ShellStateFile;
  readonly #files: Files;
  readonly #contentsIds = new Set<number>();
  #window: BrowserWindow | null = null;
  #isEngineStopped = false;

  /** `folder` holds the built main and preload files. Call after `ready`. */
  constructor(folder: string, options: LaunchOptions) {
    this.#folder = folder;
    this.#options = options;
    const journal = openJournalFolder({
      stateFolder: stateFolderPath(process.env),
      isOn: options.journal,
      restore: options.restore,
      budgetBytes: options.memoryBytes,
    });
    this.#engine = new EngineHost(utilitySpawner(folder), {
      ...engineConfig(options, __VERSION__, false),
      ...(journal === undefined ? {} : { journal }),
    });
    this.#state = new ShellStateFile(join(app.getPath('userData'), 'shell-state.json'));
    this.#files = new Files({
      engine: this.#engine,
      dialog,
      state: this.#state,
      downloadsFolder: app.getPath('downloads'),
    });
  }

  /** Shows the window; resolves when the engine listens too and `files` are read. */
  async start(files: readonly string[]): Promise<void> {
    const engineReady = this.#startEngine();
    nativeTheme.themeSource = (await this.#state.load()).theme;
    const root = join(this.#folder, '..', 'renderer');
    protocol.handle(APP_SCHEME, (request) => answerAppRequest(root, request));
    guardWebContents(app, {
      confirm: (url) => this.#confirmLink(url),
      open: (url) => shell.openExternal(url),
    });
    guardPermissions(session.defaultSession);
    this.#registerCalls();
    this.#setMenu();
    this.#followApp();
    const window = this.#open();
    const isShown = new Promise<void>((resolve) => {
      window.once('ready-to-show', resolve);
    });
    if (!(await engineReady)) return;
    if (this.#options.handshake) {
      await isShown;
      process.stdout.write(readyLine(__VERSION__, this.#engine.receivers, process.pid));
    }
    await this.openFiles(files);
  }

  /** Brings the window to the front, making one when it was closed. */
  show(): BrowserWindow {
    const window = this.#window ?? this.#open();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    return window;
  }

  /** Imports files that the system or another start handed over. */
  async openFiles(paths: readonly string[]): Promise<void> {
    if (paths.length > 0) await this.#files.importHandedOver(this.show(), paths);
  }

  /** Starts the engine; when it cannot start at all, says so and ends the app. */
  async #startEngine(): Promise<boolean> {
    this.#engine.onEvent((event) => {
      if (event.type === 'engine-exited' && !event.willRestart) void this.#giveUp(event.reason);
    });
    try {
      await this.#engine.start();
      return true;
    } catch (error) {
      await this.#giveUp(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  async #giveUp(reason: string): Promise<void> {
    await dialog.showMessageBox({
      type: 'error',
      message: 'Flametail cannot receive telemetry',
      detail: `${reason}\nStart Flametail again. If this repeats, the log of a start from a terminal says more.`,
    });
    this.#isEngineStopped = true;
    app.exit(1);
  }

  #open(): BrowserWindow {
    const window = openWindow({
      folder: this.#folder,
      nativeTheme,
      nowMs: () => performance.now(),
    });
    const contentsId = window.webContents.id;
    this.#contentsIds.add(contentsId);
    this.#window = window;
    window.on('closed', () => {
      this.#contentsIds.delete(contentsId);
      if (this.#window === window) this.#window = null;
    });
    return window;
  }

  #registerCalls(): void {
    registerShellCalls(ipcMain, this.#contentsIds, {
      'capture:export': (sender, choice) => this.#files.exportTo(windowOf(sender), choice),
      'capture:open': (sender) => this.#files.openChosen(windowOf(sender)),
      'capture:import': (_sender, paths) => this.#files.importAll(paths),
      'engine:connect': (sender) => Promise.resolve(this.#connect(sender)),
      'editor:open': async (_sender, url) => {
        const address = editorAddress(url);
        if (address === null) return false;
        await shell.openExternal(address);
        return true;
      },
      'theme:set': async (_sender, theme) => {
        nativeTheme.themeSource = theme;
        await this.#state.update({ theme });
        return null;
      },
    });
  }

  /** Gives the page a fresh live port; false while the engine is down, and the page asks again. */
  #connect(sender: WebContents): boolean {
    if (!this.#engine.isRunning) return false;
    const port = this.#engine.connect();
    sender.postMessage(SHELL_PORT_MESSAGE, null, [electronPort(port)]);
    return true;
  }

  #setMenu(): void {
    const template = buildMenu({
      platform: process.platform,
      appName: app.name,
      isPackaged: app.isPackaged,
      run: (command: ShellCommand) => {
        this.show().webContents.send('command', command);
      },
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  #followApp(): void {
    app.on('activate', () => {
      this.show();
    });
    app.on('window-all-closed', () => {
      // On macOS an app without windows stays, and goes on receiving.
      if (process.platform !== 'darwin') app.quit();
    });
    app.on('before-quit', (event) => {
      if (this.#isEngineStopped) return;
      event.preventDefault();
      void this.#quit();
    });
  }

  /** Ends the engine first, so that sockets and files are closed, then the app. */
  async #quit(): Promise<void> {
    await this.#engine.stop();
    this.#isEngineStopped = true;
    app.quit();
  }

  async #confirmLink(url: string): Promise<boolean> {
    const question = {
      type: 'question' as const,
      message: 'Open this address in your browser?',
      detail: url,
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    };
    const answer = await (this.#window === null
      ? dialog.showMessageBox(question)
      : dialog.showMessageBox(this.#window, question));
    return answer.response === 0;
  }
}

function windowOf(contents: WebContents): BrowserWindow {
  const window = BrowserWindow.fromWebContents(contents);
  if (window === null) throw new Error('The window of this page is gone.');
  return window;
}
