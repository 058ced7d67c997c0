/**
 * Completion of a query from what was received. Nothing is kept for it at ingest: dictionaries are
 * built when somebody asks, in steps, and remembered; what they cannot hold or read in time is said
 * to be sampled.
 */
import type { Completion, CompletionItem } from '../../../proto/query/completion.ts';
import type { Clock, Scheduler } from '../config.ts';
import type { StoreRead } from '../store/schema.ts';
import type { Field, QueryTarget } from './ast.ts';
import { contextAt, type CompletionContext } from './complete-context.ts';
import {
  enumItems,
  fieldItems,
  keywordItems,
  operatorItems,
  rank,
  structureItems,
  unitItems,
  valueItem,
} from './complete-items.ts';
import { LogCensus, SpanCensus, type KeyEntry } from './dictionary-census.ts';
import { ValueDictionary } from './dictionary-values.ts';
import { fieldLabel, fieldType } from './fields.ts';
import { runSliced } from './slices.ts';

/** The most items of one answer. */
const MAX_ITEMS = 50;
/** What reading may cost one answer; a dictionary that needs more goes on with the next question. */
const BUDGET_MS = 30;
/** Dictionaries of values that are remembered. */
const MAX_DICTIONARIES = 24;

/** One question: call `step` until it says true, then `answer`. */
export interface CompletionTask {
  /** Reads some rows, well below a millisecond; true when enough is known. */
  step(): boolean;
  /** What is known by then. */
  answer(): Completion;
}

/** Answers completions over one store; holds what it read. */
export class Completer {
  readonly #store: StoreRead;
  readonly #clock: Clock;
  readonly #spans: SpanCensus;
  readonly #logs: LogCensus;
  /** Least recently used first. */
  readonly #dictionaries = new Map<string, ValueDictionary>();

  constructor(store: StoreRead, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#spans = new SpanCensus(store);
    this.#logs = new LogCensus(store);
  }

  /** Begins the completion of a text at a cursor. */
  begin(text: string, cursor: number, target: QueryTarget): CompletionTask {
    const context = contextAt(text, cursor);
    const source = this.#sourceOf(context, target);
    const answer = (): Completion => this.#answer(text, context, target, source);
    if (source === null) return { step: () => true, answer };
    let spentMs = 0;
    const step = (): boolean => {
      const before = this.#clock.ticksMs();
      const isDone = source.step();
      spentMs += this.#clock.ticksMs() - before;
      return isDone || spentMs >= BUDGET_MS;
    };
    return { step, answer };
  }

  /** What has to be read for a context; null when columns and words are enough. */
  #sourceOf(
    context: CompletionContext,
    target: QueryTarget,
  ): SpanCensus | LogCensus | ValueDictionary | null {
    const census = target === 'logs' ? this.#logs : this.#spans;
    if (context.type === 'field') return census;
    if (context.type !== 'value') return null;
    const { field } = context;
    switch (fieldType(field)) {
      case 'kind':
      case 'status':
        return this.#spans;
      case 'level':
        return this.#logs;
      case 'text':
        return this.#textSource(field, census, target);
      case 'attribute':
        return this.#dictionary(field, target);
      case 'id':
      case 'duration':
      case 'count':
      case 'moment':
        return null;
    }
  }

  #textSource(
    field: Field,
    census: SpanCensus | LogCensus,
    target: QueryTarget,
  ): SpanCensus | LogCensus | ValueDictionary | null {
    switch (field.type === 'intrinsic' ? field.name : '') {
      case 'event':
        return this.#dictionary(field, target);
      case 'scope':
        return census;
      case 'name':
      case 'root':
        return target === 'metrics' ? null : this.#spans;
      default:
        return null;
    }
  }

  #dictionary(field: Field, target: QueryTarget): ValueDictionary {
    const signal = target === 'logs' ? 'logs' : 'spans';
    const id = JSON.stringify([
      signal,
      field.type,
      field.type === 'attribute' ? field.pin : '',
      fieldLabel(field),
    ]);
    const found = this.#dictionaries.get(id) ?? new ValueDictionary(this.#store, signal, field);
    this.#dictionaries.delete(id);
    this.#dictionaries.set(id, found);
    if (this.#dictionaries.size > MAX_DICTIONARIES) {
      const oldest = this.#dictionaries.keys().next();
      if (oldest.done !== true) this.#dictionaries.delete(oldest.value);
    }
    return found;
  }

  #answer(
    text: string,
    context: CompletionContext,
    target: QueryTarget,
    source: SpanCensus | LogCensus | ValueDictionary | null,
  ): Completion {
    const { from, to, prefix } = context;
    const sampled = source !== null && !isExact(source, context);
    switch (context.type) {
      case 'none':
        return { from, to, items: [], sampled: false };
      case 'structure':
        return { from, to, items: [...structureItems(), ...keywordItems(true)], sampled: false };
      case 'field': {
        const keys = source instanceof ValueDictionary || source === null ? [] : source.keys();
        const fields = fieldItems(keysOf(keys, target), target, context.isPresence);
        if (context.isPresence) {
          return { from, to, items: rank(fields, prefix, MAX_ITEMS), sampled };
        }
        // Behind a whole field an operator is the likeliest.
        const operators = operatorItems(prefix, text.slice(to), fields);
        const others = [...fields, ...keywordItems(context.isContinued)];
        const ranked = rank(others, prefix, MAX_ITEMS).filter(({ label }) => label !== prefix);
        return { from, to, items: [...operators, ...ranked], sampled };
      }
      case 'value': {
        const units = unitItems(context.field, context.op, prefix);
        if (units.length > 0) return { from, to, items: units, sampled: false };
        const items = this.#values(context.field, target, source);
        return { from, to, items: rank(items, prefix, MAX_ITEMS), sampled };
      }
    }
  }

  #values(
    field: Field,
    target: QueryTarget,
    source: SpanCensus | LogCensus | ValueDictionary | null,
  ): CompletionItem[] {
    if (source instanceof ValueDictionary) return [...source.values()].map(valueItem);
    const named = (entries: readonly { text: string; count: number }[]): CompletionItem[] =>
      entries.map(({ text, count }) => valueItem({ text, isString: true, count }));
    if (field.type !== 'intrinsic') return [];
    switch (field.name) {
      case 'service':
        return this.#services(target);
      case 'kind':
      case 'status':
        return enumItems(field.name, this.#spans.words(field.name));
      case 'level':
        return enumItems('level', this.#logs.levels());
      case 'name':
      case 'root':
        if (target === 'metrics') return this.#metricNames();
        return named(this.#spans.names(field.name, MAX_NAMES));
      case 'scope':
        return named((target === 'logs' ? this.#logs : this.#spans).scopes(MAX_NAMES));
      case 'duration':
      case 'start':
      case 'trace':
      case 'span':
      case 'parent':
      case 'body':
      case 'event':
        return [];
    }
  }

  #metricNames(): CompletionItem[] {
    const names = new Set(this.#store.metrics.entries.map(({ name }) => name));
    return [...names].map((text) => valueItem({ text, isString: true, count: 0 }));
  }

  #services(target: QueryTarget): CompletionItem[] {
    return this.#store.services().map(({ name, spans }) => {
      const item = valueItem({ text: name, isString: true, count: spans });
      return target === 'logs' || target === 'metrics' ? { ...item, count: null } : item;
    });
  }
}

const MAX_NAMES = 2_000;

/** The attribute keys that items of a target can have. */
function keysOf(keys: readonly KeyEntry[], target: QueryTarget): readonly KeyEntry[] {
  return target === 'metrics' ? keys.filter(({ pin }) => pin === 'resource') : keys;
}

function isExact(
  source: SpanCensus | LogCensus | ValueDictionary,
  context: CompletionContext,
): boolean {
  if (source instanceof ValueDictionary) return source.areValuesExact;
  // Columns are read of every row, keys of a part.
  return context.type === 'field' ? source.areKeysExact : source.isExact;
}

/** Runs one completion in slices and hands over its answer; the result stops it. */
export function complete(
  runtime: { readonly clock: Clock; readonly scheduler: Scheduler },
  completer: Completer,
  question: { readonly text: string; readonly cursor: number; readonly target: QueryTarget },
  done: (completion: Completion) => void,
): () => void {
  const task = completer.begin(question.text, question.cursor, question.target);
  return runSliced(runtime, () => {
    if (!task.step()) return false;
    done(task.answer());
    return true;
  });
}
