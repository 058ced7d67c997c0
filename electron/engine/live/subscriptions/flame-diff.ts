/** The `flameDiff` topic: the traces of two filters, merged and compared. */
import {
  FLAME_DIFF_LEAST,
  type FlameDiffColumns,
  type FlameDiffMeta,
  type FlameDiffParams,
  type FlameDiffSide,
} from '../../../../proto/live/topics.ts';
import { diffMerged, type MergedDiff } from '../../view/merge-diff.ts';
import type { MergedTree } from '../../view/merge-tree.ts';
import { medianOf, rankTest } from '../../view/rank-test.ts';
import type { LiveContext } from '../context.ts';
import { readFlameDiffParams } from '../params.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';
import { MergedSide, NO_TREE } from './flame-side.ts';

export const openFlameDiff: OpenTopic = (context, params, wake) =>
  new FlameDiffTopic(context, params, wake);

/** Nodes of a side: comparing them is one step of a few ms. */
const MAX_NODES = 2048;
/** Durations of a side that are tested, the newest: sorting them is one step of a few ms. */
const MAX_TESTED = 20_000;

interface Sides {
  readonly a: MergedSide;
  readonly b: MergedSide;
}

class FlameDiffTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #key: string;
  #sides: Sides;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    const wanted = readFlameDiffParams(params);
    this.#key = JSON.stringify(wanted);
    this.#sides = this.#open(wanted);
  }

  get intervalMs(): number {
    const { a, b } = this.#sides;
    const times = [a.intervalMs, b.intervalMs];
    return times.includes(0) ? 0 : Math.max(...times);
  }

  update(params: unknown): void {
    const wanted = readFlameDiffParams(params);
    const key = JSON.stringify(wanted);
    if (key === this.#key) return;
    const sides = this.#open(wanted);
    this.close();
    this.#sides = sides;
    this.#key = key;
  }

  build(): Built {
    const { a, b } = this.#sides;
    a.refresh();
    b.refresh();
    const isWaiting = a.isWaiting || b.isWaiting;
    const isMerged = a.tree !== undefined && b.tree !== undefined;
    const treeA = (isMerged ? a.tree : undefined) ?? NO_TREE;
    const treeB = (isMerged ? b.tree : undefined) ?? NO_TREE;
    const diff = diffMerged(treeA, treeB);
    const meta = this.#meta(isMerged, diff.strings);
    return {
      frame: { kind: 'snapshot', meta, columns: columnsOf(diff, treeA, treeB) },
      staleInMs: isWaiting ? this.intervalMs : null,
    };
  }

  close(): void {
    this.#sides.a.close();
    this.#sides.b.close();
  }

  #open({ a, b }: FlameDiffParams): Sides {
    const first = new MergedSide(this.#context, a, this.#wake, MAX_NODES);
    try {
      return { a: first, b: new MergedSide(this.#context, b, this.#wake, MAX_NODES) };
    } catch (error) {
      first.close();
      throw error;
    }
  }

  #meta(merged: boolean, strings: readonly string[]): FlameDiffMeta {
    const { a, b } = this.#sides;
    const [timesA, timesB] = [this.#durations(a), this.#durations(b)];
    const isEnough = Math.min(timesA.length, timesB.length) >= FLAME_DIFF_LEAST;
    const test = isEnough ? rankTest(timesA, timesB) : null;
    return {
      merged,
      total: this.#context.store.traces.count,
      mergedAtMs: Math.min(a.mergedAtMs, b.mergedAtMs),
      a: sideOf(a, timesA),
      b: sideOf(b, timesB),
      p: test?.p ?? null,
      superiority: test?.superiority ?? 0.5,
      strings,
    };
  }

  #durations({ list }: MergedSide): Float64Array {
    const { traces } = this.#context.store;
    const newest = list.newest();
    const times = new Float64Array(Math.min(newest.length, MAX_TESTED));
    for (let i = 0; i < times.length; i++) times[i] = traces.durationNsOf(newest.rowAt(i));
    return times;
  }
}

function sideOf({ list, tree }: MergedSide, times: Float64Array): FlameDiffSide {
  return {
    matched: list.count,
    searching: list.isSearching,
    traceCount: tree?.traceCount ?? 0,
    spanCount: tree?.spanCount ?? 0,
    medianNs: medianOf(times),
    tested: times.length,
  };
}

function columnsOf(diff: MergedDiff, a: MergedTree, b: MergedTree): FlameDiffColumns {
  const perTrace = (
    tree: MergedTree,
    nodes: Int32Array,
    column: 'attributedNs' | 'selfNs',
  ): Float64Array => {
    const traces = Math.max(1, tree.traceCount);
    return Float64Array.from(nodes, (node) => (node === -1 ? NaN : tree[column][node] / traces));
  };
  return {
    parent: diff.parent,
    depth: diff.depth,
    kind: diff.kind,
    nameStr: diff.nameStr,
    serviceStr: diff.serviceStr,
    widthNs: diff.widthNs,
    aNs: perTrace(a, diff.nodeA, 'attributedNs'),
    bNs: perTrace(b, diff.nodeB, 'attributedNs'),
    aSelfNs: perTrace(a, diff.nodeA, 'selfNs'),
    bSelfNs: perTrace(b, diff.nodeB, 'selfNs'),
    bCount: Uint32Array.from(diff.nodeB, (node) => (node === -1 ? 0 : b.count[node])),
  };
}
