/** Binds plans to a store, and looks through spans and log records with them. */
import { parentIdLo } from '../store/parent-id.ts';
import {
  SEGMENT_BITS,
  SEGMENT_ROWS,
  SLOT_MASK,
  STATUS_SHIFT,
  type ItemColumns,
  type LogSegment,
  type SpanSegment,
  type StoreRead,
  type Table,
} from '../store/schema.ts';
import {
  AttributePredicate,
  ChildrenPredicate,
  RecordTextPredicate,
  WordsPredicate,
  type ItemShape,
} from './match-bytes.ts';
import {
  DurationPredicate,
  EnumPredicate,
  FactPredicate,
  NamePredicate,
  RootPredicate,
  SpanIdPredicate,
  StartPredicate,
  StringVerdicts,
  TraceIdPredicate,
  TracePredicate,
  type SpanIds,
  type TimeColumns,
  type TracedSegment,
} from './match-columns.ts';
import {
  fitsFound,
  ResourceAttributes,
  ResourcePredicate,
  ResourceWords,
  ScopeAttributes,
  ScopeNameVerdicts,
  ScopePredicate,
  ScopeWords,
  ServiceVerdicts,
} from './match-owners.ts';
import { AncestorPredicate, ParentPredicate } from './match-structure.ts';
import { AllOf, AnyOf, Epoch, Everything, NoneOf, Nothing, type Predicate } from './predicate.ts';
import { itemsPerStep, type CompiledQuery, type Plan, type Step } from './plan.ts';

/** Whether some span of a trace matches an atom. */
export type AtomAnswers = (atom: number, traceRow: number) => boolean;

class AtomPredicate<S extends TracedSegment> extends TracePredicate<S> {
  readonly #atom: number;
  readonly #answers: AtomAnswers;

  constructor(atom: number, answers: AtomAnswers) {
    super();
    this.#atom = atom;
    this.#answers = answers;
  }

  protected fits(traceRow: number): boolean {
    return this.#answers(this.#atom, traceRow);
  }
}

const isOne = (verdict: number): boolean => verdict === 1;

/** What differs between spans and log records. */
interface Binding<S extends TracedSegment> {
  readonly shape: ItemShape;
  readonly start: (segment: S) => TimeColumns;
  readonly spanId: SpanIds<S>;
  /** Steps that only these items have. */
  own(step: Step): Predicate<S>;
  structure(op: '>' | '>>', left: Predicate<S>): Predicate<S>;
}

class Binder<S extends TracedSegment> {
  readonly #store: StoreRead;
  readonly #epoch: Epoch;
  readonly #binding: Binding<S>;
  readonly #answers: AtomAnswers;

  constructor(store: StoreRead, epoch: Epoch, binding: Binding<S>, answers: AtomAnswers) {
    this.#store = store;
    this.#epoch = epoch;
    this.#binding = binding;
    this.#answers = answers;
  }

  bind(plan: Plan): Predicate<S> {
    switch (plan.type) {
      case 'all':
        return new Everything();
      case 'never':
        return new Nothing();
      case 'and':
        return new AllOf(plan.items.map((item) => this.bind(item)));
      case 'or':
        return new AnyOf(plan.items.map((item) => this.bind(item)));
      case 'not':
        return new NoneOf(this.bind(plan.item));
      case 'step':
        return this.#step(plan.step);
      case 'structure':
        return new AllOf([
          this.bind(plan.right),
          this.#binding.structure(plan.op, this.bind(plan.left)),
        ]);
      case 'atom':
        return new AtomPredicate(plan.atom, this.#answers);
    }
  }

  #step(step: Step): Predicate<S> {
    const store = this.#store;
    const epoch = this.#epoch;
    switch (step.kind) {
      case 'column':
      case 'children':
        return this.#binding.own(step);
      case 'number':
        if (step.field === 'duration') return this.#binding.own(step);
        return new StartPredicate(this.#binding.start, step.match);
      case 'fact':
        return new FactPredicate(store, step.field, step.match);
      case 'id':
        if (step.field === 'trace') return new TraceIdPredicate(store, step.match);
        if (step.field === 'parent') return this.#binding.own(step);
        return new SpanIdPredicate(this.#binding.spanId, step.match);
      case 'text':
        return this.#text(step);
      case 'attribute':
        return this.#attribute(step);
      case 'words':
        return new WordsPredicate(
          store,
          this.#binding.shape,
          step.needle,
          new ResourceWords(store, epoch, step.needle),
          new ScopeWords(store, epoch, step.needle),
        );
    }
  }

  #text(step: Extract<Step, { kind: 'text' }>): Predicate<S> {
    const store = this.#store;
    const epoch = this.#epoch;
    switch (step.field) {
      case 'name':
        return this.#binding.own(step);
      case 'service':
        return new ResourcePredicate(new ServiceVerdicts(store, epoch, step.match), isOne);
      case 'scope':
        return new ScopePredicate(new ScopeNameVerdicts(store, epoch, step.match), isOne);
      case 'root':
        return new RootPredicate(store, new StringVerdicts(store, epoch, step.match));
      case 'body':
      case 'eventName':
        return new RecordTextPredicate(store, step.field, step.match);
    }
  }

  #attribute(step: Extract<Step, { kind: 'attribute' }>): Predicate<S> {
    const store = this.#store;
    const epoch = this.#epoch;
    const { owner, keys, verdict } = step;
    const fits = (found: number): boolean => fitsFound(verdict, found);
    switch (owner) {
      case 'resource':
        return new ResourcePredicate(new ResourceAttributes(store, epoch, keys, verdict), fits);
      case 'scope':
        return new ScopePredicate(new ScopeAttributes(store, epoch, keys, verdict), fits);
      case 'item':
        return new AttributePredicate(store, this.#binding.shape, step, null);
      case 'any': {
        const resource = new ResourceAttributes(store, epoch, keys, verdict);
        return new AttributePredicate(store, this.#binding.shape, step, resource);
      }
    }
  }
}

function unfit(step: Step): Error {
  return new Error(`these items have no step ${step.kind}`);
}

/** The predicate of a plan on spans. `epoch` is refreshed by the caller before rows are looked at. */
export function bindSpans(
  store: StoreRead,
  epoch: Epoch,
  plan: Plan,
  answers: AtomAnswers,
): Predicate<SpanSegment> {
  const binding: Binding<SpanSegment> = {
    shape: 'span',
    start: (segment) => ({ hi: segment.startHi, lo: segment.startLo }),
    spanId: OWN_IDS,
    own: (step) => {
      if (step.kind === 'children') return new ChildrenPredicate(store, step);
      if (step.kind === 'number') return new DurationPredicate(step.match);
      if (step.kind === 'column') {
        return step.field === 'kind'
          ? new EnumPredicate(kindOf, step.accepts)
          : new EnumPredicate(flagsOf, inFlags(step.accepts));
      }
      if (step.kind === 'text')
        return new NamePredicate(new StringVerdicts(store, epoch, step.match));
      if (step.kind === 'id') return new SpanIdPredicate(parentIds(store), step.match);
      throw unfit(step);
    },
    structure: (op, left) =>
      op === '>' ? new ParentPredicate(store, left) : new AncestorPredicate(store, left),
  };
  return new Binder(store, epoch, binding, answers).bind(plan);
}

const kindOf = (segment: SpanSegment): Uint8Array => segment.kind;
const flagsOf = (segment: SpanSegment): Uint8Array => segment.flags;

/** What is accepted of flags that have the status in their upper bits. */
function inFlags(accepts: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, flags) => accepts[flags >>> STATUS_SHIFT]);
}

const OWN_IDS: SpanIds<SpanSegment | LogSegment> = {
  hi: (segment, slot) => segment.spanIdHi[slot],
  lo: (segment, slot) => segment.spanIdLo[slot],
};

function parentIds({ spans }: StoreRead): SpanIds<SpanSegment> {
  return {
    hi: (segment, slot) => segment.parentIdHi[slot],
    lo: (segment, slot) => parentIdLo(spans, segment, slot),
  };
}

/** The predicate of a plan on log records. */
export function bindLogs(store: StoreRead, epoch: Epoch, plan: Plan): Predicate<LogSegment> {
  const binding: Binding<LogSegment> = {
    shape: 'logRecord',
    start: (segment) => ({ hi: segment.timeHi, lo: segment.timeLo }),
    spanId: OWN_IDS,
    own: (step) => {
      if (step.kind !== 'column') throw unfit(step);
      return new EnumPredicate((segment) => segment.severity, step.accepts);
    },
    structure: () => {
      throw new Error('log records have no structure');
    },
  };
  return new Binder(store, epoch, binding, () => false).bind(plan);
}

/**
 * Applies a query to single items or to runs of them. Not reentrant; holds nothing of the store but
 * what it checks again after every change.
 */
export abstract class ItemMatcher<S extends ItemColumns> {
  /** Items that a slice looks at between two looks at the clock. */
  readonly itemsPerStep: number;
  readonly #table: Table<S>;
  readonly #epoch: Epoch;
  readonly #predicate: Predicate<S>;
  #slots = new Int32Array(64);

  protected constructor(
    table: Table<S>,
    epoch: Epoch,
    predicate: Predicate<S>,
    query: CompiledQuery,
  ) {
    this.#table = table;
    this.#epoch = epoch;
    this.#predicate = predicate;
    this.itemsPerStep = itemsPerStep(query.plan.cost);
  }

  /** Whether the item in this slot is there to be found. */
  protected abstract isKept(segment: S, slot: number): boolean;

  /** The verdict on the live item at `row`. */
  matches(row: number): boolean {
    const segment = this.#table.segments[row >>> SEGMENT_BITS];
    const slot = row & SLOT_MASK;
    if (segment === undefined || !this.isKept(segment, slot)) return false;
    this.#epoch.refresh();
    this.#slots[0] = slot;
    return this.#predicate.select(segment, this.#slots, 1) === 1;
  }

  /**
   * Calls `found` with the ordinals in [from, to) that match, in their order; those that are not live
   * are left out. A column query costs a few ns an item.
   */
  scan(from: number, to: number, found: (ordinal: number) => void): void {
    const table = this.#table;
    const end = Math.min(to, table.end);
    this.#epoch.refresh();
    for (let ordinal = Math.max(from, table.begin); ordinal < end;) {
      const row = table.rowOf(ordinal);
      const segment = table.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) return;
      const base = segment.baseOrdinal;
      const until = Math.min(end, base + segment.count);
      const count = this.#fill(ordinal - base, until - base);
      const slots = this.#slots;
      const fitting = this.#predicate.select(segment, slots, count);
      for (let i = 0; i < fitting; i++) {
        if (this.isKept(segment, slots[i])) found(base + slots[i]);
      }
      ordinal = until;
    }
  }

  /**
   * The slots of [first, end), copied at once. Those that are not there to be found are few, and are
   * taken out of what fits instead: no predicate minds them, because their columns and bytes stay.
   */
  #fill(first: number, end: number): number {
    const count = end - first;
    if (this.#slots.length < count) this.#slots = new Int32Array(count);
    this.#slots.set(EVERY_SLOT.subarray(first, end));
    return count;
  }
}

const EVERY_SLOT = Int32Array.from({ length: SEGMENT_ROWS }, (_, slot) => slot);

/** Spans, but for those that newer ones replaced. For queries of the target `spans`. */
export class SpanMatcher extends ItemMatcher<SpanSegment> {
  constructor(store: StoreRead, query: CompiledQuery) {
    const epoch = new Epoch(store);
    super(
      store.spans,
      epoch,
      bindSpans(store, epoch, query.plan, () => false),
      query,
    );
  }

  protected isKept(segment: SpanSegment, slot: number): boolean {
    return segment.trace[slot] !== -1;
  }
}

/** Log records. For queries of the target `logs`. */
export class LogMatcher extends ItemMatcher<LogSegment> {
  constructor(store: StoreRead, query: CompiledQuery) {
    const epoch = new Epoch(store);
    super(store.logs, epoch, bindLogs(store, epoch, query.plan), query);
  }

  protected isKept(): boolean {
    return true;
  }
}
