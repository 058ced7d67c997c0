/** The live list of traces. */
import ListTree from '@lucide/svelte/icons/list-tree';
import type { Screen } from '../../session/screens.ts';
import TracesScreen from './TracesScreen.svelte';

export const screen: Screen = {
  id: 'traces',
  label: 'Traces',
  icon: ListTree,
  component: TracesScreen,
  order: 1,
  goKey: 't',
  count: (session) => session.status?.counts.traces,
};
