/** The merged flame graph: traces folded by service and operation, or by a field of their spans. */
import type { Filter } from './filter.ts';

/** The traces that are merged. */
export interface FlameSide {
  readonly filter: Filter;
  /** Only traces that start in [from, to), ns since the Unix epoch; left out: without that bound. */
  readonly fromUnixNano?: string;
  readonly toUnixNano?: string;
  /** Only what senders brought, or an import by its number; left out: both. */
  readonly source?: 'live' | number;
}

/** What spans are folded by; left out or '': service and operation. */
export interface FlameFolding {
  /**
   * `service`, `name`, `kind`, `status`, `scope`, or an attribute as queries name it. A span without it
   * is in a box of its own, and spans of one value that lie below each other are one box.
   */
  readonly by?: string;
}

export type FlameParams = FlameSide & FlameFolding;

/** A file that was imported since the engine started, while traces that it brought are in memory. */
export interface FlameImport {
  readonly id: number;
  readonly name: string;
}

/** Times are sums over the traces in ns; divided by `traceCount` they are those of the mean trace. */
export interface FlameMeta {
  /** False until the first merge is done: there are no nodes then. */
  readonly merged: boolean;
  /** What the nodes are folded by; '' is service and operation. */
  readonly by: string;
  /** Traces that match, and traces in memory. */
  readonly matched: number;
  readonly total: number;
  /** Whether older traces are still being looked through. */
  readonly searching: boolean;
  /** Clock of the engine when the merge began, ms since the Unix epoch; 0 before the first. */
  readonly mergedAtMs: number;
  /** What was folded. */
  readonly traceCount: number;
  readonly spanCount: number;
  /** Sum over the traces of the time in which any of their spans runs. */
  readonly busyNs: number;
  readonly imports: readonly FlameImport[];
  readonly strings: readonly string[];
}

/** What a node of the merged flame graph stands for. */
export const FLAME_KIND = {
  spans: 0,
  /** Parents that were not received. */
  notReceived: 1,
  /** Paths below the node above that are left out for being too many and too small. */
  other: 2,
  /** Spans that do not have what is folded by. */
  noValue: 3,
} as const;

/** Columns of `flame`: nodes in depth-first order, siblings by attributed time, largest first. */
export type FlameColumns = {
  /** Node above; -1 for roots. */
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** FLAME_KIND. */
  readonly kind: Uint8Array;
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  /** Durations of the spans; where siblings overlap they exceed their parent's. */
  readonly totalNs: Float64Array;
  /** Durations without the union of a span's children. */
  readonly selfNs: Float64Array;
  /** Each instant of a trace split among the spans that run at its leaves: never exceeds the parent's. */
  readonly attributedNs: Float64Array;
  readonly count: Uint32Array;
  readonly errors: Uint32Array;
  /** Traces that have the path. */
  readonly traces: Uint32Array;
};

export interface FlameDiffParams extends FlameFolding {
  readonly a: FlameSide;
  readonly b: FlameSide;
}

/** One side of a comparison. */
export interface FlameDiffSide {
  readonly matched: number;
  readonly searching: boolean;
  readonly traceCount: number;
  readonly spanCount: number;
  /** Median of the durations of its newest traces, ns; 0 without traces. */
  readonly medianNs: number;
  /** How many of them were looked at. */
  readonly tested: number;
}

export interface FlameDiffMeta {
  /** False until both sides are merged: there are no nodes then. */
  readonly merged: boolean;
  /** As in FlameMeta. */
  readonly by: string;
  /** Traces in memory. */
  readonly total: number;
  readonly mergedAtMs: number;
  readonly a: FlameDiffSide;
  readonly b: FlameDiffSide;
  /**
   * Two-sided p of a Mann-Whitney U test on the durations of traces (normal approximation, corrected for
   * ties and continuity); null where a side has fewer than FLAME_DIFF_LEAST.
   */
  readonly p: number | null;
  /** The probability that a trace of B takes longer than one of A, ties counted half; 0.5 without p. */
  readonly superiority: number;
  /** Of the traces that were tested, those on both sides: the test takes the sides for independent. */
  readonly shared: number;
  readonly imports: readonly FlameImport[];
  readonly strings: readonly string[];
}

/** Traces that a side needs at least for a verdict. */
export const FLAME_DIFF_LEAST = 8;

/** Columns of `flameDiff`: nodes in depth-first order, siblings by width. Times are ns of the mean trace. */
export type FlameDiffColumns = {
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** FLAME_KIND. */
  readonly kind: Uint8Array;
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  /** The larger of A and B, part by part. */
  readonly widthNs: Float64Array;
  /** Attributed and self time; NaN where the side does not have the path. */
  readonly aNs: Float64Array;
  readonly bNs: Float64Array;
  readonly aSelfNs: Float64Array;
  readonly bSelfNs: Float64Array;
  /** Spans of all traces of the side. */
  readonly aCount: Uint32Array;
  readonly bCount: Uint32Array;
};

/** One value of an attribute, and the traces of each side in which a span or its resource has it. */
export interface AttributeChange {
  readonly key: string;
  /** As text, at most 200 characters of it. */
  readonly value: string;
  readonly aTraces: number;
  readonly bTraces: number;
  /** Mean duration of those traces, ns; null without any. */
  readonly aMeanNs: number | null;
  readonly bMeanNs: number | null;
  /** Fisher's exact test of the shares, corrected for the number of values (Benjamini-Hochberg). */
  readonly shareQ: number;
  /** Mann-Whitney U test of those durations, corrected alike; null below FLAME_DIFF_LEAST of a side. */
  readonly timeQ: number | null;
}

/** Which attribute values tell A from B. */
export interface AttributeChanges {
  /** Those with the largest difference in share of traces first, then in mean duration. */
  readonly changes: readonly AttributeChange[];
  /** Traces that were looked at, the newest of each side. */
  readonly aTraces: number;
  readonly bTraces: number;
  /** Values that were compared. */
  readonly values: number;
  /** There are more values or traces than were looked at. */
  readonly isPartial: boolean;
}
