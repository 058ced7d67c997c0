/** BrowserWindow and WebContents over Playwright pages. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import type {
  BrowserWindow,
  BrowserWindowConstructorOptions,
  MessagePortMain,
  WebContents,
  WebPreferences,
} from 'electron';
import { takePorts } from './message-port.ts';
import { PageBridge } from './page-bridge.ts';
import { strict } from './strict.ts';
import { toAppUrl, toBrowserUrl } from './urls.ts';

/** What windows need from the launch that they belong to. */
export interface WindowHost {
  readonly browser: BrowserContext;
  readonly filePaths: Record<string, string>;
  invoke(contents: FakeWebContents, channel: string, args: readonly unknown[]): Promise<unknown>;
  send(contents: FakeWebContents, channel: string, args: readonly unknown[]): void;
  /** Something that the program under test did wrong, to fail the test at its end. */
  problem(message: string): void;
  contentsCreated(contents: FakeWebContents): void;
  windowOpened(window: FakeBrowserWindow): void;
  windowClosed(window: FakeBrowserWindow): void;
}

/** Web preferences that a window of ours must have, or it is not made. */
const REQUIRED: Partial<WebPreferences> = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  webSecurity: true,
};

type OpenHandler = Parameters<WebContents['setWindowOpenHandler']>[0];

let nextContentsId = 1;

export class FakeWebContents
  extends EventEmitter
  implements
    Pick<WebContents, 'getURL' | 'postMessage' | 'reload' | 'send' | 'setWindowOpenHandler' | 'id'>
{
  readonly id = nextContentsId++;
  readonly #host: WindowHost;
  readonly #preload: string;
  #page: Promise<{ page: Page; bridge: PageBridge }>;
  #current: Page | null = null;
  #bridge: PageBridge | null = null;
  #url = '';
  /** Navigations that the program asked for itself do not count as the page's. */
  #ownNavigations = 0;
  windowOpenHandler: OpenHandler | null = null;

  constructor(host: WindowHost, preload: string) {
    super();
    this.#host = host;
    this.#preload = readFileSync(preload, 'utf8');
    this.#page = this.#open();
  }

  /** The page of now; another one after a crash. */
  get page(): Page {
    if (this.#current === null) throw new Error('fake electron: the window has no page yet');
    return this.#current;
  }

  get isNavigating(): boolean {
    return this.#ownNavigations > 0;
  }

  hasPage(page: Page): boolean {
    return this.#current === page;
  }

  getURL(): string {
    return this.#current === null ? this.#url : toAppUrl(this.#current.url());
  }

  async load(url: string): Promise<void> {
    this.#url = url;
    const { page } = await this.#page;
    await this.#navigate(async () => {
      await page.goto(toBrowserUrl(url), { waitUntil: 'load' });
    });
    this.emit('did-finish-load');
  }

  reload(): void {
    void this.#page.then(async ({ page }) => {
      if (this.#current === page) await this.#navigate(() => page.reload());
      else await this.load(this.#url);
    });
  }

  send(channel: string, ...args: unknown[]): void {
    this.#bridge?.sendEvent(channel, args);
  }

  postMessage(channel: string, message: unknown, transfer: MessagePortMain[] = []): void {
    const ports = takePorts(transfer);
    this.#bridge?.sendEvent(channel, [message], ports);
  }

  /** Tells the page's preload which paths stand behind File objects. */
  tellFilePaths(): void {
    this.#bridge?.tellFilePaths();
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.windowOpenHandler = handler;
  }

  /** Really crashes the page's renderer; the next load gets a fresh page. */
  async crash(): Promise<void> {
    const { page } = await this.#page;
    const gone = new Promise<void>((resolve) => {
      page.once('crash', () => {
        resolve();
      });
    });
    const cdp = await page.context().newCDPSession(page);
    // The call itself never answers: its target is gone.
    cdp.send('Page.crash').catch(() => undefined);
    await gone;
    this.#url = toAppUrl(page.url());
    this.#current = null;
    this.#bridge?.close();
    this.#bridge = null;
    await page.close();
    this.#page = this.#open();
    await this.#page.then(() => {
      this.#current = null;
    });
    this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 133 });
  }

  async destroy(): Promise<void> {
    this.#bridge?.close();
    const { page } = await this.#page;
    await page.close();
    this.emit('destroyed');
  }

  async #navigate(go: () => Promise<unknown>): Promise<void> {
    this.#ownNavigations++;
    try {
      const { page } = await this.#page;
      this.#current = page;
      await go();
    } finally {
      this.#ownNavigations--;
    }
  }

  async #open(): Promise<{ page: Page; bridge: PageBridge }> {
    const page = await this.#host.browser.newPage();
    const bridge = await PageBridge.open(page, this.#preload, {
      filePaths: this.#host.filePaths,
      invoke: (channel, args) => this.#host.invoke(this, channel, args),
      send: (channel, args) => {
        this.#host.send(this, channel, args);
      },
      preloadFailed: (message) => {
        this.#host.problem(`the preload failed: ${message}`);
      },
    });
    this.#current = page;
    this.#bridge = bridge;
    return { page, bridge };
  }
}

let nextWindowId = 1;

export class FakeBrowserWindow
  extends EventEmitter
  implements
    Pick<
      BrowserWindow,
      | 'close'
      | 'destroy'
      | 'focus'
      | 'hide'
      | 'id'
      | 'isDestroyed'
      | 'isMinimized'
      | 'isVisible'
      | 'loadURL'
      | 'minimize'
      | 'restore'
      | 'setBackgroundColor'
      | 'show'
    >
{
  readonly id = nextWindowId++;
  readonly options: BrowserWindowConstructorOptions;
  readonly contents: FakeWebContents;
  readonly webContents: FakeWebContents;
  readonly #host: WindowHost;
  #isShown = false;
  #isMinimized = false;
  #isDestroyed = false;
  #isReadyToShow = false;
  backgroundColor: string | undefined;

  constructor(host: WindowHost, options: BrowserWindowConstructorOptions) {
    super();
    this.#host = host;
    this.options = options;
    this.backgroundColor = options.backgroundColor;
    const preferences = options.webPreferences ?? {};
    for (const [key, value] of Object.entries(REQUIRED)) {
      if (preferences[key as keyof WebPreferences] !== value) {
        throw new Error(`fake electron: webPreferences.${key} has to be ${String(value)}`);
      }
    }
    if (preferences.webviewTag === true || preferences.nodeIntegrationInWorker === true) {
      throw new Error('fake electron: unsafe web preferences');
    }
    if (preferences.preload === undefined) throw new Error('fake electron: no preload');
    this.contents = new FakeWebContents(host, preferences.preload);
    this.webContents = strict(this.contents, 'webContents');
    this.#isShown = options.show !== false;
    host.windowOpened(this);
    host.contentsCreated(this.contents);
  }

  async loadURL(url: string): Promise<void> {
    await this.contents.load(url);
    if (this.#isReadyToShow || this.#isDestroyed) return;
    this.#isReadyToShow = true;
    this.emit('ready-to-show');
  }

  show(): void {
    this.#isShown = true;
    this.emit('show');
  }

  hide(): void {
    this.#isShown = false;
    this.emit('hide');
  }

  focus(): void {
    this.emit('focus');
  }

  minimize(): void {
    this.#isMinimized = true;
  }

  restore(): void {
    this.#isMinimized = false;
  }

  isMinimized(): boolean {
    return this.#isMinimized;
  }

  isVisible(): boolean {
    return this.#isShown && !this.#isMinimized;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  setBackgroundColor(color: string): void {
    this.backgroundColor = color;
  }

  close(): void {
    let isPrevented = false;
    this.emit('close', {
      preventDefault: () => {
        isPrevented = true;
      },
    });
    if (!isPrevented) this.destroy();
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    void this.contents.destroy().then(() => {
      this.emit('closed');
      this.#host.windowClosed(this);
    });
  }
}
