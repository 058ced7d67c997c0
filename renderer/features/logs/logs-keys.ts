/** The keys of the Logs screen. */
import type { KeyBinding } from '../../session/keys.ts';

/** What the keys do. Those that return false leave the key to the frame. */
export interface LogActions {
  move(step: number): void;
  open(): boolean;
  close(): boolean;
  toggleFollow(): void;
  toggleWrap(): void;
  toStart(): void;
  toEnd(): void;
  focusFilter(): void;
}

export function logKeys(actions: LogActions): readonly KeyBinding[] {
  const bind = (
    group: KeyBinding['group'],
    label: string,
    keys: readonly string[],
    run: () => unknown,
  ): KeyBinding => ({ group, label, keys, run });
  return [
    bind('Anywhere', 'Filter', ['/', 'Mod+F'], () => actions.focusFilter()),
    bind('Lists', 'Next row', ['ArrowDown', 'j'], () => actions.move(1)),
    bind('Lists', 'Previous row', ['ArrowUp', 'k'], () => actions.move(-1)),
    bind('Lists', 'Open the record', ['Enter', 'ArrowRight'], () => actions.open()),
    bind('Lists', 'Close the record', ['Escape', 'ArrowLeft'], () => actions.close()),
    bind('Logs', 'Follow the newest', ['f'], () => actions.toggleFollow()),
    bind('Logs', 'Wrap long lines', ['w'], () => actions.toggleWrap()),
    bind('Logs', 'Oldest record', ['Home'], () => actions.toStart()),
    bind('Logs', 'Newest record', ['End'], () => actions.toEnd()),
  ];
}
