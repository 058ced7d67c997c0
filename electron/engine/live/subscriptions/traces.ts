/** The `traces` topic: a window of the trace list. */
import type { TracesMeta, TracesParams } from '../../../../proto/live/topics.ts';
import { openTraceList, type TraceList } from '../../view/trace-list.ts';
import { TraceLooks } from '../../view/trace-look.ts';
import { packTraces } from '../../view/trace-rows.ts';
import type { CompiledQuery } from '../../query/plan.ts';
import { compileFilter } from '../compile-filter.ts';
import type { LiveContext } from '../context.ts';
import { readTracesParams } from '../params.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

export const openTraces: OpenTopic = (context, params, wake) =>
  new TracesTopic(context, params, wake);

class TracesTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  /** New rows enter in batches of at most four a second. */
  readonly intervalMs = 250;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  readonly #looks: TraceLooks;
  #params: TracesParams;
  #list: TraceList;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    this.#looks = new TraceLooks(context.store);
    this.#params = readTracesParams(params);
    this.#list = this.#openList(this.#compile(this.#params));
  }

  update(params: unknown): void {
    const next = readTracesParams(params);
    const isOther = JSON.stringify(next.filter) !== JSON.stringify(this.#params.filter);
    // A wrong query is refused and leaves the list as it is.
    const query = isOther ? this.#compile(next) : null;
    this.#params = next;
    if (query === null) return;
    this.#list.close();
    this.#list = this.#openList(query);
  }

  build(): Built {
    const { store, options } = this.#context;
    const { anchor, first, count } = this.#params;
    this.#list.refresh();
    const window = this.#list.window(anchor, first, count);
    const pinned = this.#context.pinnedRows();
    const rows = [...window.rows, ...pinned];
    const packed = packTraces(store, this.#looks, rows, options.clock.nowMs());
    const meta: TracesMeta = {
      total: store.traces.count,
      matched: window.matched,
      length: window.length,
      newCount: window.newCount,
      newestOrdinal: window.newestOrdinal,
      first: window.first,
      strings: packed.strings,
      pinned: pinned.length,
    };
    return {
      frame: { kind: 'snapshot', meta, columns: packed.columns },
      // What a search has found so far is shown while it goes on.
      staleInMs: this.#list.isSearching ? this.intervalMs : packed.staleInMs,
    };
  }

  close(): void {
    this.#list.close();
  }

  #compile({ filter }: TracesParams): CompiledQuery {
    return compileFilter(this.#context.options, filter, 'traces');
  }

  #openList(query: CompiledQuery): TraceList {
    const { store, options } = this.#context;
    return openTraceList(store, options, query, this.#wake);
  }
}
