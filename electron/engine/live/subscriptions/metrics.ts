/** The `metrics` topic, a window of the catalog, and the `series` topic, the points of one metric. */
import type { MetricsMeta, SeriesMeta } from '../../../../proto/live/topics.ts';
import { catalogWindow, seriesWindow } from '../../view/metric-catalog.ts';
import { compileFilter } from '../compile-filter.ts';
import { readMetricsParams, readSeriesParams } from '../params.ts';
import type { OpenTopic } from '../topic.ts';

const INTERVAL_MS = 500;

export const openMetrics: OpenTopic = (context, params) => {
  let wanted = readMetricsParams(params);
  let query = compileFilter(context.options, wanted.filter, 'metrics');
  return {
    triggers: ['metrics'],
    intervalMs: INTERVAL_MS,
    update: (next) => {
      const read = readMetricsParams(next);
      query = compileFilter(context.options, read.filter, 'metrics');
      wanted = read;
    },
    build: () => {
      const { columns, ...head } = catalogWindow(context.store, query, wanted);
      const meta: MetricsMeta = head;
      return { frame: { kind: 'snapshot', meta, columns } };
    },
    close: () => undefined,
  };
};

export const openSeries: OpenTopic = (context, params) => {
  let wanted = readSeriesParams(params);
  return {
    triggers: ['metrics'],
    intervalMs: INTERVAL_MS,
    update: (next) => {
      wanted = readSeriesParams(next);
    },
    build: () => {
      const { columns, ...head } = seriesWindow(context.store, wanted.metric, wanted);
      const meta: SeriesMeta = head;
      return { frame: { kind: 'snapshot', meta, columns } };
    },
    close: () => undefined,
  };
};
