/** Two merged flame graphs on one, as the page holds them: the columns of the `flameDiff` topic. */
import { formatCount, formatDifference, formatDuration, formatPercent } from '../base/format.ts';
import type { FlameDiffColumns, FlameDiffMeta } from '../../proto/live/topics.ts';
import {
  ALL_TRACES,
  CallerTimes,
  MergedFlame,
  type Callers,
  type MergeMeasure,
} from './merge-model.ts';

/** One operation over all places where it is called from: self time of the mean trace, in ns. */
export interface ChangedOperation {
  readonly name: string;
  readonly service: string;
  readonly colourName: string;
  readonly callers: Callers;
  /** NaN where the side does not have it. */
  readonly aNs: number;
  readonly bNs: number;
  readonly changeNs: number;
  /** Spans of B. */
  readonly bCount: number;
}

/** Two numbers of a node; NaN where a side does not have the path. */
export type SidePair = readonly [a: number, b: number];

/** One frame of the topic, by one measure. */
export class DiffFlame {
  readonly meta: FlameDiffMeta;
  readonly columns: FlameDiffColumns;
  readonly measure: MergeMeasure;
  /** The same nodes as a flame graph of one trace whose measure is the width. */
  readonly flame: MergedFlame;
  /** What is shown of A and B, by node; then of all traces. */
  readonly #values: readonly [a: Float64Array, b: Float64Array];

  constructor(meta: FlameDiffMeta, columns: FlameDiffColumns, measure: MergeMeasure = 'mean') {
    this.meta = meta;
    this.columns = columns;
    this.measure = measure;
    const { parent, depth, kind, nameStr, serviceStr, bCount } = columns;
    const [a, b] = sidesOf(meta, columns, measure);
    this.#values = [shownOf(a, parent), shownOf(b, parent)];
    const widthNs = measure === 'mean' ? columns.widthNs : widthsOf(a.own, b.own, parent);
    const none = new Uint32Array(parent.length);
    this.flame = new MergedFlame(
      {
        merged: meta.merged,
        by: meta.by,
        matched: meta.a.matched + meta.b.matched,
        total: meta.total,
        searching: meta.a.searching || meta.b.searching,
        mergedAtMs: meta.mergedAtMs,
        traceCount: 1,
        spanCount: meta.a.spanCount + meta.b.spanCount,
        busyNs: 0,
        imports: meta.imports,
        strings: meta.strings,
      },
      {
        ...{ parent, depth, kind, nameStr, serviceStr },
        ...{ totalNs: widthNs, selfNs: widthNs, attributedNs: widthNs },
        ...{ count: bCount, errors: none, traces: none },
      },
    );
  }

  /** A and B by the measure: ns, or spans of the mean trace. */
  values(node: number): SidePair {
    const [a, b] = this.#values;
    const at = node === ALL_TRACES ? this.flame.nodeCount : node;
    return [a[at], b[at]];
  }

  /** The only side that has the node; null when both do. */
  side(node: number): 'a' | 'b' | null {
    if (node === ALL_TRACES) return null;
    if (Number.isNaN(this.columns.bNs[node])) return 'a';
    return Number.isNaN(this.columns.aNs[node]) ? 'b' : null;
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
    const sums = new Map<string, OperationSum>();
    const to = under === ALL_TRACES ? flame.nodeCount : flame.end[under];
    for (let node = Math.max(0, under); node < to; node++) {
      if (!flame.isSpans(node)) continue;
      const [name, service] = [flame.name(node), flame.service(node)];
      const key = `${name}\n${service}`;
      let sum = sums.get(key);
      if (sum === undefined) {
        const colourName = flame.colourName(node);
        const sides = { aNs: NaN, bNs: NaN, bCount: 0, callers: new CallerTimes() };
        sums.set(key, (sum = { name, service, colourName, ...sides }));
      }
      sum.aNs = plus(sum.aNs, aSelfNs[node]);
      sum.bNs = plus(sum.bNs, bSelfNs[node]);
      sum.bCount += bCount[node];
      // The place where it changed most says more than the one where it takes longest.
      sum.callers.add(flame.caller(node), Math.abs((bSelfNs[node] || 0) - (aSelfNs[node] || 0)));
    }
    const changed = [...sums.values()].map(({ callers, ...sum }) => ({
      ...sum,
      callers: callers.callers(),
      changeNs: (sum.bNs || 0) - (sum.aNs || 0),
    }));
    return changed.sort(
      (x, y) => Math.abs(y.changeNs) - Math.abs(x.changeNs) || (x.name < y.name ? -1 : 1),
    );
  }
}

interface OperationSum {
  readonly name: string;
  readonly service: string;
  readonly colourName: string;
  readonly callers: CallerTimes;
  aNs: number;
  bNs: number;
  bCount: number;
}

/** NaN stands for nothing, on either side. */
function plus(sum: number, more: number): number {
  if (Number.isNaN(more)) return sum;
  return (Number.isNaN(sum) ? 0 : sum) + more;
}

/** A side by a measure, by node: what is its own, and what is written on it. */
interface SideValues {
  readonly own: Float64Array;
  readonly shown: Float64Array;
}

function sidesOf(
  { a, b }: FlameDiffMeta,
  columns: FlameDiffColumns,
  measure: MergeMeasure,
): readonly [a: SideValues, b: SideValues] {
  const { parent, aNs, bNs, aSelfNs, bSelfNs, aCount, bCount } = columns;
  switch (measure) {
    case 'mean':
    case 'total': {
      const times = (ns: Float64Array, traces: number): SideValues => {
        const shown = measure === 'mean' ? ns : ns.map((time) => time * traces);
        return { own: ownOf(shown, parent), shown };
      };
      return [times(aNs, a.traceCount), times(bNs, b.traceCount)];
    }
    case 'self':
      return [
        { own: aSelfNs, shown: aSelfNs },
        { own: bSelfNs, shown: bSelfNs },
      ];
    case 'count': {
      const counts = (spans: Uint32Array, ns: Float64Array, traces: number): SideValues => {
        const own = Float64Array.from(spans, (count, node) =>
          Number.isNaN(ns[node]) ? NaN : count / Math.max(1, traces),
        );
        return { own, shown: own };
      };
      return [counts(aCount, aNs, a.traceCount), counts(bCount, bNs, b.traceCount)];
    }
  }
}

/** Inclusive values less those of the children. */
function ownOf(inclusive: Float64Array, parent: Int32Array): Float64Array {
  const own = inclusive.slice();
  parent.forEach((above, node) => {
    if (above !== -1) own[above] -= inclusive[node] || 0;
  });
  return own.map((value) => Math.max(0, value || 0));
}

/** What is shown by node, and behind them the sum of all that is the nodes' own. */
function shownOf({ own, shown }: SideValues, parent: Int32Array): Float64Array {
  const values = new Float64Array(parent.length + 1);
  values.set(shown);
  values[parent.length] = own.reduce((sum, value) => sum + (value || 0), 0);
  return values;
}

/** As wide as the larger of A and B, part by part. */
function widthsOf(a: Float64Array, b: Float64Array, parent: Int32Array): Float64Array {
  const widths = Float64Array.from(a, (own, node) => Math.max(own || 0, b[node] || 0));
  for (let node = parent.length - 1; node >= 0; node--) {
    if (parent[node] !== -1) widths[parent[node]] += widths[node];
  }
  return widths;
}

/** B as a part of A, less one: 0.51 is 51% slower. NaN without both. */
export function changeShare(aNs: number, bNs: number): number {
  return aNs > 0 && bNs >= 0 ? bNs / aNs - 1 : aNs === bNs ? 0 : NaN;
}

/** `+51%`, `\u22125%`, `0%`; '' without both. */
export function signedPercent(share: number, decimals = 0): string {
  if (Number.isNaN(share)) return '';
  const text = formatPercent(Math.abs(share), decimals);
  if (!/[1-9]/.test(text)) return text;
  return `${share > 0 ? '+' : '\u2212'}${text}`;
}

/** The colour step of a node: -4 much faster, 0 about equal, 4 much slower or only in B. */
export function changeStep(diff: DiffFlame, node: number): number {
  if (!diff.hasBoth) return 0;
  const side = diff.side(node);
  if (side !== null) return side === 'b' ? 4 : -4;
  const share = changeShare(...diff.values(node));
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
  return signedPercent(changeShare(...diff.values(node)));
}

/** A number of a side by the measure: `126 ms`, `1.25 spans`; an en dash where there is none. */
export function sideText({ measure }: DiffFlame, value: number): string {
  if (measure !== 'count') return formatDuration(value);
  return Number.isNaN(value) ? '\u2013' : `${spansText(value)} ${value === 1 ? 'span' : 'spans'}`;
}

/** The difference of two numbers by the measure, with its sign. */
export function differenceText({ measure }: DiffFlame, [a, b]: SidePair): string {
  const change = (b || 0) - (a || 0);
  if (measure !== 'count') return formatDifference(change);
  const text = spansText(Math.abs(change));
  if (!/[1-9]/.test(text)) return '0';
  return `${change > 0 ? '+' : '\u2212'}${text}`;
}

function spansText(value: number): string {
  return value >= 100 || Number.isInteger(value)
    ? formatCount(Math.round(value))
    : value.toFixed(2);
}
