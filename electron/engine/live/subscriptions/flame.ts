/** The `flame` topic: the traces of a filter merged into one flame graph. */
import type { FlameColumns, FlameMeta } from '../../../../proto/live/topics.ts';
import type { MergedTree } from '../../view/merge-tree.ts';
import type { LiveContext } from '../context.ts';
import { readFlameParams } from '../params.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';
import { MergedSide, NO_TREE } from './flame-side.ts';

export const openFlame: OpenTopic = (context, params, wake) =>
  new FlameTopic(context, params, wake);

class FlameTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #key: string;
  #by: string;
  #side: MergedSide;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    const wanted = readFlameParams(params);
    this.#key = JSON.stringify(wanted);
    this.#by = wanted.by;
    this.#side = new MergedSide(context, wanted, wanted.by, wake);
  }

  get intervalMs(): number {
    return this.#side.intervalMs;
  }

  update(params: unknown): void {
    const wanted = readFlameParams(params);
    const key = JSON.stringify(wanted);
    if (key === this.#key) return;
    const side = new MergedSide(this.#context, wanted, wanted.by, this.#wake);
    this.close();
    this.#side = side;
    this.#by = wanted.by;
    this.#key = key;
  }

  build(): Built {
    const side = this.#side;
    side.refresh();
    return {
      frame: { kind: 'snapshot', meta: this.#meta(), columns: columnsOf(side.tree) },
      staleInMs: side.isWaiting ? side.intervalMs : null,
    };
  }

  close(): void {
    this.#side.close();
  }

  #meta(): FlameMeta {
    const { list, matched, tree = NO_TREE, mergedAtMs } = this.#side;
    return {
      merged: this.#side.tree !== undefined,
      by: this.#by,
      matched,
      total: this.#context.store.traces.count,
      searching: list.isSearching,
      mergedAtMs,
      traceCount: tree.traceCount,
      spanCount: tree.spanCount,
      busyNs: tree.busyNs,
      imports: this.#context.imports.list(),
      strings: tree.strings,
    };
  }
}

function columnsOf(tree: MergedTree = NO_TREE): FlameColumns {
  const { parent, depth, kind, nameStr, serviceStr } = tree;
  const { totalNs, selfNs, attributedNs, count, errors, traces } = tree;
  return {
    parent,
    depth,
    kind,
    nameStr,
    serviceStr,
    totalNs,
    selfNs,
    attributedNs,
    count,
    errors,
    traces,
  };
}
