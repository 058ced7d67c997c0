/** The keys of the Logs screen. */
import type { KeyBinding } from '../../session/keys.ts';

/** What the keys do. Those that return false leave the key to the frame. */
export interface LogActions {
  move(step: number): void;
  /** Moves the end of the selection. */
  extend(step: number): void;
  /** Marks the selected row, or takes its mark away. */
  mark(): boolean;
  /** Selects the next error below (1) or above (-1). */
  toError(step: 1 | -1): void;
  open(): boolean;
  close(): boolean;
  /** Closes or clears the topmost thing. */
  clear(): boolean;
  copy(): boolean;
  /** Copies the id of the trace of the selected record. */
  copyId(): boolean;
  copyLink(): void;
  /** Pins the trace of the selected record. */
  pin(): boolean;
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
    bind('Lists', 'Mark for copy and export', ['x'], () => actions.mark()),
    bind('Lists', 'Next error', ['e'], () => actions.toError(1)),
    bind('Lists', 'Previous error', ['Shift+E'], () => actions.toError(-1)),
    bind('Lists', 'Open the record', ['Enter', 'ArrowRight'], () => actions.open()),
    bind('Lists', 'Close the record', ['ArrowLeft'], () => actions.close()),
    bind('Lists', 'Close, then clear the selection and the brush', ['Escape'], () =>
      actions.clear(),
    ),
    bind('Lists', 'Bring in new rows', ['n'], () => actions.toEnd()),
    bind('Lists', 'Pin the trace of this record', ['p'], () => actions.pin()),
    bind('Lists', 'Copy the trace id', ['y'], () => actions.copyId()),
    bind('Lists', 'Copy a link to this record', ['Shift+Y'], () => actions.copyLink()),
    bind('Logs', 'Copy the selected rows', ['Mod+C'], () => actions.copy()),
    bind('Logs', 'Light the rows of this trace', ['h'], () => actions.lightTrace()),
    bind('Logs', 'Open the trace at this record', ['o'], () => actions.openTrace()),
    bind('Logs', 'Follow the newest', ['f'], () => actions.toggleFollow()),
    bind('Logs', 'Wrap long lines', ['w'], () => actions.toggleWrap()),
    bind('Logs', 'Oldest record', ['Home'], () => actions.toStart()),
    bind('Logs', 'Newest record', ['End'], () => actions.toEnd()),
  ];
}
