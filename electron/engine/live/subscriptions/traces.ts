/** The `traces` topic: a window of the trace list. */
import type { TracesMeta, TracesParams } from '../../../../proto/live/topics.ts';
import { FRAME_SLICE_MS, MAKING_SLICE_MS, runSlice } from '../../query/slices.ts';
import { newestWindow, TraceSnapshot, type ItemWindow } from '../../view/trace-list.ts';
import { TraceLooks } from '../../view/trace-look.ts';
import { packTraces } from '../../view/trace-rows.ts';
import type { TraceSet } from '../../view/trace-set.ts';
import type { LiveContext } from '../context.ts';
import { readTracesParams } from '../params.ts';
import type { Lease } from '../shared-lists.ts';
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
  #lease: Lease<TraceSet>;
  #snapshot: TraceSnapshot | undefined;
  /** Whether the last build ended before the order was made. */
  #isMaking = false;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    this.#looks = new TraceLooks(context.store);
    this.#params = readTracesParams(params);
    this.#lease = this.#openList(this.#params);
  }

  update(params: unknown): void {
    const next = readTracesParams(params);
    if (listKey(next) !== listKey(this.#params)) {
      const lease = this.#openList(next);
      this.#lease.close();
      this.#lease = lease;
      this.#snapshot = undefined;
    }
    const isOtherOrder = next.order !== this.#params.order || next.anchor !== this.#params.anchor;
    if (isOtherOrder) this.#snapshot = undefined;
    this.#params = next;
  }

  build(): Built {
    const { store, options } = this.#context;
    const { list } = this.#lease;
    list.refresh();
    const window = this.#window(list);
    if (window === undefined) return { frame: null, hasMore: true };
    const pinned = this.#context.pinnedRows();
    const rows = [...window.rows, ...pinned];
    const packed = packTraces(store, this.#looks, rows, options.clock.nowMs());
    const meta: TracesMeta = {
      total: store.traces.count,
      matched: list.count,
      entered: list.entered,
      length: window.length,
      newCount: window.newCount,
      newestOrdinal: window.newestOrdinal,
      order: this.#params.order ?? 'newest',
      first: window.first,
      strings: packed.strings,
      pinned: pinned.length,
      searching: list.isSearching,
    };
    return {
      frame: { kind: 'snapshot', meta, columns: packed.columns },
      // What a search has found so far is shown while it goes on.
      staleInMs: list.isSearching ? this.intervalMs : packed.staleInMs,
    };
  }

  close(): void {
    this.#lease.close();
  }

  /** undefined: the order is still being made. */
  #window(list: TraceSet): ItemWindow | undefined {
    const { store, options } = this.#context;
    const { anchor, first, count, order = 'newest' } = this.#params;
    if (order === 'newest') return newestWindow(list, anchor, first, count);
    const snapshot = (this.#snapshot ??= new TraceSnapshot(list, store, order));
    const step = (): boolean => snapshot.step(first, count);
    const sliceMs = this.#isMaking ? MAKING_SLICE_MS : FRAME_SLICE_MS;
    this.#isMaking = !runSlice(options.clock, step, sliceMs);
    if (this.#isMaking) return undefined;
    // What is shown while a search goes on is not yet what was asked for.
    if (snapshot.isPartial) this.#snapshot = undefined;
    return { ...snapshot.window(first, count), newestOrdinal: anchor ?? 0 };
  }

  #openList({ filter, brush = null }: TracesParams): Lease<TraceSet> {
    return this.#context.lists.traces(filter, brush, this.#wake);
  }
}

function listKey({ filter, brush = null }: TracesParams): string {
  return JSON.stringify([filter, brush]);
}
