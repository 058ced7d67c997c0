/** Lists of the API: what a query finds, page by page. */
import type { LiveClient } from '../../../proto/live/client.ts';
import type { QueryTarget } from '../../../proto/live/methods.ts';
import { NO_FILTER } from '../../../proto/live/topics.ts';
import { ApiError } from './api-error.ts';
import { readFilter, readLimit, readMs, readSort } from './api-query.ts';

/** Answers from the engine with a JSON value. */
export type ListCall = (live: LiveClient, query: URLSearchParams) => Promise<unknown>;

const TARGETS: readonly [QueryTarget, ...QueryTarget[]] = ['traces', 'spans', 'logs', 'metrics'];
const MAX_METRICS = 10_000;
const MAX_POINTS = 20_000;

export const listTraces: ListCall = (live, query) =>
  live.request('traces.list', {
    ...readPage(query),
    order: readSort(query, ['newest', 'slowest', 'mostSpans', 'mostErrors']),
  });

export const listSpans: ListCall = (live, query) =>
  live.request('spans.list', {
    ...readPage(query),
    order: readSort(query, ['newest', 'slowest']),
  });

export const listLogs: ListCall = (live, query) => live.request('logs.list', readPage(query));

export const listMetrics: ListCall = (live, query) =>
  live.request('metrics.list', { filter: readFilter(query), limit: MAX_METRICS });

/** `q` and `target`: what the query means, how it is run, or what is wrong with it. */
export const checkQuery: ListCall = (live, query) => {
  const asked = query.get('target');
  const target = asked === null ? TARGETS[0] : TARGETS.find((known) => known === asked);
  if (target === undefined) {
    throw new ApiError('badRequest', `"target" is one of ${TARGETS.join(', ')}.`);
  }
  return live.request('query.check', { text: query.get('q') ?? '', target });
};

/** The points of one metric, by `id`, or by `name` with `service` where several have it. */
export const metricSeries: ListCall = async (live, query) =>
  live.request('metric.series', {
    metric: await findMetric(live, query),
    fromMs: readMs(query, 'fromMs'),
    toMs: readMs(query, 'toMs'),
    maxPoints: MAX_POINTS,
  });

async function findMetric(live: LiveClient, query: URLSearchParams): Promise<number> {
  const id = query.get('id');
  if (id !== null) {
    if (/^\d{1,15}$/.test(id)) return Number(id);
    throw new ApiError('badRequest', '"id" is the id of a metric, as the catalog has it.');
  }
  const name = query.get('name');
  if (name === null) throw new ApiError('badRequest', 'Say which metric: "name" or "id".');
  const service = query.get('service');
  const { metrics } = await live.request('metrics.list', {
    filter: NO_FILTER,
    limit: MAX_METRICS,
  });
  const named = metrics.filter(
    (metric) => metric.name === name && (service === null || metric.service === service),
  );
  const [metric] = named;
  if (metric === undefined) throw new ApiError('notFound', `There is no metric "${name}".`);
  if (named.length === 1) return metric.id;
  const ids = named.map((each) => `${each.service} (id ${each.id})`).join(', ');
  throw new ApiError('badRequest', `Several metrics are named "${name}": ${ids}. Add "id".`);
}

function readPage(query: URLSearchParams): {
  readonly filter: ReturnType<typeof readFilter>;
  readonly limit: number;
  readonly cursor: string;
} {
  return {
    filter: readFilter(query),
    limit: readLimit(query),
    cursor: query.get('cursor') ?? '',
  };
}
