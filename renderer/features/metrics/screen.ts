/** Metrics: the live catalog. */
import ChartLine from '@lucide/svelte/icons/chart-line';
import type { Screen } from '../../session/screens.ts';
import MetricsScreen from './MetricsScreen.svelte';

export const screen: Screen = {
  id: 'metrics',
  label: 'Metrics',
  icon: ChartLine,
  component: MetricsScreen,
  order: 3,
  goKey: 'm',
  count: (session) => session.status?.counts.metrics,
};
