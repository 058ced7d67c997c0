/** Two merged flame graphs on one, as the page holds them: the columns of the `flameDiff` topic. */
import { formatPercent } from '../base/format.ts';
import type { FlameDiffColumns, FlameDiffMeta } from '../../proto/live/topics.ts';
import { ALL_TRACES, MergedFlame } from './merge-model.ts';

/** One operation over all places where it is called from: self time of the mean trace, in ns. */
export interface ChangedOperation {
  readonly name: string;
  readonly service: string;
  /** NaN where the side does not have it. */
  readonly aNs: number;
  readonly bNs: number;
  readonly changeNs: number;
  /** Spans of B. */
  readonly bCount: number;
}

/** One frame of the topic. */
export class DiffFlame {
  readonly meta: FlameDiffMeta;
  readonly columns: FlameDiffColumns;
  /** The same nodes as a flame graph of one trace whose measure is the width. */
  readonly flame: MergedFlame;
  readonly #allNs: readonly [a: number, b: number];

  constructor(meta: FlameDiffMeta, columns: FlameDiffColumns) {
    this.meta = meta;
    this.columns = columns;
    const { parent, depth, kind, nameStr, serviceStr, widthNs, bCount } = columns;
    const none = new Uint32Array(parent.length);
    this.flame = new MergedFlame(
      {
        merged: meta.merged,
        matched: meta.a.matched + meta.b.matched,
        total: meta.total,
        searching: meta.a.searching || meta.b.searching,
        mergedAtMs: meta.mergedAtMs,
        traceCount: 1,
        spanCount: meta.a.spanCount + meta.b.spanCount,
        busyNs: 0,
        strings: meta.strings,
      },
      {
        ...{ parent, depth, kind, nameStr, serviceStr },
        ...{ totalNs: widthNs, selfNs: widthNs, attributedNs: widthNs },
        ...{ count: bCount, errors: none, traces: none },
      },
    );
    const sum = (times: Float64Array): number =>
      times.reduce((all, ns, node) => (parent[node] === -1 && ns > 0 ? all + ns : all), 0);
    this.#allNs = [sum(columns.aNs), sum(columns.bNs)];
  }

  /** Attributed time of the mean trace of A and B; NaN where a side does not have the path. */
  times(node: number): readonly [a: number, b: number] {
    if (node === ALL_TRACES) return this.#allNs;
    return [this.columns.aNs[node], this.columns.bNs[node]];
  }

  /** The only side that has the node; null when both do. */
  side(node: number): 'a' | 'b' | null {
    const [a, b] = this.times(node);
    if (Number.isNaN(b)) return 'a';
    return Number.isNaN(a) ? 'b' : null;
  }

  /** Whether only A has the node, while there are two sides to compare. */
  isOnlyInA(node: number): boolean {
    return this.hasBoth && this.side(node) === 'a';
  }

  /** Whether there is something to compare. */
  get hasBoth(): boolean {
    return this.meta.a.traceCount > 0 && this.meta.b.traceCount > 0;
  }

  /** Operations at and below a node, the largest change of self time first. O(nodes). */
  operations(under: number): ChangedOperation[] {
    const { aSelfNs, bSelfNs, bCount } = this.columns;
    const { flame } = this;
    const sums = new Map<
      string,
      { name: string; service: string; a: number[]; b: number[]; bCount: number }
    >();
    const to = under === ALL_TRACES ? flame.nodeCount : flame.end[under];
    for (let node = Math.max(0, under); node < to; node++) {
      if (!flame.isSpans(node)) continue;
      const [name, service] = [flame.name(node), flame.service(node)];
      const key = `${name}\n${service}`;
      let sum = sums.get(key);
      if (sum === undefined) sums.set(key, (sum = { name, service, a: [], b: [], bCount: 0 }));
      if (!Number.isNaN(aSelfNs[node])) sum.a.push(aSelfNs[node]);
      if (!Number.isNaN(bSelfNs[node])) sum.b.push(bSelfNs[node]);
      sum.bCount += bCount[node];
    }
    const total = (times: readonly number[]): number =>
      times.length === 0 ? NaN : times.reduce((all, ns) => all + ns, 0);
    const changed = [...sums.values()].map(({ name, service, a, b, bCount: count }) => {
      const [aNs, bNs] = [total(a), total(b)];
      return { name, service, aNs, bNs, changeNs: (bNs || 0) - (aNs || 0), bCount: count };
    });
    return changed.sort(
      (x, y) => Math.abs(y.changeNs) - Math.abs(x.changeNs) || (x.name < y.name ? -1 : 1),
    );
  }
}

/** B as a part of A, less one: 0.51 is 51% slower. NaN without both. */
export function changeShare(aNs: number, bNs: number): number {
  return aNs > 0 && bNs >= 0 ? bNs / aNs - 1 : aNs === bNs ? 0 : NaN;
}

/** `+51%`, `\u22125%`, `0%`; '' without both. */
export function signedPercent(share: number, decimals = 0): string {
  if (Number.isNaN(share)) return '';
  const text = formatPercent(share, decimals);
  return share > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** The colour step of a node: -4 much faster, 0 about equal, 4 much slower or only in B. */
export function changeStep(diff: DiffFlame, node: number): number {
  if (!diff.hasBoth) return 0;
  const side = diff.side(node);
  if (side !== null) return side === 'b' ? 4 : -4;
  const share = changeShare(...diff.times(node));
  const size = Math.abs(share);
  const step =
    size < 0.05 || Number.isNaN(size) ? 0 : size < 0.15 ? 1 : size < 0.4 ? 2 : size < 0.7 ? 3 : 4;
  return share < 0 ? -step : step;
}

/** What is written behind a node's name. */
export function changeText(diff: DiffFlame, node: number): string {
  if (!diff.hasBoth) return '';
  const side = diff.side(node);
  if (side !== null) return side === 'a' ? 'only in A' : 'only in B';
  return signedPercent(changeShare(...diff.times(node)));
}
