/** Logs: the live tail. */
import TextAlignStart from '@lucide/svelte/icons/text-align-start';
import type { Screen } from '../../session/screens.ts';
import LogsScreen from './LogsScreen.svelte';

export const screen: Screen = {
  id: 'logs',
  label: 'Logs',
  icon: TextAlignStart,
  component: LogsScreen,
  order: 2,
  goKey: 'l',
  count: (session) => session.status?.counts.logRecords,
};
