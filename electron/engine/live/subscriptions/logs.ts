/** The `logs` topic: a window of the log tail, following or anchored. */
import type { LogsMeta, LogsParams } from '../../../../proto/live/topics.ts';
import { openLogList, type LogList } from '../../view/log-list.ts';
import { packLogs } from '../../view/log-rows.ts';
import type { CompiledQuery } from '../../query/plan.ts';
import { compileFilter } from '../compile-filter.ts';
import type { LiveContext } from '../context.ts';
import { readLogsParams } from '../params.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

export const openLogs: OpenTopic = (context, params, wake) => new LogsTopic(context, params, wake);

class LogsTopic implements TopicSource {
  readonly triggers = ['logs'] as const;
  readonly intervalMs = 100;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #params: LogsParams;
  #list: LogList;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    this.#params = readLogsParams(params);
    this.#list = this.#openList(this.#compile(this.#params));
  }

  update(params: unknown): void {
    const next = readLogsParams(params);
    const isOther = scopeKey(next) !== scopeKey(this.#params);
    // A wrong query is refused and leaves the list as it is.
    const query = isOther ? this.#compile(next) : null;
    this.#params = next;
    if (query === null) return;
    this.#list.close();
    this.#list = this.#openList(query);
  }

  build(): Built {
    const { store } = this.#context;
    const list = this.#list;
    list.refresh();
    const { begin, end } = list;
    const { count } = this.#params;
    const wanted = this.#params.first ?? end - count;
    const first = Math.max(begin, Math.min(wanted, end - 1));
    const ordinals: number[] = [];
    for (let at = first; at < Math.min(first + count, end); at++) ordinals.push(list.ordinalAt(at));
    const packed = packLogs(store, ordinals, first);
    const meta: LogsMeta = {
      total: store.logs.end - store.logs.begin,
      begin,
      end,
      first,
      strings: packed.strings,
      levels: [...list.levels],
      searching: list.isSearching,
    };
    return {
      frame: { kind: 'snapshot', meta, columns: packed.columns },
      // What a search has found so far is shown while it goes on.
      staleInMs: list.isSearching ? this.intervalMs : null,
    };
  }

  close(): void {
    this.#list.close();
  }

  #compile({ filter }: LogsParams): CompiledQuery {
    return compileFilter(this.#context.options, filter, 'logs');
  }

  #openList(query: CompiledQuery): LogList {
    const { store, options } = this.#context;
    const { minSeverity, traceId } = this.#params;
    return openLogList(store, options, { query, minSeverity, traceId }, this.#wake);
  }
}

function scopeKey({ filter, minSeverity, traceId }: LogsParams): string {
  return JSON.stringify([filter, minSeverity, traceId]);
}
