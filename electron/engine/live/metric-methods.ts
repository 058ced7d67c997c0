/** `metrics.list` and `metric.series`: the catalog and the points of one metric, for the API. */
import type { Methods } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { catalogWindow, seriesWindow } from '../view/metric-catalog.ts';
import type { LiveContext } from './context.ts';
import { readCount, readFilter, readSeriesParams, type Fields } from './params.ts';

const MAX_METRICS = 10_000;

export function listMetrics(
  { store }: LiveContext,
  params: Fields,
): Methods['metrics.list']['result'] {
  const count = readCount(params, 'limit', MAX_METRICS);
  const { rows, matched } = catalogWindow(store, readFilter(params), {
    first: 0,
    count,
    sparkPoints: 2, // What tells a rate; the sparkline itself is not asked for.
  });
  return { metrics: rows, matched };
}

export function metricSeries(
  { store }: LiveContext,
  params: Fields,
): Methods['metric.series']['result'] {
  const wanted = readSeriesParams({
    ...params,
    fromMs: params.fromMs ?? -Number.MAX_VALUE,
    toMs: params.toMs ?? Number.MAX_VALUE,
  });
  const { metric, columns, ...head } = seriesWindow(store, wanted.metric, wanted);
  if (metric === null) {
    throw new LiveFailure({ code: 'notFound', message: `There is no metric ${wanted.metric}.` });
  }
  const points = head.series.map((_, i) => {
    const from = columns.pointsStart[i];
    const to = columns.pointsStart[i + 1];
    return {
      timeMs: [...columns.timeMs.subarray(from, to)],
      values: Array.from(columns.value.subarray(from, to), (value) =>
        Number.isFinite(value) ? value : null,
      ),
    };
  });
  return { ...head, metric, points };
}
