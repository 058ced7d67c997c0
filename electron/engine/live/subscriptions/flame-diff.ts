/** The `flameDiff` topic: the traces of two filters, merged and compared. */
import {
  FLAME_DIFF_LEAST,
  type FlameDiffColumns,
  type FlameDiffMeta,
  type FlameDiffParams,
  type FlameDiffSide,
  type FlameSide,
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

/** A side and the parameters it was opened with. */
interface OpenSide {
  readonly key: string;
  readonly side: MergedSide;
}

interface Sides {
  readonly a: MergedSide;
  readonly b: MergedSide;
}

class FlameDiffTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #key: string;
  #by: string;
  #open: OpenSide[] = [];
  #sides: Sides;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    const wanted = readFlameDiffParams(params);
    this.#key = JSON.stringify(wanted);
    this.#by = wanted.by;
    this.#sides = this.#openSides(wanted);
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
    this.#sides = this.#openSides(wanted);
    this.#key = key;
    this.#by = wanted.by;
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
    for (const { side } of this.#open.splice(0)) side.close();
  }

  /** Opens what is not open yet, and closes what is not wanted any more: a swap merges nothing anew. */
  #openSides({ a, b, by }: Required<FlameDiffParams>): Sides {
    const left = [...this.#open];
    const opened: OpenSide[] = [];
    const take = (wanted: FlameSide): OpenSide => {
      const key = JSON.stringify([wanted, by]);
      const at = left.findIndex((open) => open.key === key);
      const [known] = at === -1 ? [] : left.splice(at, 1);
      if (known !== undefined) return known;
      const side = new MergedSide(this.#context, wanted, by, this.#wake, MAX_NODES);
      opened.push({ key, side });
      return { key, side };
    };
    try {
      const [first, second] = [take(a), take(b)];
      for (const { side } of left) side.close();
      this.#open = [first, second];
      return { a: first.side, b: second.side };
    } catch (error) {
      for (const { side } of opened) side.close();
      throw error;
    }
  }

  #meta(merged: boolean, strings: readonly string[]): FlameDiffMeta {
    const { a, b } = this.#sides;
    const [rowsA, rowsB] = [a.newest(MAX_TESTED), b.newest(MAX_TESTED)];
    const [timesA, timesB] = [this.#durations(rowsA), this.#durations(rowsB)];
    const ofA = new Set(rowsA);
    const isEnough = Math.min(timesA.length, timesB.length) >= FLAME_DIFF_LEAST;
    const test = isEnough ? rankTest(timesA, timesB) : null;
    return {
      merged,
      by: this.#by,
      total: this.#context.store.traces.count,
      mergedAtMs: Math.min(a.mergedAtMs, b.mergedAtMs),
      a: sideOf(a, timesA),
      b: sideOf(b, timesB),
      p: test?.p ?? null,
      superiority: test?.superiority ?? 0.5,
      shared: rowsB.reduce((sum, row) => sum + (ofA.has(row) ? 1 : 0), 0),
      imports: this.#context.imports.list(),
      strings,
    };
  }

  #durations(rows: Int32Array): Float64Array {
    const { traces } = this.#context.store;
    return Float64Array.from(rows, (row) => traces.durationNsOf(row));
  }
}

function sideOf({ list, matched, tree }: MergedSide, times: Float64Array): FlameDiffSide {
  return {
    matched,
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
    aCount: Uint32Array.from(diff.nodeA, (node) => (node === -1 ? 0 : a.count[node])),
    bCount: Uint32Array.from(diff.nodeB, (node) => (node === -1 ? 0 : b.count[node])),
  };
}
