/** The `facets` topic: the chips that narrow the Traces screen's list, with their counts. */
import { NO_FILTER, type FacetsMeta, type FacetsParams } from '../../../../proto/live/topics.ts';
import { FacetCounts, type AskedFacet } from '../../view/facet-counts.ts';
import type { TraceSet } from '../../view/trace-set.ts';
import type { LiveContext } from '../context.ts';
import { readFacetsParams } from '../params.ts';
import type { Lease } from '../shared-lists.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

export const openFacets: OpenTopic = (context, params, wake) =>
  new FacetsTopic(context, params, wake);

const ASKED: readonly Pick<AskedFacet, 'clause' | 'kind'>[] = [
  { clause: 'event:exception', kind: 'exception' },
  { clause: 'http.response.status_code>=500', kind: 'status' },
  { clause: '(http.response.status_code>=400 http.response.status_code<500)', kind: 'status' },
];

class FacetsTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  /** Numbers on the screen move at most twice a second. */
  readonly intervalMs = 500;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #params: FacetsParams;
  #lease: Lease<TraceSet>;
  #counts: FacetCounts;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    this.#params = readFacetsParams(params);
    this.#lease = this.#openList(this.#params);
    this.#counts = this.#openCounts();
  }

  update(params: unknown): void {
    const next = readFacetsParams(params);
    if (JSON.stringify(next) === JSON.stringify(this.#params)) return;
    const lease = this.#openList(next);
    this.close();
    this.#lease = lease;
    this.#params = next;
    this.#counts = this.#openCounts();
  }

  build(): Built {
    this.#counts.refresh();
    const isComplete = this.#counts.isComplete;
    const meta: FacetsMeta = {
      total: this.#lease.list.count,
      complete: isComplete,
      facets: this.#counts.facets(wrapper(this.#params)),
    };
    return {
      frame: { kind: 'snapshot', meta, columns: {} },
      staleInMs: isComplete ? null : this.intervalMs,
    };
  }

  close(): void {
    this.#counts.close();
    this.#lease.close();
  }

  #openList({ filter, brush = null }: FacetsParams): Lease<TraceSet> {
    return this.#context.lists.traces(filter, brush, this.#wake);
  }

  #openCounts(): FacetCounts {
    const { store, options, queries } = this.#context;
    const asked: AskedFacet[] = [];
    for (const { clause, kind } of ASKED) {
      const test = queries.traceTest({ ...NO_FILTER, text: clause });
      if (test !== null) asked.push({ clause, kind, test });
    }
    return new FacetCounts(store, this.#lease.list, options, asked, this.#wake);
  }
}

/**
 * Clauses side by side have to hold on one span. Beside others a chip's clause is a set of its own, so
 * that it leaves exactly the traces that were counted.
 */
function wrapper({ filter }: FacetsParams): (clause: string) => string {
  const isAlone =
    filter.text.trim() === '' && filter.services.length === 0 && filter.notServices.length === 0;
  return (clause) => (isAlone ? clause : `{ ${clause} }`);
}
