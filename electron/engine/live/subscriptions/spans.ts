/** The `spans` topic: a window of the spans that match. */
import type { SpansMeta, SpansParams } from '../../../../proto/live/topics.ts';
import { FRAME_SLICE_MS, MAKING_SLICE_MS, runSlice } from '../../query/slices.ts';
import { newestSpans, SpanSnapshot } from '../../view/span-list.ts';
import { packSpans } from '../../view/span-rows.ts';
import type { SpanSet } from '../../view/span-set.ts';
import type { ItemWindow } from '../../view/trace-list.ts';
import type { LiveContext } from '../context.ts';
import { readSpansParams } from '../params.ts';
import type { Lease } from '../shared-lists.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

export const openSpans: OpenTopic = (context, params, wake) =>
  new SpansTopic(context, params, wake);

class SpansTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  readonly intervalMs = 250;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #params: SpansParams;
  #lease: Lease<SpanSet>;
  #snapshot: SpanSnapshot | undefined;
  /** Whether the last build ended before the order was made. */
  #isMaking = false;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    this.#params = readSpansParams(params);
    this.#lease = this.#openList(this.#params);
  }

  update(params: unknown): void {
    const next = readSpansParams(params);
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
    const { store } = this.#context;
    const { list } = this.#lease;
    list.refresh();
    const window = this.#window(list);
    if (window === undefined) return { frame: null, hasMore: true };
    const packed = packSpans(store, window.rows);
    const meta: SpansMeta = {
      total: store.counters().spans.kept,
      matched: list.end - list.begin,
      length: window.length,
      newCount: window.newCount,
      newestOrdinal: window.newestOrdinal,
      order: this.#params.order ?? 'newest',
      first: window.first,
      strings: packed.strings,
      searching: list.isSearching,
    };
    return {
      frame: { kind: 'snapshot', meta, columns: packed.columns },
      staleInMs: list.isSearching ? this.intervalMs : null,
    };
  }

  close(): void {
    this.#lease.close();
  }

  /** undefined: the order is still being made. */
  #window(list: SpanSet): ItemWindow | undefined {
    const { store, options } = this.#context;
    const { anchor, first, count, order = 'newest' } = this.#params;
    if (order === 'newest') return newestSpans(store, list, anchor, first, count);
    const snapshot = (this.#snapshot ??= new SpanSnapshot(list, store));
    const step = (): boolean => snapshot.step(first, count);
    const sliceMs = this.#isMaking ? MAKING_SLICE_MS : FRAME_SLICE_MS;
    this.#isMaking = !runSlice(options.clock, step, sliceMs);
    if (this.#isMaking) return undefined;
    return { ...snapshot.window(first, count), newestOrdinal: anchor ?? 0 };
  }

  #openList({ filter, brush = null }: SpansParams): Lease<SpanSet> {
    return this.#context.lists.spans(filter, brush, this.#wake);
  }
}

function listKey({ filter, brush = null }: SpansParams): string {
  return JSON.stringify([filter, brush]);
}
