/** Connect: how to send telemetry here, and what the receiver says about what came. */
import Plug from '@lucide/svelte/icons/plug';
import type { Screen } from '../../session/screens.ts';
import ConnectScreen from './ConnectScreen.svelte';

export const screen: Screen = {
  id: 'connect',
  label: 'Connect',
  icon: Plug,
  component: ConnectScreen,
  order: 9,
  goKey: 'c',
};
