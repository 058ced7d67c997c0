/**
 * What the desktop shell promises by itself, under the fake electron (test/support/fake-electron says
 * what that does not prove): the real built main and preload around a stand-in page and engine.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import {
  launchFakeElectron,
  type FakeElectronApp,
  type FakeElectronOptions,
} from '../support/fake-electron/launch.ts';
import { createStandIn, type StandIn } from '../support/fake-electron/stand-in.ts';

let browser: Browser;
let standIn: StandIn;
let app: FakeElectronApp;

async function launch(options: FakeElectronOptions = {}): Promise<FakeElectronApp> {
  app = await launchFakeElectron({
    browser,
    main: standIn.main,
    args: ['--http-port=14318', '--grpc-port=14317'],
    ...options,
  });
  await pageReady(app.page);
  return app;
}

async function pageReady(page: Page): Promise<void> {
  await page.waitForFunction('window.isReady === true');
}

/** Runs text in the page: what the page's own script could do. */
const inPage = <T>(expression: string): Promise<T> => app.page.evaluate<T>(expression);

beforeAll(async () => {
  browser = await launchBrowser();
  standIn = await createStandIn();
});

afterAll(async () => {
  await browser.close();
  await standIn.dispose();
});

describe('the page under the fake electron', () => {
  beforeEach(async () => {
    await launch();
  });

  afterEach(async () => {
    await app.close();
  });

  it('runs sandboxed in one secure window', () => {
    expect(app.host.isSandboxed).toBe(true);
    expect(app.host.schemes).toEqual(['app']);
    const preferences = app.host.windows[0]?.options.webPreferences;
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      experimentalFeatures: false,
    });
  });

  it('sees the named functions of the bridge and nothing of Electron or Node', async () => {
    expect(await inPage('Object.keys(window.flametailShell).sort()')).toEqual([
      'connectEngine',
      'exportCapture',
      'importFiles',
      'onCommand',
      'openEditor',
      'openFiles',
      'platform',
      'setTheme',
    ]);
    expect(await inPage('Object.isFrozen(window.flametailShell)')).toBe(true);
    expect(await inPage('[typeof require, typeof process, typeof module]')).toEqual([
      'undefined',
      'undefined',
      'undefined',
    ]);
    expect(await inPage("Object.keys(window).filter((key) => key.startsWith('__'))")).toEqual([]);
  });

  it('has inline scripts, foreign scripts and foreign connections refused by its policy', async () => {
    expect(await inPage('window.inlineScriptRan')).toBeUndefined();
    const blocked = await inPage<string[]>(`(async () => {
      const violated = (directive) => new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          if (event.effectiveDirective.startsWith(directive)) resolve(event.effectiveDirective);
        });
      });
      const script = violated('script-src');
      const element = document.createElement('script');
      element.src = 'https://example.com/x.js';
      document.head.append(element);
      const connect = violated('connect-src');
      await fetch('https://example.com/').catch(() => undefined);
      return Promise.all([script, connect]);
    })()`);
    expect(blocked).toEqual(['script-src-elem', 'connect-src']);
  });

  it('reads no file outside its folder, and only by GET', async () => {
    const status = (path: string, method = 'GET'): Promise<number> =>
      inPage(`fetch(${JSON.stringify(path)}, { method: ${JSON.stringify(method)} })
        .then((response) => response.status)`);
    expect(await status('/page.js')).toBe(200);
    expect(await status('/absent.js')).toBe(404);
    expect(await status('/..%2fengine.js')).toBe(403);
    expect(await status('/%2e%2e%2f%2e%2e%2fpackage.json')).toBe(403);
    expect(await status('/..%5cengine.js')).toBe(403);
    expect(await status('/page.js', 'POST')).toBe(405);
  });

  it('stays where it is when it is sent to another site', async () => {
    const before = app.page.url();
    await inPage("void (location.href = 'https://example.com/')");
    await expect.poll(() => app.blocked).toContain('https://example.com/');
    expect(app.page.url()).toBe(before);
    expect(await inPage('window.isReady')).toBe(true);
  });

  it('opens no windows, and a web link only after the person agreed', async () => {
    app.host.answer('showMessageBox', () => ({ response: 1 }));
    await open('https://example.com/refused');
    expect(app.host.opened).toEqual([]);
    app.host.answer('showMessageBox', () => ({ response: 0 }));
    await open('https://example.com/agreed');
    expect(app.host.opened).toEqual(['https://example.com/agreed']);
    expect(app.host.dialogs.map((each) => each.options['detail'])).toEqual([
      'https://example.com/refused',
      'https://example.com/agreed',
    ]);
    expect(browser.contexts()[0]?.pages()).toHaveLength(1);

    async function open(url: string): Promise<void> {
      const denied = once(app.host.events, 'popup-denied');
      await inPage(`void window.open(${JSON.stringify(url)})`);
      await denied;
    }
  });

  it('is refused every permission but writing to the clipboard', async () => {
    const refused = { request: false, check: false };
    for (const name of ['media', 'geolocation', 'notifications', 'clipboard-read', 'hid']) {
      expect(await app.host.permission(name), name).toEqual(refused);
    }
    const granted = { request: true, check: true };
    expect(await app.host.permission('clipboard-sanitized-write')).toEqual(granted);
  });

  it('gets text and bytes through a port of its own to the engine process', async () => {
    await inPage('window.openPort().then((port) => { window.port = port; })');
    expect(await inPage("window.echo(window.port, 'hello')")).toBe('hello');
    const bytes = 'window.echo(window.port, new Uint8Array([0, 127, 255])).then((b) => [...b])';
    expect(await inPage(bytes)).toEqual([0, 127, 255]);
  });

  it('runs the commands of the native menu', async () => {
    app.clickMenu('File', 'Export…');
    app.clickMenu('View', 'Logs');
    await app.page.waitForFunction('window.commands.length === 2');
    expect(await inPage('window.commands')).toEqual(['export', 'goLogs']);
  });

  it('follows the theme that the page chooses', async () => {
    await inPage("window.flametailShell.setTheme('light')");
    const isLight = "matchMedia('(prefers-color-scheme: light)').matches";
    await app.page.waitForFunction(isLight);
    expect(app.host.windows[0]?.backgroundColor).toBe('#efece8');
  });
});

describe('calls into the shell under the fake electron', () => {
  beforeEach(async () => {
    await launch();
  });

  afterEach(async () => {
    await app.close();
  });

  it('are refused for senders that are not the top frame of our own page', async () => {
    const id = app.host.windows[0]?.contents.id ?? 0;
    const ours = { id, url: 'app://flametail/index.html', isTopFrame: true };
    const call = (sender: typeof ours): Promise<unknown> =>
      app.host.invokeAs(sender, 'theme:set', ['dark']);
    await expect(call(ours)).resolves.toBeNull();
    for (const sender of [
      { ...ours, id: id + 1 },
      { ...ours, isTopFrame: false },
      { ...ours, url: 'https://flametail/index.html' },
      { ...ours, url: 'app://flametail.example/index.html' },
      { ...ours, url: 'app://user@flametail/index.html' },
    ]) {
      await expect(call(sender), JSON.stringify(sender)).rejects.toThrow('refused');
    }
  });

  it('are refused with arguments of another shape', async () => {
    const call = `window.flametailShell.exportCapture({ fileName: 'x', format: 'exe', gzip: 1 })
      .then(() => 'done', (error) => error.message)`;
    expect(await inPage(call)).toContain('capture:export');
    const theme = "window.flametailShell.setTheme('pink').then(() => '', (e) => e.message)";
    expect(await inPage(theme)).toContain('theme:set');
  });

  it('hand files to known editors alone, and nothing else to the system', async () => {
    const open = (url: string): Promise<boolean> =>
      inPage(`window.flametailShell.openEditor(${JSON.stringify(url)})`);
    expect(await open('vscode://file/app/src/a.ts:3:1')).toBe(true);
    for (const url of ['file:///etc/passwd', 'vscode://publisher.extension/run', 'calc://open/']) {
      expect(await open(url), url).toBe(false);
    }
    expect(app.host.opened).toEqual(['vscode://file/app/src/a.ts:3:1']);
  });

  it('write an export where the save dialog says', async () => {
    const path = join(standIn.folder, 'capture.otlp.jsonl');
    app.host.answer('showSaveDialog', () => ({ canceled: false, filePath: path }));
    const outcome = await inPage(exportCall('../../evil/capture.otlp.jsonl'));
    expect(outcome).toEqual({ path, ok: true, message: 'Wrote 1.2 KB to capture.otlp.jsonl.' });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ format: 'otlp.jsonl' });
    const asked = String(app.host.dialogs[0]?.options['defaultPath']);
    expect(asked).toBe(join(app.host.app.getPath('downloads'), 'capture.otlp.jsonl'));
  });

  it('answer null when the person cancels a dialog', async () => {
    app.host.answer('showSaveDialog', () => ({ canceled: true, filePath: '' }));
    app.host.answer('showOpenDialog', () => ({ canceled: true, filePaths: [] }));
    expect(await inPage(exportCall('x.otlp.jsonl'))).toBeNull();
    expect(await inPage('window.flametailShell.openFiles()')).toBeNull();
  });

  it('import the chosen files, say which failed, and remember the folder', async () => {
    const paths = [join(standIn.folder, 'good.jsonl'), join(standIn.folder, 'bad.jsonl')];
    app.host.answer('showOpenDialog', () => ({ canceled: false, filePaths: paths }));
    expect(await inPage('window.flametailShell.openFiles()')).toEqual([
      { path: paths[0], ok: true, message: 'Read 3 spans, 1 log record from good.jsonl.' },
      { path: paths[1], ok: false, message: 'bad.jsonl was not read. It is no telemetry file.' },
    ]);
    await inPage('window.flametailShell.openFiles()');
    expect(app.host.dialogs[1]?.options['defaultPath']).toBe(standIn.folder);
  });

  it('import dropped files by their path on disk', async () => {
    const path = join(standIn.folder, 'dropped.jsonl');
    app.registerFiles([path]);
    const drop = `window.flametailShell.importFiles([
      new File(['x'], 'dropped.jsonl'), new File(['x'], 'made-in-the-page.jsonl')])`;
    expect(await inPage(drop)).toEqual([
      { path, ok: true, message: 'Read 3 spans, 1 log record from dropped.jsonl.' },
    ]);
  });

  const exportCall = (fileName: string): string =>
    `window.flametailShell.exportCapture({ fileName: ${JSON.stringify(fileName)},
      format: 'otlp.jsonl', gzip: false, selection: { type: 'all', signals: ['traces'] } })`;
});

describe('the life of the app under the fake electron', () => {
  afterEach(async () => {
    await app.close();
  });

  it('shows the window with its first paint and tells the launcher', async () => {
    await launch({ args: ['--http-port=14318', '--grpc-port=14317', '--flametail-handshake'] });
    expect(app.host.windows[0]?.isVisible()).toBe(true);
    expect(await app.handshake()).toMatchObject({
      event: 'ready',
      otlpHttp: 'http://127.0.0.1:14318',
      otlpGrpc: '127.0.0.1:14317',
      pid: process.pid,
    });
  });

  it('imports the files of its arguments once the engine is ready', async () => {
    const path = join(standIn.folder, 'argument.jsonl');
    await launch({ args: ['--', path] });
    await expect.poll(() => existsSync(`${path}.read`)).toBe(true);
  });

  it('ends a second start and gives its files to the first', async () => {
    const path = join(standIn.folder, 'second.jsonl');
    await launch();
    app.secondInstance({ files: [path] });
    await expect.poll(() => existsSync(`${path}.read`)).toBe(true);
    app.secondInstance({ files: 'not a list' });
    app.secondInstance(null);
    expect(app.host.windows).toHaveLength(1);
    await app.close();

    app = await launchFakeElectron({
      browser,
      main: standIn.main,
      args: ['--flametail-handshake', path],
      hasLock: false,
    });
    expect(app.host.exitCode).toBe(0);
    expect(app.host.handover).toEqual({ files: [path] });
    expect(app.stdout).toHaveLength(1);
  });

  it('says in a dialog which handed-over file could not be opened', async () => {
    const path = join(standIn.folder, 'bad.jsonl');
    writeFileSync(path, '');
    let tell: (options: Record<string, unknown>) => void = () => undefined;
    const shown = new Promise<Record<string, unknown>>((resolve) => {
      tell = resolve;
    });
    await launch({
      args: [path],
      prepare: (host) => {
        host.answer('showMessageBox', (options) => {
          tell(options);
          return { response: 0 };
        });
      },
    });
    expect((await shown)['detail']).toBe('bad.jsonl was not read. It is no telemetry file.');
  });

  it('reloads a crashed page by itself twice a minute, and asks the third time', async () => {
    await launch();
    for (let crash = 1; crash <= 2; crash++) {
      const reloaded = once(app.host.windows[0]?.contents as never, 'did-finish-load');
      await app.host.windows[0]?.contents.crash();
      await reloaded;
      await pageReady(app.page);
      expect(app.host.dialogs).toEqual([]);
    }
    const reloaded = once(app.host.windows[0]?.contents as never, 'did-finish-load');
    app.host.answer('showMessageBox', () => ({ response: 0 }));
    await app.host.windows[0]?.contents.crash();
    await reloaded;
    expect(app.host.dialogs).toHaveLength(1);
    expect(app.host.dialogs[0]?.options['buttons']).toEqual(['Reload', 'Not now']);
    await inPage('window.openPort().then((port) => { window.port = port; })');
    expect(await inPage("window.echo(window.port, 'still here')")).toBe('still here');
  });

  it('starts the engine again after it died, and the page gets a new port', async () => {
    await launch();
    await inPage('window.openPort().then((port) => { window.port = port; })');
    expect(await inPage("window.echo(window.port, 'first')")).toBe('first');
    await inPage(`new Promise((resolve) => {
      window.port.addEventListener('close', resolve);
      window.port.postMessage('die');
    })`);
    await expect.poll(() => inPage('window.flametailShell.connectEngine()')).toBe(true);
    await inPage('window.openPort().then((port) => { window.port = port; })');
    expect(await inPage("window.echo(window.port, 'second')")).toBe('second');
  });

  it('stops the engine before it quits', async () => {
    await launch();
    expect(app.host.children).toHaveLength(1);
    expect(await app.quit()).toBe(0);
    expect(app.host.children).toHaveLength(0);
  });
});
