/** The keys of the lists of traces and spans. */
import type { KeyBinding } from '../../session/keys.ts';
import type { AnyRow } from './list-source.ts';
import type { ListState } from './list-state.svelte.ts';
import type { RowActions } from './row-actions.ts';

/** What the keys ask of the screen. */
export interface TracesKeyTargets {
  readonly list: ListState;
  readonly actions: RowActions;
  find(): void;
  reveal(row: number): void;
  /** Takes the brush away; false when there is none. */
  clearBrush(): boolean;
}

/** Rows that a search for errors asks for at once. */
const SEARCH_ROWS = 200;

/** Bindings of the list; `session.keys.bind` takes them. */
export function tracesKeys(targets: TracesKeyTargets): KeyBinding[] {
  const { list, actions } = targets;
  const key = (keys: readonly string[], label: string, run: KeyBinding['run']): KeyBinding => ({
    keys,
    label,
    group: 'Lists',
    run,
  });
  const moveTo = (row: number): void => {
    const length = list.meta?.length ?? 0;
    if (length === 0) return;
    const target = Math.max(0, Math.min(row, length - 1));
    targets.reveal(target);
    list.select(target);
  };
  const withSelected = (run: (row: AnyRow) => void) => (): boolean => {
    const row = list.row(list.selectedRow);
    if (row === undefined) return false;
    run(row);
    return true;
  };
  return [
    key(['j', 'ArrowDown'], 'Move down', () => {
      moveTo(list.selectedRow + 1);
    }),
    key(['k', 'ArrowUp'], 'Move up', () => {
      moveTo(list.selectedRow < 0 ? 0 : list.selectedRow - 1);
    }),
    key(
      ['Enter', 'ArrowRight'],
      'Open',
      withSelected((row) => {
        actions.open(row);
      }),
    ),
    key(['n'], 'Bring in new rows', () => {
      list.bringIn();
    }),
    key(
      ['p'],
      'Pin',
      withSelected((row) => void actions.pin(row)),
    ),
    key(
      ['x'],
      'Mark for compare, copy and export',
      withSelected((row) => {
        actions.toggle(row, list.selectedRow);
      }),
    ),
    key(['Mod+A'], 'Mark all that are listed', (event) => {
      if (isInField(event.target)) return false;
      void actions.markAll();
      return true;
    }),
    key(['e'], 'Next error', () => void toError(targets, 1)),
    key(['Shift+E'], 'Previous error', () => void toError(targets, -1)),
    key(['Home'], 'Newest', () => {
      moveTo(0);
    }),
    key(['End'], 'Oldest', () => {
      targets.reveal((list.meta?.length ?? 0) - 1);
    }),
    key(
      ['y'],
      'Copy id',
      withSelected((row) => void actions.copyIds([row.traceId])),
    ),
    key(['Shift+Y'], 'Copy link', () => void actions.copyLink()),
    key(['/', 'Mod+F'], 'Filter', targets.find),
    key(['Escape'], 'Clear marks, selection, then brush', () => {
      if (actions.marked.length > 0) actions.unmark();
      else if (list.selectedKey !== '') list.deselect();
      else return targets.clearBrush();
      return true;
    }),
  ];
}

/** In a text field the key selects its text. */
function isInField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea') !== null)
  );
}

/** Whether a row is what E looks for. */
export function isErrorRow(row: AnyRow): boolean {
  return row.kind === 'trace' ? row.errorCount > 0 : row.isFailed;
}

/** Selects the next row with an error below (1) or above (-1) the selected one, if there is any. */
async function toError({ list, reveal }: TracesKeyTargets, step: 1 | -1): Promise<void> {
  const length = list.meta?.length ?? 0;
  let from = list.selectedRow < 0 && step === -1 ? length : list.selectedRow;
  for (;;) {
    const first = step === 1 ? from + 1 : Math.max(0, from - SEARCH_ROWS);
    const count = step === 1 ? Math.min(SEARCH_ROWS, length - first) : from - first;
    if (count <= 0) return;
    const rows = await list.rowsIn(first, count);
    const at = step === 1 ? rows.findIndex(isErrorRow) : rows.findLastIndex(isErrorRow);
    const found = rows[at];
    if (found !== undefined) {
      list.choose(found, first + at);
      reveal(first + at);
      return;
    }
    if (rows.length < count) return;
    from = step === 1 ? first + count - 1 : first;
  }
}
