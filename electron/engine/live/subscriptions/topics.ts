/** All topics by name. */
import type { OpenTopics } from '../topic.ts';
import { openFacets } from './facets.ts';
import { openFlame } from './flame.ts';
import { openFlameDiff } from './flame-diff.ts';
import { openLatency } from './latency.ts';
import { openLogs } from './logs.ts';
import { openMarks } from './marks.ts';
import { openMetrics, openSeries } from './metrics.ts';
import { openRequests, openSources, openStatus } from './overview.ts';
import { openSpans } from './spans.ts';
import { openTrace } from './trace.ts';
import { openTraces } from './traces.ts';

export const OPEN_TOPIC: OpenTopics = {
  status: openStatus,
  sources: openSources,
  requests: openRequests,
  marks: openMarks,
  traces: openTraces,
  spans: openSpans,
  latency: openLatency,
  facets: openFacets,
  trace: openTrace,
  flame: openFlame,
  flameDiff: openFlameDiff,
  logs: openLogs,
  metrics: openMetrics,
  series: openSeries,
};
