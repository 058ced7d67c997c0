/**
 * The merged flame graph: the spans of many traces folded by their path of keys (service and name, or
 * another one) into one tree.
 *
 * ```
 *   trace 1  checkout ─ charge ─ SELECT            checkout  2 traces
 *   trace 2  checkout ─ charge                       charge  3 spans
 *                     └ charge ─ SELECT                SELECT  2 spans
 * ```
 * What is measured of a path, summed over its spans:
 *
 * - **total**: their durations. Where siblings overlap, the totals of children exceed their parent's.
 * - **self**: duration minus the union of a span's children, clipped to it.
 * - **attributed**: each instant of a trace is split equally among the spans that run at it while none
 *   below them runs; a span has its own share and all that is attributed below it. A path's attributed
 *   time is therefore the sum of its children's and its own share, and that of all roots is the traces'
 *   busy time: what is drawn by it stays inside its parent, concurrent or not. Where siblings never
 *   overlap and stay inside their parents, own share is self time and attributed is total.
 *
 * A parent that was not received is a node of its own. It counts as running from its first child's
 * start to its last one's end in `totalNs`, and never in self and attributed time: nothing is known
 * to have run in it.
 */

/** What a node of a merged tree stands for. */
export const MERGED_KIND = {
  spans: 0,
  /** Parents that were not received. */
  notReceived: 1,
  /** Paths below the node above that are left out for being too many and too small. */
  other: 2,
  /** Spans that do not have what is folded by. */
  noValue: 3,
} as const;

/** Nodes in depth-first order, siblings by attributed time, largest first, then by name. A copy. */
export interface MergedTree {
  readonly nodeCount: number;
  /** Node above; -1 for roots. */
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** MERGED_KIND. */
  readonly kind: Uint8Array;
  /** Index in `strings`; -1 where there is none. */
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  /** For `other`: of the spans whose parents are not among them. */
  readonly totalNs: Float64Array;
  readonly selfNs: Float64Array;
  readonly attributedNs: Float64Array;
  /** Spans; of parents that were not received: how many of them. */
  readonly count: Uint32Array;
  /** Spans with status error. */
  readonly errors: Uint32Array;
  /** Traces that have the path. For `other`: the most that any one path in it has. */
  readonly traces: Uint32Array;
  readonly strings: readonly string[];
  /** Traces and spans that were folded. */
  readonly traceCount: number;
  readonly spanCount: number;
  /** Sum over the traces of the time in which any span of the trace runs. */
  readonly busyNs: number;
}

/** What the fold has gathered, by node in order of first sight: parents before their children. */
export interface FoldedNodes {
  readonly length: number;
  readonly parent: Int32Array;
  /** Key of the node, or one of FOLD_KEY. */
  readonly key: Int32Array;
  readonly totalNs: Float64Array;
  readonly selfNs: Float64Array;
  /** Its own share of attributed time, without what is below it. */
  readonly ownNs: Float64Array;
  readonly count: Uint32Array;
  readonly errors: Uint32Array;
  readonly traces: Uint32Array;
}

/** Keys that are none of a span's. */
export const FOLD_KEY = { notReceived: -2, other: -3, noValue: -4 } as const;

/** Names of keys. */
export interface KeyNames {
  readonly strings: readonly string[];
  /** Indexes in `strings`, -1 for none. */
  nameOf(key: number): number;
  serviceOf(key: number): number;
}
