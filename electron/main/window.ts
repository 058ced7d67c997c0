/** The app's window: how it is made, shown, themed and brought back after its page crashed. */
import { join } from 'node:path';
import {
  BrowserWindow,
  dialog,
  type BrowserWindowConstructorOptions,
  type NativeTheme,
} from 'electron';
import { APP_URL } from './app-protocol.ts';
import { createCrashBudget, type CrashBudget } from './crash-budget.ts';

/** `--bg` of renderer/styles/tokens.css, so that the first paint does not flash. */
const BACKGROUND = { dark: '#121110', light: '#efece8' } as const;
/** `--t2` on the window controls that Windows draws over our title bar. */
const SYMBOLS = { dark: '#b8b1a7', light: '#544d45' } as const;
/** The title bar's height in CSS px (design, Layout). */
const TITLE_BAR_PX = 40;

/** Crashes in a minute that are answered by a silent reload; the next one asks. */
const RELOADS_PER_MINUTE = 2;

type Theme = keyof typeof BACKGROUND;

function themeOf(nativeTheme: Pick<NativeTheme, 'shouldUseDarkColors'>): Theme {
  return nativeTheme.shouldUseDarkColors ? 'dark' : 'light';
}

/**
 * Remembers size and place under the window's name. Electron marks the option as experimental, so
 * that it is asked for in this one place.
 */
function persistentState(name: string): BrowserWindowConstructorOptions {
  return { name, windowStatePersistence: true };
}

/** The frame: our own title bar on macOS and Windows, the desktop's on Linux. */
function frameOptions(platform: NodeJS.Platform, theme: Theme): BrowserWindowConstructorOptions {
  if (platform === 'darwin') {
    return { titleBarStyle: 'hidden', trafficLightPosition: { x: 14, y: 13 } };
  }
  if (platform === 'win32') {
    const color = BACKGROUND[theme];
    const symbolColor = SYMBOLS[theme];
    return {
      titleBarStyle: 'hidden',
      titleBarOverlay: { color, symbolColor, height: TITLE_BAR_PX },
    };
  }
  return {};
}

/** Every option of the window, from values alone; the security ones are spelled out to be tested. */
export function windowOptions(
  platform: NodeJS.Platform,
  theme: Theme,
  preload: string,
): BrowserWindowConstructorOptions {
  return {
    ...persistentState('main'),
    ...frameOptions(platform, theme),
    title: 'Flametail',
    width: 1440,
    height: 900,
    minWidth: 720,
    minHeight: 480,
    show: false,
    backgroundColor: BACKGROUND[theme],
    autoHideMenuBar: platform !== 'darwin',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      experimentalFeatures: false,
      spellcheck: false,
    },
  };
}

/** What a window needs from the app around it. */
export interface WindowContext {
  /** Folder of the built main and preload files. */
  readonly folder: string;
  readonly nativeTheme: NativeTheme;
  nowMs(): number;
}

/**
 * Opens a window and loads the page. The window shows itself with its first paint. A crash of the page
 * reloads it, the capture being safe in the engine process; when crashes come fast, the person decides.
 */
export function openWindow(context: WindowContext): BrowserWindow {
  const { nativeTheme } = context;
  const preload = join(context.folder, 'preload.cjs');
  const window = new BrowserWindow(windowOptions(process.platform, themeOf(nativeTheme), preload));
  const budget = createCrashBudget(RELOADS_PER_MINUTE, 60_000);

  window.once('ready-to-show', () => {
    window.show();
  });
  window.webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit') return;
    void recover(window, budget, context.nowMs(), details.reason);
  });
  window.webContents.on('unresponsive', () => {
    void offerReload(window, 'The window does not answer.');
  });
  const repaint = (): void => {
    applyTheme(window, themeOf(nativeTheme));
  };
  nativeTheme.on('updated', repaint);
  window.on('closed', () => {
    nativeTheme.off('updated', repaint);
  });
  // A failed load has its own page and leaves the window usable; a rejected promise adds nothing.
  window.loadURL(APP_URL).catch(() => undefined);
  return window;
}

function applyTheme(window: BrowserWindow, theme: Theme): void {
  window.setBackgroundColor(BACKGROUND[theme]);
  if (process.platform === 'win32') {
    window.setTitleBarOverlay({ color: BACKGROUND[theme], symbolColor: SYMBOLS[theme] });
  }
}

async function recover(
  window: BrowserWindow,
  budget: CrashBudget,
  nowMs: number,
  reason: string,
): Promise<void> {
  if (window.isDestroyed()) return;
  if (budget.take(nowMs)) {
    window.webContents.reload();
    return;
  }
  await offerReload(window, `The window's page crashed repeatedly (${reason}).`);
}

async function offerReload(window: BrowserWindow, message: string): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message,
    detail: 'Receiving goes on and nothing is lost. Reload the page?',
    buttons: ['Reload', 'Not now'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0 && !window.isDestroyed()) window.webContents.reload();
}
