import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { buildMenu, type MenuContext } from '../../electron/main/menu.ts';
import type { ShellCommand } from '../../proto/shell/shell.ts';

function menuOf(change: Partial<MenuContext> = {}): MenuItemConstructorOptions[] {
  const context: MenuContext = {
    platform: 'linux',
    appName: 'Flametail',
    isPackaged: true,
    run: () => undefined,
    ...change,
  };
  return buildMenu(context);
}

function itemsOf(menu: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return menu.flatMap((item) => [
    item,
    ...itemsOf((item.submenu as MenuItemConstructorOptions[] | undefined) ?? []),
  ]);
}

describe('the native menu', () => {
  it('offers every command of the shell exactly once, and runs it', () => {
    const ran: ShellCommand[] = [];
    const items = itemsOf(menuOf({ run: (command) => ran.push(command) }));
    for (const item of items) item.click?.({} as never, undefined, {} as never);
    const all: Record<ShellCommand, true> = {
      open: true,
      export: true,
      clear: true,
      pause: true,
      find: true,
      toggleTheme: true,
      goTraces: true,
      goLogs: true,
      goMetrics: true,
      goConnect: true,
      showKeys: true,
    };
    expect(ran.sort()).toEqual(Object.keys(all).sort());
  });

  it('takes no plain key from text fields, and no accelerator twice', () => {
    const taken = itemsOf(menuOf()).flatMap((item) => item.accelerator ?? []);
    expect(taken.every((key) => key.startsWith('CmdOrCtrl+'))).toBe(true);
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('has the app menu on macOS alone', () => {
    const labels = (platform: NodeJS.Platform): (string | undefined)[] =>
      menuOf({ platform }).map((item) => item.label);
    expect(labels('darwin')[0]).toBe('Flametail');
    expect(labels('win32')[0]).toBe('&File');
  });

  it('offers developer tools in builds from source alone', () => {
    const hasTools = (isPackaged: boolean): boolean =>
      itemsOf(menuOf({ isPackaged })).some((item) => item.role === 'toggleDevTools');
    expect([hasTools(true), hasTools(false)]).toEqual([false, true]);
  });
});
