/**
 * Counts the traces of a set by what could narrow it further: errors, slowness, services, root spans,
 * and clauses that only a look at the spans can tell. Each trace is counted once, in slices, and again
 * when it changed.
 */
import type { Facet } from '../../../proto/live/topics.ts';
import { quoteValue } from '../../../proto/query/quote.ts';
import type { StoreRead } from '../store/schema.ts';
import { DECIMAL_BINS, decimalBin, decimalBinText } from './decimal-bins.ts';
import type { Runtime, TraceTest } from './runtime.ts';
import { SlicedSearch } from './sliced-search.ts';
import { spanName } from './span-rows.ts';
import type { TraceSet } from './trace-set.ts';

/** A clause that is counted by asking it of each trace. */
export interface AskedFacet {
  readonly clause: string;
  readonly kind: Facet['kind'];
  readonly test: TraceTest;
}

/** Chips of services and of root spans. */
const MAX_NAMES = 3;
/** The share of traces that `slow` aims at: above the 95th percentile. */
const SLOW_SHARE = 0.05;
const SPANS_PER_STEP = 128;
const TRACES_PER_STEP = 16;
const NO_NAME = -1;

/** What was counted of the trace at a row. */
interface Counted {
  readonly slowBin: number;
  readonly isError: boolean;
  readonly root: number;
  readonly services: readonly number[];
  /** A bit for each asked facet that it has. */
  readonly asked: number;
}

export class FacetCounts {
  readonly #store: StoreRead;
  readonly #set: TraceSet;
  readonly #search: SlicedSearch;
  readonly #facets: readonly AskedFacet[];
  readonly #onProgress: () => void;
  readonly #counted = new Map<number, Counted>();
  readonly #bins = new Float64Array(DECIMAL_BINS);
  readonly #roots = new Map<number, number>();
  readonly #services = new Map<number, number>();
  readonly #asked: number[];
  #errors = 0;
  /** Rows that are still to be counted, from `#next` on, each once. */
  #waiting: number[] = [];
  #isWaiting = new Uint8Array(1024);
  #next = 0;
  /** How far the row in hand was asked. */
  #facet = 0;
  #bits = 0;
  #cursor = -1;

  constructor(
    store: StoreRead,
    set: TraceSet,
    runtime: Runtime,
    facets: readonly AskedFacet[],
    onProgress: () => void,
  ) {
    this.#store = store;
    this.#set = set;
    this.#search = new SlicedSearch(runtime, () => this.#step());
    this.#facets = facets;
    this.#onProgress = onProgress;
    this.#asked = facets.map(() => 0);
  }

  get isComplete(): boolean {
    return this.#next === this.#waiting.length && !this.#set.isSearching;
  }

  refresh(): void {
    this.#set.refresh();
    const isFirst = this.#cursor === -1;
    const { rows, cursor, overflow } = this.#set.changesSince(Math.max(0, this.#cursor));
    this.#cursor = cursor;
    if (isFirst || overflow) this.#waitAll();
    else for (const row of rows) this.#wait(row);
    if (this.#next === this.#waiting.length) return;
    this.#search.run();
  }

  close(): void {
    this.#search.close();
  }

  /** Facets that would leave something and not all; `wrap` makes a clause on spans one of its own. */
  facets(wrap: (clause: string) => string): readonly Facet[] {
    const total = this.#counted.size;
    const { strings } = this.#store;
    const all: Facet[] = [{ clause: wrap('status:error'), kind: 'error', count: this.#errors }];
    const slow = this.#slow(total);
    if (slow !== undefined) all.push(slow);
    this.#facets.forEach(({ clause, kind }, i) => {
      all.push({ clause: wrap(clause), kind, count: this.#asked[i] });
    });
    for (const [root, count] of mostOf(this.#roots)) {
      all.push({ clause: `root:${quoteValue(strings.get(root), 'plain')}`, kind: 'root', count });
    }
    for (const [service, count] of mostOf(this.#services)) {
      const clause = `service:${quoteValue(strings.get(service), 'plain')}`;
      all.push({ clause: wrap(clause), kind: 'service', count });
    }
    return all.filter(({ count }) => count > 0 && count < total);
  }

  /** The round duration that at most SLOW_SHARE of the traces reach. */
  #slow(total: number): Facet | undefined {
    let count = 0;
    let bin = DECIMAL_BINS;
    while (bin > 1 && count + this.#bins[bin - 1] <= total * SLOW_SHARE) {
      bin--;
      count += this.#bins[bin];
    }
    // The least round duration that still leaves the same traces is one that somebody has.
    while (bin < DECIMAL_BINS && this.#bins[bin] === 0) bin++;
    if (count === 0) return undefined;
    return { clause: `trace.duration>=${decimalBinText(bin)}`, kind: 'slow', count };
  }

  #waitAll(): void {
    for (const row of this.#counted.keys()) this.#wait(row);
    const list = this.#set.newest();
    for (let i = 0; i < list.length; i++) this.#wait(list.rowAt(i));
  }

  #wait(row: number): void {
    if (row >= this.#isWaiting.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(row + 1)));
      larger.set(this.#isWaiting);
      this.#isWaiting = larger;
    }
    if (this.#isWaiting[row] === 1) {
      // The row in hand changed while it was asked.
      if (row === this.#waiting[this.#next]) this.#facet = this.#bits = 0;
      return;
    }
    this.#isWaiting[row] = 1;
    this.#waiting.push(row);
  }

  /** Counts some traces. True when none waits. */
  #step(): boolean {
    for (let i = 0; i < TRACES_PER_STEP; i++) {
      if (this.#next === this.#waiting.length) {
        this.#waiting = [];
        this.#next = 0;
        if (this.#search.end()) this.#onProgress();
        return true;
      }
      const row = this.#waiting[this.#next];
      if (!this.#ask(row)) return false;
      this.#count(row);
      this.#isWaiting[row] = 0;
      this.#facet = this.#bits = 0;
      this.#next++;
    }
    return false;
  }

  /** Asks the facets of the trace at a row, if it is in the set; false when there is more to ask. */
  #ask(row: number): boolean {
    while (this.#facet < this.#facets.length) {
      const { test } = this.#facets[this.#facet];
      if (!this.#set.has(row)) test.forget(row);
      else {
        const verdict = test.advance(row, SPANS_PER_STEP);
        if (verdict === 'more') return false;
        if (verdict === 'match') this.#bits |= 1 << this.#facet;
      }
      this.#facet++;
    }
    return true;
  }

  /** Puts what the trace at a row is into the place of what was counted of it. */
  #count(row: number): void {
    const before = this.#counted.get(row);
    if (before !== undefined) this.#add(before, -1);
    if (!this.#set.has(row)) {
      this.#counted.delete(row);
      return;
    }
    const { traces } = this.#store;
    const counted: Counted = {
      slowBin: decimalBin(traces.durationNsOf(row)),
      isError: traces.errorCountOf(row) > 0,
      root: spanName(this.#store, traces.rootSpanOf(row)),
      services: traces.services(row, Infinity),
      asked: this.#bits,
    };
    this.#counted.set(row, counted);
    this.#add(counted, 1);
  }

  #add({ slowBin, isError, root, services, asked }: Counted, by: 1 | -1): void {
    this.#bins[slowBin] += by;
    if (isError) this.#errors += by;
    if (root !== NO_NAME) add(this.#roots, root, by);
    for (const service of services) add(this.#services, service, by);
    for (let i = 0; i < this.#asked.length; i++) if ((asked & (1 << i)) !== 0) this.#asked[i] += by;
  }
}

function add(counts: Map<number, number>, key: number, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function mostOf(counts: ReadonlyMap<number, number>): readonly (readonly [number, number])[] {
  const most: (readonly [number, number])[] = [];
  for (const entry of counts) {
    if (most.length === MAX_NAMES && entry[1] <= most[MAX_NAMES - 1][1]) continue;
    most.push(entry);
    most.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    most.length = Math.min(most.length, MAX_NAMES);
  }
  return most;
}
