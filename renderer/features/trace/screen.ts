/** One trace: flame graph, waterfall and span panel. */
import Flame from '@lucide/svelte/icons/flame';
import type { Screen } from '../../session/screens.ts';
import TraceScreen from './TraceScreen.svelte';

export const screen: Screen = {
  id: 'trace',
  label: 'Trace',
  icon: Flame,
  component: TraceScreen,
  order: 0,
  under: 'traces',
};
