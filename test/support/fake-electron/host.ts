/**
 * One launch of the fake: its state, and the objects that `import … from 'electron'` gives. The names
 * that exist here are checked against electron.d.ts; every other name throws.
 */
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import type {
  App,
  BrowserWindowConstructorOptions,
  CustomScheme,
  Dialog,
  ForkOptions,
  IpcMain,
  Menu,
  MenuItemConstructorOptions,
  NativeTheme,
  Protocol,
  Session,
  Shell,
} from 'electron';
import { FakeMessageChannel } from './message-port.ts';
import { expectReady, strict } from './strict.ts';
import { FakeUtilityProcess } from './utility-process.ts';
import { FakeBrowserWindow, type FakeWebContents, type WindowHost } from './windows.ts';

type Invoke = Parameters<IpcMain['handle']>[1];
type ProtocolHandler = Parameters<Protocol['handle']>[1];
type DialogName = 'showMessageBox' | 'showOpenDialog' | 'showSaveDialog';
/** Answers a dialog from its options. */
export type DialogAnswer = (options: Record<string, unknown>) => unknown;

/** What a launch is made with. */
export interface HostOptions {
  readonly browser: BrowserContext;
  readonly userData: string;
  readonly systemTheme: 'dark' | 'light';
  /** False stands for a second start while another instance holds the lock. */
  readonly hasLock: boolean;
}

/** Where a call claims to come from, for tests of the sender check. */
export interface ClaimedSender {
  readonly id: number;
  readonly url: string;
  readonly isTopFrame: boolean;
}

export class FakeHost implements WindowHost {
  readonly browser: BrowserContext;
  readonly filePaths: Record<string, string> = {};
  readonly windows: FakeBrowserWindow[] = [];
  readonly children: FakeUtilityProcess[] = [];
  /** Addresses given to shell.openExternal. */
  readonly opened: string[] = [];
  /** Dialogs shown, with their options. */
  readonly dialogs: { readonly name: DialogName; readonly options: Record<string, unknown> }[] = [];
  readonly problems: string[] = [];
  readonly schemes: string[] = [];
  menu: readonly MenuItemConstructorOptions[] = [];
  handover: unknown;
  isSandboxed = false;
  isReady = false;
  exitCode: number | null = null;
  readonly events = new EventEmitter();
  readonly #options: HostOptions;
  readonly #calls = new Map<string, Invoke>();
  readonly #protocols = new Map<string, ProtocolHandler>();
  readonly #dialogAnswers = new Map<DialogName, DialogAnswer>();
  #permissionRequest: Parameters<Session['setPermissionRequestHandler']>[0] = null;
  #permissionCheck: Parameters<Session['setPermissionCheckHandler']>[0] = null;
  #becomeReady: () => void = () => undefined;
  readonly #whenReady = new Promise<void>((resolve) => {
    this.#becomeReady = resolve;
  });
  #themeSource: NativeTheme['themeSource'] = 'system';
  readonly app: FakeHost['electron']['app'];
  readonly appEvents: EventEmitter;
  readonly electron;

  constructor(options: HostOptions) {
    this.#options = options;
    this.browser = options.browser;
    const app = this.#makeApp();
    this.appEvents = app;
    this.electron = {
      app: strict(app, 'app'),
      BrowserWindow: this.#makeWindowClass(),
      dialog: strict(this.#makeDialog(), 'dialog'),
      ipcMain: strict(this.#makeIpcMain(), 'ipcMain'),
      Menu: strict(this.#makeMenu(), 'Menu'),
      MessageChannelMain: FakeMessageChannel,
      nativeTheme: strict(this.#makeTheme(), 'nativeTheme'),
      protocol: strict(this.#makeProtocol(), 'protocol'),
      session: strict(this.#makeSession(), 'session'),
      shell: strict(this.#makeShell(), 'shell'),
      utilityProcess: strict(this.#makeUtility(), 'utilityProcess'),
    };
    this.app = this.electron.app;
  }

  /** Fires `ready`, as Electron does after the main module's static imports ran. */
  ready(): void {
    this.isReady = true;
    this.#becomeReady();
    this.appEvents.emit('ready');
  }

  problem(message: string): void {
    this.problems.push(message);
  }

  /** Sets how a kind of dialog is answered from now on. */
  answer(name: DialogName, answer: DialogAnswer): void {
    this.#dialogAnswers.set(name, answer);
  }

  /** What the program answers to a permission request and to a permission check of the page. */
  async permission(name: string): Promise<{ request: boolean; check: boolean }> {
    const contents = this.windows[0]?.webContents;
    if (contents === undefined) throw new Error('fake electron: no window');
    const request = await new Promise<boolean>((resolve) => {
      this.#permissionRequest?.(contents as never, name as never, resolve, {} as never);
    });
    const origin = new URL(contents.getURL()).href;
    const check = this.#permissionCheck?.(contents as never, name as never, origin, {} as never);
    return { request, check: check ?? true };
  }

  /** The answer of a protocol handler; 404 for schemes that have none. */
  async fetch(request: Request): Promise<Response> {
    const handler = this.#protocols.get(new URL(request.url).protocol.slice(0, -1));
    return handler === undefined ? new Response(null, { status: 404 }) : handler(request);
  }

  invoke(contents: FakeWebContents, channel: string, args: readonly unknown[]): Promise<unknown> {
    return this.invokeAs(
      { id: contents.id, url: contents.getURL(), isTopFrame: true },
      channel,
      args,
      contents,
    );
  }

  /** Calls a channel as a sender of any kind. */
  async invokeAs(
    sender: ClaimedSender,
    channel: string,
    args: readonly unknown[],
    contents?: FakeWebContents,
  ): Promise<unknown> {
    const handler = this.#calls.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    const senderFrame = { url: sender.url, parent: sender.isTopFrame ? null : { parent: null } };
    const claimed = contents === undefined ? { id: sender.id } : strict(contents, 'webContents');
    return (await handler({ sender: claimed, senderFrame } as never, ...args)) as unknown;
  }

  send(_contents: FakeWebContents, channel: string): void {
    this.problem(`ipcRenderer.send('${channel}') has no listener`);
  }

  contentsCreated(contents: FakeWebContents): void {
    this.appEvents.emit('web-contents-created', {}, strict(contents, 'webContents'));
  }

  windowOpened(window: FakeBrowserWindow): void {
    this.windows.push(window);
    this.events.emit('window', window);
  }

  windowClosed(window: FakeBrowserWindow): void {
    this.windows.splice(this.windows.indexOf(window), 1);
    if (this.windows.length === 0 && this.exitCode === null) {
      this.appEvents.emit('window-all-closed');
    }
  }

  quit(): void {
    if (this.exitCode !== null) return;
    let isPrevented = false;
    const event = {
      preventDefault: () => {
        isPrevented = true;
      },
    };
    this.appEvents.emit('before-quit', event);
    if (!isPrevented) this.exit(0);
  }

  exit(code: number): void {
    if (this.exitCode !== null) return;
    this.exitCode = code;
    this.appEvents.emit('will-quit', { preventDefault: () => undefined });
    this.appEvents.emit('quit', {}, code);
    this.events.emit('exit', code);
  }

  #makeApp() {
    const options = this.#options;
    const appMethods = {
      name: 'Flametail',
      isPackaged: false,
      whenReady: () => this.#whenReady,
      isReady: () => this.isReady,
      getPath: (name: string) => {
        const path = name === 'userData' ? options.userData : join(options.userData, name);
        mkdirSync(path, { recursive: true });
        return path;
      },
      enableSandbox: () => {
        expectReady(this.isReady, false, 'app.enableSandbox');
        this.isSandboxed = true;
      },
      setAppUserModelId: () => undefined,
      requestSingleInstanceLock: (additionalData?: Record<string, unknown>) => {
        this.handover = additionalData;
        return options.hasLock;
      },
      quit: () => {
        this.quit();
      },
      exit: (code = 0) => {
        this.exit(code);
      },
    } satisfies Partial<App>;
    return Object.assign(new EventEmitter(), appMethods);
  }

  /** The class: its constructor and its statics are all that the fake has of it. */
  #makeWindowClass() {
    const statics = {
      fromWebContents: (contents: { readonly id: number }): FakeBrowserWindow | null => {
        const window = this.windows.find((each) => each.contents.id === contents.id);
        return window === undefined ? null : strict(window, 'BrowserWindow');
      },
    };
    const create = (options: BrowserWindowConstructorOptions): FakeBrowserWindow => {
      expectReady(this.isReady, true, 'new BrowserWindow');
      return strict(new FakeBrowserWindow(this, options), 'BrowserWindow');
    };
    // A function, because `new` on it has to give the strict proxy.
    function Window(options: BrowserWindowConstructorOptions): FakeBrowserWindow {
      return create(options);
    }
    return strict(Object.assign(Window, statics), 'BrowserWindow');
  }

  #makeDialog() {
    const show = (name: DialogName) => {
      return async (...args: unknown[]): Promise<never> => {
        expectReady(this.isReady, true, `dialog.${name}`);
        const options = args[args.length - 1] as Record<string, unknown>;
        this.dialogs.push({ name, options });
        this.events.emit('dialog', name, options);
        const answer = this.#dialogAnswers.get(name);
        if (answer === undefined) {
          const text = `an unexpected ${name}: ${JSON.stringify(options)}`;
          this.problem(text);
          throw new Error(`fake electron: ${text}`);
        }
        // The test that set the answer knows the shape of this dialog's result.
        return (await answer(options)) as never;
      };
    };
    return {
      showMessageBox: show('showMessageBox'),
      showOpenDialog: show('showOpenDialog'),
      showSaveDialog: show('showSaveDialog'),
    } satisfies Partial<Dialog>;
  }

  #makeIpcMain() {
    return {
      handle: (channel: string, handler: Invoke) => {
        if (this.#calls.has(channel)) {
          throw new Error(`Attempted to register a second handler for '${channel}'`);
        }
        this.#calls.set(channel, handler);
      },
    } satisfies Partial<IpcMain>;
  }

  #makeMenu() {
    return {
      buildFromTemplate: (template: MenuItemConstructorOptions[]) => ({ template }) as never,
      setApplicationMenu: (menu: Menu | null) => {
        const built = menu as { template: MenuItemConstructorOptions[] } | null;
        this.menu = built?.template ?? [];
      },
    } satisfies Partial<typeof Menu>;
  }

  #makeTheme() {
    const isDark = (): boolean => {
      const source = this.#themeSource;
      return (source === 'system' ? this.#options.systemTheme : source) === 'dark';
    };
    const emitter = new EventEmitter();
    const change = (source: NativeTheme['themeSource']): void => {
      const wasDark = isDark();
      this.#themeSource = source;
      const colorScheme = isDark() ? 'dark' : 'light';
      for (const window of this.windows) {
        window.contents.page.emulateMedia({ colorScheme }).catch(() => undefined);
      }
      if (wasDark !== isDark()) emitter.emit('updated');
    };
    const current = (): NativeTheme['themeSource'] => this.#themeSource;
    return Object.defineProperties(
      emitter as EventEmitter & Pick<NativeTheme, 'themeSource' | 'shouldUseDarkColors'>,
      {
        themeSource: { get: current, set: change, enumerable: true },
        shouldUseDarkColors: { get: isDark, enumerable: true },
      },
    );
  }

  #makeProtocol() {
    return {
      registerSchemesAsPrivileged: (schemes: CustomScheme[]) => {
        expectReady(this.isReady, false, 'protocol.registerSchemesAsPrivileged');
        this.schemes.push(...schemes.map((each) => each.scheme));
      },
      handle: (scheme: string, handler: ProtocolHandler) => {
        expectReady(this.isReady, true, 'protocol.handle');
        if (this.#protocols.has(scheme)) throw new Error(`${scheme}: handled already`);
        this.#protocols.set(scheme, handler);
      },
    } satisfies Partial<Protocol>;
  }

  #makeSession() {
    const defaultSession = {
      setPermissionRequestHandler: (handler) => {
        this.#permissionRequest = handler;
      },
      setPermissionCheckHandler: (handler) => {
        this.#permissionCheck = handler;
      },
      setDevicePermissionHandler: () => undefined,
    } satisfies Partial<Session>;
    const isReady = (): boolean => this.isReady;
    return {
      get defaultSession() {
        expectReady(isReady(), true, 'session.defaultSession');
        return strict(defaultSession, 'session');
      },
    };
  }

  #makeShell() {
    return {
      openExternal: (url: string) => {
        this.opened.push(url);
        return Promise.resolve();
      },
    } satisfies Partial<Shell>;
  }

  #makeUtility() {
    return {
      fork: (path: string, args: string[] = [], options: ForkOptions = {}) => {
        expectReady(this.isReady, true, 'utilityProcess.fork');
        const child = new FakeUtilityProcess(path, args, options);
        this.children.push(child);
        child.once('exit', (code: number) => {
          this.children.splice(this.children.indexOf(child), 1);
          const details = { type: 'Utility', name: child.serviceName, exitCode: code };
          this.appEvents.emit('child-process-gone', {}, details);
        });
        return strict(child, 'UtilityProcess');
      },
    };
  }
}
