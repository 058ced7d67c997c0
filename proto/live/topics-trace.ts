/** The `trace` topic: the layout of one trace. */

export interface TraceMeta {
  readonly traceId: string;
  /** `absent`: nothing of this id is in memory (not received yet, or evicted). */
  readonly state: 'absent' | 'present';
  /** Counts relayouts; the boxes of another layout do not mix. */
  readonly layout: number;
  /**
   * The oldest layout since which no box was moved to tidy up: spans that were there keep their lanes,
   * unless their own parents or times changed.
   */
  readonly steadySince: number;
  /**
   * Boxes of the whole layout, and where this frame's part starts: large layouts come in several
   * frames; the first is a snapshot, the rest are deltas of the same `layout`.
   */
  readonly boxCount: number;
  readonly firstBox: number;
  /**
   * The critical path is complete with this frame. It is found once the boxes are sent: that of a large
   * layout follows in frames without boxes.
   */
  readonly hasPath: boolean;
  readonly baseHi: number;
  readonly baseLo: number;
  readonly durationNs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  /** Spans that were evicted or cleared. */
  readonly evictedCount: number;
  readonly laneCount: number;
  readonly maxDepth: number;
  readonly inferredCount: number;
  readonly orphanCount: number;
  readonly logCount: number;
  readonly flags: number;
  /**
   * Spans whose clock evidently differs from that of their parent in another service, by more than
   * 2 ms: they start before it, or are the server of a client span that they end after.
   */
  readonly skewCount: number;
  /** The times of skewed servers are put right, as the subscription asked for. */
  readonly corrected: boolean;
  /**
   * Moments at which the critical path is a guess from timing: it passed over a child that still ran.
   * 0 before `hasPath`.
   */
  readonly criticalOverlaps: number;
  /** Strings that this frame adds; `…Str` indexes count through all frames of the layout. */
  readonly strings: readonly string[];
  readonly rootBox: number;
  readonly pinned: boolean;
}

/**
 * Columns of `trace`: one entry a box (those of the critical path: one a stretch of it), in depth-first order (a parent before its children, siblings
 * by start). Times in ns from the base. Inferred boxes stand for parents that were not received.
 */
export type TraceColumns = {
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly selfNs: Float64Array;
  readonly lane: Uint32Array;
  readonly depth: Uint32Array;
  /** -1 for roots. */
  readonly parentBox: Int32Array;
  /** Boxes in the subtree below this one; the next sibling is at box + descendants + 1. */
  readonly descendants: Uint32Array;
  readonly nameStr: Int32Array;
  readonly serviceStr: Int32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly eventCount: Uint16Array;
  readonly linkCount: Uint16Array;
  /** 8 bytes a box. */
  readonly spanId: Uint8Array;
  /**
   * The critical path, or the part of it that this frame brings: stretches by box, and by start within a
   * box, also from frame to frame. They do not overlap in time.
   */
  readonly criticalBox: Uint32Array;
  readonly criticalStartNs: Float64Array;
  readonly criticalEndNs: Float64Array;
};

export const BOX_FLAG = {
  error: 1,
  inferred: 2,
  /** Its parent was not received. */
  orphan: 4,
  /** end < start, or no end: drawn as a point. */
  badTime: 8,
  /** Two spans of different kind share this span id. */
  sharedId: 16,
  /** The parent is remote (span flags say so). */
  remoteParent: 32,
  hasException: 64,
  inCycle: 128,
} as const;
