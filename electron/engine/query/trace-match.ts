/**
 * Applies a query to whole traces. Every span is looked at once, in runs of rows; of each search the
 * newest hit in a trace is noted, and a trace is decided by its notes.
 *
 * ```
 *   ordinals   begin …………… low ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ high ……… end
 *                        ◀── older spans ─┼─ looked at ─┼─ new spans ──▶
 *   notes      search × trace row → ordinal of a span that matches, -1
 * ```
 * What can change after a span was looked at (its root, facts of its trace, where it hangs) is left
 * out of that look and asked when the trace is decided, of its spans one by one.
 */
import { SEGMENT_BITS, SLOT_MASK, type SpanSegment, type StoreRead } from '../store/schema.ts';
import { bindSpans } from './match.ts';
import { Epoch, type Predicate } from './predicate.ts';
import { itemsPerStep, type Atom, type CompiledQuery, type Formula, type Plan } from './plan.ts';

export type TraceVerdict = 'match' | 'miss' | 'more';

const UNKNOWN = -1;
const NO = 0;
const YES = 1;

/** One search of the query. */
interface Search {
  readonly atom: Atom;
  /** What is looked for in runs of rows; null when nothing can be said beforehand. */
  readonly fixed: Predicate<SpanSegment> | null;
  /** The whole plan, for a walk over a trace; null when `fixed` is all of it. */
  readonly whole: Predicate<SpanSegment> | null;
  /** By trace row: ordinal of the newest hit of `fixed`; -1 without any. */
  hits: Float64Array;
}

/** A walk over the spans of a trace that takes several calls. */
interface Walk {
  readonly ordinal: number;
  readonly search: number;
  /** By search: YES, NO or UNKNOWN. */
  readonly answers: Int8Array;
  /** The next span, and its ordinal, which tells whether it was evicted meanwhile. */
  row: number;
  rowOrdinal: number;
}

/** The `limit` of `advance` that makes a call take about a quarter of a millisecond. */
const USUAL_LIMIT = 128;
/** Rows of one look; more at once gain nothing. */
const MAX_RUN = 4096;

export class TraceMatcher {
  readonly #store: StoreRead;
  readonly #epoch: Epoch;
  readonly #searches: readonly Search[];
  readonly #formula: Formula;
  readonly #facts = new Map<Formula, Predicate<SpanSegment>>();
  readonly #walks = new Map<number, Walk>();
  /** Rows to look at, and spans of a trace to walk over, for a `limit` of 1. */
  readonly #rowsPerLimit: number;
  readonly #stepsPerLimit: number;
  readonly #answers: Int8Array;
  #low: number;
  #high: number;
  #slots = new Int32Array(256);
  #hits = new Int32Array(256);

  constructor(store: StoreRead, query: CompiledQuery) {
    this.#store = store;
    this.#epoch = new Epoch(store);
    this.#formula = query.formula;
    const bind = (plan: Plan): Predicate<SpanSegment> =>
      bindSpans(store, this.#epoch, plan, (atom) => this.#answers[atom] === YES);
    this.#searches = query.atoms.map((atom) => ({
      atom,
      fixed: atom.fixed === null ? null : bind(atom.fixed),
      whole: atom.isFixed ? null : bind(atom.plan),
      hits: new Float64Array(0),
    }));
    this.#bindFacts(query.formula, bind);
    this.#answers = new Int8Array(query.atoms.length);
    const costOf = (plans: readonly (Plan | null)[]): number =>
      plans.reduce((sum, plan) => sum + (plan?.cost ?? 0), 0);
    const fixedCost = costOf(query.atoms.map(({ fixed }) => fixed));
    const wholeCost = costOf(query.atoms.map(({ plan, isFixed }) => (isFixed ? null : plan)));
    this.#rowsPerLimit = itemsPerStep(fixedCost) / USUAL_LIMIT;
    this.#stepsPerLimit = Math.min(1, itemsPerStep(wholeCost) / USUAL_LIMIT);
    this.#low = this.#high = store.spans.end;
  }

  #bindFacts(formula: Formula, bind: (plan: Plan) => Predicate<SpanSegment>): void {
    switch (formula.type) {
      case 'and':
      case 'or':
        for (const item of formula.items) this.#bindFacts(item, bind);
        return;
      case 'not':
        this.#bindFacts(formula.item, bind);
        return;
      case 'fact':
        this.#facts.set(formula, bind(formula.plan));
        return;
      case 'exists':
    }
  }

  /**
   * The verdict on the trace at `traceRow`, which has spans, or `more` after about `limit` spans were
   * looked at: call again. Traces that are asked for from the newest on have their spans looked at
   * in the order of memory.
   */
  advance(traceRow: number, limit: number): TraceVerdict {
    const { traces, spans } = this.#store;
    this.#epoch.refresh();
    const first = traces.firstSpanOf(traceRow);
    if (first === -1) return 'miss';
    if (this.#searches.length > 0) {
      const firstOrdinal = spans.ordinalOf(first);
      const left = this.#lookAtNew(Math.ceil(limit * this.#rowsPerLimit));
      if (left < 0) return 'more';
      if (this.#low > firstOrdinal && this.#isSettled(traceRow, first)) return 'match';
      if (this.#lookAtOld(firstOrdinal, left) < 0) return 'more';
    }
    return this.#decide(traceRow, first, Math.ceil(limit * this.#stepsPerLimit));
  }

  /** Drops what is remembered of a trace that is gone. */
  forget(traceRow: number): void {
    this.#walks.delete(traceRow);
  }

  // ---- runs of rows ----------------------------------------------------------------------------

  #lookAtNew(limit: number): number {
    const { end, begin } = this.#store.spans;
    let left = limit;
    if (this.#high < begin) this.#low = this.#high = begin;
    while (this.#high < end) {
      if (left <= 0) return -1;
      const to = this.#runEnd(this.#high, Math.min(end, this.#high + Math.min(left, MAX_RUN)));
      this.#look(this.#high, to);
      left -= to - this.#high;
      this.#high = to;
    }
    return left;
  }

  #lookAtOld(until: number, limit: number): number {
    const { begin } = this.#store.spans;
    let left = limit;
    while (this.#low > Math.max(until, begin)) {
      if (left <= 0) return -1;
      const run = Math.min(left, MAX_RUN);
      const from = this.#runStart(this.#low, Math.max(begin, this.#low - run));
      this.#look(from, this.#low);
      left -= this.#low - from;
      this.#low = from;
    }
    return left;
  }

  /** The end of the run that starts at `from`: `to`, or the end of the segment before it. */
  #runEnd(from: number, to: number): number {
    const { spans } = this.#store;
    const segment = this.#segmentOf(spans.rowOf(from));
    return Math.min(to, segment.baseOrdinal + segment.count);
  }

  /** The start of the run that ends at `to`. */
  #runStart(to: number, from: number): number {
    const { spans } = this.#store;
    return Math.max(from, this.#segmentOf(spans.rowOf(to - 1)).baseOrdinal);
  }

  #segmentOf(row: number): SpanSegment {
    const segment = this.#store.spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`row ${row} has no segment`);
    return segment;
  }

  /** Notes the hits of each search among the spans of [from, to), which lie in one segment. */
  #look(from: number, to: number): void {
    const segment = this.#segmentOf(this.#store.spans.rowOf(from));
    const base = segment.baseOrdinal;
    const { trace } = segment;
    if (this.#slots.length < to - from) {
      this.#slots = new Int32Array(to - from);
      this.#hits = new Int32Array(to - from);
    }
    const slots = this.#slots;
    let count = 0;
    for (let slot = from - base; slot < to - base; slot++) {
      if (trace[slot] !== -1) slots[count++] = slot;
    }
    for (const search of this.#searches) {
      if (search.fixed === null) continue;
      const hits = this.#hits;
      for (let i = 0; i < count; i++) hits[i] = slots[i];
      const found = search.fixed.select(segment, hits, count);
      for (let i = 0; i < found; i++) this.#note(search, trace[hits[i]], base + hits[i]);
    }
  }

  /** A newer hit takes the place of an older one: it is evicted later. */
  #note(search: Search, traceRow: number, ordinal: number): void {
    let { hits } = search;
    if (traceRow >= hits.length) {
      hits = new Float64Array(Math.max(1024, traceRow + 1, hits.length * 2)).fill(-1);
      hits.set(search.hits);
      search.hits = hits;
    }
    if (hits[traceRow] < ordinal) hits[traceRow] = ordinal;
  }

  /** Whether a search has a hit in a trace; looks for another where the noted one is gone. */
  #hasHit(search: Search, traceRow: number, first: number): boolean {
    const { spans } = this.#store;
    const ordinal = traceRow < search.hits.length ? search.hits[traceRow] : -1;
    if (ordinal < spans.begin || search.fixed === null) return false;
    if (this.#isOf(ordinal, traceRow)) return true;
    // A newer span replaced it. (When the newest hit is evicted, every other one is, too.)
    search.hits[traceRow] = -1;
    for (let row = first; row !== -1; row = this.#segmentOf(row).nextInTrace[row & SLOT_MASK]) {
      if (this.#holds(search.fixed, row)) this.#note(search, traceRow, spans.ordinalOf(row));
    }
    return search.hits[traceRow] !== -1;
  }

  #isOf(ordinal: number, traceRow: number): boolean {
    const { spans } = this.#store;
    if (ordinal < spans.begin || ordinal >= spans.end) return false;
    const row = spans.rowOf(ordinal);
    return this.#segmentOf(row).trace[row & SLOT_MASK] === traceRow;
  }

  #holds(predicate: Predicate<SpanSegment>, row: number): boolean {
    this.#slots[0] = row & SLOT_MASK;
    return predicate.select(this.#segmentOf(row), this.#slots, 1) === 1;
  }

  // ---- one trace -------------------------------------------------------------------------------

  /** Whether the trace matches whatever its spans are that were not looked at yet. */
  #isSettled(traceRow: number, first: number): boolean {
    this.#searches.forEach((search, i) => {
      const isFound = search.whole === null && this.#hasHit(search, traceRow, first);
      this.#answers[i] = isFound ? YES : UNKNOWN;
    });
    return this.#evaluate(this.#formula, first) === YES;
  }

  #decide(traceRow: number, first: number, limit: number): TraceVerdict {
    const { traces } = this.#store;
    const walk = this.#walks.size === 0 ? undefined : this.#takeWalk(traceRow);
    if (walk === undefined) this.#readNotes(traceRow, first);
    else this.#answers.set(walk.answers);
    let left = limit;
    for (;;) {
      const verdict = this.#evaluate(this.#formula, first);
      if (verdict !== UNKNOWN) return verdict === YES ? 'match' : 'miss';
      const isGoingOn = walk !== undefined && this.#answers[walk.search] === UNKNOWN;
      const next: Walk = isGoingOn
        ? walk
        : {
            ordinal: traces.ordinalOf(traceRow),
            search: this.#answers.indexOf(UNKNOWN),
            answers: this.#answers.slice(),
            row: first,
            rowOrdinal: this.#store.spans.ordinalOf(first),
          };
      left = this.#walk(next, left);
      if (left > 0) continue;
      next.answers.set(this.#answers);
      this.#walks.set(traceRow, next);
      return 'more';
    }
  }

  /** The walk that goes on; spans that came meanwhile are walked over, too. */
  #takeWalk(traceRow: number): Walk | undefined {
    const walk = this.#walks.get(traceRow);
    this.#walks.delete(traceRow);
    if (walk === undefined || !this.#store.traces.isLive(traceRow, walk.ordinal)) return undefined;
    return this.#isOf(walk.rowOrdinal, traceRow) ? walk : undefined;
  }

  /** What the notes say: NO without a hit of what can be looked for beforehand. */
  #readNotes(traceRow: number, first: number): void {
    const searches = this.#searches;
    for (let i = 0; i < searches.length; i++) {
      const search = searches[i];
      const isOut = search.fixed !== null && !this.#hasHit(search, traceRow, first);
      this.#answers[i] = isOut ? NO : search.whole === null ? YES : UNKNOWN;
    }
  }

  /** Goes on with a walk for a search's first hit. Returns what is left of `limit`. */
  #walk(walk: Walk, limit: number): number {
    const { whole } = this.#searches[walk.search];
    let left = limit;
    if (whole === null) return left;
    while (walk.row !== -1 && left-- > 0) {
      if (this.#holds(whole, walk.row)) {
        this.#answers[walk.search] = YES;
        return left;
      }
      const next = this.#segmentOf(walk.row).nextInTrace[walk.row & SLOT_MASK];
      if (next === -1) this.#answers[walk.search] = NO;
      else walk.rowOrdinal = this.#store.spans.ordinalOf(next);
      walk.row = next;
    }
    return left;
  }

  #evaluate(formula: Formula, first: number): number {
    switch (formula.type) {
      case 'and':
        return this.#combine(formula.items, first, NO);
      case 'or':
        return this.#combine(formula.items, first, YES);
      case 'not': {
        const inner = this.#evaluate(formula.item, first);
        return inner === UNKNOWN ? UNKNOWN : 1 - inner;
      }
      case 'exists':
        return this.#answers[formula.atom];
      case 'fact': {
        const predicate = this.#facts.get(formula);
        return predicate !== undefined && this.#holds(predicate, first) ? YES : NO;
      }
    }
  }

  /** `decisive` from one item decides; an unknown item leaves the rest unknown. */
  #combine(items: readonly Formula[], first: number, decisive: number): number {
    let result = 1 - decisive;
    for (const item of items) {
      const answer = this.#evaluate(item, first);
      if (answer === decisive) return decisive;
      if (answer === UNKNOWN) result = UNKNOWN;
    }
    return result;
  }
}
