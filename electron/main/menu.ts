/** The native menu as data: one pure function, so that its content is tested without a window. */
import type { MenuItemConstructorOptions } from 'electron';
import type { ShellCommand } from '../../proto/shell/shell.ts';

/** What the menu depends on. */
export interface MenuContext {
  readonly platform: NodeJS.Platform;
  readonly appName: string;
  /** Developer tools are offered in builds from source only. */
  readonly isPackaged: boolean;
  /** Runs a command in the page; the page's own keys run the same ones. */
  run(command: ShellCommand): void;
}

/**
 * The whole application menu. Commands with a plain key (Space, digits) carry no accelerator here,
 * because a menu accelerator would take the key from text fields.
 */
export function buildMenu(context: MenuContext): MenuItemConstructorOptions[] {
  const isMac = context.platform === 'darwin';
  const command = (
    label: string,
    id: ShellCommand,
    accelerator?: string,
  ): MenuItemConstructorOptions => ({
    label,
    id,
    click: () => {
      context.run(id);
    },
    ...(accelerator === undefined ? {} : { accelerator }),
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };

  const appMenu: MenuItemConstructorOptions = {
    label: context.appName,
    submenu: [
      { role: 'about' },
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
  return [
    ...(isMac ? [appMenu] : []),
    {
      label: '&File',
      submenu: [
        command('&Open…', 'open', 'CmdOrCtrl+O'),
        command('&Export…', 'export', 'CmdOrCtrl+E'),
        separator,
        command('&Clear…', 'clear'),
        separator,
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        separator,
        command('&Filter', 'find', 'CmdOrCtrl+F'),
      ],
    },
    {
      label: '&View',
      submenu: [
        command('&Traces', 'goTraces'),
        command('&Logs', 'goLogs'),
        command('&Metrics', 'goMetrics'),
        command('&Connect', 'goConnect'),
        separator,
        command('&Pause or Resume', 'pause'),
        command('&Dark or Light', 'toggleTheme'),
        separator,
        { role: 'reload' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(context.isPackaged ? [] : [separator, { role: 'toggleDevTools' as const }]),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [command('&Keys', 'showKeys')] },
  ];
}
