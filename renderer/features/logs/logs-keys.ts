/** The keys of the Logs screen. */
import type { KeyBinding } from '../../session/keys.ts';

/** What the keys do. Those that return false leave the key to the frame. */
export interface LogActions {
  move(step: number): void;
  /** Moves the end of the selection. */
  extend(step: number): void;
  open(): boolean;
  close(): boolean;
  /** Closes or clears the topmost thing. */
  clear(): boolean;
  copy(): boolean;
  lightTrace(): boolean;
  openTrace(): boolean;
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
    bind('Lists', 'Select the next row, too', ['Shift+ArrowDown', 'Shift+J'], () =>
      actions.extend(1),
    ),
    bind('Lists', 'Select the previous row, too', ['Shift+ArrowUp', 'Shift+K'], () =>
      actions.extend(-1),
    ),
    bind('Lists', 'Open the record', ['Enter', 'ArrowRight'], () => actions.open()),
    bind('Lists', 'Close the record', ['ArrowLeft'], () => actions.close()),
    bind('Lists', 'Close, then clear the selection and the brush', ['Escape'], () =>
      actions.clear(),
    ),
    bind('Logs', 'Copy the selected rows', ['Mod+C'], () => actions.copy()),
    bind('Logs', 'Light the rows of this trace', ['h'], () => actions.lightTrace()),
    bind('Logs', 'Open the trace at this record', ['o'], () => actions.openTrace()),
    bind('Logs', 'Follow the newest', ['f'], () => actions.toggleFollow()),
    bind('Logs', 'Wrap long lines', ['w'], () => actions.toggleWrap()),
    bind('Logs', 'Oldest record', ['Home'], () => actions.toStart()),
    bind('Logs', 'Newest record', ['End'], () => actions.toEnd()),
  ];
}
