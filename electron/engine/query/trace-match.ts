/** Applies a filter to whole traces, a bounded number of spans at a time. */
import type { Filter } from '../../../proto/live/topics.ts';
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';
import { ItemMatcher } from './text-filter.ts';

/** How far one trace was looked through; valid while its head, root and last seen span are. */
interface Progress {
  readonly ordinal: number;
  readonly firstSpan: number;
  readonly rootSpan: number;
  seen: number;
  seenOrdinal: number;
  isMatched: boolean;
  isExcluded: boolean;
}

/** Traces of at most this many spans are looked through anew at every change: cheaper than a note. */
const SMALL_TRACE_SPANS = 64;

/**
 * A trace matches when one span of a shown service has all words, its root's name and service
 * counting as the span's own texts, and no span has an excluded word. Growing traces are looked at
 * where they grew.
 */
export class TraceMatcher {
  readonly #store: StoreRead;
  readonly #items: ItemMatcher;
  readonly #progress = new Map<number, Progress>();

  constructor(store: StoreRead, filter: Filter) {
    this.#store = store;
    this.#items = new ItemMatcher(store, filter);
  }

  /** Looks at up to `limit` more spans of the trace at `traceRow`; `more` asks for another call. */
  advance(traceRow: number, limit: number): 'match' | 'miss' | 'more' {
    const { spans, traces } = this.#store;
    const progress = this.#resume(traceRow);
    const shared = this.#sharedTexts(progress.rootSpan);
    let row = progress.seen === -1 ? progress.firstSpan : this.#nextOf(progress.seen);
    for (let left = limit; row !== -1; left--) {
      if (progress.isExcluded || (progress.isMatched && !this.#items.canExclude)) break;
      if (left === 0) {
        this.#progress.set(traceRow, progress);
        return 'more';
      }
      const verdict = this.#items.judge('span', spans.segments, row, shared);
      if (verdict === 'match') progress.isMatched = true;
      else if (verdict === 'excluded') progress.isExcluded = true;
      progress.seen = row;
      progress.seenOrdinal = spans.ordinalOf(row);
      row = this.#nextOf(row);
    }
    if (traces.spanCountOf(traceRow) > SMALL_TRACE_SPANS) this.#progress.set(traceRow, progress);
    else this.#progress.delete(traceRow);
    return progress.isMatched && !progress.isExcluded ? 'match' : 'miss';
  }

  /** Drops what is remembered of a trace that is gone. */
  forget(traceRow: number): void {
    this.#progress.delete(traceRow);
  }

  #resume(traceRow: number): Progress {
    const trace = this.#store.traces.get(traceRow);
    const kept = this.#progress.get(traceRow);
    if (
      kept?.ordinal === trace.ordinal &&
      kept.firstSpan === trace.firstSpan &&
      kept.rootSpan === trace.rootSpan &&
      this.#isStillLinked(kept)
    ) {
      return kept;
    }
    return {
      ordinal: trace.ordinal,
      firstSpan: trace.firstSpan,
      rootSpan: trace.rootSpan,
      seen: -1,
      seenOrdinal: -1,
      isMatched: false,
      isExcluded: false,
    };
  }

  #isStillLinked(progress: Progress): boolean {
    if (progress.seen === -1) return true;
    const { spans } = this.#store;
    if (progress.seenOrdinal < spans.begin) return false;
    if (spans.rowOf(progress.seenOrdinal) !== progress.seen) return false;
    const flags = spans.segments[progress.seen >>> SEGMENT_BITS]?.flags[progress.seen & SLOT_MASK];
    return flags !== undefined && (flags & SPAN_FLAG.superseded) === 0;
  }

  #sharedTexts(rootSpan: number): readonly string[] {
    if (rootSpan === -1) return [];
    const { spans, strings, resources } = this.#store;
    const segment = spans.segments[rootSpan >>> SEGMENT_BITS];
    if (segment === undefined) return [];
    const slot = rootSpan & SLOT_MASK;
    return [
      strings.get(segment.name[slot]),
      strings.get(resources.service(segment.resourceOf(slot))),
    ];
  }

  #nextOf(row: number): number {
    return this.#store.spans.segments[row >>> SEGMENT_BITS]?.nextInTrace[row & SLOT_MASK] ?? -1;
  }
}
