/** What can be asked about one span beyond its own bytes: its peers, its repeats, who links to it. */

/** Names a span: `kind` tells apart two spans that share an id. */
export interface SpanRef {
  readonly traceId: string;
  readonly spanId: string;
  readonly kind?: number;
}

export interface SpanMethods {
  /** The spans in memory of the same service, name and kind. Fails with notFound. */
  readonly 'span.peers': { readonly params: SpanRef; readonly result: SpanPeers };
  /**
   * The spans of the same trace that do the same: equal service, name, kind and query text. Fails
   * with notFound.
   */
  readonly 'span.repeats': { readonly params: SpanRef; readonly result: SpanRepeats };
  /** The spans in memory that link to a span, newest first, at most `limit`. */
  readonly 'span.linked': {
    readonly params: SpanRef & { readonly limit: number };
    readonly result: { readonly total: number; readonly spans: readonly LinkedSpan[] };
  };
}

/** Durations of a span's peers, itself among them. All lengths in ns. */
export interface SpanPeers {
  /** Peers in memory. */
  readonly count: number;
  /** Peers that the numbers below are made of, the newest; less than `count` when it is sampled. */
  readonly measured: number;
  readonly minNs: number;
  readonly maxNs: number;
  readonly medianNs: number;
  readonly p95Ns: number;
  /** Share of the measured peers that took less time than this span, 0 to 1. */
  readonly shorter: number;
  /** How the bins divide [minNs, maxNs]: evenly, or evenly in the logarithm. */
  readonly scale: 'linear' | 'log';
  /** Peers by duration; empty when there are none. */
  readonly bins: readonly number[];
}

export interface SpanRepeats {
  /** Spans that do the same, this one among them. */
  readonly count: number;
  /** Those of them under the same parent. */
  readonly siblings: number;
  /** Durations of all, summed. */
  readonly totalNs: number;
  /** The trace has more spans of this name than were compared; `count` is at least this. */
  readonly isCut: boolean;
}

export interface LinkedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly durationNs: number;
}
