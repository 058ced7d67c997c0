/**
 * The bridge between the page and the shell: named functions, and the live port handed on. It runs
 * sandboxed, in a world of its own; neither ipcRenderer nor its events reach the page.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import {
  SHELL_PORT_MESSAGE,
  type FlametailShell,
  type ShellCommand,
  type ShellInvokes,
} from '../../proto/shell/shell.ts';

function invoke<C extends keyof ShellInvokes>(
  channel: C,
  ...args: ShellInvokes[C]['args']
): Promise<ShellInvokes[C]['result']> {
  // The main process registers each channel with the signature of ShellInvokes.
  return ipcRenderer.invoke(channel, ...args) as Promise<ShellInvokes[C]['result']>;
}

function platform(): FlametailShell['platform'] {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}

/** The path behind a File of the page; '' for one that was made in the page, or that is none. */
function pathOf(file: unknown): string {
  try {
    return webUtils.getPathForFile(file as File);
  } catch {
    // Electron throws a TypeError for anything that is no File.
    return '';
  }
}

const shell: FlametailShell = {
  platform: platform(),
  exportCapture: (choice) => invoke('capture:export', choice),
  openFiles: () => invoke('capture:open'),
  importFiles: (files) => {
    const paths = files.map(pathOf).filter((path) => path !== '');
    return invoke('capture:import', paths);
  },
  connectEngine: () => invoke('engine:connect'),
  openEditor: (url) => invoke('editor:open', url),
  setTheme: (choice) => invoke('theme:set', choice),
  onCommand: (handler) => {
    const listener = (_event: unknown, command: ShellCommand): void => {
      handler(command);
    };
    ipcRenderer.on('command', listener);
    return () => {
      ipcRenderer.off('command', listener);
    };
  },
};

contextBridge.exposeInMainWorld('flametailShell', shell);

ipcRenderer.on(SHELL_PORT_MESSAGE, (event) => {
  // The message goes to this very window, whose document was checked when the port was asked for.
  window.postMessage(SHELL_PORT_MESSAGE, '*', [...event.ports]);
});
