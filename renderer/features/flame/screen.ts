/** The merged flame graph of many traces, live. */
import Flame from '@lucide/svelte/icons/flame';
import type { Screen } from '../../session/screens.ts';
import FlameScreen from './FlameScreen.svelte';

export const screen: Screen = {
  id: 'flame',
  label: 'Flame',
  icon: Flame,
  component: FlameScreen,
  order: 4,
  goKey: 'f',
};
