/**
 * The entry of the desktop app. Only what has to happen before `ready` stands here, at top level,
 * because Electron promises no more than the static imports' side effects by then.
 */
import { fileURLToPath } from 'node:url';
import { app, protocol } from 'electron';
import * as v from 'valibot';
import { parseLaunchArgs } from '../node/host/launch-args.ts';
import { APP_SCHEME_PRIVILEGES } from './app-protocol.ts';
import { DesktopApp } from './desktop-app.ts';
import { filePaths } from './files.ts';
import { readyLine } from './handshake.ts';

/** What a second start hands to the first one. */
const HandoverSchema = v.object({ files: v.array(v.string()) });

// A build from source is started as `electron main.js …`, a packaged one by its own name.
const options = parseLaunchArgs(process.argv.slice(app.isPackaged ? 1 : 2));
const files = filePaths(options.files, process.cwd());

protocol.registerSchemesAsPrivileged([APP_SCHEME_PRIVILEGES]);
app.enableSandbox();
if (process.platform === 'win32') app.setAppUserModelId('dev.flametail.app');

if (app.requestSingleInstanceLock({ files })) {
  run();
} else {
  // The window of the first instance is up and has been given the files.
  if (options.handshake) process.stdout.write(readyLine(__VERSION__, [], process.pid));
  app.quit();
}

function run(): void {
  let desktop: DesktopApp | null = null;
  /** Files that arrive before the window does. */
  const early: string[] = [...files];
  const receive = (paths: readonly string[]): void => {
    if (desktop === null) early.push(...paths);
    else void desktop.openFiles(paths);
  };
  app.on('open-file', (event, path) => {
    event.preventDefault();
    receive([path]);
  });
  app.on('second-instance', (_event, _argv, _folder, handover) => {
    desktop?.show();
    const parsed = v.safeParse(HandoverSchema, handover);
    if (parsed.success) receive(parsed.output.files);
  });
  void app.whenReady().then(() => {
    desktop = new DesktopApp(fileURLToPath(new URL('.', import.meta.url)), options);
    return desktop.start(early);
  });
}
