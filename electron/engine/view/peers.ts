/** How long the spans of one operation take: the distribution that one span is compared with. */
import type { SpanPeers } from '../../../proto/live/methods-span.ts';
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';
import { spanDurationNs } from './span-set.ts';

/** Columns of the strip. */
const BINS = 52;
/** Durations kept for percentiles: sorting them takes one slice. More are counted, not measured. */
const MAX_MEASURED = 40_000;
/** Spans looked at between two looks at the clock. */
const SPANS_PER_STEP = 4096;
/** Above this ratio of the longest to the shortest, equal widths would put all into one bin. */
const LOG_RATIO = 20;

/**
 * Collects the peers of a span, newest first, a step at a time: the same service, name and kind.
 * Spans that arrive meanwhile are left out; rows are evicted from the old end, where the walk ends.
 */
export class PeerSearch {
  readonly #store: StoreRead;
  readonly #durationNs: number;
  readonly #name: number;
  readonly #service: number;
  readonly #kind: number;
  #next: number;
  #count = 0;
  #durations = new Float64Array(1024);

  /** `row`: the span's row in the span table. */
  constructor(store: StoreRead, row: number) {
    const segment = store.spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`span row ${row} has no segment`);
    const slot = row & SLOT_MASK;
    this.#store = store;
    this.#name = segment.name[slot];
    this.#kind = segment.kind[slot];
    this.#service = store.resources.service(segment.resourceOf(slot));
    this.#durationNs = spanDurationNs(store, row);
    this.#next = store.spans.end - 1;
  }

  /** Looks at some more spans; true when all were seen. */
  step(): boolean {
    const { spans } = this.#store;
    if (this.#next >= spans.end) return true; // Cleared meanwhile: ordinals start anew.
    const to = Math.max(spans.begin, this.#next - SPANS_PER_STEP + 1);
    for (let ordinal = this.#next; ordinal >= to; ordinal--) this.#look(spans.rowOf(ordinal));
    this.#next = to - 1;
    return this.#next < spans.begin;
  }

  #look(row: number): void {
    const segment = this.#store.spans.segments[row >>> SEGMENT_BITS];
    const slot = row & SLOT_MASK;
    if (segment === undefined || segment.name[slot] !== this.#name) return;
    if (segment.kind[slot] !== this.#kind) return;
    if ((segment.flags[slot] & (SPAN_FLAG.superseded | SPAN_FLAG.badTime)) !== 0) return;
    if (this.#store.resources.service(segment.resourceOf(slot)) !== this.#service) return;
    const measured = this.#count++;
    if (measured >= MAX_MEASURED) return;
    if (measured === this.#durations.length) {
      const larger = new Float64Array(measured * 2);
      larger.set(this.#durations);
      this.#durations = larger;
    }
    this.#durations[measured] = spanDurationNs(this.#store, row);
  }

  /** The distribution of what was found. */
  result(): SpanPeers {
    const measured = Math.min(this.#count, MAX_MEASURED);
    const sorted = this.#durations.subarray(0, measured).sort();
    const minNs = measured === 0 ? 0 : sorted[0];
    const maxNs = measured === 0 ? 0 : sorted[measured - 1];
    const scale = maxNs > Math.max(1, minNs) * LOG_RATIO ? 'log' : 'linear';
    return {
      count: this.#count,
      measured,
      minNs,
      maxNs,
      medianNs: quantile(sorted, 0.5),
      p95Ns: quantile(sorted, 0.95),
      shorter: measured === 0 ? 0 : countBelow(sorted, this.#durationNs) / measured,
      scale,
      bins: binned(sorted, minNs, maxNs, scale),
    };
  }
}

/** The smallest value that at least `share` of the values do not exceed; 0 for none. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

function countBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function binned(
  sorted: Float64Array,
  minNs: number,
  maxNs: number,
  scale: SpanPeers['scale'],
): number[] {
  if (sorted.length === 0) return [];
  const bins = new Array<number>(BINS).fill(0);
  const place = (ns: number): number => (scale === 'log' ? Math.log(Math.max(1, ns)) : ns);
  const low = place(minNs);
  const width = place(maxNs) - low;
  for (const ns of sorted) {
    const at = width === 0 ? 0 : Math.floor(((place(ns) - low) / width) * BINS);
    bins[Math.min(BINS - 1, at)]++;
  }
  return bins;
}
