/** The keys of the list of traces. */
import type { KeyBinding } from '../../session/keys.ts';
import type { TraceRow } from './trace-rows.ts';
import type { TracesState } from './traces-state.svelte.ts';

/** What the keys ask of the screen. */
export interface TracesKeyTargets {
  open(trace: TraceRow): void;
  find(): void;
  reveal(row: number): void;
}

/** Bindings of the list; `session.keys.bind` takes them. */
export function tracesKeys(traces: TracesState, targets: TracesKeyTargets): KeyBinding[] {
  const key = (keys: readonly string[], label: string, run: KeyBinding['run']): KeyBinding => ({
    keys,
    label,
    group: 'Lists',
    run,
  });
  const selected = (): TraceRow | undefined => traces.row(traces.selectedRow);
  const moveTo = (row: number): void => {
    const length = traces.meta?.length ?? 0;
    if (length === 0) return;
    const target = Math.max(0, Math.min(row, length - 1));
    targets.reveal(target);
    traces.select(target);
  };
  const withSelected = (run: (trace: TraceRow) => void) => (): boolean => {
    const trace = selected();
    if (trace === undefined) return false;
    run(trace);
    return true;
  };
  return [
    key(['j', 'ArrowDown'], 'Move down', () => {
      moveTo(traces.selectedRow + 1);
    }),
    key(['k', 'ArrowUp'], 'Move up', () => {
      moveTo(traces.selectedRow < 0 ? 0 : traces.selectedRow - 1);
    }),
    key(['Enter', 'ArrowRight'], 'Open', withSelected(targets.open)),
    key(['n'], 'Bring in new rows', () => {
      traces.bringIn();
    }),
    key(
      ['p'],
      'Pin',
      withSelected((trace) => void traces.pin(trace)),
    ),
    key(['Home'], 'Newest', () => {
      moveTo(0);
    }),
    key(['End'], 'Oldest', () => {
      const last = (traces.meta?.length ?? 0) - 1;
      targets.reveal(last);
    }),
    key(
      ['y'],
      'Copy id',
      withSelected((trace) => void navigator.clipboard.writeText(trace.traceId)),
    ),
    key(['Shift+Y'], 'Copy link', () => {
      void navigator.clipboard.writeText(location.href);
    }),
    key(['/', 'Mod+F'], 'Filter', targets.find),
    key(['Escape'], 'Clear selection', () => {
      if (traces.selectedId === '') return false;
      traces.deselect();
      return true;
    }),
  ];
}
