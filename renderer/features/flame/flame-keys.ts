/** The keys of the Flame screen. */
import { ALL_TRACES, type MergedFlame } from '../../canvas/merge-model.ts';
import type { KeyBinding } from '../../session/keys.ts';
import type { GraphPlace } from './graph-place.svelte.ts';

/** What the keys act on and ask of the screen. */
export interface FlameKeyTargets {
  readonly place: GraphPlace;
  hasGraphFocus(): boolean;
  showTraces(node: number): void;
  focusFilter(): void;
  focusFind(): void;
}

/** `targets` is asked anew at every key. */
export function flameKeys(targets: () => FlameKeyTargets): KeyBinding[] {
  return [...walkKeys(targets), ...placeKeys(targets)];
}

/** Arrow keys belong to the table unless the graph has the keyboard. */
function walkKeys(targets: () => FlameKeyTargets): KeyBinding[] {
  const walk = (
    key: string,
    label: string,
    to: (flame: MergedFlame, node: number) => number | undefined,
  ): KeyBinding => ({
    keys: [key],
    label,
    group: 'Trace',
    run: () => {
      const { place, hasGraphFocus } = targets();
      const { flame, selected, zoom } = place;
      if (flame === undefined || !hasGraphFocus()) return false;
      const next = selected === undefined ? zoom : to(flame, selected);
      if (next !== undefined) place.select(next);
      return true;
    },
  });
  const sibling = (flame: MergedFlame, node: number, step: number): number | undefined => {
    if (node === ALL_TRACES) return undefined;
    const all = flame.children(flame.parent(node));
    return all[all.indexOf(node) + step];
  };
  return [
    walk('ArrowLeft', 'Previous sibling', (flame, node) => sibling(flame, node, -1)),
    walk('ArrowRight', 'Next sibling', (flame, node) => sibling(flame, node, 1)),
    walk('ArrowUp', 'Parent', (flame, node) => flame.parent(node)),
    walk('ArrowDown', 'First child', (flame, node) => flame.children(node)[0]),
  ];
}

function placeKeys(targets: () => FlameKeyTargets): KeyBinding[] {
  const onSelected = (key: string, label: string, run: (node: number) => void): KeyBinding => ({
    keys: [key],
    label,
    group: 'Trace',
    run: () => {
      const { selected } = targets().place;
      if (selected === undefined) return false;
      run(selected);
      return true;
    },
  });
  return [
    onSelected('f', 'Fit the selection', (node) => {
      targets().place.zoomTo(node);
    }),
    onSelected('h', 'Hide operations like this', (node) => {
      if (node !== ALL_TRACES) targets().place.hide(node);
    }),
    {
      keys: ['Shift+H'],
      label: 'Show all that is hidden',
      group: 'Trace',
      run: () => {
        targets().place.showHidden();
      },
    },
    {
      keys: ['0'],
      label: 'Show all',
      group: 'Trace',
      run: () => {
        targets().place.zoomTo(ALL_TRACES);
      },
    },
    onSelected('Enter', 'Show the traces of the selection', (node) => {
      targets().showTraces(node);
    }),
    {
      keys: ['Escape'],
      label: 'Clear the selection, then show all',
      group: 'Trace',
      run: () => {
        const { place } = targets();
        if (place.selected !== undefined) place.select(undefined);
        else if (place.zoom !== ALL_TRACES) place.zoomTo(ALL_TRACES);
        else return false;
        return true;
      },
    },
    {
      keys: ['/'],
      label: 'Filter',
      group: 'Anywhere',
      run: () => {
        targets().focusFilter();
      },
    },
    {
      keys: ['Mod+F'],
      label: 'Find in the graph',
      group: 'Trace',
      run: () => {
        targets().focusFind();
      },
    },
  ];
}
