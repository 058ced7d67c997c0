/** Predicates on columns: enums, interned strings, times and ids. */
import {
  SEGMENT_BITS,
  SLOT_MASK,
  type ItemColumns,
  type LogSegment,
  type SpanSegment,
  type StoreRead,
} from '../store/schema.ts';
import { fitsText, RowPredicate, RowVerdicts, type Epoch, type Predicate } from './predicate.ts';
import type { FieldMatch, IdMatch, NumberMatch } from './plan.ts';

/** Segments that belong to traces. */
export type TracedSegment = SpanSegment | LogSegment;

/** An enum in a column of bytes. */
export class EnumPredicate<S extends ItemColumns> implements Predicate<S> {
  readonly #column: (segment: S) => Uint8Array;
  readonly #accepts: Uint8Array;

  constructor(column: (segment: S) => Uint8Array, accepts: Uint8Array) {
    this.#column = column;
    this.#accepts = accepts;
  }

  /** Hot loop. */
  select(segment: S, slots: Int32Array, count: number): number {
    const column = this.#column(segment);
    const accepts = this.#accepts;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      slots[kept] = slot;
      kept += accepts[column[slot]];
    }
    return kept;
  }
}

/** Verdicts on interned strings. */
export class StringVerdicts extends RowVerdicts {
  readonly #store: StoreRead;
  readonly #match: FieldMatch;

  constructor(store: StoreRead, epoch: Epoch, match: FieldMatch) {
    super(epoch);
    this.#store = store;
    this.#match = match;
  }

  protected held(row: number): unknown {
    return this.#store.strings.get(row);
  }

  protected judge(row: number): number {
    return fitsText(this.#match, this.#store.strings.get(row)) ? 1 : 0;
  }
}

/** The name of a span. */
export class NamePredicate implements Predicate<SpanSegment> {
  readonly #verdicts: StringVerdicts;

  constructor(verdicts: StringVerdicts) {
    this.#verdicts = verdicts;
  }

  /** Hot loop. */
  select(segment: SpanSegment, slots: Int32Array, count: number): number {
    const names = segment.name;
    const verdicts = this.#verdicts;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      slots[kept] = slot;
      kept += verdicts.of(names[slot]);
    }
    return kept;
  }
}

/** A number that is exact in 64 bits, against a NumberMatch. */
export function fitsNumber({ op, values }: NumberMatch, number: number | bigint): boolean {
  const wanted = values[0];
  switch (op) {
    case 'has':
      return true;
    case '=':
      return values.some((value) => isEqual(number, value));
    case '!=':
      return !values.some((value) => isEqual(number, value));
    case '<':
      return number < wanted;
    case '<=':
      return number <= wanted;
    case '>':
      return number > wanted;
    case '>=':
      return number >= wanted;
  }
}

function isEqual(a: number | bigint, b: number | bigint): boolean {
  return a >= b && a <= b;
}

const HALF = 4294967296;

/** Doubles are exact below this. */
const EXACT = 2 ** 53;

/** The duration of a span: never negative, 0 while its end is unknown. */
export class DurationPredicate implements Predicate<SpanSegment> {
  readonly #match: NumberMatch;
  /** For an order with an exact bound: the durations that fit, as a range. */
  readonly #low: number;
  readonly #high: number;
  readonly #isRange: boolean;

  constructor(match: NumberMatch) {
    this.#match = match;
    const bound = Number(match.values[0] ?? 0);
    const { op } = match;
    this.#isRange =
      bound >= 0 && bound < EXACT && (op === '<' || op === '<=' || op === '>' || op === '>=');
    this.#low = op === '>' ? nextUp(bound) : op === '>=' ? bound : 0;
    this.#high = op === '<' ? nextDown(bound) : op === '<=' ? bound : Infinity;
  }

  /** Hot loop. */
  select(segment: SpanSegment, slots: Int32Array, count: number): number {
    if (!this.#isRange) return this.#selectExact(segment, slots, count);
    const { startHi, startLo, endHi, endLo } = segment;
    const low = this.#low;
    const high = this.#high;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const difference = (endHi[slot] - startHi[slot]) * HALF + (endLo[slot] - startLo[slot]);
      const duration = difference > 0 ? difference : 0;
      slots[kept] = slot;
      kept += duration >= low && duration <= high ? 1 : 0;
    }
    return kept;
  }

  #selectExact(segment: SpanSegment, slots: Int32Array, count: number): number {
    const { startHi, startLo, endHi, endLo } = segment;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const difference = (endHi[slot] - startHi[slot]) * HALF + (endLo[slot] - startLo[slot]);
      const duration = Math.max(0, difference);
      const exact = duration < EXACT ? duration : exactDuration(segment, slot);
      if (fitsNumber(this.#match, exact)) slots[kept++] = slot;
    }
    return kept;
  }
}

/** Integer durations: the bounds of `>` and `<` as those of `>=` and `<=`. */
function nextUp(bound: number): number {
  return Number.isInteger(bound) ? bound + 1 : Math.ceil(bound);
}

function nextDown(bound: number): number {
  return Number.isInteger(bound) ? bound - 1 : Math.floor(bound);
}

function big(hi: number, lo: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

function exactDuration(segment: SpanSegment, slot: number): bigint {
  const start = big(segment.startHi[slot], segment.startLo[slot]);
  return big(segment.endHi[slot], segment.endLo[slot]) - start;
}

/** The halves of times. */
export interface TimeColumns {
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
}

const MAX_TIME = 2n ** 64n - 1n;

/** The start of a span or the time of a log record. */
export class StartPredicate<S extends ItemColumns> implements Predicate<S> {
  readonly #columns: (segment: S) => TimeColumns;
  readonly #match: NumberMatch;
  readonly #hi: number;
  readonly #lo: number;
  /** The one bound is a uint64: it is compared by halves. */
  readonly #isPlain: boolean;

  constructor(columns: (segment: S) => TimeColumns, match: NumberMatch) {
    this.#columns = columns;
    this.#match = match;
    const bound = BigInt(Math.trunc(Number(match.values[0] ?? 0)));
    const exact = typeof match.values[0] === 'bigint' ? match.values[0] : bound;
    this.#isPlain = match.values.length === 1 && exact >= 0n && exact <= MAX_TIME;
    this.#hi = Number(exact >> 32n);
    this.#lo = Number(exact & 0xffffffffn);
  }

  /** Hot loop. */
  select(segment: S, slots: Int32Array, count: number): number {
    const { hi, lo } = this.#columns(segment);
    const { op } = this.#match;
    const wantedHi = this.#hi;
    const wantedLo = this.#lo;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      let fits: boolean;
      if (this.#isPlain) {
        const order = hi[slot] === wantedHi ? lo[slot] - wantedLo : hi[slot] - wantedHi;
        fits =
          op === '>='
            ? order >= 0
            : op === '<'
              ? order < 0
              : op === '>'
                ? order > 0
                : op === '<='
                  ? order <= 0
                  : (order === 0) === (op === '=');
      } else fits = fitsNumber(this.#match, big(hi[slot], lo[slot]));
      if (fits) slots[kept++] = slot;
    }
    return kept;
  }
}

/** Where a span id is read from, in halves; zeros are none. */
export interface SpanIds<S> {
  hi(segment: S, slot: number): number;
  lo(segment: S, slot: number): number;
}

/** A span id. */
export class SpanIdPredicate<S extends ItemColumns> extends RowPredicate<S> {
  readonly #ids: SpanIds<S>;
  readonly #match: IdMatch;
  readonly #exact: readonly { readonly hi: number; readonly lo: number }[];

  constructor(ids: SpanIds<S>, match: IdMatch) {
    super();
    this.#ids = ids;
    this.#match = match;
    this.#exact = (match.exact ?? []).map((id) => ({
      hi: parseInt(id.slice(0, 8), 16),
      lo: parseInt(id.slice(8), 16),
    }));
  }

  protected test(segment: S, slot: number): boolean {
    const hi = this.#ids.hi(segment, slot);
    const lo = this.#ids.lo(segment, slot);
    if (hi === 0 && lo === 0) return false;
    if (this.#match.exact === null) return fitsText(this.#match, hex8(hi) + hex8(lo));
    for (const id of this.#exact) if (id.lo === lo && id.hi === hi) return true;
    return false;
  }
}

function hex8(word: number): string {
  return word.toString(16).padStart(8, '0');
}

/** A field that is the same for all items of a trace; items in a row mostly share theirs. */
export abstract class TracePredicate<S extends TracedSegment> implements Predicate<S> {
  /** `traceRow` is a live row. */
  protected abstract fits(traceRow: number): boolean;

  select(segment: S, slots: Int32Array, count: number): number {
    const { trace } = segment;
    let last = -1;
    let verdict = false;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const row = trace[slot];
      if (row === -1) continue;
      if (row !== last) {
        last = row;
        verdict = this.fits(row);
      }
      if (verdict) slots[kept++] = slot;
    }
    return kept;
  }
}

/** A trace id. */
export class TraceIdPredicate<S extends TracedSegment> extends TracePredicate<S> {
  readonly #store: StoreRead;
  readonly #match: IdMatch;

  constructor(store: StoreRead, match: IdMatch) {
    super();
    this.#store = store;
    this.#match = match;
  }

  override select(segment: S, slots: Int32Array, count: number): number {
    const exact = this.#match.exact;
    if (exact?.length !== 1) return super.select(segment, slots, count);
    const wanted = this.#store.traces.find(exact[0]);
    if (wanted === -1) return 0;
    const { trace } = segment;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      if (trace[slot] === wanted) slots[kept++] = slot;
    }
    return kept;
  }

  protected fits(traceRow: number): boolean {
    return fitsText(this.#match, this.#store.traces.get(traceRow).traceId);
  }
}

/** The name of a trace's root span; missing while there is none. */
export class RootPredicate<S extends TracedSegment> extends TracePredicate<S> {
  readonly #store: StoreRead;
  readonly #verdicts: StringVerdicts;

  constructor(store: StoreRead, verdicts: StringVerdicts) {
    super();
    this.#store = store;
    this.#verdicts = verdicts;
  }

  protected fits(traceRow: number): boolean {
    const { rootSpan } = this.#store.traces.get(traceRow);
    if (rootSpan === -1) return false;
    const segment = this.#store.spans.segments[rootSpan >>> SEGMENT_BITS];
    return segment !== undefined && this.#verdicts.of(segment.name[rootSpan & SLOT_MASK]) === 1;
  }
}

/** What a trace measures. Missing while it has no span in memory. */
export class FactPredicate<S extends TracedSegment> extends TracePredicate<S> {
  readonly #store: StoreRead;
  readonly #field: 'duration' | 'spans' | 'errors' | 'services';
  readonly #match: NumberMatch;

  constructor(
    store: StoreRead,
    field: 'duration' | 'spans' | 'errors' | 'services',
    match: NumberMatch,
  ) {
    super();
    this.#store = store;
    this.#field = field;
    this.#match = match;
  }

  protected fits(traceRow: number): boolean {
    const { traces } = this.#store;
    const trace = traces.get(traceRow);
    if (trace.spanCount === 0) return false;
    switch (this.#field) {
      case 'duration':
        return fitsNumber(this.#match, trace.durationNs);
      case 'spans':
        return fitsNumber(this.#match, trace.spanCount);
      case 'errors':
        return fitsNumber(this.#match, trace.errorCount);
      case 'services':
        return fitsNumber(this.#match, traces.services(traceRow, Number.MAX_SAFE_INTEGER).length);
    }
  }
}
